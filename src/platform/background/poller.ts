import { CoalescedTask } from './coalesced-task.js';

/** What a poller looks for, and how often. */
export interface PollerOptions {
  /** Looks once, and does or begins what there is to do. */
  readonly look: () => Promise<void>;
  /** Time in ms from the end of a look to the next one; null: none before somebody wakes or starts it. */
  readonly pause: () => number | null;
  /** Told of a look that failed; the next one comes all the same. */
  readonly onError: (error: unknown) => void;
}

/** Looks for work now and then, and at once when somebody wakes it, because there is some; never twice at the same time. */
export class Poller {
  private readonly looks: CoalescedTask;
  private looking = 0;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(private readonly options: PollerOptions) {
    this.looks = new CoalescedTask(async () => (this.stopped ? undefined : options.look()));
  }

  /** Looks after the pause, unless it is going to look anyway. */
  start(): void {
    if (this.looking > 0 || this.stopped) return;
    const pause = this.options.pause();
    if (pause !== null) this.timer ??= setTimeout(() => this.wake(), pause).unref();
  }

  /** Looks at once; after the look under way, if there is one, which may have been too early to see. */
  wake(): void {
    if (this.stopped) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.looking += 1;
    void this.looks
      .run()
      .catch(this.options.onError)
      .finally(() => {
        this.looking -= 1;
        this.start();
      });
  }

  /** Looks no more; resolves when the look under way has ended. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.looks.idle();
  }
}

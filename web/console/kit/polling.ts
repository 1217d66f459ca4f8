import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** The longest pause after failures, in milliseconds. */
const LONGEST = 60_000;

/** Asks again and again while somebody looks: not in a hidden tab, and less and less often while it fails. */
export class Polling implements ReactiveController {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private pause: number;
  private readonly seen = () => this.wake();

  /**
   * @param ask resolves to whether it worked
   * @param every milliseconds between an answer and the next question
   */
  constructor(
    host: ReactiveControllerHost,
    private readonly ask: () => Promise<boolean>,
    private readonly every: number,
  ) {
    this.pause = every;
    host.addController(this);
  }

  hostConnected(): void {
    document.addEventListener('visibilitychange', this.seen);
    addEventListener('online', this.seen);
    this.plan();
  }

  hostDisconnected(): void {
    document.removeEventListener('visibilitychange', this.seen);
    removeEventListener('online', this.seen);
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** The next question is so far away again. */
  private plan(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.look(), this.pause);
  }

  private wake(): void {
    if (document.hidden || !navigator.onLine) return;
    this.pause = this.every;
    clearTimeout(this.timer);
    void this.look();
  }

  private async look(): Promise<void> {
    const own = this.timer;
    if (document.hidden) return;
    const worked = await this.ask();
    this.pause = worked ? this.every : Math.min(this.pause * 2, LONGEST);
    // The host has gone meanwhile, or another look is planned.
    if (this.timer !== undefined && this.timer === own) this.plan();
  }
}

import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** The longest pause after failures, and the pause while the service tells of changes, in milliseconds. */
const LONGEST = 60_000;

/**
 * Asks again and again while somebody looks: not in a hidden tab, less and less often while it fails, and rarely while the service
 * tells of changes by itself.
 */
export class Polling implements ReactiveController {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private pause: number;
  private askedAt = -Infinity;
  private readonly seen = () => this.wake();

  /**
   * @param ask resolves to whether it worked
   * @param every milliseconds between an answer and the next question
   * @param isTold whether the service tells of changes right now
   */
  constructor(
    host: ReactiveControllerHost,
    private readonly ask: () => Promise<boolean>,
    private readonly every: number,
    private readonly isTold: () => boolean,
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
    const look = () => {
      // What is told of may stop to be: then it is asked for at its usual pace again.
      if (this.isTold() && performance.now() < this.askedAt + LONGEST) this.plan();
      else void this.look();
    };
    this.timer = setTimeout(look, this.pause);
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
    this.askedAt = performance.now();
    const worked = await this.ask();
    this.pause = worked ? this.every : Math.min(this.pause * 2, LONGEST);
    // The host has gone meanwhile, or another look is planned.
    if (this.timer !== undefined && this.timer === own) this.plan();
  }
}

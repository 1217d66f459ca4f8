/**
 * A task that never runs twice at once. Whoever asks for it while it runs gets the next run, together with everybody else
 * who asks until that one begins: what has gathered meanwhile is one piece of work.
 */
export class CoalescedTask {
  /** Ends with the run under way; never fails. */
  private running: Promise<unknown> = Promise.resolve();
  private next: Promise<void> | undefined;

  constructor(private readonly task: () => Promise<void>) {}

  /** Resolves when a run has ended that began after this call. @throws what that run threw */
  run(): Promise<void> {
    this.next ??= this.running.then(() => this.begin());
    return this.next;
  }

  /** Resolves when the runs that were asked for have ended, well or not. */
  async idle(): Promise<void> {
    await (this.next ?? this.running).catch(() => undefined);
  }

  private begin(): Promise<void> {
    this.next = undefined;
    const run = this.task();
    this.running = run.catch(() => undefined);
    return run;
  }
}

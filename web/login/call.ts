/** How long an answer may take before the person is told that it is slow, in ms. */
const SLOW_AFTER = 2_500;

interface Ending<Result> {
  /** @param wanted false when the step was left meanwhile */
  done(result: Result, wanted: boolean): void;
  failed(error: unknown): void;
}

/** One call at a time: a double click is one request, and a failure that comes after its step was left is nobody's. */
export class OneCall<Name extends string> {
  /** The call under way. */
  running: Name | null = null;
  /** It takes long. */
  slow = false;
  private current = 0;

  constructor(private readonly changed: () => void) {}

  /** Does nothing while a call is under way. */
  async run<Result>(name: Name, work: () => Promise<Result>, ending: Ending<Result>): Promise<void> {
    if (this.running !== null) return;
    this.running = name;
    const own = ++this.current;
    const patience = setTimeout(() => this.lose(own), SLOW_AFTER);
    this.changed();
    try {
      const result = await work();
      const wanted = this.end(own);
      ending.done(result, wanted);
    } catch (error) {
      if (this.end(own)) ending.failed(error);
    } finally {
      clearTimeout(patience);
      this.changed();
    }
  }

  /** The step is left: what is under way goes on, and only its success is still told. */
  abandon(): void {
    this.current += 1;
    this.running = null;
    this.slow = false;
  }

  private lose(own: number): void {
    if (own !== this.current) return;
    this.slow = true;
    this.changed();
  }

  private end(own: number): boolean {
    if (own !== this.current) return false;
    this.running = null;
    this.slow = false;
    return true;
  }
}

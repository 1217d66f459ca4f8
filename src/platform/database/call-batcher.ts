/** What `CallBatcher` runs a batch with: the results in the order of the calls. */
export type RunBatch<Call, Result> = (calls: readonly Call[], waits: boolean) => Promise<readonly (Result | Busy)[]>;

/** Somebody else holds the row that a call needs, and nothing was written for it. */
export const BUSY = Symbol('busy');
export type Busy = typeof BUSY;

/**
 * A batch that is under way for longer, in ms, holds up nobody but its own calls: something is wrong with it, such as a row
 * that somebody else keeps, and the next calls go past it. So many may be under way at once.
 */
const SLOW_AFTER = 100;
const MOST_UNDER_WAY = 4;

/** Calls in a batch, at most: what a statement that runs into its time limit takes along. */
const LARGEST_BATCH = 32;

/** Turns of the event loop for which calls that keep coming are waited for. */
const MOST_TURNS = 8;

/** Time in ms after which a call that waits fails with the batch before it, when that one lost its connection. */
const LONGEST_WAIT = 2_000;

/** A call that waits for its result. */
interface Waiting<Call, Result> {
  readonly call: Call;
  /** By `performance.now()`. */
  readonly since: number;
  readonly key: string;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Natural batching: while a statement is under way the calls that arrive gather, and go together as the next one: one
 * round trip and one commit for all of them. A lone call that somebody waits for goes at once.
 *
 * - One call a key is under way. The others of that key wait here, and hold no connection.
 * - A batch is sorted by key, and waits for no row lock. A call whose row somebody holds comes back as `BUSY` and is
 *   repeated alone, waiting.
 * - A batch that PostgreSQL rolled back (severity ERROR) is repeated one by one, so that a call that fails fails alone.
 *   One whose connection was lost may have been committed: its calls fail, and nothing is repeated. Calls that waited long
 *   fail with it, and were not run.
 */
export class CallBatcher<Call, Result> {
  private waiting: Waiting<Call, Result>[] = [];
  private readonly keys = new Set<string>();
  /** When each batch that is under way began, by `performance.now()`, the newest last. */
  private readonly begun: number[] = [];
  private looking = false;
  private later: NodeJS.Timeout | undefined;

  /**
   * @param run runs some calls, each with another key, as one statement; with `waits` true there is one, and it may wait for locks
   * @param keyOf whose turn a call takes, such as a phone number
   * @param pause how long the first call lets others gather, in ms; for what nobody waits for
   */
  constructor(
    private readonly run: RunBatch<Call, Result>,
    private readonly keyOf: (call: Call) => string,
    private readonly pause = 0,
  ) {}

  /** @throws whatever its statement threw */
  call(call: Call): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ call, since: performance.now(), key: this.keyOf(call), resolve, reject });
      this.look();
    });
  }

  /** When a batch may begin, counts the calls that arrive in this turn of the event loop, and in the next ones as long as the number grows. */
  private look(): void {
    if (this.looking || this.waiting.length === 0 || this.begun.length >= MOST_UNDER_WAY) return;
    const newest = this.begun.at(-1);
    const pause = newest === undefined ? 0 : newest + SLOW_AFTER - performance.now();
    if (pause > 0) {
      this.lookLater(pause);
      return;
    }
    this.looking = true;
    if (this.pause > 0) setTimeout(() => this.lookAgain(this.waiting.length, 1), this.pause);
    else this.lookAgain(this.waiting.length, 1);
  }

  /** For calls that wait while nothing else comes, and no batch ends. */
  private lookLater(pause: number): void {
    this.later ??= setTimeout(() => {
      this.later = undefined;
      this.look();
    }, pause).unref();
  }

  private lookAgain(seen: number, turn: number): void {
    setImmediate(() => {
      const grows = this.waiting.length > seen && this.waiting.length < LARGEST_BATCH && turn < MOST_TURNS;
      if (grows) {
        this.lookAgain(this.waiting.length, turn + 1);
        return;
      }
      this.looking = false;
      this.begin();
    });
  }

  private begin(): void {
    const batch = this.take();
    if (batch.length === 0) return;
    const began = performance.now();
    this.begun.push(began);
    void this.settle(batch).finally(() => {
      this.begun.splice(this.begun.indexOf(began), 1);
      this.look();
    });
  }

  /** The next calls whose keys are free, in the order of their keys. */
  private take(): Waiting<Call, Result>[] {
    const batch: Waiting<Call, Result>[] = [];
    const left: Waiting<Call, Result>[] = [];
    for (const each of this.waiting) {
      if (batch.length === LARGEST_BATCH || this.keys.has(each.key)) left.push(each);
      else {
        this.keys.add(each.key);
        batch.push(each);
      }
    }
    this.waiting = left;
    return batch.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** Resolves when the batch's statement has ended; what is repeated goes on by itself. */
  private async settle(batch: readonly Waiting<Call, Result>[]): Promise<void> {
    try {
      const results = await this.run(
        batch.map(({ call }) => call),
        false,
      );
      batch.forEach((each, at) => {
        const result = results[at];
        if (result === BUSY || result === undefined) void this.alone(each);
        else this.end(each, () => each.resolve(result));
      });
    } catch (error) {
      const repeats = batch.length > 1 && wasRolledBack(error);
      if (!wasRolledBack(error)) this.giveUpOld(error);
      for (const each of batch) {
        if (repeats) void this.alone(each);
        else this.end(each, () => each.reject(error));
      }
    }
  }

  private async alone(each: Waiting<Call, Result>): Promise<void> {
    try {
      const [result] = await this.run([each.call], true);
      if (result === BUSY || result === undefined) throw new Error('a call that may wait was told that it is busy');
      this.end(each, () => each.resolve(result));
    } catch (error) {
      if (!wasRolledBack(error)) this.giveUpOld(error);
      this.end(each, () => each.reject(error));
    }
  }

  /** Without an answer from PostgreSQL each batch takes its whole time limit: nobody waits for several of them in turn. */
  private giveUpOld(error: unknown): void {
    const latest = performance.now() - LONGEST_WAIT;
    const old = this.waiting.filter(({ since }) => since <= latest);
    this.waiting = this.waiting.filter(({ since }) => since > latest);
    for (const each of old) each.reject(error);
  }

  private end({ key }: Waiting<Call, Result>, settle: () => void): void {
    this.keys.delete(key);
    settle();
    this.look();
  }
}

/** PostgreSQL answered and undid the statement; anything else may have been committed. */
function wasRolledBack(error: unknown): boolean {
  return error instanceof Error && (error as { severity?: unknown }).severity === 'ERROR';
}

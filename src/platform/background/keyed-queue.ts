import pLimit from 'p-limit';
import { AppError } from '../errors/app-error.js';

const MOST_WAITING = 5_000;

/**
 * Does works of one key one after the other, in the order in which they were given, and of all keys at most so many at
 * once. The database would serialise them too (each locks its conversation), but in whatever order, and each waiting
 * with a connection that a login could use.
 */
export class KeyedQueue {
  private readonly last = new Map<string, Promise<unknown>>();
  private readonly limit: ReturnType<typeof pLimit>;
  private waiting = 0;

  /**
   * @param atOnce how many works run at the same time
   * @param mostWaiting how many may wait for all keys together; more is a flood, and its sender delivers it again
   */
  constructor(
    atOnce: number,
    private readonly mostWaiting = MOST_WAITING,
  ) {
    this.limit = pLimit(atOnce);
  }

  /**
   * Resolves to what the work does, when its turn has come.
   *
   * @throws AppError `busy` when too many wait; what the work throws, which stops nobody behind it
   */
  async run<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    if (this.waiting >= this.mostWaiting) throw new AppError('busy', { retryAfter: 5 });
    this.waiting += 1;
    const before = this.last.get(key) ?? Promise.resolve();
    const result = before.then(() => this.limit(work));
    const settled = result.then(
      () => undefined,
      () => undefined,
    );
    this.last.set(key, settled);
    try {
      return await result;
    } finally {
      this.waiting -= 1;
      if (this.last.get(key) === settled) this.last.delete(key);
    }
  }

  /** Resolves when nothing runs or waits any more. */
  async idle(): Promise<void> {
    while (this.last.size > 0) await Promise.all(this.last.values());
  }
}

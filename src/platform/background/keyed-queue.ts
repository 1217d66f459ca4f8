import { AppError } from '../errors/app-error.js';

/** How much work may wait for all keys together; more is a flood, and its sender delivers it again. */
const MOST_WAITING = 5_000;

/**
 * Does works of one key one after the other, in the order in which they were given, and of all keys at most so many at
 * once. The database would serialise them too (each locks its conversation), but in whatever order, and each waiting
 * with a connection that a login could use.
 */
export class KeyedQueue {
  private readonly last = new Map<string, Promise<unknown>>();
  private readonly queue: (() => void)[] = [];
  private running = 0;
  private waiting = 0;

  /** @param atOnce how many works run at the same time */
  constructor(private readonly atOnce: number) {}

  /**
   * Resolves to what the work does, when its turn has come.
   *
   * @throws AppError `busy` when too many wait; what the work throws, which stops nobody behind it
   */
  async run<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    if (this.waiting >= MOST_WAITING) throw new AppError('busy', { retryAfter: 5 });
    this.waiting += 1;
    const before = this.last.get(key) ?? Promise.resolve();
    const result = before.then(() => this.whenFree(work));
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

  private async whenFree<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.running >= this.atOnce) await new Promise<void>((resolve) => this.queue.push(resolve));
    else this.running += 1;
    try {
      return await work();
    } finally {
      // A place that becomes free is handed on, so that nobody who comes now takes it from who waits.
      const next = this.queue.shift();
      if (next) next();
      else this.running -= 1;
    }
  }
}

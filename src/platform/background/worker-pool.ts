/** What the pool works on, and with how many items at once. */
export interface WorkerPoolOptions<Item> {
  /** Items that are worked on at the same time. */
  readonly size: number;
  /** Takes up to `count` items that nobody else has. */
  readonly take: (count: number) => Promise<readonly Item[]>;
  readonly work: (item: Item) => Promise<unknown>;
  /** Told of an item whose work failed, and of a take that failed between two rounds. */
  readonly onError: (error: unknown) => void;
}

/**
 * Works on a queue with so many items at once and no more. A place that becomes free takes the next item at once, so that
 * slow items hold up nobody but themselves.
 */
export class WorkerPool<Item> {
  private readonly busy = new Set<Promise<unknown>>();
  private filling: Promise<void> | undefined;
  private more = false;
  private stopped = false;

  constructor(private readonly options: WorkerPoolOptions<Item>) {}

  /** Fills the free places, from then on by itself until the queue is empty. @throws what taking threw */
  fill(): Promise<void> {
    this.filling ??= this.takeUp().finally(() => (this.filling = undefined));
    return this.filling;
  }

  /** Takes nothing else; resolves when all that was begun has ended, well or not. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.filling?.catch(() => undefined);
    await Promise.allSettled(this.busy);
  }

  private async takeUp(): Promise<void> {
    const { size, take } = this.options;
    for (let free = size - this.busy.size; free > 0 && !this.stopped; free = size - this.busy.size) {
      this.more = false;
      const items = await take(free);
      for (const item of items) this.begin(item);
      this.more = items.length === free;
      if (!this.more) return;
    }
  }

  private begin(item: Item): void {
    const { work, onError } = this.options;
    const under = work(item)
      .catch(onError)
      .finally(() => {
        this.busy.delete(under);
        if (!this.more || this.stopped) return;
        // Behind a take that is just ending: it has looked for free places already.
        const behind = this.filling?.catch(() => undefined) ?? Promise.resolve();
        behind.then(() => this.fill()).catch(onError);
      });
    this.busy.add(under);
  }
}

import type { ReactiveControllerHost } from 'lit';
import { loginIsOver } from '../kit/login.js';
import { failure, Remote } from '../kit/remote.js';
import { withNewest, withOlder, type Known } from './merge.js';

/**
 * A list that grows at both ends: at the top by looking again, at its end when somebody asks for more. Answers come in any order;
 * each is merged into what is known when it comes, and none takes away what another one brought.
 */
export class GrowingList<Item> extends Remote<Known<Item>> {
  /** Whether more is being got. */
  growing = false;
  /** Counts the lists that were shown here: an answer for another one is nobody's. */
  private shown = 0;

  /** @param page the page behind a cursor; null: the newest one */
  constructor(
    host: ReactiveControllerHost,
    private readonly page: (cursor: string | null) => Promise<Known<Item>>,
    private readonly keyOf: (item: Item) => string,
  ) {
    super(host);
  }

  override hostDisconnected(): void {
    super.hostDisconnected();
    this.leave();
  }

  override clear(): void {
    super.clear();
    this.leave();
  }

  /** Gets the newest page again. */
  look(): Promise<void> {
    return this.load(() => this.page(null));
  }

  /** Gets the page behind the last one. */
  async more(): Promise<void> {
    if (this.growing) return;
    const { shown } = this;
    this.growing = true;
    this.host.requestUpdate();
    try {
      await this.grow(shown);
    } catch (error) {
      if (shown !== this.shown || loginIsOver(error)) return;
      this.error = failure(error);
    }
    if (shown !== this.shown) return;
    this.growing = false;
    this.host.requestUpdate();
  }

  protected override merged(newest: Known<Item>): Known<Item> {
    return withNewest(this.value, newest, this.keyOf);
  }

  /** Where the list ends may change while the page behind it is on its way: then that of the new end is asked for. */
  private async grow(shown: number): Promise<void> {
    for (let cursor = this.value?.nextCursor ?? null; cursor !== null;) {
      const page = await this.page(cursor);
      const { value } = this;
      if (shown !== this.shown || value === undefined) return;
      if (value.nextCursor === cursor) {
        [this.value, this.error] = [withOlder(value, page, this.keyOf), null];
        return;
      }
      cursor = value.nextCursor;
    }
  }

  private leave(): void {
    this.shown += 1;
    this.growing = false;
  }
}

import { Inject, Injectable } from '@nestjs/common';
import { LOGGER, type ServiceLogger } from '../http/logger.js';
import { MessagesRepository, type Acceptance } from './messages.repository.js';

/**
 * Writes acceptances down behind the answer. That is safe: a crash in between leaves the message claimed, recovery may
 * then send the same code again, never another one. While one write is under way the next ones gather, so a busy
 * service writes many in one statement.
 */
@Injectable()
export class OutcomeWriter {
  private waiting: Acceptance[] = [];
  private writing: Promise<void> | undefined;

  constructor(
    private readonly repository: MessagesRepository,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  add(acceptance: Acceptance): void {
    this.waiting.push(acceptance);
    this.writing ??= this.writeAll();
  }

  /** Resolves when nothing waits any more; called before the database closes. */
  async written(): Promise<void> {
    await this.writing;
  }

  private async writeAll(): Promise<void> {
    // Let the acceptances of the same turn of the event loop come along.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.waiting.length > 0) {
      const batch = this.waiting;
      this.waiting = [];
      await this.repository.accept(batch).catch((error: unknown) => this.writeOneByOne(batch, error));
    }
    this.writing = undefined;
  }

  /**
   * After a batch that failed: an acceptance that the database will not take must neither drag the others along nor be
   * sent again, so each is written by itself, and the last try leaves the provider's own id out.
   */
  private async writeOneByOne(batch: readonly Acceptance[], error: unknown): Promise<void> {
    this.logger.warn({ err: error, count: batch.length }, 'a batch of acceptances was not written; trying one by one');
    for (const acceptance of batch) {
      await this.repository
        .accept([acceptance])
        .catch(() => this.repository.accept([{ ...acceptance, providerMessageId: null, keepsContent: false }]))
        .catch((err: unknown) => this.logger.warn({ err }, 'an acceptance was not written; recovery will take it up'));
    }
  }
}

import { Inject, Injectable } from '@nestjs/common';
import { BUSY, CallBatcher } from '../../platform/database/call-batcher.js';
import { LOGGER, type ServiceLogger } from '../../platform/log/logger.js';
import { MessagesRepository, type Acceptance } from './messages.repository.js';

/** A message whose code was used, by its id and the instant of its code. */
interface VerifiedMessage {
  readonly id: string;
  readonly createdAt: Date;
}

/** How long outcomes gather before they are written, in ms: nobody waits for them. */
const GATHER_FOR = 25;

/**
 * Writes acceptances down behind the answer. That is safe: a crash in between leaves the message claimed, recovery may
 * then send the same code again, never another one. A busy service writes many in one statement.
 */
@Injectable()
export class OutcomeWriter {
  /** What is being written, by its message. */
  private readonly underWay = new Map<string, Promise<void>>();
  private readonly acceptances = new CallBatcher<Acceptance, true>(
    async (calls) => {
      await this.repository.accept(calls);
      return calls.map(() => true);
    },
    ({ messageId }) => messageId,
    GATHER_FOR,
  );
  private readonly verified = new CallBatcher<VerifiedMessage, true>(
    async (calls, waits) => {
      const found = await this.repository.noteVerified(calls);
      // Looked for once more by itself: another instance was moving it to the history.
      return calls.map(({ id }) => found.has(id) || waits || BUSY);
    },
    ({ id }) => id,
    GATHER_FOR,
  );

  constructor(
    private readonly repository: MessagesRepository,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  add(acceptance: Acceptance): void {
    this.track(acceptance.messageId, () => this.accept(acceptance));
  }

  /** Notes that the code of a message was used; behind its acceptance, so that there is a row to note it in. */
  addVerified(message: VerifiedMessage): void {
    this.track(message.id, async () => {
      await this.verified
        .call(message)
        .catch((err: unknown) => this.logger.warn({ err }, 'the use of a code was not recorded; the figures lack it'));
    });
  }

  /** Resolves when nothing waits any more; called before the database closes. */
  async written(): Promise<void> {
    while (this.underWay.size > 0) await Promise.all(this.underWay.values());
  }

  /** One outcome of a message after the other. `write` never throws. */
  private track(id: string, write: () => Promise<void>): void {
    const writing = (this.underWay.get(id) ?? Promise.resolve()).then(write).finally(() => {
      if (this.underWay.get(id) === writing) this.underWay.delete(id);
    });
    this.underWay.set(id, writing);
  }

  /** One that the database will not take must not be sent again: it is written once more, without the provider's own id. */
  private async accept(acceptance: Acceptance): Promise<void> {
    await this.acceptances
      .call(acceptance)
      .catch(() => this.repository.accept([{ ...acceptance, providerMessageId: null, keepsContent: false }]))
      .catch((err: unknown) => this.logger.warn({ err }, 'an acceptance was not stored; recovery will store it'));
  }
}

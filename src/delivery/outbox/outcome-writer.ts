import { Inject, Injectable } from '@nestjs/common';
import { KeyedQueue } from '../../platform/background/keyed-queue.js';
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
  /** One outcome of a message after the other. */
  private readonly queue = new KeyedQueue(Infinity, Infinity);
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
    void this.queue.run(acceptance.messageId, () => this.accept(acceptance));
  }

  /** Notes that the code of a message was used; behind its acceptance, so that there is a row to note it in. */
  addVerified(message: VerifiedMessage): void {
    void this.queue.run(message.id, async () => {
      await this.verified
        .call(message)
        .catch((err: unknown) => this.logger.warn({ err }, 'the use of a code was not recorded; the figures lack it'));
    });
  }

  /** Resolves when nothing waits any more; called before the database closes. */
  written(): Promise<void> {
    return this.queue.idle();
  }

  /** One that the database will not take must not be sent again: it is written once more, without the provider's own id. */
  private async accept(acceptance: Acceptance): Promise<void> {
    await this.acceptances
      .call(acceptance)
      .catch(() => this.repository.accept([{ ...acceptance, providerMessageId: null, keepsContent: false }]))
      .catch((err: unknown) => this.logger.warn({ err }, 'an acceptance was not stored; recovery will store it'));
  }
}

import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { NameSettings } from '../../platform/config/groups/names.js';
import { BotSettings } from '../../platform/config/groups/bot.js';
import { RegionSettings } from '../../platform/config/groups/region.js';
import { type Transaction } from '../../platform/database/database.js';
import { databaseNow } from '../../platform/database/database-time.js';
import { newId } from '../../platform/database/new-id.js';
import { LOGGER, type ServiceLogger } from '../../platform/log/logger.js';
import { Messaging, type ClaimedMessage } from '../../delivery/outbox/messaging.service.js';
import { type IncomingBatch, type IncomingMessage } from '../../delivery/providers/message-provider.js';
import { idOf } from '../../delivery/providers/json-fields.js';
import { lineOf, textOf } from '../../delivery/providers/webhook-reading.js';
import { Receipts } from '../../delivery/outbox/receipts.js';
import { Codes } from '../../login/codes/codes.service.js';
import { parsePhone } from '../../platform/phone/phone.js';
import { botLanguage, botText } from './bot-texts.js';
import { ConversationSeal } from './conversation-seal.js';
import { ConversationsRepository, type ReceivedMessage } from './conversations.repository.js';
import { KeyedQueue } from '../../platform/background/keyed-queue.js';
import { asksToOpen, react, type BotAnswer, type OpeningAnswer, type Reaction } from './menu.js';

/** Conversations that are worked on at the same time; each holds a connection, and logins need some, too. */
const AT_ONCE = 4;

/**
 * Milliseconds for which a message proves that its sender holds the number: what was kept somewhere and is delivered
 * again when the conversation is forgotten must open nothing.
 */
const PROVES_FOR = 15 * 60_000;

/** What became of a batch's messages, for the log. */
type Fate = 'answered' | 'kept' | 'repeated';

/** What to do with messages that came in: keep each, act once on each, answer behind the webhook's answer. */
@Injectable()
export class Inbound {
  private readonly queue = new KeyedQueue(AT_ONCE);

  constructor(
    private readonly regionSettings: RegionSettings,
    private readonly nameSettings: NameSettings,
    private readonly botSettings: BotSettings,
    private readonly repository: ConversationsRepository,
    private readonly seal: ConversationSeal,
    private readonly messaging: Messaging,
    private readonly receipts: Receipts,
    private readonly codes: Codes,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  /**
   * Writes down what one call of a webhook held. When it resolves, nothing of it can be lost any more.
   *
   * @throws the database's error or `busy`: the provider delivers again, and what was written does not act twice
   */
  async take(batch: IncomingBatch, requestId: string): Promise<void> {
    // Own messages and groups are ignored: docs/contract/dashboard.md#the-bot.
    const wanted = batch.messages.filter(({ fromMe, isGroup }) => !fromMe && !isGroup);
    const works = wanted.map((message) => {
      const answerable = parsePhone(message.from, this.regionSettings.allowedCountries);
      const phone = answerable ?? message.from;
      return this.queue.run(phone, () => this.receive(message, phone, answerable !== null, requestId));
    });
    const [fates, noted] = await Promise.all([
      Promise.allSettled(works),
      this.receipts.note(batch.receipts).then(
        () => null,
        (error: unknown) => ({ error }),
      ),
    ]);
    this.log(batch, fates, requestId);
    const failed = fates.find((fate) => fate.status === 'rejected');
    if (failed) throw failed.reason;
    if (noted) throw noted.error;
  }

  /**
   * As `take`, for what an account heard that is linked to this service itself. Ids, names and texts are as the sender's
   * phone made them.
   */
  async hear(messages: readonly IncomingMessage[]): Promise<void> {
    const cleaned = messages.map((message) => ({
      ...message,
      providerMessageId: idOf(message.providerMessageId),
      text: textOf(message.text),
      pushName: lineOf(message.pushName),
    }));
    await this.take({ messages: cleaned, receipts: [], skipped: 0, skippedKeys: [] }, newId());
  }

  private async receive(
    message: IncomingMessage,
    phone: string,
    answerable: boolean,
    requestId: string,
  ): Promise<Fate> {
    const opening = answerable && asksToOpen(message);
    const { fate, answer } = await this.repository.transaction(async (transaction) => {
      // Before the conversation: an erasure locks them in this order, too.
      if (opening) await this.codes.lock([phone], transaction);
      const conversation = await this.repository.lockOrOpen(phone, transaction);
      const received = this.received(message, phone, conversation.last_position + 1);
      if (!(await this.repository.keep(received, transaction))) return { fate: 'repeated' as const };
      // Only where a message may be answered does it do anything: other countries' numbers cost, and are not served.
      const { state } = conversation;
      const reaction: Reaction = opening
        ? { state, answer: await this.open(phone, message, requestId, transaction) }
        : answerable
          ? react(state, message)
          : { state, answer: null };
      const name = message.pushName === null ? null : this.seal.name(message.pushName, phone);
      await this.repository.noteReceived(received, reaction.state, name, transaction);
      const queued = reaction.answer && (await this.answer(phone, reaction.answer, message.provider, transaction));
      return queued ? { fate: 'answered' as const, answer: queued } : { fate: 'kept' as const };
    });
    if (answer) this.messaging.deliverBehind(answer, requestId);
    return fate;
  }

  /** Opens the codes of the number that the message came from, if they are closed. Logs nobody in. */
  private async open(
    phone: string,
    { sentAt, provider }: IncomingMessage,
    requestId: string,
    within: Transaction,
  ): Promise<OpeningAnswer> {
    if (sentAt !== null && (await databaseNow(within)).getTime() - sentAt.getTime() > PROVES_FOR) return 'late';
    return (await this.codes.openClosed(phone, { provider, requestId }, within)) ? 'opened' : 'was_open';
  }

  private received(message: IncomingMessage, phone: string, position: number): ReceivedMessage {
    const id = uuidv7();
    const { kind, provider, providerMessageId, text, media } = message;
    const sentAt = message.sentAt?.toISOString() ?? null;
    const sealedContent = this.seal.content({ text, media, sentAt }, id);
    const repeatKeys = this.seal.repeatKeys({ ...message, from: phone });
    return { id, phone, position, kind, sealedContent, provider, providerMessageId, repeatKeys };
  }

  /** One answer to one message, and so many an hour; null when the sender has had them. */
  private async answer(
    phone: string,
    answer: BotAnswer,
    via: string,
    within: Transaction,
  ): Promise<ClaimedMessage | null> {
    const position = await this.repository.allowAnswer(phone, within);
    if (position === null) return null;
    const text = botText(answer, { ...this.nameSettings, ...this.botSettings, ...this.regionSettings });
    const language = botLanguage(this.regionSettings);
    const queued = await this.messaging.queueText(phone, { template: 'text', text, language, via }, within);
    const { id } = queued;
    const sealedContent = this.seal.content({ text, media: null, sentAt: null }, id);
    await this.repository.say({ id, phone, position, kind: 'text', sealedContent, sentBy: null }, within);
    return queued;
  }

  /** Counts and key names; neither who wrote nor what. */
  private log(batch: IncomingBatch, fates: PromiseSettledResult<Fate>[], reqId: string): void {
    const ended = fates.map((fate) => (fate.status === 'fulfilled' ? fate.value : 'failed'));
    const count = (which: Fate | 'failed') => ended.filter((fate) => fate === which).length;
    const { receipts, skipped, skippedKeys } = batch;
    const counts = {
      answered: count('answered'),
      kept: count('kept'),
      repeated: count('repeated'),
      failed: count('failed'),
      ignored: batch.messages.length - fates.length,
      receipts: receipts.length,
      skipped,
    };
    if (skipped > 0) this.logger.warn({ reqId, ...counts, skippedKeys }, 'webhook with parts that could not be read');
    else this.logger.info({ reqId, ...counts }, 'webhook');
  }
}

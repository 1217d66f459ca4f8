import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { AuthSecret } from '../../platform/secrets/auth-secret.js';
import { NameSettings } from '../../platform/config/groups/names.js';
import { DeliverySettings } from '../../platform/config/groups/delivery.js';
import { LOGGER, type ServiceLogger } from '../../platform/log/logger.js';
import { every, type Recurring } from '../../platform/background/timers.js';
import { type Transaction } from '../../platform/database/database.js';
import { Jobs } from '../../platform/jobs/jobs.service.js';
import {
  MessageRecordsRepository,
  type PersonalMessageRow,
  type LastMessageRow,
  type MessageStateRow,
} from './message-records.repository.js';
import { Ladder, type Delivery, type SendOptions } from '../ladder/ladder.js';
import { MessagesRepository, type RecoveredMessage } from './messages.repository.js';
import { type MediaKind } from '../providers/media-types.js';
import { TO_DEVELOPERS, TO_MAILBOXES } from '../providers/providers.js';
import { ReceiptsRepository, type ReceiptSummary } from './receipts.repository.js';
import { OutcomeWriter } from './outcome-writer.js';
import { type DeviceState } from '../providers/message-provider.js';
import { TestNumbers } from './test-numbers.js';
import { UnderWay } from '../../platform/background/under-way.js';
import { WorkerPool } from '../../platform/background/worker-pool.js';
import { outgoingMessage, type MessageContent, type NoticeContent, type TextContent } from '../templates/templates.js';

/** A message in the outbox, claimed by this instance. */
export interface ClaimedMessage {
  readonly id: string;
  readonly fence: number;
  /** E.164. */
  readonly recipient: string;
  readonly recipientName: string | null;
  /** The account's e-mail address, for rungs that write there. */
  readonly email: string | null;
  readonly content: MessageContent;
}

/** A notice whose sending a statement decides about. */
export interface NoticeDraft {
  /** Parameters of `queueNoticeFrom`. */
  readonly values: {
    readonly notice_id: string;
    readonly notice_purpose: string;
    readonly sealed_notice: Buffer;
    readonly notice_seconds: number;
    readonly claim_seconds: number;
  };
  /** The notice as it was queued for the owner of `phone` (E.164). */
  readonly to: (owner: { phone: string; fullName: string }) => ClaimedMessage;
}

/** How the ladder sends a message, and how often it has been tried. */
export type DeliveryOptions = Omit<SendOptions, 'requestId'> & { readonly tries?: number };

/** A claim outlives the send by this, in seconds, so that recovery never overtakes a send that is still under way. */
const CLAIM_MARGIN = 2;

/** What an untaken message waits before recovery tries it again, in seconds, by the tries it has had. */
const RETRY_PAUSES = [5, 10, 20, 40, 60];

/** How often each instance looks for messages whose sender died, in ms. */
const RECOVER_EVERY = 2_000;

/** How many it sends at once: some rungs that hang must not hold up the rest. */
const RECOVERED_AT_ONCE = 20;

/** How long a message without a code is worth sending, in seconds; later it would rather puzzle than tell. */
const LIFE = { notice: 3_600, text: 600 };

/** How long a delivery behind the answer waits, in ms; well within the claim's margin. */
const DELAY = { least: 100, range: 400 };

/** The outbox from the sender's side: seal, deliver, write down what became of it. */
@Injectable()
export class Messaging implements OnModuleInit, BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly underWay = new UnderWay();
  private recovering: Recurring | undefined;
  private readonly recovered = new WorkerPool<RecoveredMessage>({
    size: RECOVERED_AT_ONCE,
    take: (count) => this.repository.reclaim(count, this.claimSeconds),
    work: (message) => this.redeliver(message),
    onError: (err) => this.logger.warn({ err }, 'a message was not recovered; it is tried again when its claim ends'),
  });
  private ended: Promise<void> | undefined;

  constructor(
    private readonly deliverySettings: DeliverySettings,
    private readonly nameSettings: NameSettings,
    private readonly secret: AuthSecret,
    private readonly ladder: Ladder,
    private readonly repository: MessagesRepository,
    private readonly records: MessageRecordsRepository,
    private readonly receipts: ReceiptsRepository,
    private readonly outcomes: OutcomeWriter,
    private readonly testNumbers: TestNumbers,
    private readonly jobs: Jobs,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  onModuleInit(): void {
    const onError = (err: unknown) => this.logger.warn({ err }, 'messages not recovered');
    this.recovering = every(RECOVER_EVERY, () => this.recover(), onError);
    this.jobs.schedule('closed-messages', '* * * * *', () => this.repository.moveToHistory());
  }

  /** Before the last request: nothing new is taken up; what recovery is sending is waited for below. */
  beforeApplicationShutdown(): void {
    if (this.recovering) this.underWay.add(this.recovering.stop());
    this.underWay.add(this.recovered.stop());
  }

  /** After the last request: sends under way end (each is bounded by `SEND_TIMEOUT`), their outcomes are written. */
  onApplicationShutdown(): Promise<void> {
    return this.settled();
  }

  /** When nothing is being sent any more and every outcome is written; to be asked for after the last request. */
  settled(): Promise<void> {
    this.ended ??= this.underWay.ended().then(() => this.outcomes.written());
    return this.ended;
  }

  /** How long a new message is claimed for, in seconds. */
  get claimSeconds(): number {
    return this.deliverySettings.sendTimeout + CLAIM_MARGIN;
  }

  /** The first rung's name: what a sent code's channel is until a rung has taken it. */
  get firstRung(): string {
    return this.ladder.providers[0]?.name ?? 'none';
  }

  /** Content as the database has it: sealed for its row alone. */
  seal(content: MessageContent, messageId: string): Buffer {
    return this.secret.seal('message-content', JSON.stringify(content), messageId);
  }

  /**
   * Walks the ladder with a claimed message and sees to its outcome. No connection to the database is held meanwhile.
   *
   * @param onFailure `close`: every rung refused, the message is over; `retry`: recovery tries again while its code lives
   */
  async deliver(
    message: ClaimedMessage,
    requestId: string | null,
    onFailure: 'close' | 'retry',
    { tries = 0, ...options }: DeliveryOptions = {},
  ): Promise<Delivery> {
    const delivery = await this.send(message, { ...options, requestId, ...firstFor(message.content) });
    const { refusedBy } = delivery;
    if (delivery.kind === 'accepted') {
      const { provider, providerMessageId, ms, receipts } = delivery;
      // A failure can be told of a message that has an id, and only to somebody who can still send it elsewhere.
      const keepsContent = receipts && providerMessageId !== null && !options.skip && this.ladder.rungs.length > 1;
      const { id: messageId, fence } = message;
      this.outcomes.add({ messageId, fence, provider, providerMessageId, ms, keepsContent, refusedBy });
    } else if (delivery.kind === 'unknown') {
      // It may be on its way: closed, so that nobody sends it a second time while the user waits for the first.
      await this.repository.close(message, 'UNKNOWN', null, refusedBy);
    } else if (onFailure === 'close') {
      const closed = await this.repository.close(message, 'FAILED', delivery.reason, refusedBy);
      // Another instance has taken the message over and may be sending it: our refusal is not the last word.
      if (!closed) return { kind: 'unknown', refusedBy };
    } else {
      await this.repository.postpone(message, delivery.reason, RETRY_PAUSES[tries] ?? 60, refusedBy);
    }
    return delivery;
  }

  /** Whether a rung of the ladder writes to mailboxes in place of numbers. */
  get hasMailRung(): boolean {
    return this.ladder.providers.some(({ name }) => TO_MAILBOXES.includes(name));
  }

  /** A notice for a statement that may queue it (`queueNoticeFrom`); once that has committed, `deliverBehind` it. */
  draftNotice(content: NoticeContent): NoticeDraft {
    const id = uuidv7();
    const values = {
      notice_id: id,
      notice_purpose: content.template,
      sealed_notice: this.seal(content, id),
      notice_seconds: LIFE.notice,
      claim_seconds: this.claimSeconds,
    };
    return {
      values,
      to: ({ phone: recipient, fullName: recipientName }) => ({
        id,
        fence: 1,
        recipient,
        recipientName,
        email: null,
        content,
      }),
    };
  }

  /**
   * Puts a notice into the outbox, in the transaction of what it tells of, which has locked the account; after its commit,
   * `deliverBehind` it.
   *
   * @param to E.164
   * @param owner the account that the notice is about
   * @returns null when the number has had five of this kind within the hour: who got those is warned
   */
  async queueNotice(
    to: string,
    owner: { id: string; full_name: string; email: string | null; email_claimed: boolean },
    content: NoticeContent,
    within: Transaction,
  ): Promise<ClaimedMessage | null> {
    const id = uuidv7();
    const isQueued = await this.repository.queueNotice(
      {
        id,
        purpose: content.template,
        recipient: to,
        recipientName: owner.full_name,
        userId: owner.id,
        sealedContent: this.seal(content, id),
        lifeSeconds: LIFE.notice,
      },
      this.claimSeconds,
      within,
    );
    if (!isQueued) return null;
    const email = owner.email_claimed ? null : owner.email;
    return { id, fence: 1, recipient: to, recipientName: owner.full_name, email, content };
  }

  /**
   * Puts a free text or a file for a number into the outbox, in the transaction of what it answers; after its commit,
   * `deliverBehind` it. It is worth sending for ten minutes.
   *
   * @param to E.164
   */
  async queueText(to: string, content: TextContent, within: Transaction): Promise<ClaimedMessage> {
    const id = uuidv7();
    const sealedContent = this.seal(content, id);
    const row = { id, purpose: content.template, recipient: to, recipientName: null, userId: null, sealedContent };
    await this.repository.queue({ ...row, lifeSeconds: LIFE.text }, this.claimSeconds, within);
    return { id, fence: 1, recipient: to, recipientName: null, email: null, content };
  }

  /** Delivers behind the answer, where the answer must not depend on it; what fails is left to recovery. */
  deliverBehind(message: ClaimedMessage, requestId: string | null, options: DeliveryOptions = {}): void {
    // Some time after the answer, and not always the same: the work must tell a real number from a decoy neither by
    // this answer's time nor by that of the caller's next request, which follows at once. An answer in a conversation
    // has no decoy, and keeps its place behind the one before.
    const range = message.content.template === 'text' ? 0 : DELAY.range;
    const later = new Promise((resolve) => setTimeout(resolve, DELAY.least + Math.random() * range));
    this.inBackground(() => later.then(() => this.deliver(message, requestId, 'retry', options)), requestId);
  }

  /** Takes up messages whose sender died: any instance, newest first, only while the code lives. */
  private async recover(): Promise<void> {
    await this.repository.expireLate();
    await this.recovered.fill();
  }

  /**
   * Sends a message by the next rung, after the one that took it has reported a failure; behind the answer, and once.
   *
   * @returns whether it was taken back; not when its code is dead, or when it has been to another rung before
   */
  async sendElsewhere(failed: ReceiptSummary): Promise<boolean> {
    if (this.ladder.rungs.length < 2) return false;
    const message = await this.receipts.takeBack(failed, this.claimSeconds);
    if (!message) return false;
    this.inBackground(() => this.redeliver(message), null);
    return true;
  }

  /**
   * As `sendElsewhere`, for an instance that stops: whichever instance recovers next sends it.
   *
   * @returns whether it was taken back
   */
  async leaveElsewhere(failed: ReceiptSummary): Promise<boolean> {
    return this.ladder.rungs.length >= 2 && (await this.receipts.takeBack(failed, 0)) !== null;
  }

  /** Notes, behind the answer, that the code of a message was used. @param message its id and the instant of its code */
  noteVerified(message: { id: string; createdAt: Date }): void {
    this.outcomes.addVerified(message);
  }

  /** The id of the first device on the ladder that has one; null unless it is connected. */
  async connectedDevice(): Promise<string | null> {
    const provider = this.ladder.providers.find(({ deviceId }) => deviceId !== undefined);
    if (!provider?.deviceId || (await this.ladder.deviceState(provider)).state !== 'connected') return null;
    return provider.deviceId;
  }

  /** Whether any rung but the developer inbox can send. */
  async reachesPeople(): Promise<boolean> {
    const rungs = this.ladder.providers.filter(({ name }) => !TO_DEVELOPERS.includes(name));
    const states = await Promise.all(rungs.map((provider) => this.ladder.deviceState(provider)));
    return states.some(({ state }) => state === 'connected');
  }

  /** Whether a device on WhatsApp is connected; SMS, e-mail and the developer inbox have no such device. */
  async isWhatsAppConnected(): Promise<boolean> {
    return (await this.whatsAppDevices()).includes('connected');
  }

  /** The state of each rung on WhatsApp. */
  async whatsAppDevices(): Promise<DeviceState['state'][]> {
    const rungs = this.ladder.providers.filter(({ onWhatsApp }) => onWhatsApp);
    return Promise.all(rungs.map(async (provider) => (await this.ladder.deviceState(provider)).state));
  }

  /** Whether any rung of the ladder sends this kind of file. */
  takesMedia(kind: MediaKind): boolean {
    return this.ladder.takes(kind);
  }

  /** Whether any rung can take messages. */
  anyReady(): Promise<boolean> {
    return this.ladder.anyReady();
  }

  /** What is held of an account's messages; never what they said. */
  personalDataOf(userId: string): Promise<PersonalMessageRow[]> {
    return this.records.messagesOf(userId);
  }

  /** What became of an account's last messages, newest first. */
  lastOf(userId: string, count: number): Promise<LastMessageRow[]> {
    return this.records.lastOf(userId, count);
  }

  /** Forgets who got an account's messages; what is on its way is not sent any more. */
  forget(userId: string, within: Transaction): Promise<void> {
    return this.records.forget(userId, within);
  }

  /** What is held for a number that was nobody's account's when it was written to; forgotten as `forget` does. */
  forgetNumber(phone: string, within: Transaction): Promise<void> {
    return this.records.forgetNumber(phone, within);
  }

  /** Which rung took a message; null: none yet. */
  providerOf(message: { id: string; createdAt: Date }): Promise<string | null> {
    return this.records.providerOf(message);
  }

  /** Ends all waiting messages; for a database that was restored. @returns how many */
  async endAll(): Promise<number> {
    let ended = 0;
    for (let step = 1; step > 0; ended += step) step = await this.records.endPending();
    while ((await this.records.blank()) > 0);
    return ended;
  }

  /** What became of messages, those in the history too; in any order. */
  statesOf(messages: readonly { id: string; createdAt: Date }[]): Promise<MessageStateRow[]> {
    return this.records.statesOf(messages);
  }

  private async send(message: ClaimedMessage, options: SendOptions): Promise<Delivery> {
    const { recipient: phone, recipientName: name, email } = message;
    const outgoing = outgoingMessage(message.content, { phone, name, email }, this.nameSettings);
    const test = await this.testNumbers.outcome(message.recipient);
    return test ? this.testNumbers.deliver(test, outgoing) : this.ladder.send(outgoing, options);
  }

  private inBackground(work: () => Promise<unknown>, requestId: string | null): void {
    const delivery = work().catch((err: unknown) =>
      this.logger.warn({ err, reqId: requestId }, 'delivery was interrupted; recovery will continue it'),
    );
    this.underWay.add(delivery);
  }

  private async redeliver(message: RecoveredMessage): Promise<void> {
    const within = await this.repository.lifeLeft(message);
    const content = within === null ? null : this.open(message);
    if (within === null || content === null) return;
    await this.deliver(
      {
        id: message.id,
        fence: message.fence,
        recipient: message.recipient,
        recipientName: message.recipient_name,
        email: message.email,
        content,
      },
      null,
      'retry',
      { tries: message.attempts, skip: message.failed_provider, within },
    );
  }

  /** Null for content under a secret that this instance does not have: while it is replaced, another one can send it. */
  private open(message: RecoveredMessage): MessageContent | null {
    try {
      return JSON.parse(
        this.secret.open('message-content', message.sealed_content, message.id).toString(),
      ) as MessageContent;
    } catch (err) {
      this.logger.warn({ err, message: message.id }, 'a message could not be opened; is AUTH_SECRET being replaced?');
      return null;
    }
  }
}

/** An answer leaves by the provider that the message came in by, if that is on the ladder. */
function firstFor(content: MessageContent): Pick<SendOptions, 'first'> {
  return 'via' in content && content.via !== null ? { first: content.via } : {};
}

import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { Activity } from '../../records/activity/activity.service.js';
import { type Calling } from '../../identity/api-keys/api-key.guard.js';
import { DeliverySettings } from '../../platform/config/groups/delivery.js';
import { GatewaySettings } from '../../platform/config/groups/gateway.js';
import { type Transaction } from '../../platform/database/database.js';
import { AppError } from '../../platform/errors/app-error.js';
import { maskPhone } from '../../platform/phone/phone.js';
import { type MessageError } from '../link/sending.js';
import { GatewayMessagesRepository, type MessageFate } from './gateway-messages.repository.js';
import { GatewayEvents } from '../link/gateway-events.js';
import { LinkedAccounts, type LinkedAccountRow } from '../accounts/linked-accounts.service.js';
import { isForLadder } from '../link/held-accounts.js';
import { MessageDispatcher } from './message-dispatcher.js';
import { isMedia, type GatewayMessage } from './message-kinds.js';
import { MessageWaiters } from './message-waiters.js';
import { LinkedAccountSeal } from '../link/linked-account-seal.js';

/** A message that WhatsApp has taken. */
export interface SentMessage {
  /** The id that the linked account's maker gave it. */
  readonly sessionId: string;
  /** E.164. */
  readonly to: string;
  /** WhatsApp's id of the message. */
  readonly messageId: string;
  readonly sentAt: Date;
}

/** How a message that was handed to the queue ended, for callers that do not want an error thrown. */
export type QueueEnd =
  | { readonly kind: 'sent'; readonly messageId: string; readonly sentAt: Date }
  /** Certainly not sent, and never will be. */
  | { readonly kind: 'not-sent'; readonly error: MessageError | 'timeout' | 'queue-full' }
  | { readonly kind: 'unknown' };

interface QueueManner {
  readonly patience: number;
  readonly fromLadder: boolean;
  readonly signal?: AbortSignal;
  readonly id?: string;
}

/** A queue that is longer than this would keep its last message waiting beyond its time anyway. */
const MOST_WAITING = 1_000;

/** A linked account that just lost its connection is waited for so long, in ms. */
const RECONNECT_PATIENCE = 8_000;

/** Messages of linked accounts: queued in the database, sent by whichever instance holds the account. */
@Injectable()
export class GatewayMessages {
  constructor(
    private readonly deliverySettings: DeliverySettings,
    private readonly gatewaySettings: GatewaySettings,
    private readonly sessions: LinkedAccounts,
    private readonly repository: GatewayMessagesRepository,
    private readonly dispatcher: MessageDispatcher,
    private readonly waiters: MessageWaiters,
    private readonly seal: LinkedAccountSeal,
    private readonly activity: Activity,
    private readonly events: GatewayEvents,
  ) {}

  /**
   * The linked account that a caller means, before anything is read that it shall send.
   *
   * @returns its id
   * @throws AppError `session_not_found`, `session_not_connected`
   */
  async ready(name: string, caller: Calling): Promise<string> {
    const session = await this.sessions.get(name, caller);
    if (this.patienceFor(session) === null) throw new AppError('session_not_connected');
    return session.id;
  }

  /**
   * Sends one message by a linked account of the caller's, and waits until WhatsApp has taken it.
   *
   * @param to E.164
   * @param id of the message, where its file was kept under one already
   * @throws AppError `session_not_found`, `session_not_connected`, `not_on_whatsapp`, `session_restricted`,
   *   `session_warming_up`, `message_refused`, `message_not_sent` (certainly not), `message_unconfirmed` (perhaps), `busy`
   */
  async send(name: string, caller: Calling, to: string, message: GatewayMessage, id = uuidv7()): Promise<SentMessage> {
    const session = await this.sessions.get(name, caller);
    const connected = this.patienceFor(session);
    if (connected === null) throw await this.notConnected(session, message.kind, to);
    const patience = connected + patienceForFile(message);
    const end = await this.queue(session.id, to, message, { patience, fromLadder: false, id });
    this.tell(session, to, end);
    if (end.kind === 'sent') return { sessionId: name, to, messageId: end.messageId, sentAt: end.sentAt };
    if (end.kind === 'unknown') throw new AppError('message_unconfirmed');
    if (end.error === 'timeout' && session.state !== 'CONNECTED') throw new AppError('session_not_connected');
    throw refusal(end.error);
  }

  /**
   * Queues a message and waits for its end, in ms at most `patience`; what was not begun by then is never sent.
   *
   * @param signal ends the wait early
   */
  async queue(
    sessionId: string,
    to: string,
    { kind, content }: GatewayMessage,
    { patience, fromLadder, signal, id = uuidv7() }: QueueManner,
  ): Promise<QueueEnd> {
    const whatsappId = newWhatsAppId();
    const sealedContent = this.seal.content(content, id);
    const queued = { id, sessionId, kind, recipient: to, sealedContent, fromLadder, whatsappId, lifeMs: patience };
    if (!(await this.repository.insert(queued, MOST_WAITING))) return { kind: 'not-sent', error: 'queue-full' };
    this.dispatcher.wake();
    const fate = (await this.waiters.wait(id, patience, signal)) ?? (await this.giveUp(id));
    return fate ? endOf(fate, whatsappId) : { kind: 'unknown' };
  }

  /** Forgets who was written to, by number in E.164. */
  async forget(phone: string, within: Transaction): Promise<void> {
    const hashes = this.seal.contacts(phone);
    await this.repository.forgetRecipient(phone, hashes, within);
    await this.activity.forget(hashes, within);
  }

  private tell({ id, name, api_key_id: apiKeyId }: LinkedAccountRow, to: string, end: QueueEnd): void {
    const session = {
      id,
      name,
      apiKeyId,
      forLadder: isForLadder({ name, apiKeyId }, this.deliverySettings, this.gatewaySettings),
    };
    if (end.kind === 'sent') this.events.messageEnded({ to, status: 'sent', messageId: end.messageId }, session);
    else if (end.kind === 'unknown') this.events.messageEnded({ to, status: 'unknown' }, session);
    else this.events.messageEnded({ to, status: 'failed', error: end.error }, session);
  }

  private async giveUp(id: string): Promise<MessageFate | null> {
    const cancelled = await this.repository.cancel(id);
    if (cancelled) return cancelled;
    const [fate] = await this.repository.fates([id]);
    return fate ?? null;
  }

  /** The other failures are written down where the message ends; this one was never queued. */
  private async notConnected({ id, name, api_key_id }: LinkedAccountRow, kind: string, to: string): Promise<AppError> {
    const failed = { status: 'failure', error: 'session_not_connected', number: maskPhone(to) } as const;
    const session = { sessionId: id, sessionName: name, apiKeyId: api_key_id };
    await this.activity.record({ ...session, action: `message.${kind}`, ...failed });
    return new AppError('session_not_connected');
  }

  /** In ms; null for a linked account that will not be connected soon. */
  private patienceFor({ state, phone }: LinkedAccountRow): number | null {
    if (state === 'CONNECTED') return this.gatewaySettings.gatewaySendTimeout * 1000;
    // Linked, and on its way back: after a restart of the service, or while another instance takes it over.
    if (state === 'CONNECTING' && phone !== null)
      return Math.min(RECONNECT_PATIENCE, this.gatewaySettings.gatewaySendTimeout * 1000);
    return null;
  }
}

/** A file takes its time: a second more for each megabyte; in ms. */
function patienceForFile(message: GatewayMessage): number {
  return isMedia(message) ? Math.ceil(message.content.size / 1e6) * 1000 : 0;
}

/** An id as WhatsApp's own clients make them. */
function newWhatsAppId(): string {
  return `3EB0${randomBytes(9).toString('hex').toUpperCase()}`;
}

function endOf(fate: MessageFate, messageId: string): QueueEnd {
  switch (fate.state) {
    case 'SENT':
    case 'DELIVERED':
    case 'READ':
      return { kind: 'sent', messageId, sentAt: fate.sent_at ?? new Date() };
    case 'FAILED':
      return { kind: 'not-sent', error: fate.error ?? 'not_sent' };
    case 'CANCELLED':
      return { kind: 'not-sent', error: 'timeout' };
    case 'UNKNOWN':
    case 'QUEUED':
    case 'SENDING':
      return { kind: 'unknown' };
  }
}

function refusal(error: MessageError | 'timeout' | 'queue-full'): AppError {
  switch (error) {
    case 'not_on_whatsapp':
      return new AppError('not_on_whatsapp');
    case 'restricted':
      return new AppError('session_restricted', { retryAfter: 900 });
    case 'warming_up':
      return new AppError('session_warming_up', { retryAfter: 3_600 });
    case 'refused':
      return new AppError('message_refused');
    case 'queue-full':
      return new AppError('busy', { retryAfter: 30 });
    case 'timeout':
    case 'not_sent':
      return new AppError('message_not_sent', { retryAfter: 10 });
  }
}

import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { GatewaySettings } from '../../platform/config/groups/gateway.js';
import { Poller } from '../../platform/background/poller.js';
import { LOGGER, type ServiceLogger } from '../../platform/log/logger.js';
import { GatewayContactsRepository } from './gateway-contacts.repository.js';
import { GatewayMessagesRepository, type ClaimedRow } from './gateway-messages.repository.js';
import { type SendEnd } from '../link/sending.js';
import { HeldAccounts } from '../link/held-accounts.js';
import { KnownNumbers } from './known-numbers.js';
import { type LinkedAccount } from '../link/linked-account.js';
import { MediaUploads } from './media-uploads.js';
import { MenuReplies } from '../menus/menu-replies.js';
import { MessageWaiters } from './message-waiters.js';
import {
  isMedia,
  mediaToWhatsApp,
  toWhatsApp,
  type GatewayMessage,
  type MediaMessage,
  type UploadedFile,
} from './message-kinds.js';
import { LinkedAccountSeal } from '../link/linked-account-seal.js';
import { SendTurn } from './send-turn.js';

/** How often an instance that holds linked accounts looks for messages that another one queued, in ms. */
const LOOK_EVERY = 250;

/** Files that one linked account brings to WhatsApp at the same time. */
const MOST_UPLOADS = 2;

/** What is left to do when a file is there, in ms: a message that is late by then is given up before its caller is gone. */
const LAST_STEPS = 2_000;

/** A message that a linked account is to send now. */
interface Work {
  readonly session: LinkedAccount;
  readonly row: ClaimedRow;
  readonly turn: SendTurn;
}

/** Sends what is queued for the linked accounts that this instance holds: each one by one, all of them side by side. */
@Injectable()
export class MessageDispatcher implements OnModuleInit {
  private readonly known = new KnownNumbers();
  private readonly poller = new Poller({
    look: () => this.look(),
    pause: () => (this.sessions.held().length > 0 ? this.pause() : null),
    onError: (err) => this.logger.warn({ err }, 'could not read queued messages'),
  });

  constructor(
    private readonly sessions: HeldAccounts,
    private readonly messages: GatewayMessagesRepository,
    private readonly contacts: GatewayContactsRepository,
    private readonly waiters: MessageWaiters,
    private readonly menus: MenuReplies,
    private readonly uploads: MediaUploads,
    private readonly settings: GatewaySettings,
    private readonly seal: LinkedAccountSeal,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  onModuleInit(): void {
    this.sessions.whenReady(() => this.wake());
  }

  /** Something may have been queued, or a linked account may be free: looks at once. */
  wake(): void {
    this.poller.wake();
  }

  private async look(): Promise<void> {
    const now = performance.now();
    const free = this.sessions
      .held()
      .filter(({ canSend, busy, freeAt, ready }) => canSend && !busy && ready === 0 && freeAt <= now);
    if (free.length === 0) return;
    // Taken before the database is asked: the next look must not give them a second message.
    for (const session of free) session.busy = true;
    const asked = free.map(({ lease, uploads }) => ({ lease, withMedia: uploads < MOST_UPLOADS }));
    const claimed = await this.messages.claim(asked).catch((error: unknown) => {
      for (const session of free) session.busy = false;
      throw error;
    });
    const bySession = new Map(claimed.map((row) => [row.session_id, row]));
    for (const session of free) {
      const row = bySession.get(session.id);
      if (row) void this.work(session, row);
      else session.busy = false;
    }
  }

  /** Until the next look: as soon as a linked account is free, and often enough for what others queue. */
  private pause(): number {
    const now = performance.now();
    const waits = this.sessions
      .held()
      .filter(({ canSend, busy, freeAt }) => canSend && !busy && freeAt > now)
      .map(({ freeAt }) => freeAt - now);
    return Math.max(10, Math.min(LOOK_EVERY, ...waits));
  }

  private async work(session: LinkedAccount, row: ClaimedRow): Promise<void> {
    const turn = new SendTurn(session);
    try {
      const end = await this.send({ session, row, turn });
      const sentAt = await this.messages.finish(row, end, this.seal.contact(row.recipient));
      if (end.state !== 'QUEUED')
        this.waiters.tell({ id: row.id, state: end.state, error: end.error ?? null, sent_at: sentAt ?? new Date() });
    } catch (err) {
      // It stays claimed: the next holder of the linked account sends it again, or its time ends.
      this.logger.warn({ err, session: session.name }, 'a message of the gateway was left unfinished');
    } finally {
      turn.end();
      this.wake();
    }
  }

  private async send(work: Work): Promise<SendEnd> {
    const { session, row } = work;
    const { recipient } = row;
    const contact = this.seal.contact(recipient);
    if (row.restricted && !(await this.contacts.hasHeardFrom(session.id, contact)))
      return { state: 'FAILED', error: 'restricted' };
    if (!(await this.mayWrite(session.id, contact))) return { state: 'FAILED', error: 'warming_up' };
    if (!this.known.has(recipient)) {
      const there = await session.isOnWhatsApp(recipient);
      if (there === false) return { state: 'FAILED', error: 'not_on_whatsapp' };
      if (there) this.known.add(recipient);
    }
    return this.hand(work);
  }

  private async hand(work: Work): Promise<SendEnd> {
    const { session, row } = work;
    const { recipient } = row;
    const message = { kind: row.kind, content: this.seal.openContent(row.sealed_content, row.id) } as GatewayMessage;
    if (message.kind === 'button' || message.kind === 'list') {
      const { choices } = message.content;
      await this.menus.remember(session.id, { whatsappId: row.whatsapp_id, to: recipient, choices });
    }
    if (!isMedia(message)) return session.send(recipient, toWhatsApp(message), row.whatsapp_id);
    const uploaded = await this.upload(work, message);
    if ('state' in uploaded) return uploaded;
    return session.send(recipient, mediaToWhatsApp(message, uploaded), row.whatsapp_id);
  }

  /** Brings its file to WhatsApp while the linked account sends other messages, and then waits for its turn. */
  private async upload({ session, row, turn }: Work, message: MediaMessage): Promise<UploadedFile | SendEnd> {
    const signal = AbortSignal.timeout(Math.max(0, Math.round(row.life_ms - LAST_STEPS)));
    session.uploads += 1;
    turn.end();
    this.wake();
    try {
      const uploaded = await this.uploads.upload(session, row.id, message, signal);
      if (!(await turn.again())) return { state: 'QUEUED' };
      return signal.aborted ? { state: 'FAILED', error: 'not_sent' } : uploaded;
    } catch (err) {
      if (!session.canSend) return { state: 'QUEUED' };
      this.logger.warn({ err, session: session.name }, 'a file was not uploaded to WhatsApp');
      return { state: 'FAILED', error: 'not_sent' };
    } finally {
      session.uploads -= 1;
    }
  }

  /** A young account may begin only so many conversations a day: beginning many is what gets it banned. */
  private async mayWrite(sessionId: string, contact: Buffer): Promise<boolean> {
    const { gatewayNewContactsPerDay: perDay, gatewayWarmUpDays: days } = this.settings;
    return perDay === 0 || this.contacts.mayWrite(sessionId, contact, { perDay, days });
  }
}

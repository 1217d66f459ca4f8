import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { LOGGER, type ServiceLogger } from '../http/logger.js';
import { GatewayContactsRepository } from './gateway-contacts.repository.js';
import { GatewayMessagesRepository, type ClaimedRow, type SendEnd } from './gateway-messages.repository.js';
import { HeldSessions } from './held-sessions.js';
import { KnownNumbers } from './known-numbers.js';
import { type LinkedSession } from './linked-session.js';
import { MenuReplies } from './menu-replies.js';
import { MessageWaiters } from './message-waiters.js';
import { toWhatsApp, type GatewayMessage } from './message-kinds.js';
import { SessionSeal } from './session-seal.js';

/** How often an instance that holds sessions looks for messages that another one queued, in ms. */
const LOOK_EVERY = 250;

/** Sends what is queued for the sessions that this instance holds: one at a time each, all of them side by side. */
@Injectable()
export class MessageDispatcher implements OnModuleInit {
  private readonly known = new KnownNumbers();
  private looking = false;
  private lookAgain = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly sessions: HeldSessions,
    private readonly messages: GatewayMessagesRepository,
    private readonly contacts: GatewayContactsRepository,
    private readonly waiters: MessageWaiters,
    private readonly menus: MenuReplies,
    private readonly settings: Settings,
    private readonly seal: SessionSeal,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  onModuleInit(): void {
    this.sessions.whenReady(() => this.wake());
  }

  /** Something may have been queued, or a session may be free: looks at once. */
  wake(): void {
    if (this.looking) {
      this.lookAgain = true;
      return;
    }
    this.looking = true;
    clearTimeout(this.timer);
    void this.look()
      .catch((err: unknown) => this.logger.warn({ err }, 'queued messages not looked at'))
      .finally(() => {
        this.looking = false;
        if (this.lookAgain) {
          this.lookAgain = false;
          this.wake();
        } else if (this.sessions.held().length > 0) {
          this.timer = setTimeout(() => this.wake(), this.pause()).unref();
        }
      });
  }

  private async look(): Promise<void> {
    const now = performance.now();
    const free = this.sessions.held().filter(({ canSend, busy, freeAt }) => canSend && !busy && freeAt <= now);
    if (free.length === 0) return;
    // Taken before the database is asked: the next look must not give them a second message.
    for (const session of free) session.busy = true;
    const claimed = await this.messages.claim(free.map(({ hold }) => hold)).catch((error: unknown) => {
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

  /** Until the next look: as soon as a session is free, and often enough for what others queue. */
  private pause(): number {
    const now = performance.now();
    const waits = this.sessions
      .held()
      .filter(({ canSend, busy, freeAt }) => canSend && !busy && freeAt > now)
      .map(({ freeAt }) => freeAt - now);
    return Math.max(10, Math.min(LOOK_EVERY, ...waits));
  }

  private async work(session: LinkedSession, row: ClaimedRow): Promise<void> {
    try {
      const end = await this.send(session, row);
      const sentAt = await this.messages.finish(row, end, this.seal.contact(row.recipient));
      if (end.state !== 'QUEUED')
        this.waiters.tell({ id: row.id, state: end.state, error: end.error ?? null, sent_at: sentAt ?? new Date() });
    } catch (err) {
      // It stays claimed: whoever holds the session next sends it again, or its time ends.
      this.logger.warn({ err, session: session.name }, 'a message of the gateway was left unfinished');
    } finally {
      session.busy = false;
      this.wake();
    }
  }

  private async send(session: LinkedSession, row: ClaimedRow): Promise<SendEnd> {
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
    const message = { kind: row.kind, content: this.seal.openContent(row.sealed_content, row.id) } as GatewayMessage;
    if (message.kind === 'button' || message.kind === 'list') {
      const { choices } = message.content;
      await this.menus.remember(session.id, { whatsappId: row.whatsapp_id, to: recipient, choices });
    }
    return session.send(recipient, toWhatsApp(message), row.whatsapp_id);
  }

  /** A young account may begin only so many conversations a day: beginning many is what gets it banned. */
  private async mayWrite(sessionId: string, contact: Buffer): Promise<boolean> {
    const { gatewayNewContactsPerDay: perDay, gatewayWarmUpDays: days } = this.settings;
    return perDay === 0 || this.contacts.mayWrite(sessionId, contact, { perDay, days });
  }
}

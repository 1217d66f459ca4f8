import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ApiKeys } from '../../identity/api-keys/api-keys.service.js';
import { AppError } from '../../platform/errors/app-error.js';
import { type ShownTicket } from '../../platform/http/tickets.js';
import { GatewayTicketsRepository, type TicketRow } from './gateway-tickets.repository.js';

/** A link that was handed on is opened soon or never, in seconds. */
const TICKET_SECONDS = 300;

/** How long the page of an opened link shows something, in seconds: the time to scan, and once more. */
export const VIEWER_SECONDS = 600;

/** 256 random bits. */
const TOKEN = /^[\w-]{43}$/;

/** Links that open the QR page of one linked account for somebody who is not an admin: once. */
@Injectable()
export class QrTickets {
  constructor(
    private readonly repository: GatewayTicketsRepository,
    private readonly keys: ApiKeys,
  ) {}

  /** @param apiKeyId who asks for it: the link ends with the key */
  async issue(sessionId: string, apiKeyId: string | null): Promise<{ ticket: string; expiresAt: Date }> {
    const ticket = randomBytes(32).toString('base64url');
    return { ticket, expiresAt: await this.repository.insert(hashOf(ticket), sessionId, apiKeyId, TICKET_SECONDS) };
  }

  /**
   * Uses a ticket up.
   *
   * @returns what the browser shows from now on
   * @throws AppError `invalid_ticket`
   */
  async exchange(ticket: string, sessionName: string): Promise<string> {
    const viewer = randomBytes(32).toString('base64url');
    const taken = TOKEN.test(ticket)
      ? await this.repository.exchange(hashOf(ticket), sessionName, hashOf(viewer), VIEWER_SECONDS)
      : null;
    if (!(await this.counts(taken))) throw new AppError('invalid_ticket');
    return viewer;
  }

  /**
   * @returns the linked account that the browser may look at
   * @throws AppError `invalid_ticket`
   */
  async view(shown: ShownTicket, sessionName: string): Promise<string> {
    const id = await this.seen(shown, sessionName);
    if (id === null) throw new AppError('invalid_ticket');
    return id;
  }

  /** As `view`; null where the browser may not look, or not any more. */
  async seen({ cookie }: ShownTicket, sessionName: string): Promise<string | null> {
    if (cookie === null || !TOKEN.test(cookie)) return null;
    const ticket = await this.repository.viewer(hashOf(cookie), sessionName);
    return (await this.counts(ticket)) ? (ticket?.session_id ?? null) : null;
  }

  /** Whether there is a ticket, and the key that asked for it lives. */
  private async counts(ticket: TicketRow | null): Promise<boolean> {
    return ticket !== null && (ticket.api_key_id === null || (await this.keys.lives(ticket.api_key_id)));
  }
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppError } from '../errors/app-error.js';
import { type ShownTicket } from '../http/tickets.js';
import { GatewayTicketsRepository } from './gateway-tickets.repository.js';

/** A link that was handed on is opened soon or never, in seconds. */
const TICKET_SECONDS = 300;

/** How long the page of an opened link shows something, in seconds: the time to scan, and once more. */
export const VIEWER_SECONDS = 600;

/** 256 random bits. */
const TOKEN = /^[\w-]{43}$/;

/** Links that open the QR page of one session for somebody who is no admin: once. */
@Injectable()
export class QrTickets {
  constructor(private readonly repository: GatewayTicketsRepository) {}

  async issue(sessionId: string): Promise<{ ticket: string; expiresAt: Date }> {
    const ticket = randomBytes(32).toString('base64url');
    return { ticket, expiresAt: await this.repository.insert(hashOf(ticket), sessionId, TICKET_SECONDS) };
  }

  /**
   * Uses a ticket up.
   *
   * @returns what the browser shows from now on
   * @throws AppError `invalid_ticket`
   */
  async exchange(ticket: string, sessionName: string): Promise<string> {
    const viewer = randomBytes(32).toString('base64url');
    const taken =
      TOKEN.test(ticket) &&
      (await this.repository.exchange(hashOf(ticket), sessionName, hashOf(viewer), VIEWER_SECONDS));
    if (!taken) throw new AppError('invalid_ticket');
    return viewer;
  }

  /**
   * @returns the session that the browser may look at
   * @throws AppError `invalid_ticket`
   */
  async view({ cookie }: ShownTicket, sessionName: string): Promise<string> {
    const id = cookie !== null && TOKEN.test(cookie) ? await this.repository.viewer(hashOf(cookie), sessionName) : null;
    if (id === null) throw new AppError('invalid_ticket');
    return id;
  }
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

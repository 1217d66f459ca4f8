import { Injectable } from '@nestjs/common';
import { type FastifyRequest } from 'fastify';
import { requestKey } from '../../identity/api-keys/api-key.guard.js';
import { ApiKeys } from '../../identity/api-keys/api-keys.service.js';
import { type CallerRequest } from '../../platform/http/access.decorators.js';
import { shownTicket } from '../../platform/http/tickets.js';
import { Sessions } from '../../identity/sessions/sessions.service.js';
import { QrTickets } from './qr-tickets.js';

/** Somebody who watches a linked account. */
export interface StreamViewer {
  /** Whose allowance of open streams it is. */
  readonly of: string;
  /** Whether they may still look: their key, link or login may have ended since. */
  isStillAllowed(): Promise<boolean>;
}

/** Who watches by an answer that goes on: what let them in must still hold while it does. */
@Injectable()
export class StreamViewers {
  constructor(
    private readonly keys: ApiKeys,
    private readonly logins: Sessions,
    private readonly tickets: QrTickets,
  ) {}

  /** @param session that the request may look at, by the name it used */
  viewerOf(request: FastifyRequest & CallerRequest, { id, name }: { id: string; name: string }): StreamViewer {
    const ticket = shownTicket(request);
    if (ticket)
      return {
        of: `link to ${id}`,
        isStillAllowed: async () => (await this.tickets.seen(ticket, name)) !== null,
      };
    const key = requestKey(request);
    if (key) return { of: `key ${key.id}`, isStillAllowed: () => this.keys.lives(key.id) };
    const { caller } = request;
    if (!caller) return { of: 'this machine', isStillAllowed: () => Promise.resolve(true) };
    return { of: `user ${caller.userId}`, isStillAllowed: () => this.logins.isStillAdmin(caller) };
  }
}

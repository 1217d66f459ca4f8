import { Injectable } from '@nestjs/common';
import { type FastifyRequest } from 'fastify';
import { requestKey } from '../api-keys/api-key.guard.js';
import { ApiKeys } from '../api-keys/api-keys.service.js';
import { type CallerRequest } from '../http/access.decorators.js';
import { shownTicket } from '../http/tickets.js';
import { Sessions } from '../sessions/sessions.service.js';
import { QrTickets } from './qr-tickets.js';

/** Somebody who watches a session. */
export interface Onlooker {
  /** Whose allowance of open streams it is. */
  readonly of: string;
  /** Whether they may still look: their key, link or login may have ended since. */
  mayLook(): Promise<boolean>;
}

/** Who watches by an answer that goes on: what let them in must still hold while it does. */
@Injectable()
export class Onlookers {
  constructor(
    private readonly keys: ApiKeys,
    private readonly logins: Sessions,
    private readonly tickets: QrTickets,
  ) {}

  /** @param session that the request may look at, by the name it used */
  of(request: FastifyRequest & CallerRequest, { id, name }: { id: string; name: string }): Onlooker {
    const ticket = shownTicket(request);
    if (ticket)
      return {
        of: `link to ${id}`,
        mayLook: async () => (await this.tickets.seen(ticket, name)) !== null,
      };
    const key = requestKey(request);
    if (key) return { of: `key ${key.id}`, mayLook: () => this.keys.lives(key.id) };
    const { caller } = request;
    if (!caller) return { of: 'this machine', mayLook: () => Promise.resolve(true) };
    return { of: `user ${caller.userId}`, mayLook: () => this.logins.isStillAdmin(caller) };
  }
}

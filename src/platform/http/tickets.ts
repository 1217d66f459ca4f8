import '@fastify/cookie';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { browserCookie } from './browser-cookies.js';

/** What a browser holds that opened a page with a ticket; one for each thing, so that two pages do not disturb each other. */
const COOKIE = '__Host-masuk-ticket-';

const ATTRIBUTES = { httpOnly: true, secure: true, sameSite: 'lax', path: '/' } as const;

/** What a request shows of a ticket. */
export interface ShownTicket {
  /** From the link; used up by being shown. */
  readonly ticket: string | null;
  /** What the browser got for it. */
  readonly cookie: string | null;
}

/** The ticket that a request to a route with `:id` shows, if any; unchecked. */
export function shownTicket(request: FastifyRequest): ShownTicket | null {
  const { ticket } = request.query as Record<string, unknown>;
  const { id } = request.params as Record<string, string>;
  const cookie = browserCookie(request, COOKIE + (id ?? ''));
  if (ticket === undefined && cookie === null) return null;
  return { ticket: typeof ticket === 'string' ? ticket : null, cookie };
}

/** Leaves with the browser what it shows from now on in place of its ticket; `maxAge` in seconds. */
export function keepTicketCookie(reply: FastifyReply, id: string, value: string, maxAge: number): void {
  void reply.setCookie(COOKIE + id, value, { ...ATTRIBUTES, maxAge });
}

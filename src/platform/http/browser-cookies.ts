import '@fastify/cookie';
import { type FastifyReply, type FastifyRequest } from 'fastify';

/**
 * Cookies of our own pages. The prefix makes browsers refuse them without `Secure`, with a `Domain`, or for a part of
 * the site only, so that no neighbouring host can plant one (RFC 6265bis section 4.1.3.2).
 */
const SESSION_COOKIE = '__Host-masuk';
export const DEVICE_COOKIE = '__Host-masuk-device';

const ATTRIBUTES = { httpOnly: true, secure: true, sameSite: 'lax', path: '/' } as const;

/** Browsers keep no cookie longer than this, in seconds (RFC 6265bis section 5.5). */
const LONGEST = 400 * 24 * 3600;

/** Ours are under 200 characters. */
const LONGEST_VALUE = 300;

/** What a login on our own pages leaves with the browser; `maxAge` of the session in seconds. */
export function setBrowserCookies(
  reply: FastifyReply,
  { session, device, maxAge }: { session: string; device: string; maxAge: number },
): void {
  void reply
    .header('cache-control', 'no-store')
    .setCookie(SESSION_COOKIE, session, { ...ATTRIBUTES, maxAge: Math.min(maxAge, LONGEST) })
    .setCookie(DEVICE_COOKIE, device, { ...ATTRIBUTES, maxAge: LONGEST });
}

/** Replaces the session's cookie where somebody has proved again who they are. */
export function replaceSessionCookie(reply: FastifyReply, session: string, maxAge: number): void {
  void reply
    .header('cache-control', 'no-store')
    .setCookie(SESSION_COOKIE, session, { ...ATTRIBUTES, maxAge: Math.min(maxAge, LONGEST) });
}

/** Takes the session back from a browser that was logged out by its cookie; the device stays known. */
export function clearSessionCookie(request: FastifyRequest, reply: FastifyReply): void {
  if (sessionCookie(request) !== null) void reply.clearCookie(SESSION_COOKIE, ATTRIBUTES);
}

/** The cookie that says who calls; null also where a token is shown, which goes before it. */
export function sessionCookie(request: FastifyRequest): string | null {
  return request.headers.authorization ? null : browserCookie(request, SESSION_COOKIE);
}

export function browserCookie(request: FastifyRequest, name: string): string | null {
  const value = request.cookies[name];
  return value !== undefined && value !== '' && value.length <= LONGEST_VALUE ? value : null;
}

/**
 * Whether a request comes from a page of this service itself, so that its cookie counts: another site's page must not
 * act with it (CSRF; ASVS 3.5.1). Browsers say so by `Sec-Fetch-Site` (Fetch Metadata), older ones by `Origin` alone;
 * what says neither may only read.
 *
 * @param publicOrigin the origin of PUBLIC_URL
 */
export function isFromOwnPage(request: FastifyRequest, publicOrigin?: string): boolean {
  const reads = request.method === 'GET' || request.method === 'HEAD';
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || (site === 'none' && reads);
  const { origin } = request.headers;
  if (origin === undefined) return reads;
  if (origin === publicOrigin) return true;
  if (!URL.canParse(origin)) return false;
  // A proxy in front may have taken TLS off; a page without TLS does not belong to a service with TLS.
  const { host, protocol } = new URL(origin);
  return host === request.host && (protocol === 'https:' || request.protocol === 'http');
}

import { BlockList, isIP } from 'node:net';
import { type FastifyRequest } from 'fastify';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** What a proxy adds: behind one that `TRUST_PROXY` does not name, the whole world comes from its address. */
const FORWARDED = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip'];

/**
 * Whether a request comes from a program on this machine, and not from a page of somebody else in a browser on it: a
 * name that was made to point here (DNS rebinding) arrives as the host, and another site's page as the origin.
 */
export function isFromThisMachine(request: FastifyRequest): boolean {
  const peer = request.raw.socket.remoteAddress;
  if (peer === undefined || !isLoopback(peer) || !isLoopback(request.ip)) return false;
  if (FORWARDED.some((name) => request.headers[name] !== undefined)) return false;
  if (!isLoopback(request.hostname)) return false;
  const { origin } = request.headers;
  if (origin !== undefined) return URL.canParse(origin) && isLoopback(new URL(origin).hostname);
  const site = request.headers['sec-fetch-site'];
  return site === undefined || site === 'same-origin' || site === 'none';
}

/** `localhost`, or an address that is a loopback one; a name that merely resolves to one is not. */
function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  if (bare === 'localhost') return true;
  const version = isIP(bare);
  return version !== 0 && LOOPBACK.check(bare, version === 4 ? 'ipv4' : 'ipv6');
}

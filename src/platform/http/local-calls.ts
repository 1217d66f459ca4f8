import { type FastifyRequest } from 'fastify';
import { isLoopback } from '../config/loopback.js';

/** What a proxy adds: behind one that `TRUST_PROXY` does not name, the whole world comes from its address. */
const FORWARDED = new Set([
  'forwarded',
  'via',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-original-forwarded-for',
  'x-envoy-external-address',
  'x-azure-clientip',
  'true-client-ip',
  'cf-connecting-ip',
  'fly-client-ip',
]);

/**
 * Whether a request comes from a program on this machine, and not from a page of somebody else in a browser on it: a
 * name that was made to point here (DNS rebinding) arrives as the host, and another site's page as the origin.
 */
export function isFromThisMachine(request: FastifyRequest): boolean {
  return isCalledFromHere(request) && !isFromAnotherPage(request);
}

/**
 * Whether the other end of the connection is a client on this machine that calls it by a loopback name. HTTP/1.0 does not
 * count: it is what proxies speak that say nothing of their client unless they are told to (nginx's default). Neither does
 * an address with a host in the request line, which is what clients send to a proxy, and which goes before `Host`.
 *
 * @param behindProxy the peer is a proxy of `TRUST_PROXY`, so that what it says of its client counts
 */
export function isCalledFromHere(request: FastifyRequest, behindProxy = false): boolean {
  const peer = request.raw.socket.remoteAddress;
  if (peer === undefined || !isLoopback(peer) || !isLoopback(request.ip)) return false;
  if (request.raw.httpVersion !== '1.1' || !request.originalUrl.startsWith('/')) return false;
  if (!behindProxy && Object.keys(request.headers).some(isForwarded)) return false;
  return isLoopback(request.hostname);
}

function isForwarded(header: string): boolean {
  return FORWARDED.has(header) || header.startsWith('x-forwarded-');
}

function isFromAnotherPage(request: FastifyRequest): boolean {
  const { origin } = request.headers;
  if (origin !== undefined) return !(URL.canParse(origin) && isLoopback(new URL(origin).hostname));
  const site = request.headers['sec-fetch-site'];
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}

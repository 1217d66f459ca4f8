import { isIP, isIPv6 } from 'node:net';

/**
 * The key that limits are counted under: an IPv4 address as it is, an IPv6 address by its /64, since a subscriber
 * commonly has a whole /64 to choose from (RFC 6177 and RIPE-690).
 *
 * @param address what Fastify says the client is, `TRUST_PROXY` considered
 */
export function addressKey(address: string): string {
  const plain = address.split('%')[0] ?? address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain);
  if (mapped?.[1]) return mapped[1];
  // A proxy that is believed may still hand on what its client wrote: all that is no address counts as one.
  if (isIP(plain) === 0) return 'unknown';
  if (!isIPv6(plain)) return plain;
  return `${expand(plain).slice(0, 4).join(':')}::/64`;
}

/** The eight groups of an IPv6 address, without leading zeros. */
function expand(address: string): string[] {
  const [head = '', tail] = address.toLowerCase().split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0');
  return [...left, ...zeros, ...right].map((group) => group.replace(/^0+(?=.)/, ''));
}

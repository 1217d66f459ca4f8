import { BlockList, isIP } from 'node:net';
import { type FastifyInstance } from 'fastify';
import ipaddr from 'ipaddr.js';
import { type ServerSettings } from '../config/groups/server.js';

/** What limits and the log say of a client whose address cannot be read: all of them count as one. */
const UNKNOWN = 'unknown';

/** `203.0.113.7:40001`, also in its IPv4-mapped form. */
const IPV4_AND_PORT = /^(.*\d\.\d+\.\d+\.\d+):(?:\d{1,5}|_[\w.-]+)$/;
/** `[2001:db8::1]` and `[2001:db8::1]:443` (RFC 7239 section 6). */
const BRACKETS_AND_PORT = /^\[([^\]]*)\](?::(?:\d{1,5}|_[\w.-]+))?$/;
/** Eight groups and a port; with fewer of them nobody could tell the port from a group. */
const IPV6_AND_PORT = /^((?:[\da-f]{1,4}:){7}[\da-f]{1,4}):\d{1,5}$/i;

/** IPv4 hosts as an IPv6-only network sees them (RFC 6052 section 2.1). */
const TRANSLATED = ipaddr.IPv6.parseCIDR('64:ff9b::/96');

/**
 * An address as proxies write it: with or without a port, brackets, quotes and a zone. IPv4 inside IPv6 (mapped, or
 * translated by the well-known prefix) comes out as IPv4: the same client must not have two addresses, nor all clients one.
 *
 * @returns the address in its usual spelling (RFC 5952); null for anything else, such as `unknown` and `_hidden`
 */
export function readAddress(text: string): string | null {
  const bare = text.trim().replace(/^"(.*)"$/, '$1');
  const [, address = bare] = BRACKETS_AND_PORT.exec(bare) ?? IPV4_AND_PORT.exec(bare) ?? IPV6_AND_PORT.exec(bare) ?? [];
  const [plain = ''] = address.split('%');
  const version = isIP(plain);
  if (version !== 6) return version === 4 ? plain : null;
  const parsed = ipaddr.IPv6.parse(plain);
  if (parsed.isIPv4MappedAddress()) return parsed.toIPv4Address().toString();
  if (parsed.match(TRANSLATED)) return new ipaddr.IPv4(parsed.toByteArray().slice(12)).toString();
  return parsed.toRFC5952String();
}

/**
 * The key that limits are counted under: an IPv4 address as it is, an IPv6 address by its /64, since a subscriber
 * commonly has a whole /64 to choose from (RFC 6177 and RIPE-690).
 *
 * @param address what `request.ip` says the client is
 */
export function addressKey(address: string): string {
  if (isIP(address) === 4) return address;
  const read = readAddress(address);
  if (read === null) return UNKNOWN;
  if (isIP(read) === 4) return read;
  const groups = ipaddr.IPv6.parse(read).parts.slice(0, 4);
  return `${groups.map((group) => group.toString(16)).join(':')}::/64`;
}

/** The addresses and CIDR ranges of `TRUST_PROXY`. */
export class TrustedProxies {
  private readonly ranges = new BlockList();

  constructor(ranges: readonly string[]) {
    for (const range of ranges) {
      const [written = '', bits] = range.split('/');
      const address = readAddress(written) ?? written;
      const [size, lost] = isIP(address) === 4 ? [32, isIP(written) === 6 ? 96 : 0] : [128, 0];
      const prefix = bits === undefined ? size : Math.max(0, Number(bits) - lost);
      this.ranges.addSubnet(address, prefix, size === 32 ? 'ipv4' : 'ipv6');
    }
  }

  /** Whether an address, or the other end of a connection, is one of theirs. */
  has(address: string | undefined): boolean {
    const read = address === undefined ? null : readAddress(address);
    return read !== null && this.ranges.check(read, isIP(read) === 4 ? 'ipv4' : 'ipv6');
  }
}

/**
 * Finds out where each request comes from, before anything else looks at it: `request.ip` is from then on an address in
 * one spelling, or `unknown`. Only `CLIENT_ADDRESS_HEADER` is read, and only from the proxies of `TRUST_PROXY`; any other
 * header that says something about the client may be the client's own.
 */
export function readClientAddresses(
  fastify: FastifyInstance,
  proxies: TrustedProxies,
  { clientAddressHeader }: Pick<ServerSettings, 'clientAddressHeader'>,
): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    const said = request.raw.headers[clientAddressHeader];
    const address = clientAddress(request.raw.socket.remoteAddress, String(said ?? ''), {
      proxies,
      inParameters: clientAddressHeader === 'forwarded',
    });
    // Fastify's own is a getter that knows X-Forwarded-For alone, and takes an address with a port for none.
    Object.defineProperty(request, 'ip', { value: address });
    done();
  });
}

/**
 * The last address in the header that is not one of our proxies'. They append, so anything further left may be the
 * client's invention.
 */
function clientAddress(
  peer: string | undefined,
  header: string,
  { proxies, inParameters }: { proxies: TrustedProxies; inParameters: boolean },
): string {
  let address = readAddress(peer ?? '');
  for (const part of header.split(',').reverse()) {
    if (address === null || !proxies.has(address)) break;
    if (part.trim() !== '') address = readAddress(inParameters ? forParameter(part) : part);
  }
  return address ?? UNKNOWN;
}

/** The client in one element of `Forwarded` (RFC 7239 section 4): `for="[2001:db8::1]:443";proto=https`. */
function forParameter(element: string): string {
  return /(?:^|;)\s*for\s*=\s*("[^"]*"|[^;"]*)/i.exec(element)?.[1] ?? '';
}

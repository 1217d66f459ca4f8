import { type LookupAddress } from 'node:dns';
import { Resolver, lookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Why nothing was sent to an address that somebody else gave. */
export class OutgoingRefused extends Error {
  override readonly name = 'OutgoingRefused';
  constructor(readonly reason: 'address' | 'unknown-host') {
    super(reason === 'address' ? 'the address is not a public one' : 'the host has no address');
  }
}

/** Finds the addresses of a host name; an empty list when it has none. */
export type Resolve = (hostname: string) => Promise<string[]>;

/** Of IPv6, what is given out to the world at all (RFC 4291, IANA's registry); all special ranges in it are left out below. */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');

/** Public by its number, but it answers only inside Azure: the virtual machine's agent, with its secrets. */
const AZURE_AGENT = '168.63.129.16';

/** Names of this machine and of private networks (RFC 6761, RFC 6762, RFC 8375): no name server is asked about them. */
const INSIDE_NAMES = /(?:^|\.)(?:localhost|local|internal|home\.arpa)\.?$/i;

/** How long one name server is waited for, in ms, and how often it is asked. */
const DNS_PATIENCE = { timeout: 2_000, tries: 2 };

/**
 * Whether an address belongs to the public Internet: not this machine, its network, a cloud's metadata service, or one
 * of the ranges that hide such an address in another form (mapped, NAT64, 6to4, Teredo). What is in doubt is not.
 */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast') return false;
  if (parsed instanceof ipaddr.IPv6) return parsed.match(GLOBAL_IPV6);
  return parsed.toString() !== AZURE_AGENT;
}

/**
 * A lookup for connections to hosts that somebody else named: it runs when the connection is made, and what it finds is
 * what is connected to, so that a name cannot mean one address when it is checked and another when it is used (DNS
 * rebinding). A name that has one address inside and one outside is refused whole.
 */
export function publicLookup(resolve: Resolve, allowPrivate: boolean): LookupFunction {
  return (hostname, { all }, callback) => {
    const asked =
      !allowPrivate && INSIDE_NAMES.test(hostname) ? Promise.reject(new OutgoingRefused('address')) : resolve(hostname);
    asked
      .then((addresses) => {
        const found = addresses.map((address): LookupAddress => ({ address, family: isIP(address) }));
        const [first] = found;
        if (!first) throw new OutgoingRefused('unknown-host');
        if (!allowPrivate && !addresses.every(isPublicAddress)) throw new OutgoingRefused('address');
        if (all) callback(null, found);
        else callback(null, first.address, first.family);
      })
      .catch((error: unknown) => callback(error as NodeJS.ErrnoException, ''));
  };
}

/**
 * Asks the name servers themselves. The system's lookup runs on the four threads that passwords are hashed on, too: a
 * slow name server of a stranger would keep everybody from logging in.
 */
export async function askNameServers(hostname: string): Promise<string[]> {
  const resolver = new Resolver(DNS_PATIENCE);
  const found = await Promise.all([
    resolver.resolve4(hostname).catch(() => []),
    resolver.resolve6(hostname).catch(() => []),
  ]);
  return found.flat();
}

/** As the machine does it, `localhost` and its hosts file included; for development. */
export async function askSystem(hostname: string): Promise<string[]> {
  const found = await lookup(hostname, { all: true }).catch(() => []);
  return found.map(({ address }) => address);
}

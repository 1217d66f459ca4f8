import { describe, expect, it } from '@jest/globals';
import { type FastifyRequest } from 'fastify';
import { isCalledFromHere, isFromThisMachine } from './local-calls.js';

interface Seen {
  readonly peer?: string;
  readonly ip?: string;
  readonly hostname?: string;
  readonly httpVersion?: string;
  readonly originalUrl?: string;
  readonly headers?: Record<string, string>;
}

/** What these functions look at of a request; without changes one that a program on this machine makes. */
const seen = ({ peer = '127.0.0.1', httpVersion = '1.1', ...more }: Seen) =>
  ({
    ...{ ip: '127.0.0.1', hostname: 'localhost', originalUrl: '/dev/inbox', headers: {} },
    ...more,
    raw: { httpVersion, socket: { remoteAddress: peer } },
  }) as FastifyRequest;

describe('a request from this machine', () => {
  it.each<[string, Seen]>([
    ['localhost', {}],
    ['an address', { hostname: '127.0.0.1' }],
    ['an IPv6 address', { peer: '::1', ip: '::1', hostname: '[::1]' }],
    ['another loopback address', { peer: '127.9.9.9', ip: '127.9.9.9' }],
    ['a socket that takes both families', { peer: '::ffff:127.0.0.1' }],
    ['the name of an application', { headers: { 'x-client-id': 'a' } }],
  ])('is one by %s', (_, request) => expect(isFromThisMachine(seen(request))).toBe(true));

  it.each<[string, Seen]>([
    ['another machine', { peer: '192.0.2.1', ip: '192.0.2.1' }],
    ['another machine behind a proxy here', { ip: '192.0.2.1' }],
    ['a proxy elsewhere that says so', { peer: '192.0.2.1' }],
    ['HTTP/1.0, as proxies speak it', { httpVersion: '1.0' }],
    ['a version that we do not speak', { httpVersion: '2.0' }],
    ['an address for a proxy', { originalUrl: 'http://evil.example/dev/inbox' }],
    ['the name of a site', { hostname: 'evil.example' }],
    ['a name that only begins so', { hostname: 'localhost.evil.example' }],
    ['an address of the network', { hostname: '192.168.1.7' }],
    ['no name at all', { hostname: '' }],
    ...['Forwarded', 'Via', 'X-Real-IP', 'X-Forwarded-For', 'X-Forwarded-Port', 'CF-Connecting-IP'].map(
      (name): [string, Seen] => [name, { headers: { [name.toLowerCase()]: '127.0.0.1' } }],
    ),
  ])('is refused for %s', (_, request) => {
    expect(isFromThisMachine(seen(request))).toBe(false);
    expect(isCalledFromHere(seen(request))).toBe(false);
  });

  it.each<[string, Record<string, string>]>([
    ['the origin of a site', { origin: 'https://evil.example' }],
    ['no origin at all', { origin: 'null' }],
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another port of this machine', { 'sec-fetch-site': 'same-site' }],
  ])('is not that of a program when it has %s', (_, headers) => {
    expect(isFromThisMachine(seen({ headers }))).toBe(false);
    expect(isCalledFromHere(seen({ headers }))).toBe(true);
  });

  it('may be handed on by a proxy of ours that names its client', () => {
    const headers = { 'x-forwarded-for': '127.0.0.1' };
    expect(isCalledFromHere(seen({ headers }), true)).toBe(true);
    expect(isCalledFromHere(seen({ headers, httpVersion: '1.0' }), true)).toBe(false);
    expect(isCalledFromHere(seen({ headers, ip: '192.0.2.1' }), true)).toBe(false);
  });
});

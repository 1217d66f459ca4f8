import { request as httpRequest, createServer, type Server } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { once } from 'node:events';
import { type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { outgoingAgents, outgoingUrl } from './outgoing-agent.js';
import { OutgoingRefused, type Resolve } from './public-addresses.js';

let server: Server;
let port: number;
let hits = 0;

beforeAll(async () => {
  server = createServer((_, response) => {
    hits += 1;
    response.end('inside');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => void server.close());

/** What a request to a host comes to, with names that mean what `resolve` says. */
async function reach(url: string, resolve: Resolve, allowPrivate = false): Promise<unknown> {
  const agents = outgoingAgents(allowPrivate, resolve);
  const secure = url.startsWith('https:');
  const request = (secure ? httpsRequest : httpRequest)(url, { agent: secure ? agents.https : agents.http });
  const outcome = new Promise((tell) => {
    request.on('error', tell);
    request.on('response', (response) => {
      response.resume();
      tell(response.statusCode);
    });
  });
  request.end();
  return outcome;
}

const nobody: Resolve = () => Promise.resolve([]);

describe('a connection to a host that somebody else named', () => {
  it.each(['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1', '0177.0.0.1', '[64:ff9b::7f00:1]'])(
    'is not made to %s',
    async (host) => {
      const before = hits;
      for (const scheme of ['http', 'https'])
        expect(await reach(`${scheme}://${host}:${port}/`, nobody)).toEqual(new OutgoingRefused('address'));
      expect(hits).toBe(before);
    },
  );

  it('is made to the address that was checked: the name is looked up once', async () => {
    let asked = 0;
    const rebinding: Resolve = () => Promise.resolve([(asked += 1) === 1 ? '127.0.0.1' : '8.8.8.8']);
    expect(await reach(`http://rebinding.example:${port}/`, rebinding)).toEqual(new OutgoingRefused('address'));
    expect(asked).toBe(1);
  });

  it.each([[['127.0.0.1']], [['8.8.8.8', '10.0.0.1']], [['2606:4700::1', '::ffff:127.0.0.1']]])(
    'is not made to a name that means %j',
    async (addresses) => {
      const resolve: Resolve = () => Promise.resolve(addresses);
      expect(await reach(`http://inside.example:${port}/`, resolve)).toEqual(new OutgoingRefused('address'));
      expect(await reach(`https://inside.example:${port}/`, resolve)).toEqual(new OutgoingRefused('address'));
    },
  );

  it.each(['localhost', 'LOCALHOST', 'x.localhost', 'printer.local', 'db.internal', 'localhost.'])(
    'is not made to %s, whatever it means',
    async (host) => {
      const world: Resolve = () => Promise.resolve(['8.8.8.8']);
      expect(await reach(`http://${host}:${port}/`, world)).toEqual(new OutgoingRefused('address'));
    },
  );

  it('is not made to a name without an address', async () => {
    expect(await reach('http://nobody.example/', nobody)).toEqual(new OutgoingRefused('unknown-host'));
  });

  it('is made inside where that is allowed', async () => {
    expect(await reach(`http://127.0.0.1:${port}/`, nobody, true)).toBe(200);
    expect(await reach(`http://inside.example:${port}/`, () => Promise.resolve(['127.0.0.1']), true)).toBe(200);
  });
});

describe('outgoingUrl', () => {
  it.each(['http://a.example/x?y=1', 'https://a.example:8443/', 'https://a.example:443/'])('takes %s', (text) =>
    expect(outgoingUrl(text)).toBeInstanceOf(URL),
  );

  it.each([
    '',
    'a.example',
    '//a.example/',
    'file:///etc/passwd',
    'ftp://a.example/',
    'gopher://a.example/',
    'data:text/plain,x',
    'javascript:alert(1)',
    'https://user@a.example/',
    'https://user:secret@a.example/',
    'http://a.example:22/',
    'http://a.example:25/',
    'http://a.example:99999/',
    `https://a.example/${'x'.repeat(2_048)}`,
  ])('refuses %s', (text) => expect(outgoingUrl(text)).toBeNull());

  it('leaves the fragment out', () => expect(outgoingUrl('https://a.example/x#y')?.href).toBe('https://a.example/x'));
});

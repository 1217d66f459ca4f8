import { createServer, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createMasuk, type Masuk, type TokenLogin } from '../../client/src/masuk.js';
import { absoluteBase, originOf } from '../../client/src/origin.js';
import { openHouse, QUICK, type House } from '../support/house.js';
import { newcomer, PASSWORD } from '../support/logins.js';
import { startUnreliableProxy, type UnreliableProxy } from '../support/unreliable-proxy.js';

interface Heard {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** The application's own API: takes a token only from those that the service still answers. */
async function startApplication(service: () => string) {
  const heard: Heard[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      heard.push({ url: request.url ?? '', headers: request.headers, body });
      const { authorization = '' } = request.headers;
      const { status } = await fetch(`${service()}/api/auth/me`, { headers: { authorization } });
      response.writeHead(status, { 'set-cookie': 'theirs=1' }).end(body);
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
  return { url, heard, close };
}

let house: House;
let wire: UnreliableProxy;
let application: Awaited<ReturnType<typeof startApplication>>;
let foreign: Awaited<ReturnType<typeof startApplication>>;
let masuk: Masuk<TokenLogin>;

beforeAll(async () => {
  house = await openHouse(QUICK);
  wire = await startUnreliableProxy(house.service.url);
  application = await startApplication(() => house.service.url);
  foreign = await startApplication(() => house.service.url);
  masuk = createMasuk({ baseUrl: `${wire.url}/`, origins: [application.url] });
  await masuk.login({ identifier: (await newcomer(house)).username, password: PASSWORD });
});
afterEach(() => {
  wire.forget();
  application.heard.length = 0;
  foreign.heard.length = 0;
});
afterAll(async () => {
  await application.close();
  await foreign.close();
  await wire.close();
  await house.close();
});

const bearer = () => `Bearer ${masuk.tokens!.token}`;

/** Another program of the same login whose access token is spoilt. */
async function withSpoiltToken(): Promise<Masuk<TokenLogin>> {
  const tokens = { ...masuk.tokens!, token: `${masuk.tokens!.token.slice(0, -4)}AAAA` };
  const spoilt = createMasuk({
    baseUrl: wire.url,
    origins: [application.url],
    store: { get: () => tokens, set: () => undefined },
  });
  await spoilt.restore();
  return spoilt;
}

describe("the application's own calls", () => {
  it.each<[string, () => Parameters<typeof fetch>]>([
    ['an address', () => [`${application.url}/orders?page=1`]],
    ['a URL', () => [new URL('/orders?page=1', application.url)]],
    ['a request', () => [new Request(`${application.url}/orders?page=1`)]],
  ])('carry the token to an origin that was named, as %s', async (_, input) => {
    const response = await masuk.fetch(...input());
    expect(response.status).toBe(200);
    expect(application.heard).toEqual([expect.objectContaining({ url: '/orders?page=1' })]);
    expect(application.heard[0]?.headers.authorization).toBe(bearer());
    expect(application.heard[0]?.headers).not.toHaveProperty('x-device-token');
  });

  it('go to the service when they are a path', async () => {
    const response = await masuk.fetch('/api/auth/me');
    expect(response.status).toBe(200);
    expect(wire.calls[0]).toMatchObject({ path: '/api/auth/me', headers: { authorization: bearer() } });
  });

  it.each<[string, RequestInit['headers']]>([
    ['an object', { 'X-Mine': '1', Authorization: 'Bearer mine' }],
    ['a list', [['X-Mine', '1']]],
    ['Headers', new Headers({ 'X-Mine': '1' })],
  ])('keep method, body and headers (%s)', async (_, headers) => {
    const response = await masuk.fetch(`${application.url}/orders`, {
      method: 'PUT',
      body: '{"a":1}',
      headers: headers!,
    });
    expect(await response.text()).toBe('{"a":1}');
    expect(application.heard[0]?.headers).toMatchObject({ 'x-mine': '1', authorization: bearer() });
  });

  it.each<[string, (url: string) => Parameters<typeof fetch>]>([
    ['a text', (url) => [url, { method: 'POST', body: 'hello' }]],
    ['a form', (url) => [url, { method: 'POST', body: new URLSearchParams({ hello: '1' }) }]],
    ['bytes', (url) => [url, { method: 'POST', body: new TextEncoder().encode('hello') }]],
    ['a request', (url) => [new Request(url, { method: 'POST', body: 'hello' })]],
  ])('are sent again with the whole body after a refresh: %s', async (_, input) => {
    const spoilt = await withSpoiltToken();
    const response = await spoilt.fetch(...input(`${application.url}/orders`));
    expect(response.status).toBe(200);
    expect(application.heard).toHaveLength(2);
    const [first, second] = application.heard;
    expect([first?.body === '', second?.body]).toEqual([false, first?.body]);
    expect(first?.headers.authorization).not.toBe(second?.headers.authorization);
    // The one refresh has made the token of the first client old.
    await masuk.refresh();
  });

  it('are not sent again when their body can be read only once', async () => {
    const spoilt = await withSpoiltToken();
    const body = new Blob(['hello']).stream();
    const init = { method: 'POST', body, duplex: 'half' } as RequestInit;
    expect((await spoilt.fetch(`${application.url}/orders`, init)).status).toBe(401);
    expect(application.heard).toHaveLength(1);
  });
});

describe('an origin that was not named', () => {
  it.each<[string, (url: string) => Parameters<typeof fetch>[0]]>([
    ['an address', (url) => `${url}/orders`],
    ['a URL', (url) => new URL(url)],
    ['a request', (url) => new Request(url)],
    ['without its scheme', (url) => url.replace('http:', '')],
    ['with backslashes', (url) => url.replace('http://', '\\\\')],
    ['with a slash and a backslash', (url) => url.replace('http://', '/\\')],
    ['behind a user name that looks like the service', (url) => url.replace('//', `//${new URL(wire.url).host}@`)],
    ['behind a user name and a backslash', (url) => url.replace('//', `//${new URL(wire.url).host}\\@`)],
    ['after blanks', (url) => `  ${url}`],
    ['with a tab in its scheme', (url) => url.replace('http', 'ht\ttp')],
    ['with a line break in its host', (url) => url.replace('127.', '127\n.')],
    ['with a port that goes on', () => `${wire.url}0/orders`],
    ['with a host that goes on', () => `${wire.url.replace(/:\d+$/, '')}.example.org/orders`],
  ])('is sent nothing: %s', async (_, address) => {
    await expect(masuk.fetch(address(foreign.url))).rejects.toMatchObject({ code: 'origin_refused', status: 0 });
    expect([foreign.heard, wire.calls]).toEqual([[], []]);
  });

  it.each(['orders', '', '?page=1', 'data:text/plain,hi', 'file:///etc/passwd', 'javascript:1'])(
    'nor is what has none: %j',
    async (address) => {
      await expect(masuk.fetch(address)).rejects.toMatchObject({ code: 'origin_refused' });
    },
  );

  it('stays foreign when the service redirects there', async () => {
    const answer = { status: 302, headers: { location: `${foreign.url}/orders` } };
    wire.next('GET /api/elsewhere', { answer }, { answer });
    await masuk.fetch('/api/elsewhere');
    expect(foreign.heard[0]).toMatchObject({ url: '/orders' });
    expect(foreign.heard.map(({ headers }) => headers.authorization)).not.toContainEqual(expect.anything());
  });

  it.each(['https://api.example.org\\@evil.example', 'api.example.org', '*', ''])('cannot be named as %j', (origin) => {
    expect(() => createMasuk({ origins: [origin] })).toThrow(TypeError);
  });
});

describe('originOf', () => {
  it.each([
    ['https://Login.Example.org', 'https://login.example.org'],
    ['HTTPS://login.example.org:443/a?b#c', 'https://login.example.org'],
    ['http://localhost:5000/', 'http://localhost:5000'],
    ['http://localhost:80#x', 'http://localhost'],
    ['http://[::1]:5000/x', 'http://[::1]:5000'],
    ['https://login.example.org:80', 'https://login.example.org:80'],
  ])('reads %s as %s, as browsers do', (address, origin) => {
    expect(originOf(address)).toBe(origin);
    expect(new URL(address).origin).toBe(origin);
  });
});

describe('baseUrl', () => {
  const page = (origin: string | undefined) => Object.assign(globalThis, { location: origin && { origin } });
  afterEach(() => {
    delete (globalThis as { location?: unknown }).location;
  });

  it.each([
    ['', 'https://app.example.org'],
    ['/', 'https://app.example.org'],
    ['/masuk/', 'https://app.example.org/masuk'],
    ['https://login.example.org/masuk/', 'https://login.example.org/masuk'],
  ])('%j on a page of app.example.org is %s', (base, absolute) => {
    page('https://app.example.org');
    expect(absoluteBase(base)).toBe(absolute);
  });

  it.each(['//evil.example', '/\\evil.example', 'evil.example', 'https:evil.example'])('is not %j', (base) => {
    page('https://app.example.org');
    expect(() => absoluteBase(base)).toThrow(TypeError);
  });

  it.each(['', '/masuk'])(
    'has to be absolute where there is no page, or one without an origin: not %j',
    async (base) => {
      expect(() => absoluteBase(base)).toThrow(/https:\/\//);
      page('null');
      expect(() => absoluteBase(base)).toThrow(TypeError);
      await expect(createMasuk({ baseUrl: base }).options()).rejects.toBeInstanceOf(TypeError);
    },
  );
});

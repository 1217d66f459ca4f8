import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openHouse, type House } from '../../support/house.js';
import { rawRequest, sendRaw } from '../../support/raw-http.js';
import { type Service } from '../../support/service.js';

const PAGES = ['/login', '/forgot-password'];
const ELEMENT = '/elements/masuk-login.js';

let house: House;
let service: Service;
let negotiating: Service;

beforeAll(async () => {
  house = await openHouse({ WHATSAPP_DEVICE_ID: '', WHACENTER_BASE_URL: '' }, { instances: 0 });
  [service, negotiating] = await Promise.all([
    house.another({ APP_NAME: 'Toko <b>Budi</b> & "Anak" - Sejak 1990' }),
    house.another({ MESSAGE_LANGUAGE: 'negotiate', PUBLIC_URL: 'https://login.example.org' }),
  ]);
});
afterAll(async () => house.close());

it('asks for https by Strict-Transport-Security, of its own host alone, where people reach it by https', async () => {
  const hstsOf = async (at: Service) => (await at.get('/login')).headers.get('strict-transport-security');
  expect(await hstsOf(negotiating)).toBe('max-age=31536000');
  expect(await hstsOf(service)).toBeNull();
});

const languageOf = (html: string) => /<html lang="(\w+)">/.exec(html)?.[1];
/** The addresses that a page names, of scripts, styles and pictures. */
const assetsIn = (html: string) => [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, address = '']) => address);

describe.each(PAGES)('%s', (path) => {
  it('is a page that nobody keeps, frames or adds to', async () => {
    const { status, headers, text } = await service.get(path);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('content-security-policy')?.split('; ')).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        expect.stringMatching(/^style-src 'self' 'nonce-[\w+/=]{24}'$/),
        "connect-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
      ]),
    );
    expect(headers.get('content-security-policy')).not.toContain('unsafe');
    const nonce = /'nonce-([^']+)'/.exec(headers.get('content-security-policy') ?? '')?.[1] ?? '';
    expect(text.split(`nonce="${nonce}"`)).toHaveLength(2);
    expect((await service.get(path)).text).not.toContain(nonce);
    expect(text).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:|https?:\/\//);
    expect(text.match(/<script[^>]*>/g)?.every((tag) => tag.includes(' src="/'))).toBe(true);
  });

  it('names assets that are there, for good, with their own types', async () => {
    const addresses = assetsIn((await service.get(path)).text).filter((address) => address.startsWith('/assets/'));
    expect(addresses.map((address) => address.split('.').at(-1))).toEqual(expect.arrayContaining(['js', 'css', 'svg']));
    const types: Record<string, string> = {
      js: 'text/javascript; charset=utf-8',
      css: 'text/css; charset=utf-8',
      svg: 'image/svg+xml',
    };
    for (const address of addresses) {
      const { status, headers } = await service.get(address);
      expect([address, status]).toEqual([address, 200]);
      expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(headers.get('content-type')).toBe(types[address.split('.').at(-1) ?? '']);
      expect(address).toMatch(/-[\w-]{8}\.\w+$/);
    }
  });

  it('shows the name of the application as the text it is', async () => {
    const { text } = await service.get(path);
    expect(text).toContain('Toko &lt;b&gt;Budi&lt;/b&gt; &amp; &quot;Anak&quot;');
    expect(text).not.toContain('<b>Budi');
    expect(text).toContain('<p>Sejak 1990</p>');
  });

  it('speaks the language of ?lang=, then of the cookie, then of MESSAGE_LANGUAGE', async () => {
    const tongue = async (from: Service, query: string, headers?: Record<string, string>) =>
      languageOf((await from.get(path + query, headers)).text);
    const english = { cookie: 'other=1; masuk-lang=en' };
    const browser = { 'accept-language': 'en-GB,en;q=0.9' };
    expect(await tongue(service, '')).toBe('id');
    expect(await tongue(service, '', browser)).toBe('id');
    expect(await tongue(service, '', english)).toBe('en');
    expect(await tongue(service, '?lang=id', english)).toBe('id');
    expect(await tongue(negotiating, '', browser)).toBe('en');
    expect(await tongue(negotiating, '', { ...browser, cookie: 'masuk-lang=id' })).toBe('id');
    for (const odd of ['?lang=xx', '?lang=', '?lang[]=en', '?lang=en&lang=id', '?lang=%3Cscript%3E'])
      expect([odd, await tongue(service, odd)]).toEqual([odd, 'id']);
    expect(await tongue(service, '', { cookie: 'masuk-lang=<script>' })).toBe('id');
  });

  it('remembers a language that was chosen, and no other', async () => {
    const chosen = (await service.get(`${path}?lang=en`)).headers.get('set-cookie');
    expect(chosen).toBe('masuk-lang=en; Max-Age=31536000; Path=/; SameSite=Lax');
    expect((await negotiating.get(`${path}?lang=en`)).headers.get('set-cookie')).toBe(
      `${chosen?.replace('; Same', '; Secure; Same')}`,
    );
    expect((await service.get(path)).headers.get('set-cookie')).toBeNull();
    expect((await service.get(`${path}?lang=xx`)).headers.get('set-cookie')).toBeNull();
  });
});

describe('who is where', () => {
  it('sends browsers from / to the login, and strangers from the account to it', async () => {
    const browser = await service.get('/', { accept: 'text/html' });
    expect([browser.status, browser.headers.get('location')]).toEqual([302, '/login']);
    const stranger = await service.get('/account');
    expect([stranger.status, stranger.headers.get('location')]).toEqual([302, '/login']);
    // Whose cookie it is, the page finds out.
    const shown = await service.get('/account', { cookie: `__Host-masuk=${'x'.repeat(43)}` });
    expect([shown.status, shown.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(shown.text).not.toContain('xxxx');
  });
});

describe(ELEMENT, () => {
  it('is for every origin, kept for five minutes, and asked for again at the price of a 304', async () => {
    const headers = { origin: 'https://somebody.example' };
    const first = await service.get(ELEMENT, headers);
    expect(first.status).toBe(200);
    expect(first.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(first.headers.get('access-control-allow-origin')).toBe('*');
    expect(first.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
    expect(first.headers.get('access-control-allow-credentials')).toBeNull();
    expect(first.headers.get('cache-control')).toBe('public, max-age=300');
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[\w-]+"$/);
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`]) {
      const again = await service.get(ELEMENT, { ...headers, 'if-none-match': known });
      expect([known, again.status, again.text]).toEqual([known, 304, '']);
      expect(again.headers.get('access-control-allow-origin')).toBe('*');
    }
    expect((await service.get(ELEMENT, { ...headers, 'if-none-match': '"other"' })).status).toBe(200);
  });

  it('is one file: it imports nothing', async () => {
    const { text } = await service.get(ELEMENT);
    expect(text).toContain('masuk-login');
    expect(text).not.toMatch(/\bimport\s*[{*(]|\bfrom\s*["']\.{0,2}\//);
  });

  it.each(['br', 'gzip'])('goes out packed to who takes %s', async (encoding) => {
    const plain = await sendRaw(service.url, rawRequest('GET', ELEMENT, ['Connection: close']));
    const response = await fetch(service.url + ELEMENT, { headers: { 'accept-encoding': encoding } });
    expect(response.headers.get('content-encoding')).toBe(encoding);
    expect(response.headers.get('vary')).toContain('accept-encoding');
    expect(response.headers.get('etag')).toContain(`-${encoding}"`);
    // fetch has unpacked it already; the length that went over the wire is the packed one.
    expect(await response.text()).toBe(plain.text);
    expect(Number(response.headers.get('content-length'))).toBeLessThan(plain.text.length / 2);
    const refused = await fetch(service.url + ELEMENT, { headers: { 'accept-encoding': `${encoding};q=0` } });
    expect(refused.headers.get('content-encoding')).toBeNull();
  });
});

// What String.replace takes for a pattern brought the text around the place in, and with it quotes that end the attribute.
it.each(['$&', '$`', "$'", '$$', '$1', "'/onclick=alert(1)/x='", '<b>'])(
  '%s in the address of the console stays text',
  async (part) => {
    const next = `/admin/people?q=${part}/onclick=alert(1)`;
    const { text } = await service.get(`/login?next=${encodeURIComponent(next)}`);
    const written = /data-continue="([^"]*)">/.exec(text)?.[1] ?? '';
    expect(written).not.toMatch(/[<>'"]/);
    const characters: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
    expect(written.replace(/&([\w#]+);/g, (entity, name: string) => characters[name] ?? entity)).toBe(next);
  },
);

it.each([
  '/assets/',
  '/assets/nothing.js',
  '/assets/manifest.json',
  '/assets/../manifest.json',
  '/assets/%2e%2e%2fmanifest.json',
  '/assets/..%2f..%2fmain.js',
  '/assets/..%5c..%5cmain.js',
  '/assets/__proto__',
  '/assets/constructor',
  '/assets/.build-stamp',
  '/assets/%00.js',
  '/elements/',
  '/elements/../manifest.json',
  '/elements/masuk-login.js.br',
  '/elements/masuk-login.js%00',
  '/client/',
  '/client/../manifest.json',
  '/client/masuk-client-0.1.0.tgz',
  '/web/manifest.json',
  '/manifest.json',
])('%s is nothing', async (target) => {
  const answer = await sendRaw(service.url, rawRequest('GET', target, ['Connection: close']));
  expect([target, [400, 404].includes(answer.status)]).toEqual([target, true]);
  expect(answer.text).toContain('"success":false');
});

it('has its pages in no description of the API', async () => {
  const { paths } = (await service.get('/openapi.json')).body as { paths: object };
  expect(
    Object.keys(paths).filter((path) => /^\/(login|account|forgot-password|assets|elements|client)/.test(path)),
  ).toEqual([]);
});

import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure } from '../../support/answers.js';
import { wrong } from '../../support/codes.js';
import { openHouse, type House, type Resident } from '../../support/house.js';
import { bearer, logIn, newcomer, PASSWORD } from '../../support/logins.js';
import { browserLogin, browserOf, cookiesOf, OTHER_SITE, OWN_PAGE, type Browser } from '../../support/own-page.js';
import { rawRequest, sendRaw } from '../../support/raw-http.js';
import { type Answer } from '../../support/service.js';

// Logins of our own pages: what the browser gets to keep, and from whom a call with it counts.

type Headers = Record<string, string>;

let house: House;

beforeAll(async () => {
  house = await openHouse();
});
afterAll(async () => house.close());

const login = (identifier: string, password = PASSWORD, headers: Headers = OWN_PAGE) =>
  house.service.post('/api/auth/browser/login', { identifier, password }, headers);
const verify = (phone: string, otpCode: string, headers: Headers = OWN_PAGE) =>
  house.service.post('/api/auth/browser/verify', { phone, otpCode }, headers);
const me = (headers: Headers) => house.service.get('/api/auth/me', headers);
const loggedIn = async (): Promise<Resident & { username: string; browser: Browser }> => {
  const person = await newcomer(house);
  return { ...person, browser: await browserLogin(house.service, person.username, PASSWORD) };
};
const foreign = (answer: Answer) => {
  const { message } = expectFailure(answer, 403, 'foreign_origin');
  expect(message).toBe('Permintaan ini hanya dapat dikirim dari halaman layanan ini sendiri');
  expect(answer.headers.getSetCookie()).toEqual([]);
};
const valueOf = (cookie: string) => cookie.slice(cookie.indexOf('=') + 1);

/** Everything that a call could have left behind, as one text; that it was refused is counted. */
const traces = async (): Promise<string> => {
  const tables = [
    'login_sessions',
    'refresh_tokens',
    'password_budgets',
    'otp_codes',
    '(SELECT * FROM audit_events WHERE count IS NULL)',
  ];
  const rows = tables.map((table) => house.database.query(`SELECT t::text AS row FROM ${table} t ORDER BY 1`));
  return JSON.stringify(await Promise.all(rows));
};

describe('a login on an own page', () => {
  it.each(['password', 'code'])('by %s answers who it is and no token, and leaves two cookies', async (way) => {
    const { id, phone, username } = await newcomer(house);
    const answer = way === 'code' ? await verify(phone, await house.code(phone)) : await login(username);
    const profile = { fullName: 'Budi Santoso', phone };
    const user = { id, email: null, username, phone, role: 'USER', profile };
    expect({ status: answer.status, body: answer.body }).toStrictEqual({
      status: 200,
      body: { success: true, message: 'Login berhasil', data: { user } },
    });
    const cookies = cookiesOf(answer);
    expect([...cookies.keys()].sort()).toEqual(['__Host-masuk', '__Host-masuk-device']);
    const attributes = (name: string) => (cookies.get(name) ?? '').split('; ').slice(1).sort();
    const rest = ['HttpOnly', 'Path=/', 'SameSite=Lax', 'Secure'];
    expect(attributes('__Host-masuk')).toEqual(['HttpOnly', `Max-Age=${90 * 86_400}`, ...rest.slice(1)]);
    expect(attributes('__Host-masuk-device')).toEqual(['HttpOnly', `Max-Age=${400 * 86_400}`, ...rest.slice(1)]);
    const { session, device } = browserOf(answer);
    expect(valueOf(session)).toMatch(/^[\w-]{43}$/);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    for (const secret of [valueOf(session), valueOf(device)]) expect(answer.text).not.toContain(secret);
    expect(answer.text).not.toMatch(/token|eyJ/i);
    expect((await me({ ...OWN_PAGE, cookie: session })).body.data.id).toBe(id);
  });

  it('is kept as a hash alone, without a refresh token; the log has neither cookie', async () => {
    const { id, browser } = await loggedIn();
    await me(browser.headers);
    const rows = await house.database.query(
      `SELECT s.cookie_hash, s.refresh_hash, t.token_hash FROM login_sessions s LEFT JOIN refresh_tokens t ON t.session_id = s.id WHERE s.user_id = $1`,
      [id],
    );
    expect(rows).toEqual([
      {
        cookie_hash: createHash('sha256').update(valueOf(browser.session)).digest(),
        refresh_hash: null,
        token_hash: null,
      },
    ]);
    for (const cookie of [browser.session, browser.device]) {
      expect(await traces()).not.toContain(valueOf(cookie));
      expect(house.service.output()).not.toContain(valueOf(cookie).slice(0, 20));
    }
  });

  it('fails as any other does, and then leaves nothing with the browser', async () => {
    const { phone, username } = await newcomer(house);
    const code = await house.code(phone);
    const answers = [await login(username, 'salah'), await login('nobody'), await verify(phone, wrong(code))];
    expectFailure(answers[0]!, 401, 'invalid_credentials');
    expect(answers[1]!.text).toBe(answers[0]!.text);
    expect(expectFailure(answers[2]!, 400, 'invalid_otp').details).toEqual({ attemptsLeft: 2 });
    for (const answer of answers) expect(answer.headers.getSetCookie()).toEqual([]);
    expect((await verify(phone, code)).status).toBe(200);
    expectFailure(await verify(phone, code), 400, 'invalid_otp');
    for (let attempt = 0; attempt < 9; attempt++) await login(username, 'salah');
    expectFailure(await login(username), 429, 'login_locked');
  });

  it('gives a new cookie each time, and ends the session that the browser had', async () => {
    const { username, browser } = await loggedIn();
    const elsewhere = await browserLogin(house.service, username, PASSWORD);
    const again = browserOf(await login(username, PASSWORD, browser.headers));
    expect(again.session).not.toBe(browser.session);
    expectFailure(await me({ ...OWN_PAGE, cookie: browser.session }), 401, 'unauthenticated');
    expect((await me({ ...OWN_PAGE, cookie: again.session })).status).toBe(200);
    expect((await me({ ...OWN_PAGE, cookie: elsewhere.session })).status).toBe(200);
    // Also when it is somebody else who logs in there; not when the login fails.
    const other = await newcomer(house);
    await login(other.username, 'salah', again.headers);
    expect((await me({ ...OWN_PAGE, cookie: again.session })).status).toBe(200);
    const code = await house.code(other.phone);
    expect((await verify(other.phone, code, again.headers)).body.data.user.id).toBe(other.id);
    expectFailure(await me({ ...OWN_PAGE, cookie: again.session }), 401, 'unauthenticated');
  });

  it('cannot be fixed by somebody else: a cookie that nobody issued stays worth nothing', async () => {
    const { username } = await newcomer(house);
    const planted = `__Host-masuk=${'A'.repeat(43)}`;
    const browser = browserOf(await login(username, PASSWORD, { ...OWN_PAGE, cookie: planted }));
    expect(browser.session).not.toBe(planted);
    expectFailure(await me({ ...OWN_PAGE, cookie: planted }), 401, 'unauthenticated');
  });
});

/** Headers that a browser may send, and whether they make a call an own page's: when it reads, when it writes. */
function origins(): [what: string, headers: Headers, reads: boolean, writes: boolean][] {
  const own = house.service.url;
  const { port } = new URL(own);
  return [
    ['same-origin', { 'sec-fetch-site': 'same-origin' }, true, true],
    ['same-origin, with its origin', { 'sec-fetch-site': 'same-origin', origin: own }, true, true],
    ['typed into the address bar', { 'sec-fetch-site': 'none' }, true, false],
    ['a neighbouring host', { 'sec-fetch-site': 'same-site' }, false, false],
    [
      'a neighbouring port',
      { 'sec-fetch-site': 'same-site', origin: `http://127.0.0.1:${Number(port) + 1}` },
      false,
      false,
    ],
    ['another site', OTHER_SITE, false, false],
    ['another site that claims our origin', { 'sec-fetch-site': 'cross-site', origin: own }, false, false],
    ['nonsense', { 'sec-fetch-site': 'Same-Origin' }, false, false],
    ['twice', { 'sec-fetch-site': 'same-origin, same-origin' }, false, false],
    ['empty', { 'sec-fetch-site': '' }, false, false],
    ['an older browser on our page', { origin: own }, true, true],
    ['an older browser elsewhere', { origin: 'https://evil.example' }, false, false],
    ['an older browser on another port', { origin: `http://127.0.0.1:${Number(port) + 1}` }, false, false],
    ['an older browser on a host like ours', { origin: `${own}.evil.example` }, false, false],
    ['a sandboxed page', { origin: 'null' }, false, false],
    ['an empty origin', { origin: '' }, false, false],
    [
      'a host that the caller made up',
      { origin: 'https://evil.example', 'x-forwarded-host': 'evil.example' },
      false,
      false,
    ],
    ['neither', {}, true, false],
  ];
}

describe('a call from', () => {
  it('each kind of page counts or does not: logins', async () => {
    const { username, phone } = await newcomer(house);
    const code = await house.code(phone);
    for (const [what, headers, , writes] of origins()) {
      if (writes) {
        expect([what, (await login(username, PASSWORD, headers)).status]).toEqual([what, 200]);
        continue;
      }
      const before = await traces();
      for (let attempt = 0; attempt < 4; attempt++) {
        foreign(await login(username, PASSWORD, headers));
        foreign(await login(username, 'salah', headers));
        foreign(await verify(phone, code, headers));
        foreign(await verify(phone, wrong(code), headers));
      }
      expect([what, await traces()]).toEqual([what, before]);
    }
    expect((await verify(phone, code)).status).toBe(200);
  });

  it('each kind of page counts or does not: calls with a cookie', async () => {
    const { id, username, browser } = await loggedIn();
    const { session: cookie } = browser;
    for (const [what, headers, reads, writes] of origins()) {
      const read = await me({ ...headers, cookie });
      expect([what, read.status, read.body.data?.id]).toEqual([what, reads ? 200 : 403, reads ? id : undefined]);
      if (!reads) foreign(read);
      const victim = await logIn(house.service, username);
      const write = await house.service.send('DELETE', `/api/auth/sessions/${victim.sid}`, undefined, {
        ...headers,
        cookie,
      });
      expect([what, write.status]).toEqual([what, writes ? 200 : 403]);
      if (!writes) foreign(write);
      expect([what, (await me(bearer(victim))).status]).toEqual([what, writes ? 401 : 200]);
    }
  });

  it('another site ends no session by logging its visitor out', async () => {
    const { browser } = await loggedIn();
    for (const headers of [OTHER_SITE, {}, { origin: 'null' }]) {
      const answer = await house.service.post('/api/auth/logout', {}, { ...headers, cookie: browser.session });
      expect([answer.status, answer.headers.getSetCookie()]).toEqual([401, []]);
    }
    expect((await me(browser.headers)).status).toBe(200);
  });

  it('another site is told by no header that it may read with credentials', async () => {
    const { browser } = await loggedIn();
    for (const origin of ['http://localhost:3000', 'https://evil.example', house.service.url]) {
      const answer = await me({ ...browser.headers, origin });
      expect(answer.headers.has('access-control-allow-credentials')).toBe(false);
      const asked = {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'sec-fetch-site',
      };
      const preflight = await house.service.send('OPTIONS', '/api/auth/browser/login', undefined, asked);
      expect(preflight.headers.has('access-control-allow-credentials')).toBe(false);
      expect(preflight.headers.get('access-control-allow-headers') ?? '').not.toMatch(/sec-|cookie/i);
    }
  });

  it('a proxy that is trusted is one to the host that it serves', async () => {
    const behind = await house.another({ TRUST_PROXY: '127.0.0.1' });
    const { username } = await newcomer(house);
    const body = { identifier: username, password: PASSWORD };
    const asked = (origin: string) =>
      behind.post('/api/auth/browser/login', body, { origin, 'x-forwarded-host': 'sso.example' });
    expect((await asked('https://sso.example')).status).toBe(200);
    for (const origin of [
      behind.url,
      'https://evil.example',
      'https://sso.example.evil.example',
      'https://evil-sso.example',
    ])
      foreign(await asked(origin));
    for (const origin of ['https://sso.example:8443', 'https://a.sso.example', 'https://example', 'null'])
      foreign(await asked(origin));
  });

  it('another site reaches open routes as a stranger does', async () => {
    const admin = await newcomer(house, { role: 'ADMIN' });
    const browser = await browserLogin(house.service, admin.username, PASSWORD);
    const path = '/api/auth/otp/status';
    const seen = async (headers: Headers) => (await house.service.get(path, headers)).body.data.deviceId;
    expect(await seen(browser.headers)).toBe(house.fake.deviceId);
    expect(await seen({ ...OTHER_SITE, cookie: browser.session })).not.toBe(house.fake.deviceId);
  });
});

describe('two credentials', () => {
  it('the header decides, whatever it is worth', async () => {
    const { browser } = await loggedIn();
    const other = await newcomer(house);
    const tokens = await logIn(house.service, other.username);
    expect((await me({ ...browser.headers, ...bearer(tokens) })).body.data.id).toBe(other.id);
    // A token cannot be sent along by another site's page unawares: no check of the page.
    expect((await me({ ...OTHER_SITE, cookie: browser.session, ...bearer(tokens) })).body.data.id).toBe(other.id);
    for (const authorization of ['Bearer nonsense', 'Bearer', 'Basic eDp5', 'x', `Bearer ${valueOf(browser.session)}`])
      expectFailure(await me({ ...browser.headers, authorization }), 401, 'invalid_token');
  });

  it('logging the header’s session out leaves the cookie’s alone, and with the browser', async () => {
    const { id, browser } = await loggedIn();
    const tokens = await logIn(house.service, (await newcomer(house)).username);
    const answer = await house.service.post('/api/auth/logout', {}, { ...browser.headers, ...bearer(tokens) });
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([200, []]);
    expectFailure(await me(bearer(tokens)), 401, 'invalid_token');
    expect((await me(browser.headers)).body.data.id).toBe(id);
  });

  it('an API key decides before a cookie, from whatever page', async () => {
    const admin = await newcomer(house, { role: 'ADMIN' });
    const { headers } = await browserLogin(house.service, admin.username, PASSWORD);
    const key = async (scope: string) =>
      (await house.service.post('/api/api-keys', { name: scope, scopes: [scope] }, headers)).body.data.key as string;
    const [good, narrow] = [await key('tokens'), await key('messages')];
    const introspect = (more: Headers) => house.service.post('/api/auth/introspect', { token: 'x' }, more);
    const { browser } = await loggedIn();
    expect((await introspect({ 'x-api-key': good })).status).toBe(200);
    expect((await introspect({ 'x-api-key': good, ...browser.headers })).status).toBe(200);
    expect((await introspect({ 'x-api-key': good, ...OTHER_SITE, cookie: browser.session })).status).toBe(200);
    expectFailure(await introspect({ 'x-api-key': narrow, ...headers }), 403, 'forbidden');
    expectFailure(await introspect({ 'x-api-key': `msk_${'x'.repeat(43)}`, ...headers }), 401, 'invalid_api_key');
    // Without a key an admin's cookie is as good as an admin's token, on an own page.
    expect((await introspect(headers)).body).toEqual({ active: false });
    expectFailure(await introspect(browser.headers), 403, 'forbidden');
    foreign(await introspect({ ...OTHER_SITE, cookie: headers.cookie }));
  });
});

describe('a foreign cookie', () => {
  const odd = (session: string): [string, string][] => [
    ['nothing in it', '__Host-masuk='],
    ['nonsense', '__Host-masuk=nonsense'],
    ['of the right length', `__Host-masuk=${'x'.repeat(43)}`],
    ['one character changed', session.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))],
    ['too long', `${session}A`],
    ['far too long', `__Host-masuk=${'A'.repeat(6_000)}`],
    ['cut', session.slice(0, -1)],
    ['in other letters', `__Host-masuk=${valueOf(session).toUpperCase()}x`.slice(0, -1)],
    ['quoted wrongly', `__Host-masuk="${valueOf(session)}`],
    ['under another name', session.replace('__Host-', '__Secure-')],
    ['under a name of other letters', session.replace('__Host-', '__host-')],
    ['without its prefix', session.replace('__Host-', '')],
    ['with a broken escape', '__Host-masuk=%E0%A4%A'],
    ['with a NUL', `__Host-masuk=%00${valueOf(session)}`],
    ['called like what objects are made of', '__proto__=x; constructor=x; hasOwnProperty=x; toString=x'],
    ['a hundred of them', Array.from({ length: 100 }, (_, at) => `c${at}=${at}`).join('; ')],
    ['no pair at all', '__Host-masuk'],
  ];

  it('counts as no cookie', async () => {
    const { browser } = await loggedIn();
    for (const [what, cookie] of odd(browser.session)) {
      const closed = await me({ ...OWN_PAGE, cookie });
      expect([what, closed.status, closed.body.code]).toEqual([what, 401, 'unauthenticated']);
      expect([what, (await house.service.get('/api/auth/otp/status', { ...OWN_PAGE, cookie })).status]).toEqual([
        what,
        200,
      ]);
      const { username } = await newcomer(house);
      expect([what, (await login(username, PASSWORD, { ...OWN_PAGE, cookie })).status]).toEqual([what, 200]);
    }
  });

  it('that comes twice is one of the two, and never a failure of ours', async () => {
    const [one, other] = [await loggedIn(), await loggedIn()];
    const garbage = '__Host-masuk=nonsense';
    const statuses = [];
    for (const cookies of [
      [one.browser.session, other.browser.session],
      [one.browser.session, garbage],
      [garbage, one.browser.session],
    ]) {
      const lines = ['Sec-Fetch-Site: same-origin', 'Connection: close'];
      const together = rawRequest('GET', '/api/auth/me', [...lines, `Cookie: ${cookies.join('; ')}`]);
      const apart = rawRequest('GET', '/api/auth/me', [...lines, ...cookies.map((cookie) => `Cookie: ${cookie}`)]);
      for (const bytes of [together, apart]) {
        const answer = await sendRaw(house.service.url, bytes);
        statuses.push(answer.status);
        if (answer.status === 200) expect([one.id, other.id]).toContain(answer.body.data.id);
      }
    }
    expect(statuses.every((status) => status === 200 || status === 401)).toBe(true);
  });

  it('but a token of another kind opens nothing, nor does the cookie as one', async () => {
    const { id, username, browser } = await loggedIn();
    const tokens = await logIn(house.service, username);
    const { deviceToken } = (await house.service.post('/api/auth/login', { identifier: username, password: PASSWORD }))
      .body.data;
    const values = [tokens.token, tokens.refreshToken, deviceToken, valueOf(browser.device), tokens.sid, id];
    for (const value of values)
      expectFailure(await me({ ...OWN_PAGE, cookie: `__Host-masuk=${value}` }), 401, 'unauthenticated');
    expectFailure(await me({ ...OWN_PAGE, cookie: browser.device }), 401, 'unauthenticated');
    const secret = valueOf(browser.session);
    expectFailure(
      await house.service.post('/api/auth/refresh', { refreshToken: secret }),
      401,
      'invalid_refresh_token',
    );
    expect((await house.service.post('/api/auth/logout', { refreshToken: secret })).status).toBe(200);
    expectFailure(await me({ authorization: `Bearer ${secret}` }), 401, 'invalid_token');
    expect((await me(browser.headers)).status).toBe(200);
  });
});

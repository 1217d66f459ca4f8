import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure, INSTANT } from '../../support/answers.js';
import { openHouse, type House, type Person, type Resident } from '../../support/house.js';
import { bearer, logIn, newcomer, passEnd, PASSWORD } from '../../support/logins.js';
import { browserLogin, cookiesOf, OWN_PAGE, type Browser } from '../../support/own-page.js';
import { type Service } from '../../support/service.js';

// What becomes of a session that a cookie holds, and what a login screen may ask before there is one.

const DAY = 86_400_000;

let house: House;
/** With settings of its own in everything that the house leaves as it comes. */
let strict: Service;
let admin: Record<string, string>;

beforeAll(async () => {
  house = await openHouse();
  strict = await house.another({
    ...{ AUTH_PROFILE: 'strict', APP_NAME: 'Tiket', OTP_LENGTH: '8', OTP_EXPIRES_IN: '3' },
    ...{ MESSAGE_LANGUAGE: 'negotiate', ALLOWED_COUNTRIES: 'ID,MY', SESSION_MAX_AGE: '2h', REFRESH_EXPIRES_IN: '1h' },
  });
  admin = bearer(await logIn(house.service, (await newcomer(house, { role: 'ADMIN' })).username));
});
afterAll(async () => house.close());

const me = (browser: Browser, service: Service = house.service) => service.get('/api/auth/me', browser.headers);
const dead = async (browser: Browser) => expectFailure(await me(browser), 401, 'unauthenticated');
const sessions = async (headers: Record<string, string>) =>
  (await house.service.get('/api/auth/sessions', headers)).body.data;
const patch = (id: string, body: object) =>
  house.service.send('PATCH', `/api/users/${id}`, JSON.stringify(body), {
    'content-type': 'application/json',
    ...admin,
  });

interface LoggedIn extends Resident {
  readonly username: string;
  readonly browser: Browser;
  readonly sid: string;
}
async function loggedIn(person: Person = {}): Promise<LoggedIn> {
  const made = await newcomer(house, person);
  const browser = await browserLogin(house.service, made.username, PASSWORD);
  const [{ id: sid }] = await sessions(browser.headers);
  return { ...made, browser, sid };
}
/** The ends of a session, in ms from now. */
async function endsOf(sid: string): Promise<{ idle: number; whole: number; used: number }> {
  const [row] = await house.database.query<{ idle: number; whole: number; used: number }>(
    `SELECT extract(epoch FROM idle_expires_at - now())::float8 * 1000 AS idle, extract(epoch FROM expires_at - now())::float8 * 1000 AS whole,
            extract(epoch FROM last_used_at - now())::float8 * 1000 AS used FROM login_sessions WHERE id = $1`,
    [sid],
  );
  return row!;
}

describe('logging out', () => {
  it('ends the session, takes the cookie back and leaves the device known', async () => {
    const { browser, username } = await loggedIn();
    const elsewhere = await browserLogin(house.service, username, PASSWORD);
    const answer = await house.service.post('/api/auth/logout', {}, browser.headers);
    expect({ status: answer.status, body: answer.body }).toEqual({
      status: 200,
      body: { success: true, message: 'Sesi diakhiri' },
    });
    const cookies = cookiesOf(answer);
    expect([...cookies.keys()]).toEqual(['__Host-masuk']);
    const [pair, ...attributes] = (cookies.get('__Host-masuk') ?? '').split('; ');
    expect(pair).toBe('__Host-masuk=');
    expect(attributes).toEqual(expect.arrayContaining(['Max-Age=0', 'Path=/', 'HttpOnly', 'Secure', 'SameSite=Lax']));
    await dead(browser);
    expect((await me(elsewhere)).status).toBe(200);
  });

  it('needs no body, and is refused when the session is over already', async () => {
    const { browser } = await loggedIn();
    expect((await house.service.send('POST', '/api/auth/logout', undefined, browser.headers)).status).toBe(200);
    expectFailure(
      await house.service.send('POST', '/api/auth/logout', undefined, browser.headers),
      401,
      'unauthenticated',
    );
  });
});

describe('the list of sessions', () => {
  it('has those of browsers beside those of tokens, and says which one asks', async () => {
    const { username, browser, sid } = await loggedIn();
    const tokens = await logIn(house.service, username);
    const seen = await sessions(browser.headers);
    expect(seen).toHaveLength(2);
    expect(seen).toEqual(
      expect.arrayContaining([
        {
          ...{ id: sid, device: 'Unknown device', place: '127.0.0.x', method: 'password', current: true },
          ...{ createdAt: INSTANT, lastUsedAt: INSTANT, expiresAt: INSTANT },
        },
        expect.objectContaining({ id: tokens.sid, current: false }),
      ]),
    );
    expect((await sessions(bearer(tokens))).find(({ id }: { id: string }) => id === sid).current).toBe(false);
  });

  it('ends one from another, at once, either way round', async () => {
    const { username, browser, sid } = await loggedIn();
    const tokens = await logIn(house.service, username);
    const end = (id: string, headers: Record<string, string>) =>
      house.service.send('DELETE', `/api/auth/sessions/${id}`, undefined, headers);
    expect((await end(sid, bearer(tokens))).status).toBe(200);
    await dead(browser);
    const again = await browserLogin(house.service, username, PASSWORD);
    expect((await end(tokens.sid, again.headers)).status).toBe(200);
    expectFailure(await house.service.get('/api/auth/me', bearer(tokens)), 401, 'invalid_token');
    const stranger = await loggedIn();
    expectFailure(await end(stranger.sid, again.headers), 404, 'session_not_found');
    expect((await me(stranger.browser)).status).toBe(200);
  });
});

describe('time', () => {
  it('that passes unused ends it', async () => {
    const { browser, sid } = await loggedIn();
    await passEnd(house.database, 'idle', sid);
    await dead(browser);
    expect((await endsOf(sid)).idle).toBeLessThanOrEqual(0);
  });

  it('is given anew by use, not more often than every five minutes, on every instance', async () => {
    const { browser, sid } = await loggedIn();
    const age = (minutes: number) =>
      house.database.query(
        `UPDATE login_sessions SET idle_expires_at = now() + interval '1 hour', last_used_at = now() - $2::int * interval '1 minute' WHERE id = $1`,
        [sid, minutes],
      );
    await age(4);
    expect((await me(browser)).status).toBe(200);
    expect((await endsOf(sid)).idle).toBeLessThanOrEqual(3_600_000);
    await age(6);
    const other = await house.another();
    expect((await me(browser, other)).status).toBe(200);
    const { idle, used } = await endsOf(sid);
    expect(Math.abs(idle - 30 * DAY)).toBeLessThan(10_000);
    expect(used).toBeGreaterThan(-10_000);
  });

  it('is not given beyond the end of the session, nor after it', async () => {
    const { browser, sid } = await loggedIn();
    await house.database.query(
      `UPDATE login_sessions SET idle_expires_at = now() + interval '1 hour', expires_at = now() + interval '2 days',
              last_used_at = now() - interval '1 hour' WHERE id = $1`,
      [sid],
    );
    expect((await me(browser)).status).toBe(200);
    const { idle, whole } = await endsOf(sid);
    expect([idle, Math.abs(whole - 2 * DAY) < 10_000]).toEqual([whole, true]);
    await passEnd(house.database, 'absolute', sid);
    await dead(browser);
    await dead(browser);
  });

  it('is not given by calls that are refused', async () => {
    const { browser, sid } = await loggedIn();
    await house.database.query(`UPDATE login_sessions SET last_used_at = now() - interval '1 hour' WHERE id = $1`, [
      sid,
    ]);
    const foreign = { 'sec-fetch-site': 'cross-site', cookie: browser.session };
    expectFailure(await house.service.get('/api/auth/me', foreign), 403, 'foreign_origin');
    expect((await endsOf(sid)).used).toBeLessThan(-3_500_000);
  });

  it('of twenty calls at once is noted without a failure', async () => {
    const { browser, sid } = await loggedIn();
    await house.database.query(`UPDATE login_sessions SET last_used_at = now() - interval '1 hour' WHERE id = $1`, [
      sid,
    ]);
    const answers = await Promise.all(Array.from({ length: 20 }, () => me(browser)));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
  });

  it('is that of the settings', async () => {
    const { username } = await newcomer(house);
    const answer = await strict.post('/api/auth/browser/login', { identifier: username, password: PASSWORD }, OWN_PAGE);
    expect(cookiesOf(answer).get('__Host-masuk')).toContain('Max-Age=7200;');
  });
});

describe('a change of the account', () => {
  it('of its role acts at the next call', async () => {
    const { id, browser } = await loggedIn({ role: 'ADMIN' });
    const list = () => house.service.get('/api/users', browser.headers);
    expect((await list()).status).toBe(200);
    expect((await patch(id, { role: 'USER' })).status).toBe(200);
    expectFailure(await list(), 403, 'forbidden');
    expect((await patch(id, { role: 'ADMIN' })).status).toBe(200);
    expect((await list()).status).toBe(200);
  });

  it.each([
    ['disabling', (id: string) => patch(id, { isActive: false })],
    ['another number', (id: string) => patch(id, { phone: null })],
    ['a removed password', (id: string) => house.service.post(`/api/users/${id}/reset-password`, {}, admin)],
    ['erasure', (id: string) => house.service.send('DELETE', `/api/users/${id}`, undefined, admin)],
  ])('ends it at once and for good: %s', async (_what, change) => {
    const { id, browser } = await loggedIn();
    expect((await change(id)).status).toBe(200);
    await dead(browser);
    await patch(id, { isActive: true });
    await dead(browser);
  });

  it('in the database alone ends it as well', async () => {
    const { id, browser } = await loggedIn();
    await house.database.query('UPDATE users SET is_active = false WHERE id = $1', [id]);
    await dead(browser);
  });

  it('by its owner works from an own page: another number', async () => {
    const { browser, phone } = await loggedIn();
    const other = await newcomer(house, { phone: null });
    expect(other.phone).toBe('');
    const wanted = `0813777${String(Date.now()).slice(-6)}`;
    const asked = await house.service.post('/api/auth/me/phone', { phone: wanted }, browser.headers);
    expect(asked.status).toBe(200);
    const otpCode = house.fake.codeFor(wanted);
    const body = { phone: wanted, otpCode };
    const changed = await house.service.post('/api/auth/me/phone/verify', body, browser.headers);
    expect([changed.status, changed.body.data.phone]).toEqual([200, wanted]);
    expect((await me(browser)).body.data.phone).toBe(wanted);
    expectFailure(await house.request(phone), 404, 'phone_not_registered');
  });
});

describe('the cookie of the device', () => {
  const useUp = async (phone: string) => {
    for (let send = 0; send < 5; send++) {
      await house.resend(phone);
      await house.pass(phone, 301);
    }
    expectFailure(await house.resend(phone), 429, 'otp_rate_limited');
  };

  it('counts as a known device, also when it comes alone, and opens nothing', async () => {
    const { phone, browser } = await loggedIn();
    await useUp(phone);
    expect((await house.resend(phone, { cookie: browser.device })).status).toBe(200);
    expectFailure(
      await house.service.get('/api/auth/me', { ...OWN_PAGE, cookie: browser.device }),
      401,
      'unauthenticated',
    );
  });

  it('of somebody else, or a changed one, is a stranger’s', async () => {
    const [{ phone }, thief] = [await loggedIn(), await loggedIn()];
    await useUp(phone);
    const changed = thief.browser.device.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
    for (const cookie of [thief.browser.device, changed, '__Host-masuk-device=x', '__Host-masuk-device='])
      expectFailure(await house.resend(phone, { cookie }), 429, 'otp_rate_limited');
  });

  it('keeps its device over logins; the header goes before it', async () => {
    const { id, phone, username, browser } = await loggedIn();
    await browserLogin(house.service, username, PASSWORD, { cookie: browser.device });
    await browserLogin(house.service, username, PASSWORD);
    const rows = await house.database.query(
      'SELECT count(DISTINCT device_id)::int AS devices FROM login_sessions WHERE user_id = $1',
      [id],
    );
    expect(rows).toEqual([{ devices: 2 }]);
    await useUp(phone);
    const headers = { cookie: browser.device, 'x-device-token': 'nonsense' };
    expectFailure(await house.resend(phone, headers), 429, 'otp_rate_limited');
  });
});

describe('GET /api/auth/options', () => {
  const options = async (service: Service, headers = {}) => service.get('/api/auth/options', headers);

  it('tells what a login screen must know, the same for everybody', async () => {
    const answer = await options(house.service);
    expect({ status: answer.status, body: answer.body }).toStrictEqual({
      status: 200,
      body: {
        success: true,
        message: 'Pilihan login',
        data: {
          appName: 'SiKesKoja - Sistem Kesehatan Kota Jayapura',
          otpLength: 6,
          otpExpiresIn: 5,
          resetOtpExpiresIn: 15,
          passwordMinLength: 6,
          passwordMaxLength: 72,
          registration: 'open',
          messageLanguage: 'id',
          allowedCountries: ['ID'],
        },
      },
    });
    expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
    expect(answer.headers.getSetCookie()).toEqual([]);
    const { browser } = await loggedIn({ role: 'ADMIN' });
    expect((await options(house.service, browser.headers)).text).toBe(answer.text);
    expect((await options(house.service, { cookie: '__Host-masuk=nonsense' })).text).toBe(answer.text);
  });

  it('follows the profile and the settings', async () => {
    expect((await options(strict, { 'accept-language': 'en' })).body).toStrictEqual({
      success: true,
      message: 'Login options',
      data: {
        ...{ appName: 'Tiket', otpLength: 8, otpExpiresIn: 3, resetOtpExpiresIn: 10, passwordMinLength: 15 },
        ...{
          passwordMaxLength: 128,
          registration: 'admin',
          messageLanguage: 'negotiate',
          allowedCountries: ['ID', 'MY'],
        },
      },
    });
  });

  it('is not shared between languages or origins by a cache', async () => {
    const answer = await options(strict, { 'accept-language': 'en', origin: 'http://localhost:3000' });
    const vary = (answer.headers.get('vary') ?? '').toLowerCase().split(/,\s*/);
    expect(vary.sort()).toEqual(['accept-language', 'origin']);
    expect(answer.headers.get('access-control-allow-origin')).toBe('http://localhost:3000');
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createMasuk, type CookieLogin, type Masuk } from '../../client/src/masuk.js';
import { openHouse, type House } from '../support/house.js';
import { newcomer, PASSWORD } from '../support/logins.js';
import { startUnreliableProxy, type UnreliableProxy } from '../support/unreliable-proxy.js';

let house: House;
let wire: UnreliableProxy;

beforeAll(async () => {
  house = await openHouse();
  wire = await startUnreliableProxy(house.service.url);
});
afterEach(() => wire.forget());
afterAll(async () => {
  await wire.close();
  await house.close();
});

/** A browser's `fetch` on a page of the service: keeps cookies, says where it comes from. */
function browserOn(site: 'same-origin' | 'cross-site' = 'same-origin') {
  const cookies = new Map<string, string>();
  const credentials: unknown[] = [];
  const browse: typeof fetch = async (input, init = {}) => {
    credentials.push(init.credentials);
    const headers = new Headers(init.headers);
    headers.set('sec-fetch-site', site);
    if (cookies.size > 0) headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '));
    const response = await fetch(input, { ...init, headers });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value) cookies.set(name, value);
      else cookies.delete(name);
    }
    return response;
  };
  return { cookies, credentials, browse };
}

function clientIn(browser: ReturnType<typeof browserOn>): Masuk<CookieLogin> {
  return createMasuk({ baseUrl: wire.url, session: 'cookie', fetch: browser.browse });
}

describe('a session that the browser holds', () => {
  it('begins with a code, is never seen by the program, and ends with the logout', async () => {
    const somebody = await house.person();
    const browser = browserOn();
    const masuk = clientIn(browser);
    const told: unknown[] = [];
    masuk.onTokens((tokens) => told.push(tokens));
    await masuk.requestOtp(somebody.phone);
    const otpCode = house.fake.codeFor(somebody.digits)!;
    const login = await masuk.verifyOtp({ phone: somebody.phone, otpCode });
    expect(Object.keys(login)).toEqual(['user']);
    expect([...browser.cookies.keys()]).toEqual(['__Host-masuk', '__Host-masuk-device']);
    expect([masuk.tokens, masuk.deviceToken, told]).toEqual([null, null, []]);

    expect(await masuk.me()).toEqual(login.user);
    expect((await masuk.fetch('/api/auth/me')).status).toBe(200);
    expect(await masuk.sessions()).toHaveLength(1);
    await masuk.refresh();
    await masuk.logout();
    expect([...browser.cookies.keys()]).toEqual(['__Host-masuk-device']);
    await expect(masuk.me()).rejects.toMatchObject({ code: 'unauthenticated', status: 401 });
    await masuk.logout();

    expect(new Set(browser.credentials)).toEqual(new Set(['same-origin']));
    expect(wire.count('POST /api/auth/refresh')).toBe(0);
    expect(wire.calls.filter(({ headers }) => headers.authorization ?? headers['x-device-token'])).toEqual([]);
  });

  it('begins with a password, and lets another be ended', async () => {
    const { username } = await newcomer(house);
    const [here, there] = [clientIn(browserOn()), clientIn(browserOn())];
    for (const each of [here, there]) await each.login({ identifier: username, password: PASSWORD });
    const other = (await here.sessions()).find(({ current }) => !current)!;
    await here.endSession(other.id);
    await expect(there.me()).rejects.toMatchObject({ status: 401 });
    expect((await here.me()).username).toBe(username);
  });

  it('goes on when its owner changes the password', async () => {
    const { username } = await newcomer(house);
    const [here, there] = [clientIn(browserOn()), clientIn(browserOn())];
    for (const each of [here, there]) await each.login({ identifier: username, password: PASSWORD });
    await here.changePassword({ currentPassword: PASSWORD, newPassword: 'sandi baru yang panjang' });
    expect((await here.me()).username).toBe(username);
    await expect(there.me()).rejects.toMatchObject({ status: 401 });
  });

  it("does not begin on another site's page", async () => {
    const browser = browserOn('cross-site');
    const { username } = await newcomer(house);
    const login = clientIn(browser).login({ identifier: username, password: PASSWORD });
    await expect(login).rejects.toMatchObject({ code: 'foreign_origin', status: 403 });
    expect(browser.cookies.size).toBe(0);
  });
});

it('keeps cookies out of a session that the program holds', async () => {
  const browser = browserOn();
  const masuk = createMasuk({ baseUrl: wire.url, fetch: browser.browse });
  await masuk.login({ identifier: (await newcomer(house)).username, password: PASSWORD });
  await masuk.me();
  await masuk.fetch('/api/auth/me');
  await masuk.fetch('/api/auth/me', { credentials: 'include' });
  await masuk.logout();
  expect(browser.credentials).toEqual(['omit', 'omit', 'omit', 'include', 'omit']);
});

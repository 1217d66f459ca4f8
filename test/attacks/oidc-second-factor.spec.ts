import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as openid from 'openid-client';
import { bearer, logIn, newcomer } from '../support/logins.js';
import { type Person } from '../support/house.js';
import {
  ask,
  discovered,
  fieldOf,
  freePort,
  openOidcHouse,
  tokensFor,
  Visitor,
  type OidcHouse,
} from '../support/oidc.js';
import { codeOf, enrolTotp } from '../support/second-factors.js';
import { type Service } from '../support/service.js';

// What an application gets of staff, and of whoever has the first factor of staff alone.

const MFA = 'urn:masuk:mfa';
const PASSWORD_ONLY = 'urn:masuk:pwd';
const API = 'https://api.example.go.id';

type Config = openid.Configuration;
type Client = { id: string; secret: string | null };

let house: OidcHouse;
/** On the same database, with `require`. */
let strict: { service: Service; issuer: string };
let client: Client;
let config: Config;
let strictConfig: Config;
beforeAll(async () => {
  house = await openOidcHouse();
  const port = String(await freePort());
  const url = `http://127.0.0.1:${port}`;
  const service = await house.another({ PORT: port, PUBLIC_URL: url, STAFF_SECOND_FACTOR: 'require' });
  strict = { service, issuer: `${url}/oidc` };
  client = await house.client({ scopes: ['profile', 'phone', 'email', 'roles'], resources: [API] });
  [config, strictConfig] = await Promise.all([discovered(house, client), discovered(strict, client)]);
});
afterAll(async () => house.close());

/** Somebody whose browser is logged in by the password. */
async function visitor(person: Person = {}, service = house.service) {
  const { id, username } = await newcomer(house, person);
  const browser = new Visitor(service);
  await browser.logIn(username);
  return { id, username, browser };
}

/** Somebody of staff whose application has tokens of a login from before their second factor. */
async function staffFromBefore() {
  const person = await visitor({ role: 'SUPERVISOR' });
  const tokens = await tokensFor(config, person.browser, { scope: 'openid profile roles' });
  const { recoveryCodes } = await enrolTotp(house, await logIn(house.service, person.username));
  return { ...person, tokens, recoveryCodes };
}

/** Somebody of staff whose application has tokens of a login that has proved the second factor. */
async function staffWithProof() {
  const { username, id, browser } = await visitor({ role: 'SUPERVISOR' });
  const { recoveryCodes, tokens: elsewhere } = await enrolTotp(house, await logIn(house.service, username));
  await prove(browser, recoveryCodes[0]!);
  return { id, browser, elsewhere, tokens: await tokensFor(config, browser, { scope: 'openid profile roles' }) };
}

/** Calls a route of the second factor as our pages do. */
async function call(browser: Visitor, path: string, body: object = {}) {
  const json = { 'content-type': 'application/json' };
  const answer = await browser.send('POST', `/api/auth/second-factor/${path}`, JSON.stringify(body), json);
  expect([path, answer.status, answer.text]).toEqual([path, 200, expect.anything()]);
  return answer.body.data;
}
const prove = (browser: Visitor, code: string) => call(browser, 'recovery-codes/verify', { code });
async function enrol(browser: Visitor) {
  const { secret } = await call(browser, 'totp/setup');
  return call(browser, 'totp', { code: codeOf(house, secret) });
}

/** What the pages of the provider ask for. */
const LOGIN = '<masuk-login';
const PROOF = 'data-second-factor';
const ENROLMENT = 'action="/admin/security"';
const asksFor = (text: string) => [LOGIN, PROOF, ENROLMENT].filter((mark) => text.includes(mark));

/** The word that an application is told when it wants no page; null: it got a code. */
async function silently(browser: Visitor, at: Config, more: Record<string, string> = {}) {
  const { at: end } = await browser.go((await ask(at, { scope: 'openid', prompt: 'none', ...more })).url);
  expect(end.searchParams.has('code')).toBe(!end.searchParams.has('error'));
  return end.searchParams.get('error');
}

const refusalOf = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => (error as { error?: string }).error ?? (error as Error).message,
  );

/** What the tokens of an application are worth, by all that it may do with them. */
async function worth({ tokens }: { tokens: openid.TokenEndpointResponse }, at = config) {
  const [{ active }, userinfo, refresh] = [
    await openid.tokenIntrospection(at, tokens.access_token),
    await fetch(at.serverMetadata().userinfo_endpoint!, {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    }),
    await refusalOf(openid.refreshTokenGrant(at, String(tokens.refresh_token))),
  ];
  return { active, userinfo: userinfo.status, refresh };
}
const NOTHING = { active: false, userinfo: 401, refresh: 'invalid_grant' };
const EVERYTHING = { active: true, userinfo: 200, refresh: null };

const essential = (...values: unknown[]) => JSON.stringify({ id_token: { acr: { essential: true, values } } });

describe('V6.3.3: a login in an application from before the second factor was enrolled', () => {
  it('is worth nothing there, from then on', async () => {
    const staff = await staffFromBefore();
    expect(await worth(staff)).toEqual(NOTHING);
    expect(await silently(staff.browser, config)).toBe('login_required');
    const page = await staff.browser.go((await ask(config)).url);
    expect([page.status, asksFor(page.text)]).toEqual([200, [PROOF]]);
    // Not even what was on its way.
    const late = await visitor({ role: 'OPERATOR' });
    const { url, checks } = await ask(config);
    const { at } = await late.browser.go(url);
    await enrolTotp(house, await logIn(house.service, late.username));
    expect(await refusalOf(openid.authorizationCodeGrant(config, at, checks))).toBe('invalid_grant');
  });

  it('goes on by the proof, which lifts no token from before it', async () => {
    const staff = await staffFromBefore();
    const { url, checks } = await ask(config);
    const page = await staff.browser.go(url);
    await prove(staff.browser, staff.recoveryCodes[0]!);
    const { at } = await staff.browser.go(page.at);
    const fresh = await openid.authorizationCodeGrant(config, at, checks);
    expect(fresh.claims()).toMatchObject({ sub: staff.id, acr: MFA, amr: ['pwd', 'otp', 'mfa'] });
    expect(await worth({ tokens: fresh })).toEqual(EVERYTHING);
    expect(await worth(staff)).toEqual(NOTHING);
    expect(await silently(staff.browser, config)).toBeNull();
  });

  it('gets no consent by a page that was open already', async () => {
    const { username, browser } = await visitor({ role: 'ADMIN' });
    const theirs = await discovered(house, await house.client({ firstParty: false }));
    const page = await browser.go((await ask(theirs)).url);
    expect(page.text).toContain('Izinkan');
    await enrolTotp(house, await logIn(house.service, username));
    const { status, at } = await browser.go(`${page.at.pathname}/confirm`, 'POST', '');
    expect([status, at.searchParams.get('code')]).toEqual([400, null]);
  });

  it('logs no device in', async () => {
    const staff = await staffFromBefore();
    const { page, waiting } = await deviceOf(staff.browser, config);
    expect(asksFor(page.text)).toEqual([PROOF]);
    await prove(staff.browser, staff.recoveryCodes[0]!);
    expect((await staff.browser.go(page.at)).text).toContain('Perangkat sudah login');
    expect((await waiting()).claims()).toMatchObject({ sub: staff.id, acr: MFA });
  });
});

describe('V7.4.3: a login whose proof is forgotten', () => {
  it('is worth nothing in applications until it is made anew', async () => {
    const staff = await staffWithProof();
    // The owner makes new recovery codes elsewhere, since somebody may have the old ones.
    const made = await house.service.post('/api/auth/second-factor/recovery-codes', {}, bearer(staff.elsewhere));
    expect(made.status).toBe(200);
    expect(await silently(staff.browser, config)).toBe('login_required');
    expect(await worth(staff)).toEqual(NOTHING);
  });

  it('is worth nothing where it says more than the session has proved, also when nobody asks for it any more', async () => {
    const staff = await staffWithProof();
    const off = await house.another({ STAFF_SECOND_FACTOR: 'off', PORT: '0' });
    await house.database.query('UPDATE login_sessions SET second_factor = NULL WHERE user_id = $1', [staff.id]);
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const own = { client_id: client.id, client_secret: client.secret! };
    const refresh = { grant_type: 'refresh_token', refresh_token: String(staff.tokens.refresh_token), ...own };
    const refused = await off.send('POST', '/oidc/token', new URLSearchParams(refresh).toString(), form);
    expect([refused.status, refused.body.error]).toEqual([400, 'invalid_grant']);
  });

  it('ends with a disabled account, whatever it has proved', async () => {
    const staff = await staffWithProof();
    const json = { ...house.admin, 'content-type': 'application/json' };
    const disabled = await house.service.send('PATCH', `/api/users/${staff.id}`, '{"isActive":false}', json);
    expect(disabled.status).toBe(200);
    expect(await worth(staff)).toEqual(NOTHING);
    expect(await silently(staff.browser, config)).toBe('login_required');
  });
});

describe('V6.3.3: staff who have not enrolled where they must', () => {
  it('get into no application until they have, and then go on with its request', async () => {
    const { browser, id } = await visitor({}, strict.service);
    await tokensFor(strictConfig, browser);
    await house.database.query(`UPDATE users SET role = 'OPERATOR' WHERE id = $1`, [id]);
    expect(await silently(browser, strictConfig)).toBe('interaction_required');
    const { url, checks } = await ask(strictConfig, { scope: 'openid roles' });
    const page = await browser.go(url);
    expect([page.status, asksFor(page.text)]).toEqual([200, [ENROLMENT]]);
    expect(fieldOf(page.text, 'interaction')).toBe(page.at.pathname.split('/').at(-1));
    // Coming again without having done it changes nothing.
    expect(asksFor((await browser.go(page.at)).text)).toEqual([ENROLMENT]);
    await enrol(browser);
    const { at } = await browser.go(page.at);
    const tokens = await openid.authorizationCodeGrant(strictConfig, at, checks);
    expect(tokens.claims()).toMatchObject({ sub: id, acr: MFA });
    expect((await openid.fetchUserInfo(strictConfig, tokens.access_token, id))['role']).toBe('OPERATOR');
  });

  it('are led there after a login on the page of the request, and can turn back', async () => {
    const { username } = await newcomer(house, { role: 'ADMIN' });
    const browser = new Visitor(strict.service);
    const page = await browser.go((await ask(strictConfig)).url);
    expect(asksFor(page.text)).toEqual([LOGIN]);
    await browser.logIn(username);
    expect(asksFor((await browser.go(page.at)).text)).toEqual([ENROLMENT]);
    const { at } = await browser.go(`${page.at.pathname}/abort`, 'POST', '');
    expect(at.searchParams.get('error')).toBe('access_denied');
  });

  it('log no device in', async () => {
    const { browser, id } = await visitor({ role: 'SUPERVISOR' }, strict.service);
    const { page, waiting, poll } = await deviceOf(browser, strictConfig);
    expect(asksFor(page.text)).toEqual([ENROLMENT]);
    expect(await poll()).toBe('authorization_pending');
    await enrol(browser);
    expect((await browser.go(page.at)).text).toContain('Perangkat sudah login');
    expect((await waiting()).claims()).toMatchObject({ sub: id, acr: MFA });
  });

  it('lose what applications have of them when it becomes a must', async () => {
    const { browser } = await visitor({ role: 'ADMIN' });
    const tokens = await tokensFor(config, browser, { scope: 'openid profile roles' });
    expect(await worth({ tokens }, strictConfig)).toEqual(NOTHING);
    expect(await worth({ tokens })).toEqual(EVERYTHING);
  });
});

describe('RFC 9068 section 2.2.1: what a token says of the login', () => {
  it('is what the login had proved, in tokens for other services, too, and stays that after a refresh', async () => {
    const request = { scope: 'openid roles', resource: API };
    const { username, browser } = await visitor({ role: 'SUPERVISOR' });
    const { recoveryCodes } = await enrolTotp(house, await logIn(house.service, username));
    await prove(browser, recoveryCodes[0]!);
    const { url, checks } = await ask(config, request);
    const { at } = await browser.go(url);
    const tokens = await openid.authorizationCodeGrant(config, at, checks, { resource: API });
    const keys = createRemoteJWKSet(new URL(`${house.issuer}/jwks`));
    const claims = async (token: string) => (await jwtVerify(token, keys, { audience: API })).payload;
    const { auth_time } = tokens.claims()!;
    const said = { role: 'SUPERVISOR', acr: MFA, amr: ['pwd', 'otp', 'mfa'], auth_time };
    expect(auth_time).toEqual(expect.any(Number));
    expect(await claims(tokens.access_token)).toMatchObject(said);
    const next = await openid.refreshTokenGrant(config, String(tokens.refresh_token), { resource: API });
    expect(await claims(next.access_token)).toMatchObject(said);
  });

  it('is told by introspection (RFC 9470 section 6.2), without the role', async () => {
    const { browser } = await visitor({ role: 'SUPERVISOR' });
    const tokens = await tokensFor(config, browser, { scope: 'openid roles' });
    const said = await openid.tokenIntrospection(config, tokens.access_token);
    const { auth_time } = tokens.claims()!;
    expect(said).toMatchObject({ active: true, acr: PASSWORD_ONLY, amr: ['pwd'], auth_time });
    expect(said['role']).toBeUndefined();
  });

  it('is the login as it stands when the application asks, not as it was when it first came', async () => {
    const { id, browser } = await visitor({ role: 'SUPERVISOR' });
    expect((await tokensFor(config, browser)).claims()).toMatchObject({ acr: PASSWORD_ONLY });
    const hourAgo = `UPDATE login_sessions SET created_at = created_at - interval '1 hour' WHERE user_id = $1`;
    await house.database.query(hourAgo, [id]);
    await house.database.query(`UPDATE login_sessions SET proved_at = now() WHERE user_id = $1`, [id]);
    await enrol(browser);
    const { acr, auth_time } = (await tokensFor(config, browser, { max_age: '600', prompt: 'none' })).claims()!;
    expect(acr).toBe(MFA);
    expect(Date.now() / 1000 - auth_time!).toBeLessThan(300);
  });
});

describe('RFC 9470 section 5: an application that wishes for a login of some kind', () => {
  it('gets what there is', async () => {
    for (const role of ['USER', 'SUPERVISOR'] as const) {
      const { browser } = await visitor({ role });
      await tokensFor(config, browser);
      for (const wish of [{ acr_values: MFA }, { acr_values: 'urn:masuk:otp no-such-thing' }]) {
        const tokens = await tokensFor(config, browser, { ...wish, prompt: 'none' });
        expect(tokens.claims()).toMatchObject({ acr: PASSWORD_ONLY });
      }
    }
  });

  it('gets that or an error where it insists, also beside a wish', async () => {
    const { browser } = await visitor();
    await tokensFor(config, browser);
    for (const more of [{}, { prompt: 'none' }, { acr_values: PASSWORD_ONLY }]) {
      for (const claims of [essential(MFA), essential(), '{"id_token":{"acr":{"essential":true,"value":"x"}}}']) {
        const { at } = await browser.go((await ask(config, { claims, ...more })).url);
        expect(at.searchParams.get('error')).toBe('unmet_authentication_requirements');
      }
    }
    const met = await tokensFor(config, browser, { claims: essential('x', PASSWORD_ONLY), prompt: 'none' });
    expect(met.claims()).toMatchObject({ acr: PASSWORD_ONLY });
  });

  it('gets that after a login, or an error', async () => {
    const { username } = await newcomer(house);
    const browser = new Visitor(house.service);
    const page = await browser.go((await ask(config, { claims: essential(MFA) })).url);
    expect(asksFor(page.text)).toEqual([LOGIN]);
    await browser.logIn(username);
    const { at } = await browser.go(page.at);
    expect(at.searchParams.get('error')).toBe('unmet_authentication_requirements');
  });

  it('gets another login where that may help, once', async () => {
    const { username, browser } = await visitor();
    await tokensFor(config, browser);
    const claims = essential('urn:masuk:otp');
    expect(await silently(browser, config, { claims })).toBe('login_required');
    const page = await browser.go((await ask(config, { claims })).url);
    expect(asksFor(page.text)).toEqual([LOGIN]);
    expect(page.text).toContain('Dasbor mewajibkan login dengan kode WhatsApp.');
    // The login that the browser has already is not what is asked for.
    expect(asksFor((await browser.go(page.at)).text)).toEqual([LOGIN]);
    await browser.logIn(username);
    const { at } = await browser.go(page.at);
    expect(at.searchParams.get('error')).toBe('unmet_authentication_requirements');
  });

  it('has staff enrol a second factor where it insists on one', async () => {
    const { browser } = await visitor({ role: 'SUPERVISOR' });
    await tokensFor(config, browser);
    const claims = essential(MFA);
    expect(await silently(browser, config, { claims })).toBe('interaction_required');
    const { url, checks } = await ask(config, { claims });
    const page = await browser.go(url);
    expect(asksFor(page.text)).toEqual([ENROLMENT]);
    await enrol(browser);
    const { at } = await browser.go(page.at);
    expect((await openid.authorizationCodeGrant(config, at, checks)).claims()).toMatchObject({ acr: MFA });
    expect(await silently(browser, config, { claims })).toBeNull();
  });

  it('may insist where nobody at the browser can take it back: in a request that it pushes', async () => {
    const { browser } = await visitor();
    const push = async (claims: string) => {
      const { url } = await ask(config, { claims });
      return openid.buildAuthorizationUrlWithPAR(config, url.searchParams);
    };
    const pushed = await push(essential(MFA));
    pushed.searchParams.set('claims', essential(PASSWORD_ONLY));
    pushed.searchParams.set('acr_values', PASSWORD_ONLY);
    expect((await browser.go(pushed)).at.searchParams.get('error')).toBe('unmet_authentication_requirements');
    expect(await refusalOf(push('{"id_token":{"acr":[]}}'))).toBe('invalid_request');
  });

  it('on a device is told, too', async () => {
    const { browser } = await visitor();
    const { poll } = await deviceOf(browser, config, { claims: essential(MFA) });
    expect(await poll()).toBe('unmet_authentication_requirements');
  });

  it('learns nothing more by the parameter that says so', async () => {
    const { id, browser } = await visitor();
    const only = await discovered(house, await house.client({ scopes: ['profile'] }));
    const claims = JSON.stringify({
      userinfo: { phone_number: { essential: true }, role: null },
      id_token: { phone_number: null, role: { essential: true }, name: null },
    });
    const tokens = await tokensFor(only, browser, { scope: 'openid', claims });
    for (const claim of ['phone_number', 'role', 'name']) expect(tokens.claims()).not.toHaveProperty(claim);
    expect(await openid.fetchUserInfo(only, tokens.access_token, id)).toEqual({ sub: id });
  });

  it.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['a claim that is no object', '{"id_token":{"sub":"x"}}'],
    ['a list of claims', '{"id_token":{"acr":[]}}'],
    ['values that are no list', '{"id_token":{"acr":{"essential":true,"values":"urn:masuk:pwd"}}}'],
    ['values that are no texts', '{"id_token":{"acr":{"essential":true,"values":[{}]}}}'],
    ['a value that is no text', '{"id_token":{"acr":{"essential":true,"value":1}}}'],
    ['an essential that is no truth value', '{"id_token":{"acr":{"essential":"yes","value":"urn:masuk:mfa"}}}'],
  ])('is told of a mistake: %s', async (_, claims) => {
    const { browser } = await visitor();
    expect(await silently(browser, config, { claims })).toBe('invalid_request');
  });
});

describe('V6.3.3: whoever is not staff, or not any more', () => {
  it('notices nothing', async () => {
    for (const role of ['USER', 'KARYAWAN'] as const) {
      const { id, username } = await newcomer(house, { role });
      const browser = new Visitor(strict.service);
      const { url, checks } = await ask(strictConfig, { scope: 'openid profile roles' });
      const page = await browser.go(url);
      expect(asksFor(page.text)).toEqual([LOGIN]);
      await browser.logIn(username);
      const { at } = await browser.go(page.at);
      const tokens = await openid.authorizationCodeGrant(strictConfig, at, checks);
      expect(tokens.claims()).toMatchObject({ sub: id, acr: PASSWORD_ONLY, amr: ['pwd'] });
      expect((await openid.fetchUserInfo(strictConfig, tokens.access_token, id))['role']).toBe(role);
      expect(await worth({ tokens }, strictConfig)).toEqual(EVERYTHING);
      expect(await silently(browser, strictConfig)).toBeNull();
    }
  });

  it('notices nothing when a role is taken away again', async () => {
    const staff = await staffWithProof();
    const json = { ...house.admin, 'content-type': 'application/json' };
    await house.service.send('PATCH', `/api/users/${staff.id}`, '{"role":"USER"}', json);
    expect(await worth(staff)).toEqual(EVERYTHING);
  });
});

/** A device that wants to be logged in, on the page after its code was confirmed. */
async function deviceOf(browser: Visitor, at: Config, more: Record<string, string> = {}) {
  const screen = await house.client({ kind: 'device', redirectUris: [], scopes: ['profile', 'roles'] });
  const issuer = at.serverMetadata().issuer;
  const device = await discovered({ issuer }, screen);
  const started = await openid.initiateDeviceAuthorization(device, { scope: 'openid profile', ...more });
  const waiting = () => openid.pollDeviceAuthorizationGrant(device, { ...started, interval: 1 });
  const poll = async () => {
    const grant_type = 'urn:ietf:params:oauth:grant-type:device_code';
    const body = new URLSearchParams({ grant_type, device_code: started.device_code, client_id: screen.id });
    const answer = await fetch(at.serverMetadata().token_endpoint!, { method: 'POST', body });
    return ((await answer.json()) as { error?: string }).error ?? null;
  };
  const typed = await browser.go('/oidc/device');
  const fields = `xsrf=${fieldOf(typed.text, 'xsrf')}&user_code=${started.user_code}&confirm=yes`;
  const page = await browser.go('/oidc/device', 'POST', fields);
  return { page, waiting, poll };
}

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import * as openid from 'openid-client';
import { expectFailure, retryAfter } from '../support/answers.js';
import { national, newPhone } from '../support/house.js';
import { bearer, logIn, newcomer, PASSWORD } from '../support/logins.js';
import {
  ask,
  CALLBACK,
  discovered,
  fieldOf,
  openOidcHouse,
  tokensFor,
  Visitor,
  type OidcHouse,
} from '../support/oidc.js';
import { OWN_PAGE } from '../support/own-page.js';
import { resetCodeOf, verifyReset } from '../support/resets.js';
import { codeOf, enrolTotp } from '../support/second-factors.js';

let house: OidcHouse;
beforeAll(async () => {
  house = await openOidcHouse({ UNKNOWN_PHONE: 'reveal' });
});
afterAll(async () => house.close());

/** Somebody whose browser is logged in. */
async function visitor(person: Parameters<typeof newcomer>[1] = {}) {
  const { id, username, e164 } = await newcomer(house, person);
  const browser = new Visitor(house.service);
  await browser.logIn(username);
  return { id, username, e164, browser };
}

describe('an application that logs people in', () => {
  it('gets tokens by a code with PKCE, and says who the person is', async () => {
    const person = await newcomer(house, {
      fullName: 'Yosephina Wanggai',
      email: 'yos@example.go.id',
      role: 'OPERATOR',
    });
    const config = await discovered(house, await house.client({ scopes: ['profile', 'phone', 'email', 'roles'] }));
    const browser = new Visitor(house.service);
    const { url, checks } = await ask(config, { scope: 'openid profile phone email roles' });

    const page = await browser.go(url);
    expect(page.status).toBe(200);
    expect(page.text).toContain('<h1>Dasbor</h1>');
    await browser.logIn(person.username);
    const { at } = await browser.go(page.at);
    expect(at.searchParams.get('iss')).toBe(house.issuer);

    const tokens = await openid.authorizationCodeGrant(config, at, checks);
    const claims = tokens.claims();
    expect(claims).toMatchObject({ iss: house.issuer, sub: person.id, acr: 'urn:masuk:pwd', amr: ['pwd'] });
    expect(Math.abs(Date.now() / 1000 - Number(claims?.auth_time))).toBeLessThan(30);
    expect(await openid.fetchUserInfo(config, tokens.access_token, person.id)).toEqual({
      sub: person.id,
      name: 'Yosephina Wanggai',
      preferred_username: person.username,
      phone_number: person.e164,
      phone_number_verified: false,
      email: 'yos@example.go.id',
      email_verified: false,
      role: 'OPERATOR',
    });
    const fresh = await openid.refreshTokenGrant(config, String(tokens.refresh_token));
    expect(fresh.refresh_token).not.toBe(tokens.refresh_token);
    expect(fresh.claims()?.sub).toBe(person.id);
  });

  it('is named in the message, and told that the number was proved', async () => {
    const person = await newcomer(house);
    const client = await house.client({ name: 'Antrean RSUD' });
    const config = await discovered(house, client);
    const browser = new Visitor(house.service);
    const { url, checks } = await ask(config, { login_hint: person.phone });
    const page = await browser.go(url);
    expect(page.text).toContain(`client-id="${client.id}"`);
    expect(page.text).toContain(`phone="${person.e164}"`);

    const code = await house.code(person.phone, { ...OWN_PAGE, 'x-client-id': client.id });
    expect(house.fake.messagesFor(person.phone).at(-1)).toContain('Antrean RSUD');
    const body = JSON.stringify({ phone: person.phone, otpCode: code });
    const json = { 'content-type': 'application/json', 'x-client-id': client.id };
    expect((await browser.send('POST', '/api/auth/browser/verify', body, json)).status).toBe(200);
    const { at } = await browser.go(page.at);
    const tokens = await openid.authorizationCodeGrant(config, at, checks);
    expect(tokens.claims()).toMatchObject({ acr: 'urn:masuk:otp', amr: ['otp'] });
    const known = await openid.fetchUserInfo(config, tokens.access_token, person.id);
    expect(known).toMatchObject({ phone_number: person.e164, phone_number_verified: true });
    // A name without an application is ignored.
    await house.pass(person.phone, 3_600);
    await house.code(person.phone, { 'x-client-id': 'Bank Papua' });
    expect(house.fake.messagesFor(person.phone).at(-1)).not.toContain('Bank');
  });

  it('is not told that a number was proved by a code to the one before it', async () => {
    const { id, phone, username } = await newcomer(house);
    const token = { authorization: `Bearer ${(await house.login(phone)).token}` };
    expect((await house.service.post('/api/auth/logout', {}, token)).status).toBe(200);
    const json = { ...house.admin, 'content-type': 'application/json' };
    const body = JSON.stringify({ phone: newPhone() });
    expect((await house.service.send('PATCH', `/api/users/${id}`, body, json)).status).toBe(200);
    const browser = new Visitor(house.service);
    await browser.logIn(username);
    const config = await discovered(house, await house.client({}));
    const tokens = await tokensFor(config, browser);
    const known = await openid.fetchUserInfo(config, tokens.access_token, id);
    expect(known['phone_number_verified']).toBe(false);
  });

  it('is told nothing by a stranger who registered the number, and no login of theirs outlives its proof', async () => {
    const phone = national(newPhone());
    const typed = { fullName: 'Budi', phone, username: `u${randomUUID().slice(0, 8)}`, password: PASSWORD };
    const { id } = (await house.service.post('/api/auth/register', typed)).body.data.user;
    // Logged in when that was let in, before an upgrade.
    await house.database.query('UPDATE users SET phone_claimed = false WHERE id = $1', [id]);
    const stranger = new Visitor(house.service);
    await stranger.logIn(typed.username);
    const config = await discovered(house, await house.client({}));
    const tokens = await tokensFor(config, stranger);
    const known = await openid.fetchUserInfo(config, tokens.access_token, id);
    expect(known).toMatchObject({ phone_number_verified: false });
    await house.database.query('UPDATE users SET phone_claimed = true WHERE id = $1', [id]);
    await expect(openid.fetchUserInfo(config, tokens.access_token, id)).rejects.toThrow();

    await house.login(phone);
    await expect(openid.fetchUserInfo(config, tokens.access_token, id)).rejects.toThrow();
    await expect(openid.refreshTokenGrant(config, String(tokens.refresh_token))).rejects.toThrow();
    const { at } = await stranger.go((await ask(config, { prompt: 'none' })).url);
    expect(at.searchParams.get('error')).toBe('login_required');
  });

  it('is not asked for twice: one login serves every application of the browser', async () => {
    const { id, browser } = await visitor();
    const [one, other] = await Promise.all(
      ['Dasbor', 'Laporan'].map(async (name) => discovered(house, await house.client({ name }))),
    );
    expect((await tokensFor(one!, browser)).claims()?.sub).toBe(id);
    expect((await tokensFor(other!, browser, { prompt: 'none' })).claims()?.sub).toBe(id);
  });

  it('is told when it wants no page and there is nobody', async () => {
    const config = await discovered(house, await house.client({}));
    const { at } = await new Visitor(house.service).go((await ask(config, { prompt: 'none' })).url);
    expect(at.searchParams.get('error')).toBe('login_required');
  });

  it('may want a login of its own, or one that is not old', async () => {
    const { id, username, browser } = await visitor();
    const config = await discovered(house, await house.client({}));
    const hourAgo = `UPDATE login_sessions SET created_at = created_at - interval '1 hour' WHERE user_id = $1`;
    await house.database.query(hourAgo, [id]);
    const first = await tokensFor(config, browser, { max_age: '7200' });
    expect(Date.now() / 1000 - Number(first.claims()?.auth_time)).toBeGreaterThan(3_500);
    for (const wish of [{ max_age: '60' }, { prompt: 'login' }]) {
      const { url, checks } = await ask(config, wish);
      const page = await browser.go(url);
      expect(page.text).toContain('<masuk-login');
      await browser.logIn(username);
      const { at } = await browser.go(page.at);
      const tokens = await openid.authorizationCodeGrant(config, at, checks);
      expect(Date.now() / 1000 - Number(tokens.claims()?.auth_time)).toBeLessThan(30);
    }
  });

  it.each([
    ['id', 'Batal, kembali ke Dasbor'],
    ['en-GB fr', 'Cancel and go back to Dasbor'],
  ])('wishes for a language: %s', async (locales, sentence) => {
    const config = await discovered(house, await house.client({}));
    const page = await new Visitor(house.service).go((await ask(config, { ui_locales: locales })).url);
    expect(page.text).toContain(sentence);
  });
});

describe('a person of staff with a second factor', () => {
  it('gets into an application only once the session has proved it, whatever page they open', async () => {
    const { username } = await newcomer(house, { role: 'SUPERVISOR' });
    const { secret } = await enrolTotp(house, await logIn(house.service, username));
    const config = await discovered(house, await house.client({}));
    const browser = new Visitor(house.service);
    const { url, checks } = await ask(config);
    const page = await browser.go(url);
    await browser.logIn(username);
    // Past the page that asks for the second factor, straight to where it would go on.
    const refused = await browser.go(page.at);
    expect([refused.status, refused.text.includes('data-second-factor')]).toEqual([200, true]);
    const json = { 'content-type': 'application/json' };
    const code = JSON.stringify({ code: codeOf(house, secret, 1) });
    expect((await browser.send('POST', '/api/auth/second-factor/totp/verify', code, json)).status).toBe(200);
    const { at } = await browser.go(page.at);
    const tokens = await openid.authorizationCodeGrant(config, at, checks);
    expect(tokens.claims()).toMatchObject({ acr: 'urn:masuk:mfa', amr: expect.arrayContaining(['mfa']) });
  });
});

describe('a code', () => {
  /** Headers of a login page of an application; of the service's own without one. */
  const by = (client?: { id: string }): Record<string, string> => (client ? { 'x-client-id': client.id } : {});
  const inBrowser = (phone: string, otpCode: string, client?: { id: string }) =>
    house.service.post('/api/auth/browser/verify', { phone, otpCode }, { ...OWN_PAGE, ...by(client) });
  const two = () => Promise.all(['Antrean RSUD', 'Laporan'].map((name) => house.client({ name })));

  it('opens nothing for another application than the one that its message names, nor for the service itself', async () => {
    const [one, other] = await two();
    const pages = [one, other, undefined];
    for (const asker of pages) {
      const { phone } = await newcomer(house);
      const code = await house.code(phone, by(asker));
      for (const page of pages.filter((each) => each !== asker))
        expectFailure(await inBrowser(phone, code, page), 400, 'invalid_otp');
      expect((await inBrowser(phone, code, asker)).status).toBe(200);
    }
  });

  it('opens no tokens of the service when it is for an application, and costs no guess there', async () => {
    const [one] = await two();
    const { phone } = await newcomer(house);
    const code = await house.code(phone, by(one));
    for (let guess = 0; guess < 4; guess++)
      expectFailure(await house.verify(phone, code, by(one)), 403, 'login_page_required');
    expectFailure(await house.verify(phone, code), 400, 'invalid_otp');
    expect((await inBrowser(phone, code, one)).status).toBe(200);
  });

  it('is never for an application when it resets the password or changes the number of the account', async () => {
    const [one] = await two();
    const { phone, username } = await newcomer(house, { fullName: 'Budi Santoso' });
    const code = await resetCodeOf(house.service, house.fake, 'Budi Santoso', phone, by(one));
    expect(house.fake.messagesFor(phone).at(-1)).not.toContain('Antrean RSUD');
    expect((await verifyReset(house.service, phone, code)).status).toBe(200);

    const login = bearer(await logIn(house.service, username));
    const body = { phone: national(newPhone()) };
    const change = (path: string, more: object, client?: { id: string }) =>
      house.service.post(`/api/auth/me/phone${path}`, { ...body, ...more }, { ...login, ...by(client) });
    expect((await change('', {}, one)).status).toBe(200);
    expect(house.fake.messagesFor(body.phone).at(-1)).not.toContain('Antrean RSUD');
    const otpCode = house.fake.codeFor(body.phone);
    expect((await change('/verify', { otpCode })).status).toBe(200);
  });

  it('for an application does not count as the login that a change of number needs', async () => {
    const [one] = await two();
    for (const asker of [one, undefined]) {
      const { phone } = await newcomer(house);
      const browser = new Visitor(house.service);
      const json = { 'content-type': 'application/json' };
      const login = JSON.stringify({ phone, otpCode: await house.code(phone, by(asker)) });
      expect((await browser.send('POST', '/api/auth/browser/verify', login, { ...json, ...by(asker) })).status).toBe(
        200,
      );
      const change = JSON.stringify({ phone: national(newPhone()) });
      const asked = await browser.send('POST', '/api/auth/me/phone', change, json);
      expect([asker?.id, asked.status]).toEqual([asker?.id, asker ? 403 : 200]);
    }
  });

  it('that lives is spoken of to whoever can use it; others wait until its cooldown ends', async () => {
    const [one, other] = await two();
    const { phone } = await newcomer(house);
    await house.code(phone, by(one));
    for (const page of [other, undefined]) {
      const refused = await house.request(phone, by(page));
      expectFailure(refused, 429, 'otp_rate_limited');
      expect(Math.abs(retryAfter(refused) - 60)).toBeLessThanOrEqual(20);
    }
    expect((await house.request(phone, by(one))).body.data.alreadySent).toBe(true);
    expect(house.sendsTo(phone)).toBe(1);
    await house.pass(phone, 61);
    const code = await house.code(phone);
    expectFailure(await house.request(phone, by(one)), 429, 'otp_rate_limited');
    expect((await house.request(phone, { 'x-client-id': 'no application' })).body.data.alreadySent).toBe(true);
    expect((await house.verify(phone, code)).status).toBe(200);
  });

  it('for one application is not a separate login for another', async () => {
    const [one, other] = await two();
    const config = await discovered(house, other!);
    const { phone } = await newcomer(house);
    const browser = new Visitor(house.service);
    const json = { 'content-type': 'application/json' };
    for (const asker of [one, undefined, other]) {
      const { url, checks } = await ask(config, { prompt: 'login' });
      const page = await browser.go(url);
      await house.pass(phone, 3_600);
      const body = JSON.stringify({ phone, otpCode: await house.code(phone, by(asker)) });
      expect((await browser.send('POST', '/api/auth/browser/verify', body, { ...json, ...by(asker) })).status).toBe(
        200,
      );
      const { at, text } = await browser.go(page.at);
      if (asker !== other) expect(text).toContain('<masuk-login');
      else expect((await openid.authorizationCodeGrant(config, at, checks)).access_token).toBeDefined();
    }
  });
});

describe('an application of somebody else', () => {
  it('gets what the person lets it have, and is not asked about again in the same session', async () => {
    const { id, browser } = await visitor();
    const config = await discovered(house, await house.client({ name: 'Toko', firstParty: false }));
    const { url, checks } = await ask(config);
    const page = await browser.go(url);
    expect(page.text).toMatch(/Izinkan Toko\?[^]*Nomor WhatsApp/);
    expect(page.headers.get('content-security-policy')).toContain(`form-action 'self' ${new URL(CALLBACK).origin};`);
    const { at } = await browser.go(`${page.at.pathname}/confirm`, 'POST', '');
    const tokens = await openid.authorizationCodeGrant(config, at, checks);
    expect(tokens.claims()?.sub).toBe(id);
    expect((await tokensFor(config, browser, { prompt: 'none' })).claims()?.sub).toBe(id);
  });

  it('is told that the person refused', async () => {
    const { browser } = await visitor();
    const config = await discovered(house, await house.client({ firstParty: false }));
    const page = await browser.go((await ask(config)).url);
    const { at } = await browser.go(`${page.at.pathname}/abort`, 'POST', '');
    expect(at.searchParams.get('error')).toBe('access_denied');
  });
});

describe('requests that others may not see', () => {
  it('are pushed beforehand, and used once', async () => {
    const { browser } = await visitor();
    const config = await discovered(house, await house.client({}));
    const { url, checks } = await ask(config);
    const pushed = await openid.buildAuthorizationUrlWithPAR(config, url.searchParams);
    expect([...pushed.searchParams.keys()].sort()).toEqual(['client_id', 'request_uri']);
    const { at } = await browser.go(pushed);
    expect((await openid.authorizationCodeGrant(config, at, checks)).access_token).toBeTruthy();
    const again = await browser.go(pushed);
    expect(again.at.searchParams.get('code')).toBeNull();
  });

  it('and answers may come by a form instead of an address', async () => {
    const { browser } = await visitor();
    const config = await discovered(house, await house.client({}));
    const answer = await browser.go((await ask(config, { response_mode: 'form_post' })).url);
    expect(answer.text).toContain(`action="${CALLBACK}"`);
    expect(answer.headers.get('content-security-policy')).toMatch(
      /script-src 'sha256-[^ ]+';.*form-action 'self' http:\/\/127\.0\.0\.1:9;/,
    );
    expect(fieldOf(answer.text, 'iss')).toBe(house.issuer);
  });
});

describe('a device without a keyboard', () => {
  it('is logged in by a phone', async () => {
    const person = await newcomer(house);
    const config = await discovered(
      house,
      await house.client({ kind: 'device', redirectUris: [], name: 'Layar Antrean' }),
    );
    const started = await openid.initiateDeviceAuthorization(config, { scope: 'openid phone' });
    const waiting = openid.pollDeviceAuthorizationGrant(config, { ...started, interval: 1 });
    waiting.catch(() => undefined);

    const phone = new Visitor(house.service);
    const typed = await phone.go('/oidc/device');
    const wrong = await phone.go('/oidc/device', 'POST', `xsrf=${fieldOf(typed.text, 'xsrf')}&user_code=BBBB-BBBB`);
    expect(wrong.text).toContain('Kode itu salah');
    const right = `xsrf=${fieldOf(wrong.text, 'xsrf')}&user_code=${started.user_code}`;
    const confirm = await phone.go('/oidc/device', 'POST', right);
    expect(confirm.text).toContain('Layar Antrean');
    expect(confirm.text).toContain(started.user_code);
    const page = await phone.go('/oidc/device', 'POST', `${right}&confirm=yes`);
    expect(page.text).toContain('<masuk-login');
    await phone.logIn(person.username);
    expect((await phone.go(page.at)).text).toContain('Perangkat sudah login');
    expect((await waiting).claims()?.sub).toBe(person.id);
    // The code is used up.
    const late = await phone.go('/oidc/device');
    const used = await phone.go(
      '/oidc/device',
      'POST',
      `xsrf=${fieldOf(late.text, 'xsrf')}&user_code=${started.user_code}`,
    );
    expect(used.text).toContain('Kode itu salah');
  });

  it('is refused when the person says that it was not them', async () => {
    const config = await discovered(house, await house.client({ kind: 'device', redirectUris: [] }));
    const started = await openid.initiateDeviceAuthorization(config, { scope: 'openid' });
    const phone = new Visitor(house.service);
    // The address with the code in it asks all the same.
    const linked = await phone.go(String(started.verification_uri_complete));
    const fields = `xsrf=${fieldOf(linked.text, 'xsrf')}&user_code=${started.user_code}`;
    expect((await phone.go('/oidc/device', 'POST', fields)).text).toContain('Bukan saya');
    expect((await phone.go('/oidc/device', 'POST', `${fields}&abort=yes`)).text).toContain('dibatalkan');
    await expect(openid.pollDeviceAuthorizationGrant(config, { ...started, interval: 1 })).rejects.toMatchObject({
      error: 'access_denied',
    });
  });
});

describe('discovery', () => {
  it('lists exactly what works', async () => {
    const { body } = await house.service.get('/oidc/.well-known/openid-configuration');
    const at = (path: string) => `${house.issuer}${path}`;
    expect(body).toEqual({
      issuer: house.issuer,
      authorization_endpoint: at('/auth'),
      token_endpoint: at('/token'),
      userinfo_endpoint: at('/me'),
      jwks_uri: at('/jwks'),
      end_session_endpoint: at('/session/end'),
      introspection_endpoint: at('/token/introspection'),
      revocation_endpoint: at('/token/revocation'),
      device_authorization_endpoint: at('/device/auth'),
      pushed_authorization_request_endpoint: at('/request'),
      acr_values_supported: ['urn:masuk:otp', 'urn:masuk:pwd', 'urn:masuk:mfa'],
      authorization_response_iss_parameter_supported: true,
      backchannel_logout_supported: true,
      backchannel_logout_session_supported: true,
      claim_types_supported: ['normal'],
      claims_parameter_supported: true,
      claims_supported: [
        ...['sub', 'acr', 'amr', 'auth_time', 'name', 'preferred_username', 'phone_number', 'phone_number_verified'],
        ...['email', 'email_verified', 'role', 'sid', 'iss'],
      ],
      code_challenge_methods_supported: ['S256'],
      grant_types_supported: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
      id_token_signing_alg_values_supported: ['ES256'],
      prompt_values_supported: ['none', 'login', 'consent'],
      request_uri_parameter_supported: false,
      response_modes_supported: ['form_post', 'fragment', 'query'],
      response_types_supported: ['code'],
      scopes_supported: ['openid', 'offline_access', 'profile', 'phone', 'email', 'roles'],
      subject_types_supported: ['public'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
      ui_locales_supported: ['id', 'en'],
    });
    const own = await house.service.get('/.well-known/jwks.json');
    const published = await house.service.get('/oidc/jwks');
    expect(published.body.keys.map(({ kid }: { kid: string }) => kid)).toEqual(
      own.body.keys.map(({ kid }: { kid: string }) => kid),
    );
    expect(published.text).not.toContain('"d"');
  });

  it('names our own address, whatever a client calls us', async () => {
    const headers = {
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      forwarded: 'host=evil.example',
    };
    const { text } = await house.service.get('/oidc/.well-known/openid-configuration', headers);
    expect(text).not.toContain('evil');
  });

  it('is open to pages anywhere, the token endpoint to those of the application alone', async () => {
    const { id } = await house.client({ kind: 'browser', redirectUris: ['https://spa.example.go.id/cb'] });
    const preflight = await house.service.send('OPTIONS', '/oidc/token', undefined, {
      origin: 'https://spa.example.go.id',
      'access-control-request-method': 'POST',
    });
    expect(preflight.headers.get('access-control-allow-origin')).toBe('https://spa.example.go.id');
    const call = (origin: string) =>
      house.service.send('POST', '/oidc/token', `grant_type=refresh_token&refresh_token=x&client_id=${id}`, {
        'content-type': 'application/x-www-form-urlencoded',
        origin,
      });
    const own = await call('https://spa.example.go.id');
    expect([own.body.error, own.headers.get('access-control-allow-origin')]).toEqual([
      'invalid_grant',
      'https://spa.example.go.id',
    ]);
    const foreign = await call('https://evil.example');
    expect([foreign.body.error, foreign.headers.get('access-control-allow-origin')]).toEqual(['invalid_request', null]);
    const keys = await house.service.get('/oidc/jwks', { origin: 'https://anything.example' });
    expect(keys.headers.get('access-control-allow-origin')).toBe('https://anything.example');
  });
});

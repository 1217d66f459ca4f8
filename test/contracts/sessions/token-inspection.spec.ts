import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure } from '../../support/answers.js';
import { openHouse, type House, type Person } from '../../support/house.js';
import { claimsOf, logIn, newcomer, refresh as presentToken, type Claims, type Login } from '../../support/logins.js';
import { type Answer } from '../../support/service.js';

const DAY = 24 * 3600;

interface Claimed extends Login {
  /** The claims of the access token. */
  claims: Claims;
}

let house: House;
let adminToken: Record<string, string>;
let apiKey: Record<string, string>;
let otherKey: Record<string, string>;

beforeAll(async () => {
  house = await openHouse({}, { movingClock: true });
  adminToken = bearer((await loggedIn({ role: 'ADMIN' })).token);
  apiKey = await newApiKey(['tokens']);
  otherKey = await newApiKey(['messages', 'otp', 'otp:read', 'analytics', 'webhooks', 'sessions']);
});

afterAll(() => house.close());

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const me = (token: string) => house.service.get('/api/auth/me', bearer(token));
const sql = (text: string, ...values: unknown[]) => house.database.query(text, values);
const form = { 'content-type': 'application/x-www-form-urlencoded' };

async function newApiKey(scopes: string[]): Promise<Record<string, string>> {
  const answer = await house.service.post('/api/api-keys', { name: 'Antrean RSUD', scopes }, adminToken);
  return { 'x-api-key': answer.body.data.key };
}

async function loggedIn(person: Person = {}): Promise<Claimed> {
  const login = await logIn(house.service, (await newcomer(house, person)).username);
  return { ...login, claims: claimsOf(login.token) };
}

const refresh = (refreshToken: string) => presentToken(house.service, refreshToken);

/** As RFC 7662 and RFC 7009 have it: form-encoded. */
const ask = (route: 'introspect' | 'revoke', token: string, headers = apiKey, more = {}): Promise<Answer> =>
  house.service.send('POST', `/api/auth/${route}`, new URLSearchParams({ token, ...more }).toString(), {
    ...form,
    ...headers,
  });

async function introspected(token: string): Promise<unknown> {
  const answer = await ask('introspect', token);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  return answer.body;
}

const expectInactive = async (...tokens: string[]) => {
  for (const token of tokens) expect(await introspected(token)).toEqual({ active: false });
};

describe('a session that has ended or changed', () => {
  it('acts with the role of this moment, not with the one in the token', async () => {
    const login = await loggedIn();
    expectFailure(await house.service.get('/api/users', bearer(login.token)), 403, 'forbidden');
    await sql(`UPDATE users SET role = 'ADMIN' WHERE id = $1`, login.claims.sub);
    expect((await house.service.get('/api/users', bearer(login.token))).status).toBe(200);
    expect((await me(login.token)).body.data.role).toBe('ADMIN');
    expect(await introspected(login.token)).toMatchObject({ active: true, role: 'ADMIN' });
    await sql(`UPDATE users SET role = 'USER' WHERE id = $1`, login.claims.sub);
    expectFailure(await house.service.get('/api/users', bearer(login.token)), 403, 'forbidden');
    const { token } = (await refresh(login.refreshToken)).body.data;
    expect(claimsOf(token)).toMatchObject({ role: 'USER' });
  });

  it('is refused at the next call when its account is disabled, and stays so when that comes back', async () => {
    const login = await loggedIn();
    const change = (isActive: boolean) =>
      house.service.send('PATCH', `/api/users/${login.claims.sub}`, JSON.stringify({ isActive }), {
        'content-type': 'application/json',
        ...adminToken,
      });
    expect((await change(false)).status).toBe(200);
    const dead = async () => {
      expectFailure(await me(login.token), 401, 'invalid_token');
      expectFailure(await refresh(login.refreshToken), 401, 'invalid_refresh_token');
      await expectInactive(login.token, login.refreshToken);
    };
    await dead();
    expect((await change(true)).status).toBe(200);
    await dead();
  });

  it('is refused at the next call when its account is disabled or gone in the database alone', async () => {
    const [disabled, gone] = [await loggedIn(), await loggedIn()];
    await sql('UPDATE users SET is_active = false WHERE id = $1', disabled.claims.sub);
    await sql('DELETE FROM users WHERE id = $1', gone.claims.sub);
    for (const { token, refreshToken } of [disabled, gone]) {
      expectFailure(await me(token), 401, 'invalid_token');
      expectFailure(await refresh(refreshToken), 401, 'invalid_refresh_token');
      await expectInactive(token, refreshToken);
    }
  });
});

describe('POST /api/auth/introspect', () => {
  it('describes a valid access token, form-encoded or JSON, whatever the hint', async () => {
    const { token, claims } = await loggedIn({ role: 'OPERATOR' });
    const { sub, sid, jti, iss, aud, iat, exp } = claims;
    const how = { acr: 'urn:masuk:pwd', amr: ['pwd'], auth_time: claims.auth_time };
    const expected = {
      active: true,
      token_type: 'Bearer',
      sub,
      sid,
      role: 'OPERATOR',
      iss,
      aud,
      exp,
      iat,
      jti,
      ...how,
    };
    expect(await introspected(token)).toEqual(expected);
    expect((await house.service.post('/api/auth/introspect', { token }, apiKey)).body).toEqual(expected);
    for (const token_type_hint of ['access_token', 'refresh_token', 'saml']) {
      expect((await ask('introspect', token, apiKey, { token_type_hint })).body).toEqual(expected);
    }
  });

  it('describes a valid refresh token, until the end of its session', async () => {
    const { refreshToken, claims } = await loggedIn();
    const { sub, sid, iss, iat } = claims;
    const answer = (await introspected(refreshToken)) as { iat: number; exp: number };
    const times = { iat: expect.any(Number), exp: expect.any(Number) };
    const how = { acr: 'urn:masuk:pwd', amr: ['pwd'], auth_time: claims.auth_time };
    expect(answer).toEqual({
      active: true,
      token_type: 'refresh_token',
      sub,
      sid,
      role: 'USER',
      iss,
      ...times,
      ...how,
    });
    expect(Math.abs(answer.iat - iat)).toBeLessThanOrEqual(2);
    expect(Math.abs(answer.exp - answer.iat - 30 * DAY)).toBeLessThanOrEqual(2);
  });

  it('says of anything else only that it is not active', async () => {
    const [used, ended, idle, expired] = [await loggedIn(), await loggedIn(), await loggedIn(), await loggedIn()];
    const next = (await refresh(used.refreshToken)).body.data;
    await expectInactive(used.refreshToken);
    expect(await introspected(next.refreshToken)).toMatchObject({ active: true });
    await house.service.post('/api/auth/logout', {}, bearer(ended.token));
    await sql('UPDATE login_sessions SET idle_expires_at = now() WHERE id = $1', idle.claims.sid);
    await sql(
      'UPDATE login_sessions SET idle_expires_at = now(), expires_at = now() WHERE id = $1',
      expired.claims.sid,
    );
    for (const { token, refreshToken } of [ended, idle, expired]) await expectInactive(token, refreshToken);
    const { token } = await loggedIn();
    const [head, body, signature] = token.split('.') as [string, string, string];
    const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url');
    await expectInactive(
      randomBytes(32).toString('base64url'),
      'x',
      '💥',
      'x'.repeat(4096),
      '..',
      `${head}.${body}.`,
      `${head}.${body}.${signature.slice(0, -4)}AAAA`,
      `${none}.${body}.`,
      Object.values(apiKey)[0]!,
    );
  });

  it('asks again what a repeated refresh gives: the successor, not the used token', async () => {
    const login = await loggedIn();
    await refresh(login.refreshToken);
    const repeated = (await refresh(login.refreshToken)).body.data;
    await expectInactive(login.refreshToken);
    expect(await introspected(repeated.refreshToken)).toMatchObject({ active: true, sid: login.claims.sid });
  });

  it('says nothing of an access token that has expired', async () => {
    const brief = await house.another({ JWT_EXPIRES_IN: '60s' });
    const login = await logIn(brief, (await newcomer(house)).username);
    await house.clock.pass(62, 62);
    await expectInactive(login.token);
    expectFailure(await me(login.token), 401, 'invalid_token');
    expect((await refresh(login.refreshToken)).status).toBe(200);
  });
});

describe('who may introspect and revoke', () => {
  it.each(['introspect', 'revoke'] as const)('%s: a key with the scope, an admin, nobody else', async (route) => {
    const someone = await loggedIn({ role: 'SUPERVISOR' });
    expect((await ask(route, 'x', apiKey)).status).toBe(200);
    expect((await ask(route, 'x', adminToken)).status).toBe(200);
    expectFailure(await ask(route, someone.token, {}), 401, 'unauthenticated');
    expectFailure(await ask(route, someone.token, { 'x-api-key': `msk_${'A'.repeat(43)}` }), 401, 'invalid_api_key');
    expectFailure(await ask(route, someone.token, otherKey), 403, 'forbidden');
    expectFailure(await ask(route, someone.token, bearer(someone.token)), 403, 'forbidden');
    expectFailure(await ask(route, someone.token, bearer('nonsense')), 401, 'invalid_token');
    expect((await me(someone.token)).status).toBe(200);
  });

  it.each(['introspect', 'revoke'] as const)('%s: a token is due, once and as text', async (route) => {
    const post = (body: unknown) => house.service.post(`/api/auth/${route}`, body, apiKey);
    for (const body of [{}, { token: '' }, { token: 7 }, { token: ['x'] }, { token: 'x'.repeat(4097) }]) {
      expectFailure(await post(body), 400, 'validation_failed');
    }
    const send = (body: string, headers: Record<string, string> = form) =>
      house.service.send('POST', `/api/auth/${route}`, body, { ...headers, ...apiKey });
    expectFailure(await send('token=x&token=y'), 400, 'validation_failed');
    expectFailure(await send('a=b'), 400, 'validation_failed');
    expect((await send('token=x', { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await send(`token=${'x'.repeat(110_000)}`)).status).toBe(413);
    expect((await send('token=x&__proto__=y&constructor=z&toString=1')).status).toBe(200);
  });

  it('takes forms on these routes only', async () => {
    for (const path of ['/api/auth/refresh', '/api/auth/login', '/api/auth/otp/request']) {
      expect((await house.service.send('POST', path, 'refreshToken=x', form)).status).toBe(415);
    }
  });
});

describe('POST /api/auth/revoke', () => {
  it.each(['token', 'refreshToken'] as const)('ends the session of a %s', async (kind) => {
    const login = await loggedIn();
    const answer = await ask('revoke', login[kind]);
    expect({ status: answer.status, text: answer.text }).toEqual({ status: 200, text: '' });
    expectFailure(await me(login.token), 401, 'invalid_token');
    expectFailure(await refresh(login.refreshToken), 401, 'invalid_refresh_token');
    await expectInactive(login.token, login.refreshToken);
    expect((await ask('revoke', login[kind])).status).toBe(200);
  });

  it('takes JSON, a wrong hint and a token that was used', async () => {
    const [one, two] = [await loggedIn(), await loggedIn()];
    expect((await house.service.post('/api/auth/revoke', { token: one.token }, apiKey)).status).toBe(200);
    const next = (await refresh(two.refreshToken)).body.data;
    expect((await ask('revoke', two.refreshToken, apiKey, { token_type_hint: 'access_token' })).status).toBe(200);
    await expectInactive(one.token, one.refreshToken, two.token, next.token, next.refreshToken);
  });

  it('answers 200 to anything but a token, and ends nothing', async () => {
    const { token } = await loggedIn();
    const [head, body] = token.split('.') as [string, string];
    for (const odd of [randomBytes(32).toString('base64url'), 'x', '💥', `${head}.${body}.AAAA`]) {
      expect((await ask('revoke', odd)).status).toBe(200);
    }
    expect((await me(token)).status).toBe(200);
  });

  it('is written down', async () => {
    const { token, claims } = await loggedIn();
    await ask('revoke', token);
    const events = await sql(
      `SELECT e.outcome, s.revoked_reason FROM audit_events e JOIN login_sessions s ON s.id = e.subject_id WHERE e.type = 'session.ended' AND s.id = $1`,
      claims.sid,
    );
    expect(events).toMatchObject([{ outcome: 'success', revoked_reason: 'revoked' }]);
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure } from '../../support/answers.js';
import { openHouse, type House, type Person, type Resident } from '../../support/house.js';
import {
  bearer,
  claimsOf,
  logIn,
  newcomer,
  PASSWORD,
  refreshed,
  type Login,
  type Tokens,
} from '../../support/logins.js';
import { browserLogin, cookiesOf, OWN_PAGE } from '../../support/own-page.js';
import { codeOf, enrolTotp, secondFactor } from '../../support/second-factors.js';
import { type Answer } from '../../support/service.js';

// What gives rights, secrets or people's data away needs a person who proved within 15 minutes who they are.

const MINUTES = 60;

let house: House;
/** Somebody whom the admins change. */
let person: Resident;
let key: Record<string, string>;
/** An admin whose login is more than 15 minutes old. */
let stale: Login & { username: string; id: string; phone: string };

const admin = async (more: Person = {}) => {
  const { username, id, phone } = await newcomer(house, { role: 'ADMIN', ...more });
  return { ...(await logIn(house.service, username)), username, id, phone };
};

beforeAll(async () => {
  house = await openHouse({ GATEWAY_KEYLESS_LOOPBACK: 'off' }, { movingClock: true });
  person = await house.person();
  stale = await admin();
  const wish = { name: 'Antrean', scopes: ['sessions', 'analytics', 'webhooks'], requestsPerMinute: 10_000 };
  key = { 'x-api-key': (await house.service.post('/api/api-keys', wish, bearer(stale))).body.data.key };
  await house.clock.pass(15 * MINUTES + 2, 30);
});
afterAll(async () => house.close());

const call = (method: string, path: string, headers: Record<string, string>, body?: object): Promise<Answer> =>
  house.service.send(method, path, body && JSON.stringify(body), {
    ...(body && { 'content-type': 'application/json' }),
    ...headers,
  });

const csv = { accept: 'text/csv' };
/** Every act that needs it, with what an admin whose login is fresh gets. */
const acts = (): [method: string, path: string, body?: object | undefined, headers?: Record<string, string>][] => [
  ['PATCH', `/api/users/${person.id}`, { role: 'OPERATOR' }],
  ['POST', '/api/users', { fullName: 'Baru', phone: '081299990001', role: 'SUPERVISOR' }],
  ['POST', '/api/auth/register', { fullName: 'Baru', phone: '081299990002', role: 'ADMIN' }],
  ['GET', `/api/users/${person.id}/export`],
  ['DELETE', `/api/users/${person.id}`],
  ['POST', `/api/users/${person.id}/reset-second-factor`, {}],
  ['POST', '/api/api-keys', { name: 'Antrean', scopes: ['otp'] }],
  ['DELETE', '/api/api-keys/0190a000-0000-7000-8000-000000000000'],
  ['POST', '/api/oidc/clients', { name: 'Dasbor', kind: 'browser', redirectUris: ['https://a.example/'] }],
  ['PATCH', '/api/oidc/clients/0190a000-0000-7000-8000-000000000000', { name: 'x' }],
  ['POST', '/api/oidc/clients/0190a000-0000-7000-8000-000000000000/secret', {}],
  ['DELETE', '/api/oidc/clients/0190a000-0000-7000-8000-000000000000'],
  ['POST', '/api/webhooks', { url: 'https://a.example/', events: ['message.received'] }],
  ['DELETE', '/api/webhooks/0190a000-0000-7000-8000-000000000000'],
  ['POST', '/api/webhooks/0190a000-0000-7000-8000-000000000000/replay', {}],
  ['POST', '/api/analytics/cleanup', {}],
  ['DELETE', '/api/sessions/klinik'],
  ['GET', '/api/admin/audit', undefined, csv],
  ['GET', '/api/analytics/logs/activity', undefined, csv],
  ['GET', '/api/analytics/logs/otp', undefined, csv],
  ['GET', '/api/sessions/klinik/qr'],
  ['POST', '/api/sessions/klinik/qr-ticket', {}],
  ['POST', '/api/sessions/klinik/pairing-code', { phone: '081234567890' }],
  ['GET', '/api/sessions/klinik/qr-page'],
  ['GET', '/api/sessions/klinik/events'],
  ['POST', '/api/auth/second-factor/totp/setup', {}],
  ['POST', '/api/auth/second-factor/totp', { code: '123456' }],
  ['POST', '/api/auth/second-factor/recovery-codes', {}],
  ['POST', '/api/auth/second-factor/passkeys/options', {}],
  ['DELETE', '/api/auth/second-factor/totp'],
];

it('is asked for by all of these, before anything else of them is looked at', async () => {
  for (const [method, path, body, headers] of acts()) {
    const answer = await call(method, path, { ...bearer(stale), ...headers }, body);
    expect([path, answer.status, answer.body.code]).toEqual([path, 403, 'fresh_login_required']);
  }
  const [row] = await house.database.query('SELECT role FROM users WHERE id = $1', [person.id]);
  expect(row).toEqual({ role: 'USER' });
});

it('is not asked of a login of 14 minutes, nor for what only reads or changes a name', async () => {
  for (const path of ['/api/users', `/api/users/${person.id}`, '/api/api-keys', '/api/admin/audit', '/api/webhooks'])
    expect([path, (await house.service.get(path, bearer(stale))).status]).toEqual([path, 200]);
  const renamed = await call('PATCH', `/api/users/${person.id}`, bearer(stale), {
    fullName: 'Siti',
    phone: person.phone,
  });
  expect(renamed.status).toBe(200);
  const same = await call('PATCH', `/api/users/${person.id}`, bearer(stale), { role: 'USER' });
  expect(same.status).toBe(200);
});

it('is asked for what staff log in by, which would let somebody else in', async () => {
  const { id } = await house.person({ role: 'SUPERVISOR' });
  for (const change of [{ phone: '081277776666' }, { email: 'baru@a.example' }, { username: 'nama.baru' }])
    expectFailure(await call('PATCH', `/api/users/${id}`, bearer(stale), change), 403, 'fresh_login_required');
});

it('is not asked of API keys, which have no login', async () => {
  expect((await call('GET', '/api/analytics/logs/activity', { ...key, ...csv })).status).toBe(200);
  expectFailure(await call('GET', '/api/sessions/klinik/qr', key), 404, 'session_not_found');
  const webhook = '/api/webhooks/0190a000-0000-7000-8000-000000000000';
  expectFailure(await call('DELETE', webhook, key), 404, 'webhook_not_found');
  expectFailure(await call('POST', `${webhook}/replay`, key, {}), 404, 'webhook_not_found');
});

describe('POST /api/auth/fresh-login', () => {
  const renew = (tokens: { token: string }, body: object) =>
    house.service.post('/api/auth/fresh-login', body, bearer(tokens));
  const isFresh = async (tokens: { token: string }) =>
    (await call('GET', `/api/users/${person.id}/export`, bearer(tokens))).status === 200;

  async function old(): Promise<Login & { username: string; id: string; phone: string }> {
    const login = await admin();
    await house.database.query(
      `UPDATE login_sessions SET created_at = created_at - interval '16 minutes' WHERE id = $1`,
      [login.sid],
    );
    return { ...login, ...(await refreshed(house.service, login.refreshToken)) };
  }

  it('makes the session fresh with a login code, once, and old tokens stay old', async () => {
    const login = await old();
    const otpCode = await house.code(login.phone);
    const answer = await renew(login, { otpCode });
    expect(answer.body).toEqual({
      success: true,
      message: 'Login diperbarui',
      data: {
        tokens: {
          token: expect.any(String),
          tokenType: 'Bearer',
          expiresIn: expect.any(Number),
          refreshToken: expect.any(String),
        },
      },
    });
    const { tokens } = answer.body.data as { tokens: Tokens };
    expect(claimsOf(tokens.token)).toMatchObject({ sid: login.sid, acr: 'urn:masuk:pwd', amr: ['pwd'] });
    expect([await isFresh(tokens), await isFresh(login)]).toEqual([true, false]);
    expect(await isFresh(await refreshed(house.service, tokens.refreshToken))).toBe(true);
    expectFailure(await renew(tokens, { otpCode }), 400, 'invalid_otp');
  });

  it('makes it fresh with the password', async () => {
    const login = await old();
    const { tokens } = (await renew(login, { password: PASSWORD })).body.data;
    expect(await isFresh(tokens)).toBe(true);
  });

  it('takes no wrong code, nobody else’s, no wrong password, and neither of them', async () => {
    const login = await old();
    const other = await house.person();
    const otpCode = await house.code(other.phone);
    expectFailure(await renew(login, { otpCode }), 400, 'invalid_otp');
    expect((await house.verify(other.phone, otpCode)).status).toBe(200);
    expectFailure(await renew(login, { password: 'salah sekali' }), 400, 'current_password_wrong');
    expectFailure(await renew(login, {}), 400, 'validation_failed');
    expectFailure(await house.service.post('/api/auth/fresh-login', { password: PASSWORD }), 401, 'unauthenticated');
    expect(await isFresh(login)).toBe(false);
    const events = await house.database.query(
      `SELECT outcome FROM audit_events WHERE type = 'login.renewed' AND user_id = $1`,
      [login.id],
    );
    expect(new Set(events.map(({ outcome }) => outcome))).toEqual(new Set(['failure']));
  });

  it('counts wrong passwords with those of the login', async () => {
    const login = await old();
    for (let tries = 0; tries < 10; tries += 1) await renew(login, { password: 'salah sekali' });
    expectFailure(await renew(login, { password: PASSWORD }), 429, 'login_locked');
  });

  it('replaces the cookie of a browser', async () => {
    const { username } = await newcomer(house, { role: 'ADMIN' });
    const browser = await browserLogin(house.service, username, PASSWORD);
    await house.database.query(
      `UPDATE login_sessions SET created_at = created_at - interval '16 minutes' WHERE user_id = (SELECT id FROM users WHERE username = $1)`,
      [username],
    );
    const path = `/api/users/${person.id}/export`;
    expectFailure(await house.service.get(path, browser.headers), 403, 'fresh_login_required');
    const answer = await house.service.post('/api/auth/fresh-login', { password: PASSWORD }, browser.headers);
    expect(answer.body.data).toEqual({ tokens: null });
    const line = cookiesOf(answer).get('__Host-masuk') ?? '';
    expect(line).toMatch(/; Path=\/; HttpOnly; Secure; SameSite=Lax/);
    const cookie = line.split(';')[0]!;
    expect((await house.service.get(path, { ...OWN_PAGE, cookie })).status).toBe(200);
    expectFailure(await house.service.get(path, browser.headers), 401, 'unauthenticated');
  });

  it('is no way around a second factor, which makes the login fresh in its place', async () => {
    const login = await admin();
    const { secret, tokens } = await enrolTotp(house, login);
    await house.clock.pass(15 * MINUTES + 2, 30);
    expect(await isFresh(tokens)).toBe(false);
    expectFailure(await renew(tokens, { password: PASSWORD }), 403, 'second_factor_required');
    const proved = await secondFactor(house.service, tokens).post('totp/verify', { code: codeOf(house, secret) });
    expect(await isFresh(proved.body.data.tokens)).toBe(true);
    const state = await secondFactor(house.service, proved.body.data.tokens).state();
    expect(state.body.data).toMatchObject({ freshBy: 'second-factor', needs: 'nothing' });
  });
});

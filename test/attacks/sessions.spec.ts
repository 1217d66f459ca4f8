import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure } from '../support/answers.js';
import { openHouse, type House } from '../support/house.js';
import { PASSWORD, bearer, logIn, me, newcomer, refresh } from '../support/logins.js';
import { OTHER_SITE, browserLogin, cookiesOf } from '../support/own-page.js';

// Somebody with an account of their own who reaches for what is another's, over two instances. Which role gets in where:
// test/contracts/service/access-table.spec.ts; other sites and cookies at length: sessions/browser.spec.ts.

let house: House;

beforeAll(async () => {
  house = await openHouse({}, { instances: 2 });
});
afterAll(async () => house.close());

const send = (method: string, path: string, headers: Record<string, string>, body?: object) =>
  house.service.send(method, path, body && JSON.stringify(body), {
    ...(body ? { 'content-type': 'application/json' } : {}),
    ...headers,
  });

describe('another account', () => {
  it('V8.2.2: its sessions can be neither seen nor ended, and do not differ from ones that are not there', async () => {
    const [owner, thief] = [await newcomer(house), await newcomer(house)];
    const [login, own] = [await logIn(house.service, owner.username), await logIn(house.service, thief.username)];
    const listed = await house.service.get('/api/auth/sessions', bearer(own));
    expect(listed.body.data.map(({ id }: { id: string }) => id)).toEqual([own.sid]);
    const theirs = await send('DELETE', `/api/auth/sessions/${login.sid}`, bearer(own));
    const nobodys = await send('DELETE', `/api/auth/sessions/${randomUUID()}`, bearer(own));
    expectFailure(theirs, 404, 'session_not_found');
    expect([theirs.status, theirs.text]).toEqual([nobodys.status, nobodys.text]);
    expect((await me(house.service, login)).status).toBe(200);
  });

  it('V8.2.1, V8.2.2: nothing of it opens to USER, KARYAWAN or OPERATOR, and a SUPERVISOR only reads, whether its id is right or not', async () => {
    const owner = await newcomer(house);
    for (const role of ['USER', 'KARYAWAN', 'OPERATOR', 'SUPERVISOR'] as const) {
      const headers = bearer(await logIn(house.service, (await newcomer(house, { role })).username));
      for (const id of [owner.id, randomUUID()]) {
        const calls: [string, string, object?][] = [
          ...(role === 'SUPERVISOR' ? [] : ([['GET', `/api/users/${id}`]] as [string, string][])),
          ['GET', `/api/users/${id}/export`],
          ['DELETE', `/api/users/${id}/sessions`],
          ['PATCH', `/api/users/${id}`, { role: 'ADMIN' }],
          ['DELETE', `/api/users/${id}`],
          ['POST', `/api/users/${id}/unlock`, {}],
          ['POST', `/api/users/${id}/reset-password`, {}],
          ['DELETE', `/api/api-keys/${id}`],
        ];
        for (const [method, path, body] of calls)
          expectFailure(await send(method, path, headers, body), 403, 'forbidden');
      }
    }
  });

  it('V8.2.2: what is one’s own is one’s own alone, however the call says otherwise', async () => {
    const [owner, thief] = [await newcomer(house), await newcomer(house)];
    const headers = bearer(await logIn(house.service, thief.username));
    for (const query of [`?userId=${owner.id}`, `?id=${owner.id}`, `?sub=${owner.id}`, `/../users/${owner.id}`]) {
      const answer = await house.service.get(`/api/auth/me${query}`, { ...headers, 'x-user-id': owner.id });
      expect(answer.text).not.toContain(owner.id);
      const exported = await house.service.get(`/api/auth/me/export${query}`, headers);
      expect(exported.text).not.toContain(owner.e164);
    }
  });
});

describe('a login', () => {
  it('V7.2.4, V3.3.1, V3.3.2: gives a new cookie, and one that somebody brought along is worth nothing', async () => {
    const { username } = await newcomer(house);
    const planted = `__Host-masuk=${'A'.repeat(43)}`;
    const answer = await house.service.post(
      '/api/auth/browser/login',
      { identifier: username, password: PASSWORD },
      { 'sec-fetch-site': 'same-origin', cookie: planted },
    );
    const cookie = cookiesOf(answer).get('__Host-masuk') ?? '';
    expect(cookie).toMatch(/; HttpOnly/);
    expect(cookie).toMatch(/; Secure/);
    expect(cookie).toMatch(/; SameSite=Lax/);
    expect(cookie).not.toContain('A'.repeat(43));
    const own = { 'sec-fetch-site': 'same-origin', cookie: planted };
    expectFailure(await house.service.get('/api/auth/me', own), 401, 'unauthenticated');
  });

  it('V3.5.1: of a browser serves its own pages, and no other site', async () => {
    const { username, id } = await newcomer(house, { role: 'ADMIN' });
    const { headers } = await browserLogin(house.service, username, PASSWORD);
    for (const [method, path, body] of [
      ['POST', '/api/auth/logout', {}],
      ['DELETE', `/api/users/${id}`, undefined],
      ['PATCH', `/api/users/${id}`, { isActive: false }],
    ] as const)
      expect([401, 403]).toContain((await send(method, path, { ...headers, ...OTHER_SITE }, body)).status);
    expect((await house.service.get('/api/auth/me', headers)).status).toBe(200);
  });
});

describe('what an admin changes', () => {
  it('V7.4.2, V8.3.2: acts at the next call on every instance: disabling, another role, erasure', async () => {
    const admin = bearer(await logIn(house.service, (await newcomer(house, { role: 'ADMIN' })).username));
    const worker = await newcomer(house, { role: 'OPERATOR' });
    const login = await logIn(house.service, worker.username);
    const conversations = () => house.service.get('/api/conversations', bearer(login));
    expect((await conversations()).status).toBe(200);
    await send('PATCH', `/api/users/${worker.id}`, admin, { role: 'USER' });
    expect([(await conversations()).status, (await conversations()).status]).toEqual([403, 403]);
    await send('PATCH', `/api/users/${worker.id}`, admin, { isActive: false });
    expect([(await conversations()).status, (await conversations()).status]).toEqual([401, 401]);
    expectFailure(await refresh(house.service, login.refreshToken), 401, 'invalid_refresh_token');
  });

  it('V7.5.1: one’s own number takes a fresh login, and a code to the new number', async () => {
    const { username, id } = await newcomer(house);
    const login = await logIn(house.service, username);
    await house.database.query(
      `UPDATE login_sessions SET created_at = created_at - interval '11 minutes' WHERE user_id = $1`,
      [id],
    );
    const answer = await house.service.post('/api/auth/me/phone', { phone: '081299998888' }, bearer(login));
    expectFailure(answer, 403, 'fresh_login_required');
  });
});

it('V14.3.2: what is about a person, or a token, is kept by no cache; what is for everybody may be', async () => {
  const { username, phone } = await newcomer(house, { role: 'ADMIN' });
  const login = await house.service.post('/api/auth/login', { identifier: username, password: PASSWORD });
  const headers = bearer(login.body.data);
  const answers = [
    login,
    await refresh(house.service, login.body.data.refreshToken),
    await house.request(phone),
    await house.service.post('/api/auth/login', { identifier: username, password: 'salah' }),
  ];
  for (const path of [
    '/api/auth/me',
    '/api/auth/me/export',
    '/api/auth/sessions',
    '/api/users',
    '/auth/me',
    '/no/such',
  ])
    answers.push(await house.service.get(path, headers));
  for (const { headers: sent } of answers) expect(sent.get('cache-control')).toBe('no-store');
  const keys = await house.service.get('/.well-known/jwks.json');
  expect(keys.headers.get('cache-control')).toMatch(/max-age/);
});

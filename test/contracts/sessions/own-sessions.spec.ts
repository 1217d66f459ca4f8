import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure, INSTANT } from '../../support/answers.js';
import { openHouse, type House, type Person } from '../../support/house.js';
import {
  bearer,
  logIn,
  me,
  newcomer,
  passEnd,
  refresh as presentToken,
  refreshed,
  type Tokens,
} from '../../support/logins.js';
import { type Answer } from '../../support/service.js';

let house: House;

beforeAll(async () => {
  house = await openHouse();
});

afterAll(() => house.close());

const refresh = (refreshToken: unknown) => presentToken(house.service, refreshToken);
const refused = (answer: Answer) => expectFailure(answer, 401, 'invalid_refresh_token');
const loggedIn = async (person?: Person) => logIn(house.service, (await newcomer(house, person)).username);
const sql = (text: string, ...values: unknown[]) => house.database.query(text, values);
const logout = (body: object, headers = {}) => house.service.post('/api/auth/logout', body, headers);
const sessionsOf = (tokens: Pick<Tokens, 'token'>) => house.service.get('/api/auth/sessions', bearer(tokens));
const end = (id: string, tokens: Tokens) =>
  house.service.send('DELETE', `/api/auth/sessions/${id}`, undefined, bearer(tokens));

/** Nothing of these sessions is worth anything any more. */
async function expectDead(...all: Tokens[]): Promise<void> {
  for (const tokens of all) {
    refused(await refresh(tokens.refreshToken));
    expectFailure(await me(house.service, tokens), 401, 'invalid_token');
  }
}

describe('POST /api/auth/logout', () => {
  it('ends the session of the access token, at once and this one only', async () => {
    const user = await newcomer(house);
    const [one, other] = [await logIn(house.service, user.username), await logIn(house.service, user.username)];
    const answer = await logout({}, bearer(one));
    expect({ status: answer.status, body: answer.body }).toEqual({
      status: 200,
      body: { success: true, message: 'Sesi diakhiri' },
    });
    await expectDead(one);
    expect([(await me(house.service, other)).status, (await refresh(other.refreshToken)).status]).toEqual([200, 200]);
  });

  it('needs no body at all with an access token', async () => {
    const tokens = await loggedIn();
    expect((await house.service.send('POST', '/api/auth/logout', undefined, bearer(tokens))).status).toBe(200);
    await expectDead(tokens);
  });

  it('ends the session of a refresh token, also a used one, and says no more of an unknown one', async () => {
    const [fresh, used] = [await loggedIn(), await loggedIn()];
    const next = await refreshed(house.service, used.refreshToken);
    expect((await logout({ refreshToken: fresh.refreshToken })).status).toBe(200);
    expect((await logout({ refreshToken: used.refreshToken })).status).toBe(200);
    await expectDead(fresh, used, next);
    expect((await logout({ refreshToken: fresh.refreshToken })).status).toBe(200);
    expect((await logout({ refreshToken: 'nobody issued this' })).status).toBe(200);
  });

  it('needs an access token or a refresh token', async () => {
    expectFailure(await logout({}), 401, 'unauthenticated');
    expectFailure(await house.service.send('POST', '/api/auth/logout'), 401, 'unauthenticated');
    expectFailure(await logout({}, { authorization: 'Bearer nonsense' }), 401, 'unauthenticated');
    expectFailure(await logout({ refreshToken: ['x'] }), 400, 'validation_failed');
  });
});

describe('GET /api/auth/sessions', () => {
  const PHONE = 'Mozilla/5.0 (Linux; Android 15; SM-A155F) AppleWebKit/537.36 Chrome/142.0.0.0 Mobile Safari/537.36';
  const DESK = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0';

  it('lists active sessions, last used first, and marks the current one', async () => {
    const user = await newcomer(house);
    const phone = await logIn(house.service, user.username, { 'user-agent': PHONE });
    const desk = await logIn(house.service, user.username, { 'user-agent': DESK });
    const odd = await logIn(house.service, user.username, { 'user-agent': '<script>alert(1)</script>' });
    const [ended, idle, expired] = [
      await logIn(house.service, user.username),
      await logIn(house.service, user.username),
      await logIn(house.service, user.username),
    ];
    await logout({}, bearer(ended));
    await passEnd(house.database, 'idle', idle.sid);
    await passEnd(house.database, 'absolute', expired.sid);
    await loggedIn();
    for (const [at, { sid }] of [desk, phone, odd].entries()) {
      await sql(
        `UPDATE login_sessions SET last_used_at = now() - $2::int * interval '1 minute' WHERE id = $1`,
        sid,
        at,
      );
    }
    const answer = await sessionsOf(phone);
    const common = {
      place: '127.0.0.x',
      method: 'password',
      createdAt: INSTANT,
      lastUsedAt: INSTANT,
      expiresAt: INSTANT,
    };
    expect({ status: answer.status, body: answer.body }).toEqual({
      status: 200,
      body: {
        success: true,
        message: 'Daftar sesi',
        data: [
          { ...common, id: desk.sid, device: 'Firefox on Windows', current: false },
          { ...common, id: phone.sid, device: 'Chrome on Android', current: true },
          { ...common, id: odd.sid, device: 'Unknown device', current: false },
        ],
        nextCursor: null,
      },
    });
    expect(answer.text).not.toMatch(/script|Mozilla|127\.0\.0\.1/);
  });

  it('says how a session was opened, and is for its owner only', async () => {
    const { phone } = await house.person();
    const byCode = await house.login(phone);
    expect((await sessionsOf(byCode)).body.data).toMatchObject([{ method: 'otp', current: true }]);
    expectFailure(await house.service.get('/api/auth/sessions'), 401, 'unauthenticated');
  });
});

describe('DELETE /api/auth/sessions/:id', () => {
  it('ends another session of one’s own, or this one', async () => {
    const user = await newcomer(house);
    const [one, other] = [await logIn(house.service, user.username), await logIn(house.service, user.username)];
    const answer = await end(other.sid.toUpperCase(), one);
    expect([answer.status, answer.body.success]).toEqual([200, true]);
    await expectDead(other);
    expectFailure(await end(other.sid, one), 404, 'session_not_found');
    expect((await end(one.sid, one)).status).toBe(200);
    await expectDead(one);
  });

  it('does not reach another person’s session, and answers as for one that does not exist', async () => {
    const [mine, theirs] = [await loggedIn({ role: 'ADMIN' }), await loggedIn()];
    const [there, nowhere] = [await end(theirs.sid, mine), await end(randomUUID(), mine)];
    expectFailure(there, 404, 'session_not_found');
    expect(nowhere.body).toEqual(there.body);
    expect((await me(house.service, theirs)).status).toBe(200);
  });

  it.each(['1', 'x', '%00', '%E2%98%83', `${randomUUID()}x`, "'%20OR%201=1"])(
    'answers 404 to the id %s',
    async (id) => {
      const answer = await end(id, await loggedIn());
      expect([answer.status, answer.body.success]).toEqual([404, false]);
    },
  );

  it('needs an access token', async () => {
    const answer = await house.service.send('DELETE', `/api/auth/sessions/${randomUUID()}`);
    expectFailure(answer, 401, 'unauthenticated');
  });
});

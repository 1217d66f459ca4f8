import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure, retryAfter } from '../../support/answers.js';
import { atOnce, tally } from '../../support/crowds.js';
import { openHouse, type House } from '../../support/house.js';
import { bearer, logIn, me, newcomer, PASSWORD, refresh } from '../../support/logins.js';
import { OTHER_SITE, browserLogin } from '../../support/own-page.js';
import { type Answer } from '../../support/service.js';
import { until } from '../../support/waits.js';

// ASVS 6.2.3: a password is changed with the present one.

const NEW = 'kopi-susu-di-teras-9';
const PATH = '/api/auth/me/password';

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(async () => house.close());

const change = (
  headers: Record<string, string>,
  currentPassword: unknown,
  newPassword: unknown = NEW,
): Promise<Answer> => house.service.post(PATH, { currentPassword, newPassword }, headers);
const login = (identifier: string, password: string) => house.service.post('/api/auth/login', { identifier, password });
const eventsOf = (id: string) =>
  house.database.query(
    `SELECT outcome, detail ->> 'code' AS code FROM audit_events WHERE type = 'user.password_changed' AND user_id = $1 ORDER BY occurred_at, id`,
    [id],
  );

describe('somebody who knows the present password', () => {
  it('sets another; other sessions end, known devices are forgotten, and the number is told', async () => {
    const { id, username, phone } = await newcomer(house);
    const [here, elsewhere] = [await logIn(house.service, username), await logIn(house.service, username)];
    const [before] = await house.database.query('SELECT devices_valid_from AS at FROM users WHERE id = $1', [id]);
    const answer = await change(bearer(here), PASSWORD);
    expect([answer.status, answer.body]).toEqual([200, { success: true, message: 'Kata sandi diubah' }]);
    expectFailure(await login(username, PASSWORD), 401, 'invalid_credentials');
    expect((await login(username, NEW)).status).toBe(200);
    expect((await me(house.service, here)).status).toBe(200);
    expectFailure(await me(house.service, elsewhere), 401, 'invalid_token');
    expectFailure(await refresh(house.service, elsewhere.refreshToken), 401, 'invalid_refresh_token');
    const [after] = await house.database.query('SELECT devices_valid_from AS at FROM users WHERE id = $1', [id]);
    expect(after!['at'] > before!['at']).toBe(true);
    await until('the owner is told', () =>
      house.fake.messagesFor(phone).some((text) => text.includes('dan semua perangkat lain telah dikeluarkan')),
    );
    expect(await eventsOf(id)).toEqual([{ outcome: 'success', code: null }]);
  });

  it('may do so on an own page, and nobody else’s page may', async () => {
    const { username } = await newcomer(house);
    const { headers } = await browserLogin(house.service, username, PASSWORD);
    expectFailure(await change({ ...headers, ...OTHER_SITE }, PASSWORD), 403, 'foreign_origin');
    expect((await change(headers, PASSWORD)).status).toBe(200);
  });

  it('gets no password that is the present one, and nothing ends', async () => {
    const { id, username } = await newcomer(house);
    const [here, elsewhere] = [await logIn(house.service, username), await logIn(house.service, username)];
    for (let turn = 0; turn < 12; turn++) {
      const refused = expectFailure(await change(bearer(here), PASSWORD, PASSWORD), 400, 'password_refused');
      expect(refused.details).toEqual([
        { rule: 'unchanged', problem: 'Kata sandi baru harus berbeda dari kata sandi sekarang.' },
      ]);
    }
    expect((await me(house.service, elsewhere)).status).toBe(200);
    expect(await eventsOf(id)).toEqual([]);
  });

  it('gets no password that breaks the rules, and pays no guess for it', async () => {
    const { username } = await newcomer(house);
    const mine = bearer(await logIn(house.service, username));
    for (let time = 0; time < 11; time++)
      expect(expectFailure(await change(mine, PASSWORD, 'abc'), 400, 'password_refused').details).toMatchObject([
        { rule: 'too_short' },
      ]);
    expect((await change(mine, PASSWORD)).status).toBe(200);
  });
});

describe('somebody who has the session and not the password', () => {
  it('has ten guesses in 15 minutes, also when they come at once, and each is recorded', async () => {
    const { id, username } = await newcomer(house);
    const mine = bearer(await logIn(house.service, username));
    const refused = expectFailure(await change(mine, 'salah sama sekali'), 400, 'current_password_wrong');
    expect(refused.message).toBe('Kata sandi saat ini salah');
    const answers = await atOnce(20, (at) => change(mine, `salah sekali ${at}`));
    expect(tally(answers)).toEqual({ 400: 9, 429: 11 });
    const locked = await change(mine, PASSWORD);
    expectFailure(locked, 429, 'login_locked');
    expect(retryAfter(locked)).toBeGreaterThan(600);
    expect(new Set((await eventsOf(id)).map(({ code }) => code))).toEqual(
      new Set(['current_password_wrong', 'login_locked']),
    );
  });

  it('gets nowhere without a token, with odd types, or with nothing', async () => {
    const { username } = await newcomer(house);
    const mine = bearer(await logIn(house.service, username));
    expectFailure(await change({}, PASSWORD), 401, 'unauthenticated');
    expectFailure(await house.service.post(PATH, {}, mine), 400, 'validation_failed');
    for (const odd of [null, '', 1, true, [PASSWORD], { $ne: '' }]) {
      expectFailure(await change(mine, odd), 400, 'validation_failed');
      expectFailure(await change(mine, PASSWORD, odd), 400, 'validation_failed');
    }
    expect((await login(username, PASSWORD)).status).toBe(200);
  });
});

it('an account without a password gets its first one by a reset', async () => {
  const { phone } = await house.person();
  const { token } = await house.login(phone);
  expectFailure(await change(bearer({ token }), PASSWORD), 409, 'password_not_set');
});

it('of eight changes at once one holds', async () => {
  const { username } = await newcomer(house);
  const mine = bearer(await logIn(house.service, username));
  const words = (at: number) => `empat kuda lari ke pasar ${at}`;
  const answers = await atOnce(8, (at) => change(mine, PASSWORD, words(at)));
  const won = answers.flatMap(({ status }, at) => (status === 200 ? [at] : []));
  expect(won).toHaveLength(1);
  expect((await login(username, words(won[0]!))).status).toBe(200);
  expectFailure(await login(username, PASSWORD), 401, 'invalid_credentials');
});

import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { atOnce, tally } from '../support/crowds.js';
import { CROWD, openHouse, type House } from '../support/house.js';
import { bearer, logIn, loginsOf, newcomer, PASSWORD, refresh } from '../support/logins.js';
import { resetPassword, verifiedCodeOf } from '../support/resets.js';

// Everything at once, over two instances. At length: the *-races.spec.ts of test/db.

let house: House;

beforeAll(async () => {
  house = await openHouse(CROWD, { instances: 2 });
});
afterAll(async () => house.close());

it('V2.3.4, V15.4.2: the right code forty times at once opens one session', async () => {
  const person = await house.person();
  const code = await house.code(person.phone);
  const answers = await atOnce(40, () => house.verify(person.phone, code));
  expect(tally(answers)[200]).toBe(1);
  expect(await loginsOf(house.database, person.id)).toEqual({ sessions: 1, tokens: 1, events: 1 });
});

it('V2.3.4, RFC 9700 4.14: one refresh token twenty times at once has one successor', async () => {
  const { username } = await newcomer(house);
  const login = await logIn(house.service, username);
  const answers = await atOnce(20, () => refresh(house.service, login.refreshToken));
  const successors = answers.filter(({ status }) => status === 200).map(({ body }) => body.data.refreshToken as string);
  expect(successors.length).toBeGreaterThan(0);
  expect(new Set(successors).size).toBe(1);
});

it('V2.3.4: a verified code resets once, however often it comes at once', async () => {
  const { phone, id } = await house.person({ fullName: 'Budi Santoso', password: PASSWORD });
  const code = await verifiedCodeOf(house.service, house.fake, 'Budi Santoso', phone);
  const passwords = Array.from({ length: 12 }, (_, at) => `kopi susu di teras ${at}`);
  const answers = await Promise.all(
    passwords.map((each) => resetPassword(house.service, phone, code, { newPassword: each, confirmPassword: each })),
  );
  expect(tally(answers)[200]).toBe(1);
  const events = await house.database.query(
    `SELECT 1 FROM audit_events WHERE type = 'user.password_reset' AND outcome = 'success' AND user_id = $1`,
    [id],
  );
  expect(events).toHaveLength(1);
});

it('V2.3.4, V7.4.1: a logout among refreshes leaves no token that lives', async () => {
  const { username } = await newcomer(house);
  const login = await logIn(house.service, username);
  const [, ...answers] = await Promise.all([
    house.service.post('/api/auth/logout', {}, bearer(login)),
    ...Array.from({ length: 10 }, () => refresh(house.service, login.refreshToken)),
  ]);
  for (const { status, body } of answers) {
    if (status !== 200) continue;
    expect((await refresh(house.service, body.data.refreshToken)).status).toBe(401);
    expect((await house.service.get('/api/auth/me', bearer(body.data))).status).toBe(401);
  }
});

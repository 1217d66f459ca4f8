import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure, INSTANT, retryAfter } from '../../support/answers.js';
import { wrong } from '../../support/codes.js';
import { openHouse, type House, type Resident } from '../../support/house.js';
import { requestReset } from '../../support/resets.js';
import { type Answer } from '../../support/service.js';
import { until } from '../../support/waits.js';

// What admins see of an account whose owner cannot log in. Needs a provider that fails, and the limits as they are by default.

const PASSWORD = 'kuda-lari-7';
const NAME = 'Budi Santoso';

let house: House;
let admin: Record<string, string>;

beforeAll(async () => {
  house = await openHouse();
  await house.person({ role: 'ADMIN', username: 'kepala', password: PASSWORD });
  admin = { authorization: `Bearer ${(await passwordLogin('kepala', PASSWORD)).body.data.token}` };
});
afterAll(async () => house.close());

const passwordLogin = (identifier: string, password: string) =>
  house.service.post('/api/auth/login', { identifier, password });

const show = async ({ id }: Resident) => {
  const answer = await house.service.get(`/api/users/${id}`, admin);
  expect(answer.status).toBe(200);
  return answer.body.data;
};

/** A lock as it is shown; what is not named is null. */
const lock = (
  reason: string,
  named: { until?: string; purpose?: string; devices?: string; identifier?: string } = {},
) => ({
  ...{ reason, until: null, purpose: null, devices: null, identifier: null },
  ...named,
});

/** Makes a request that is refused, and expects the lock to end at the moment that the refusal speaks of. */
async function expectSaidBy(shown: string, refused: () => Promise<Answer>): Promise<void> {
  const before = Date.now();
  const answer = await refused();
  const after = Date.now();
  expect(answer.status).toBe(429);
  const seconds = retryAfter(answer);
  // Retry-After is rounded up to whole seconds.
  expect(Date.parse(shown)).toBeGreaterThanOrEqual(before + (seconds - 1) * 1000);
  expect(Date.parse(shown)).toBeLessThanOrEqual(after + seconds * 1000);
}

/** An account that has logged in before, and the header of the device it was on. */
async function withDevice(person: Resident): Promise<Record<string, string>> {
  const { deviceToken } = await house.login(person.phone);
  await house.pass(person.phone, 86_401);
  return { 'x-device-token': deviceToken };
}

describe('GET /api/users/:id: locks', () => {
  it('has none for an account that can log in, or that has no number', async () => {
    const person = await house.person();
    expect((await show(person)).locks).toEqual([]);
    await house.login(person.phone);
    expect((await show(person)).locks).toEqual([]);
    expect((await show(await house.person({ phone: null, username: 'tanpa-nomor' }))).locks).toEqual([]);
  });

  it('has wrong codes: which ones, from which devices, until when, as the refusal says', async () => {
    const person = await house.person({ fullName: NAME });
    const device = await withDevice(person);
    const code = await house.code(person.phone);
    await house.pass(person.phone, 61);
    for (let guess = 0; guess < 5; guess++) await house.verify(person.phone, wrong(code));
    const [strange, ...none] = (await show(person)).locks;
    expect([strange, none]).toEqual([lock('wrong_codes', { purpose: 'login', devices: 'other', until: INSTANT }), []]);
    await expectSaidBy(strange.until, () => house.verify(person.phone, code));
    await expectSaidBy(strange.until, () => house.request(person.phone));

    for (let guess = 0; guess < 5; guess++) await house.verify(person.phone, wrong(code), device);
    const { locks } = await show(person);
    expect(locks).toEqual([
      lock('wrong_codes', { purpose: 'login', devices: 'known', until: INSTANT }),
      lock('wrong_codes', { purpose: 'login', devices: 'other', until: strange.until }),
    ]);
    await expectSaidBy(locks[0].until, () => house.verify(person.phone, code, device));

    await house.pass(person.phone, 901);
    expect((await show(person)).locks).toEqual([]);
    expect((await house.request(person.phone)).status).toBe(200);
  });

  it('follows the longer windows of wrong codes in a row, and has no end once the number is closed', async () => {
    const person = await house.person();
    const useUp = async () => {
      for (let guess = 0; guess < 5; guess++) await house.verify(person.phone, '000000');
    };
    for (let budget = 0; budget < 3; budget++) {
      if (budget > 0) await house.pass(person.phone, 3_601);
      await useUp();
      const [{ until: shown }] = (await show(person)).locks;
      await expectSaidBy(shown, () => house.verify(person.phone, '000000'));
    }
    await house.pass(person.phone, 3_601);
    await house.database.query('UPDATE otp_codes SET failures = 99 WHERE phone = $1', [person.e164]);
    expect((await show(person)).locks).toEqual([]);
    expectFailure(await house.verify(person.phone, '000000'), 400, 'invalid_otp');
    expect((await show(person)).locks).toEqual([lock('closed', { devices: 'other' })]);
    expect((await house.verify(person.phone, '000000')).body.details).toEqual({ closed: true });
    await house.service.send('POST', `/api/users/${person.id}/unlock`, undefined, admin);
    expect((await show(person)).locks).toEqual([]);
  });

  it('has the cooldown of an active code, but not of one whose guesses are used up', async () => {
    const person = await house.person();
    const code = await house.code(person.phone);
    const { locks } = await show(person);
    expect(locks).toEqual([lock('cooldown', { purpose: 'login', until: INSTANT })]);
    await expectSaidBy(locks[0].until, () => house.resend(person.phone));
    for (let guess = 0; guess < 3; guess++) await house.verify(person.phone, wrong(code));
    expect((await show(person)).locks).toEqual([
      lock('cooldown', { purpose: 'login', devices: 'known', until: locks[0].until }),
    ]);
    expect((await house.request(person.phone)).body.data.alreadySent).toBeUndefined();
  });

  it('has the sends of all who send codes to the number, other applications too', async () => {
    const person = await house.person();
    await house.database.query(
      `INSERT INTO verification_phones (phone, sends, send_owners)
       VALUES ($1, array_fill(now(), ARRAY[10]), array_fill($2::uuid, ARRAY[10]))`,
      [person.e164, person.id],
    );
    const { locks } = await show(person);
    expect(locks).toEqual([lock('too_many_codes', { devices: 'other', until: INSTANT })]);
    await expectSaidBy(locks[0].until, () => house.request(person.phone));
  });

  it('has the sends of the hour and of the day, over all purposes and by lane', async () => {
    const person = await house.person({ fullName: NAME });
    const device = await withDevice(person);
    for (let send = 0; send < 5; send++) {
      const asked = send % 2 ? house.request(person.phone) : requestReset(house.service, NAME, person.phone);
      expect((await asked).status).toBe(200);
      await house.pass(person.phone, 301);
    }
    const [ofHour, ...none] = (await show(person)).locks;
    expect([ofHour, none]).toEqual([lock('too_many_codes', { devices: 'other', until: INSTANT }), []]);
    await expectSaidBy(ofHour.until, () => house.request(person.phone));
    await expectSaidBy(ofHour.until, () => requestReset(house.service, NAME, person.phone));

    await house.pass(person.phone, 3_601);
    expect((await show(person)).locks).toEqual([]);
    for (let send = 0; send < 5; send++) {
      expect((await house.request(person.phone)).status).toBe(200);
      await house.pass(person.phone, 301);
    }
    const [ofDay] = (await show(person)).locks;
    expect(Date.parse(ofDay.until)).toBeGreaterThan(Date.now() + 15 * 3_600_000);
    await expectSaidBy(ofDay.until, () => house.request(person.phone));
    expect((await house.request(person.phone, device)).status).toBe(200);
  });

  it('has sends that no provider took', async () => {
    const person = await house.person();
    await house.database.query(
      `INSERT INTO otp_codes (phone, purpose, failed_sends) VALUES ($1, 'login', array_fill(now(), ARRAY[10]))`,
      [person.e164],
    );
    const { locks } = await show(person);
    expect(locks).toEqual([lock('failed_sends', { purpose: 'login', until: INSTANT })]);
    await expectSaidBy(locks[0].until, () => house.request(person.phone));
  });

  it('has wrong passwords: of one identifier, and of the account by whatever is typed', async () => {
    const person = await house.person({ email: 'terkunci@x.example', username: 'terkunci', password: PASSWORD });
    for (let guess = 0; guess < 9; guess++) await passwordLogin('terkunci@x.example', 'salah-sekali');
    expect((await show(person)).locks).toEqual([]);
    // A success gives back what it was charged to, and the e-mail keeps its nine.
    expect((await passwordLogin('terkunci', PASSWORD)).status).toBe(200);
    await passwordLogin('terkunci@x.example', 'salah-sekali');
    const [ofEmail, ...none] = (await show(person)).locks;
    expect([ofEmail, none]).toEqual([lock('wrong_passwords', { identifier: 'email', until: INSTANT }), []]);
    await expectSaidBy(ofEmail.until, () => passwordLogin('terkunci@x.example', PASSWORD));

    for (let guess = 0; guess < 9; guess++) await passwordLogin(guess % 2 ? person.phone : 'terkunci', 'salah-sekali');
    const { locks } = await show(person);
    expect(locks).toEqual([
      lock('wrong_passwords', { until: INSTANT }),
      lock('wrong_passwords', { identifier: 'email', until: ofEmail.until }),
    ]);
    await expectSaidBy(locks[0].until, () => passwordLogin('terkunci', PASSWORD));
  });

  it('has that the account is disabled', async () => {
    const person = await house.person({ active: false });
    expect((await show(person)).locks).toEqual([lock('disabled')]);
  });

  it('shows none of it in lists, nor to the account itself', async () => {
    const person = await house.person();
    const { token } = await house.login(person.phone);
    const own = { authorization: `Bearer ${token}` };
    expect(Object.keys((await house.service.get('/api/auth/me', own)).body.data)).not.toContain('locks');
    const [listed] = (await house.service.get(`/api/users?search=${person.phone}`, admin)).body.data;
    expect(listed.id).toBe(person.id);
    expect(Object.keys(listed)).not.toEqual(expect.arrayContaining(['locks']));
    expect((await house.service.get(`/api/users/${person.id}`, own)).status).toBe(403);
  });
});

describe('GET /api/users/:id: last sends', () => {
  /** A send as it is shown; what is not named is not known. */
  const send = (state: string, named: object = {}) => ({
    ...{ at: INSTANT, purpose: 'login', state, provider: null, notTakenBy: [], reason: null },
    ...{ deliveredAt: null, readAt: null, usedAt: null },
    ...named,
  });

  it('say what became of each message, newest first, and hold no code', async () => {
    const person = await house.person();
    expect((await show(person)).lastSends).toEqual([]);
    const code = await house.code(person.phone);
    await house.verify(person.phone, code);
    await until('the use is written', async () => (await show(person)).lastSends[0].usedAt !== null);
    house.fake.connected = false;
    expect((await house.request(person.phone)).status).toBe(503);
    house.fake.connected = true;
    const shown = await show(person);
    expect(shown.lastSends).toEqual([
      send('FAILED', { notTakenBy: ['whacenter'], reason: 'provider-disconnected' }),
      send('ACCEPTED', { provider: 'whacenter', usedAt: INSTANT }),
    ]);
    expect(JSON.stringify(shown)).not.toContain(code);
    expect(JSON.stringify(shown)).not.toContain('device not connected');
  });

  it('do not take an answer that was lost for a refusal', async () => {
    const person = await house.person();
    house.fake.mode = 'garbage';
    expect((await house.request(person.phone)).status).toBe(503);
    house.fake.mode = 'ok';
    expect((await show(person)).lastSends).toEqual([send('UNKNOWN', { notTakenBy: ['whacenter'] })]);
  });

  it('are ten at most, also while some are still under way', async () => {
    const person = await house.person();
    const insert = (table: string, more: string, times: number) =>
      house.database.query(
        `INSERT INTO ${table} (id, purpose, recipient, user_id, state, attempts, created_at ${more})
         SELECT gen_random_uuid(), 'login', $1, $2, 'EXPIRED', 0, now() - n * interval '1 minute' ${more && ', now()'}
           FROM generate_series(1, $3::int) n`,
        [person.e164, person.id, times],
      );
    await insert('message_history', '', 12);
    await insert('messages', ', expires_at', 1);
    const { lastSends } = await show(person);
    expect(lastSends).toHaveLength(10);
    const instants = lastSends.map(({ at }: { at: string }) => at);
    expect(instants).toEqual(instants.toSorted().toReversed());
  });
});

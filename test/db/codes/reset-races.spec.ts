import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { endCooldown, keptCodeOf, wrongCodes } from '../../support/codes.js';
import { atOnce, tally } from '../../support/crowds.js';
import { openHouse, QUICK, type House, type Resident } from '../../support/house.js';
import { messagesOf } from '../../support/messages.js';
import { postAndLeave } from '../../support/http-client.js';
import { bearer, logIn, me, newcomer, PASSWORD, refresh } from '../../support/logins.js';
import { browserLogin, browserOf, OWN_PAGE } from '../../support/own-page.js';
import {
  NEW_PASSWORD,
  requestReset,
  resetCodeOf,
  resetPassword,
  verifiedCodeOf,
  verifyReset,
} from '../../support/resets.js';
import { troubles, type Answer, type Service } from '../../support/service.js';
import { pause, until } from '../../support/waits.js';

const GUESS_BUDGET = 5;
const NAME = 'Budi Santoso';

let house: House;
let one: Service;
let other: Service;
let admin: Record<string, string>;

beforeAll(async () => {
  house = await openHouse({ ...QUICK, OTP_SENDS_PER_HOUR: '1000', OTP_SENDS_PER_DAY: '1000' });
  one = house.service;
  other = await house.inOtherProcess();
  admin = bearer(await logIn(one, (await newcomer(house, { role: 'ADMIN' })).username));
});

afterAll(() => house.close());

afterEach(() => {
  expect([...troubles(one), ...troubles(other)]).toEqual([]);
});

/** The instance for the n-th call of a crowd: both in turn. */
const either = (at: number) => (at % 2 === 0 ? one : other);
const sql = <Row extends object>(text: string, ...values: unknown[]) =>
  house.database.query<Row & Record<string, any>>(text, values);
const asked = async () => {
  const person = await newcomer(house);
  return { ...person, code: await resetCodeOf(one, house.fake, NAME, person.phone) };
};
const verified = async () => {
  const person = await newcomer(house);
  return { ...person, code: await verifiedCodeOf(one, house.fake, NAME, person.phone) };
};
/** The n-th guess of a crowd: each step in turn, each on both instances. */
const guess = (phone: string, code: string, at: number): Promise<Answer> =>
  at % 4 < 2 ? verifyReset(either(at), phone, code) : resetPassword(either(at), phone, code);
const keptOf = (e164: string) => keptCodeOf(house.database, e164, 'reset');
const hashOf = async (id: string) =>
  (await sql('SELECT password_hash AS hash FROM users WHERE id = $1', id))[0]!['hash'];
const resetEvents = async (id: string) =>
  (
    await sql(
      `SELECT 1 FROM audit_events WHERE type = 'user.password_reset' AND outcome = 'success' AND subject_id = $1`,
      id,
    )
  ).length;
const patch = (id: string, body: object, at: number) =>
  either(at).send('PATCH', `/api/users/${id}`, JSON.stringify(body), { 'content-type': 'application/json', ...admin });
const living = (id: string) => sql('SELECT id FROM login_sessions WHERE user_id = $1 AND revoked_at IS NULL', id);
/** Statements that wait for a lock of another one. */
const waiting = async () =>
  (await sql(`SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`)).length;
const byPassword = (username: string, at: number) =>
  either(at).post('/api/auth/login', { identifier: username, password: PASSWORD });

const deadlocks = async () =>
  (await sql('SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()'))[0]![
    'deadlocks'
  ] as number;

describe('wrong guesses at once, spread over both steps and two instances', () => {
  it('compare no more often than one code allows, and use up what the number may guess', async () => {
    const { phone, e164, id, code } = await asked();
    const before = await hashOf(id);
    const answers = await Promise.all(wrongCodes(code, 100).map((wrong, at) => guess(phone, wrong, at)));
    expect(tally(answers)).toEqual({ 400: GUESS_BUDGET, 429: 100 - GUESS_BUDGET });
    expect(new Set(answers.map(({ body }) => body.code))).toEqual(new Set(['invalid_otp', 'otp_locked']));
    expect(await keptOf(e164)).toEqual({ living: true, guesses: GUESS_BUDGET, knownGuesses: 0, shown: false, made: 1 });
    const left = answers.filter(({ status }) => status === 400).map(({ body }) => body.details.attemptsLeft as number);
    expect(left.sort()).toEqual([0, 0, 0, 1, 2]);
    expect(tally(await atOnce(8, (at) => guess(phone, code, at)))).toEqual({ 429: 8 });
    expect(await hashOf(id)).toBe(before);
  });

  it('share one budget over several codes: a new one refills nothing', async () => {
    const { phone, e164, code } = await asked();
    const renew = async () => {
      await endCooldown(house.database, e164);
      return resetCodeOf(either(1), house.fake, NAME, phone);
    };
    const spent = await Promise.all(wrongCodes(code, 2).map((wrong, at) => guess(phone, wrong, at + 1)));
    const second = await renew();
    expect(await keptOf(e164)).toMatchObject({ living: true, guesses: 0 });
    spent.push(...(await Promise.all(wrongCodes(second, 2).map((wrong, at) => guess(phone, wrong, at + 2)))));
    expect(await keptOf(e164)).toMatchObject({ living: true, guesses: 2 });
    const third = await renew();
    spent.push(...(await Promise.all(wrongCodes(third, 96).map((wrong, at) => guess(phone, wrong, at)))));
    expect(tally(spent)).toEqual({ 400: GUESS_BUDGET, 429: 100 - GUESS_BUDGET });
    expect(await keptOf(e164)).toMatchObject({ living: true, guesses: 1, made: 3 });
    expect((await verifyReset(other, phone, third)).status).toBe(429);
  });

  it('never pass what one code allows while its owner verifies it again and again', async () => {
    for (let run = 0; run < 3; run++) {
      const { phone, e164, code } = await asked();
      const wrong = wrongCodes(code, 40);
      const answers = await Promise.all(
        wrong.flatMap((each, at) => [
          guess(phone, each, at),
          ...(at % 4 === 0 ? [verifyReset(either(at), phone, code)] : []),
        ]),
      );
      expect(answers.every(({ status }) => [200, 400, 429].includes(status))).toBe(true);
      // Each refusal stays paid for, whatever right ones came between.
      const refusals = answers.filter(({ body }) => body.code === 'invalid_otp');
      expect(refusals.length).toBeLessThanOrEqual(GUESS_BUDGET);
      expect(await keptOf(e164)).toMatchObject({ living: true, guesses: refusals.length });
    }
  });

  it('of a step are not refunded when the client is gone before the answer', async () => {
    const { phone, e164, code } = await asked();
    for (const [at, wrong] of wrongCodes(code, GUESS_BUDGET).entries()) {
      const [path, more] =
        at % 2 === 0
          ? ['verify-otp', {}]
          : ['reset-password', { newPassword: NEW_PASSWORD, confirmPassword: NEW_PASSWORD }];
      await postAndLeave(`${either(at).url}/api/forgot-password/${path}`, { noHp: phone, otp: wrong, ...more });
    }
    const used = async () =>
      (
        await sql(`SELECT cardinality(guesses) AS used FROM otp_codes WHERE phone = $1 AND purpose = 'reset'`, e164)
      )[0]!['used'];
    await until('all guesses charged', async () => (await used()) === GUESS_BUDGET);
    expect((await verifyReset(one, phone, code)).status).toBe(429);
  });
});

describe('requests at once', () => {
  it('send one message; the others are told that a code lives', async () => {
    const { phone, e164 } = await newcomer(house);
    house.fake.forNumber(phone, { delayMs: 100 });
    const answers = await atOnce(20, (at) => requestReset(either(at), NAME, phone));
    expect(tally(answers)).toEqual({ 200: 1, 400: 19 });
    expect(answers.filter(({ body }) => body.code === 'otp_active')).toHaveLength(19);
    expect(house.fake.messagesFor(phone)).toHaveLength(1);
    expect(await keptOf(e164)).toMatchObject({ living: true, made: 1 });
    expect((await verifyReset(one, phone, house.fake.codeFor(phone))).status).toBe(200);
  });
});

describe('the right code at once', () => {
  it('thirty times resets once: one password holds, the owner is told once', async () => {
    for (let run = 0; run < 2; run++) {
      const { phone, e164, id, code } = await verified();
      const wish = (at: number) => `${NEW_PASSWORD}-${at}`;
      const answers = await atOnce(30, (at) =>
        resetPassword(either(at), phone, code, { newPassword: wish(at), confirmPassword: wish(at) }),
      );
      expect(tally(answers)[200]).toBe(1);
      expect(answers.every(({ status }) => [200, 400, 429, 503].includes(status))).toBe(true);
      const winner = answers.findIndex(({ status }) => status === 200);
      const login = (password: string) => one.post('/api/auth/login', { identifier: phone, password });
      expect((await login(wish(winner))).status).toBe(200);
      expect((await login(wish((winner + 1) % 30))).status).toBe(401);
      expect((await login(PASSWORD)).status).toBe(401);
      expect(await resetEvents(id)).toBe(1);
      await until('the owner was told', () => house.fake.messagesFor(phone).length === 2);
      // Nothing waits to be sent any more.
      const pending = async () => (await messagesOf(house.database, e164)).filter(({ state }) => state === 'PENDING');
      await until('nothing is pending', async () => (await pending()).length === 0);
      expect(house.fake.messagesFor(phone)).toHaveLength(2);
    }
  });

  it('thirty times not verified resets nothing', async () => {
    const { phone, id, code } = await asked();
    const before = await hashOf(id);
    const answers = await atOnce(30, (at) => resetPassword(either(at), phone, code));
    expect(tally(answers)[200]).toBeUndefined();
    expect([await hashOf(id), await resetEvents(id)]).toEqual([before, 0]);
  });

  it('verified and used at the same moment resets at most once', async () => {
    for (let run = 0; run < 3; run++) {
      const { phone, id, code } = await asked();
      const answers = await atOnce(12, (at) => guess(phone, code, at));
      const resets = answers.filter(({ body }) => body.message === 'Password updated, please login').length;
      expect(resets).toBeLessThanOrEqual(1);
      expect(await resetEvents(id)).toBe(resets);
    }
  });
});

describe('a reset and logins at once', () => {
  const byBrowser = (username: string, at: number) =>
    either(at).post('/api/auth/browser/login', { identifier: username, password: PASSWORD }, OWN_PAGE);

  it('leave no session behind that the old password, an older code or an older session opened', async () => {
    const before = await deadlocks();
    for (let run = 0; run < 6; run++) {
      const { phone, username, id, code } = await verified();
      const tokens = await logIn(one, username);
      const browser = await browserLogin(other, username, PASSWORD);
      const otpCode = await house.code(phone);
      const [reset, ...others] = await Promise.all([
        pause(Math.random() * 40).then(() => resetPassword(either(run), phone, code)),
        ...[0, 1, 2].map((at) => pause(Math.random() * 120).then(() => byPassword(username, at))),
        pause(Math.random() * 120).then(() => byBrowser(username, run)),
        pause(Math.random() * 120).then(() => house.verify(phone, otpCode)),
        pause(Math.random() * 120).then(() => refresh(either(run), tokens.refreshToken)),
      ]);
      expect(reset.status).toBe(200);
      expect(others.every(({ status }) => [200, 400, 401].includes(status))).toBe(true);
      // Everything that the moment gave out is dead by now, and nothing else of the account lives.
      for (const { body } of others) if (body.data?.token) expect((await me(either(run), body.data)).status).toBe(401);
      const page = others.find((answer) => answer.headers.getSetCookie().length > 0);
      for (const { headers } of [browser, ...(page ? [browserOf(page)] : [])])
        expect((await either(run).get('/api/auth/me', headers)).status).toBe(401);
      for (const { body } of [{ body: { data: tokens } }, ...others])
        if (body.data?.refreshToken) expect((await refresh(one, body.data.refreshToken)).status).toBe(401);
      expect(await living(id)).toEqual([]);
    }
    expect(await deadlocks()).toBe(before);
  });

  it('make no device known that the old password let in while the reset was under way', async () => {
    const { phone, e164, username, id, code } = await verified();
    const held = await house.database.lock('SELECT 1 FROM users WHERE id = $1 FOR SHARE', [id]);
    const reset = resetPassword(one, phone, code);
    await until('the reset waits for the account', async () => (await waiting()) > 0);
    const late = await byPassword(username, 1);
    expect(late.status).toBe(200);
    await held.release();
    expect((await reset).status).toBe(200);
    expect((await me(other, late.body.data)).status).toBe(401);
    const resend = (headers = {}) => house.resend(phone, headers);
    await sql(
      `INSERT INTO otp_codes (phone, purpose, sends) VALUES ($1, 'login', array_fill(now() - interval '2 minutes', ARRAY[1000]))
               ON CONFLICT (phone, purpose) DO UPDATE SET sends = excluded.sends`,
      e164,
    );
    expect((await resend()).status).toBe(429);
    expect((await resend({ 'x-device-token': late.body.data.deviceToken })).status).toBe(429);
  });

  it('let the owner in with the new password right after, on every instance', async () => {
    for (let run = 0; run < 2; run++) {
      const { phone, username, id, code } = await verified();
      expect((await resetPassword(either(run), phone, code)).status).toBe(200);
      const logins = await atOnce(4, (at) =>
        either(at).post('/api/auth/login', { identifier: username, password: NEW_PASSWORD }),
      );
      expect(tally(logins)).toEqual({ 200: 4 });
      // Their devices are known: the reset's instant is before theirs.
      const [row] = await sql('SELECT devices_valid_from AS since FROM users WHERE id = $1', id);
      for (const { body } of logins) {
        const issued = Buffer.from(body.data.deviceToken, 'base64url').readUIntBE(33, 6);
        expect(issued).toBeGreaterThanOrEqual((row!['since'] as Date).getTime());
      }
    }
  });
});

describe('everything that changes an account at once', () => {
  it('waits for nothing in a circle, and ends in a state that fits', async () => {
    const before = await deadlocks();
    for (let run = 0; run < 6; run++) {
      const { phone, id, code, username } = await verified();
      const owner = bearer(await logIn(one, username));
      const wanted = `0814${String(10_000_000 + run)}`;
      await one.post('/api/auth/me/phone', { phone: wanted }, owner);
      const otpCode = house.fake.codeFor(wanted);
      const login = await house.code(phone);
      const jitter = <Result>(work: () => Promise<Result>) => pause(Math.random() * 15).then(work);
      const answers = await Promise.all([
        jitter(() => resetPassword(one, phone, code)),
        jitter(() => resetPassword(other, phone, code)),
        jitter(() => one.post('/api/auth/me/phone/verify', { phone: wanted, otpCode }, owner)),
        jitter(() => patch(id, { isActive: false }, run)),
        jitter(() => either(run).post(`/api/users/${id}/reset-password`, {}, admin)),
        jitter(() => either(run).post(`/api/users/${id}/unlock`, {}, admin)),
        jitter(() => house.verify(phone, login)),
        jitter(() => logIn(other, username).catch(() => undefined)),
        jitter(() => requestReset(other, NAME, phone)),
        jitter(() => house.resend(phone)),
      ]);
      for (const answer of answers)
        if (answer && 'status' in answer) expect([answer.status, answer.status < 500]).toEqual([answer.status, true]);
      expect(answers[3].status).toBe(200);
      expect(await living(id)).toEqual([]);
      const resets = [answers[0], answers[1]].filter((answer) => answer.status === 200).length;
      expect(resets).toBeLessThanOrEqual(1);
      expect(await resetEvents(id)).toBe(resets);
    }
    expect(await deadlocks()).toBe(before);
  }, 120_000);

  it.each(['the reset', 'disabling', 'the unlock', 'the password login'])(
    'takes the number’s rows in one order, whoever comes first: %s',
    async (first) => {
      const { phone, e164, id, code, username } = await verified();
      await verifyReset(one, phone, code);
      await house.code(phone);
      // The room that this makes in the table is taken by what the reset writes first: its row then lies before that of the
      // login, the other way round than by their names.
      await sql('UPDATE otp_codes SET failures = 1 WHERE phone = $1', e164);
      await house.database.query('VACUUM otp_codes');
      const before = await deadlocks();
      const works: Record<string, () => Promise<Answer>> = {
        'the reset': () => resetPassword(other, phone, code),
        disabling: () => patch(id, { isActive: false }, 0),
        'the unlock': () => one.post(`/api/users/${id}/unlock`, {}, admin),
        'the password login': () => byPassword(username, 0),
      };
      const held = await house.database.lock(
        `SELECT 1 FROM otp_codes WHERE phone = $1 AND purpose = 'login' FOR UPDATE`,
        [e164],
      );
      // All stand in line for the first row: whoever held the second one meanwhile would never get it.
      const answers = [works[first]!()];
      await until('the first one waits', async () => (await waiting()) === 1);
      for (const [name, work] of Object.entries(works)) if (name !== first) answers.push(work());
      await until('the others wait', async () => (await waiting()) === 4);
      await held.release();
      const statuses = (await Promise.all(answers)).map(({ status }) => status);
      expect(statuses.every((status) => [200, 400, 401].includes(status))).toBe(true);
      expect(await deadlocks()).toBe(before);
    },
  );

  it('an erasure and a reset: nothing of the account comes back', async () => {
    const before = await deadlocks();
    for (let run = 0; run < 4; run++) {
      const { phone, id, code } = await verified();
      const [reset, erased] = await Promise.all([
        pause(Math.random() * 40).then(() => resetPassword(either(run), phone, code)),
        pause(Math.random() * 60).then(() => either(run).send('DELETE', `/api/users/${id}`, undefined, admin)),
      ]);
      expect(erased.status).toBe(200);
      expect([200, 400]).toContain(reset.status);
      expect(await hashOf(id)).toBeNull();
      expect(await living(id)).toEqual([]);
    }
    expect(await deadlocks()).toBe(before);
  });

  it.each(['the erasure', 'the reset'])(
    'an erasure and a reset in the line for the account, first %s',
    async (first) => {
      const { phone, id, code } = await verified();
      const before = await deadlocks();
      const held = await house.database.lock('SELECT 1 FROM users WHERE id = $1 FOR UPDATE', [id]);
      const erase = () => one.send('DELETE', `/api/users/${id}`, undefined, admin);
      const reset = () => resetPassword(other, phone, code);
      const answers: Promise<Answer>[] = [];
      for (const [at, work] of (first === 'the reset' ? [reset, erase] : [erase, reset]).entries()) {
        answers.push(work());
        await until('it waits', async () => (await waiting()) === at + 1);
      }
      await held.release();
      const statuses = (await Promise.all(answers)).map(({ status }) => status);
      expect(statuses).toEqual(first === 'the reset' ? [200, 200] : [200, 400]);
      expect(await hashOf(id)).toBeNull();
      expect(await living(id)).toEqual([]);
      expect(await deadlocks()).toBe(before);
    },
  );

  it('many resets of two accounts side by side all end', async () => {
    const people = await Promise.all(Array.from({ length: 10 }, () => verified()));
    const answers = await Promise.all(
      people.flatMap(({ phone, code }: Resident & { code: string }, at) => [
        resetPassword(either(at), phone, code),
        resetPassword(either(at + 1), phone, code),
      ]),
    );
    // Whoever waits too long for the hashing is told to try again; nobody is left half-way.
    expect(answers.every(({ status }) => [200, 400, 503].includes(status))).toBe(true);
    for (const { id } of people) expect(await resetEvents(id)).toBeLessThanOrEqual(1);
    expect(tally(answers)[200]).toBe(10);
  });
});

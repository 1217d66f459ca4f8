import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { expectFailure } from '../../support/answers.js';
import { endCooldown } from '../../support/codes.js';
import { atOnce, tally } from '../../support/crowds.js';
import { national, newPhone, openHouse, type House } from '../../support/house.js';
import { bearer, logIn, me, newcomer, PASSWORD, refresh, type Login } from '../../support/logins.js';
import { OWN_PAGE } from '../../support/own-page.js';
import { NEW_PASSWORD, resetPassword, verifiedCodeOf } from '../../support/resets.js';
import { troubles, type Answer, type Service } from '../../support/service.js';
import { until } from '../../support/waits.js';

// Pre-hijacking: where registration is open, a stranger registers somebody's number before its owner logs in. Whoever
// proves the number with a code owns the account, on two instances and whatever else happens at the same moment.

const NAME = 'Budi Santoso';
const RACES = 8;

let house: House;
let one: Service;
let other: Service;
let admin: Record<string, string>;

beforeAll(async () => {
  house = await openHouse({ OTP_SENDS_PER_HOUR: '1000', OTP_SENDS_PER_DAY: '1000' });
  one = house.service;
  other = await house.inOtherProcess();
  admin = bearer(await logIn(one, (await newcomer(house, { role: 'ADMIN' })).username));
});

afterAll(() => house.close());

afterEach(() => {
  expect([...troubles(one), ...troubles(other)]).toEqual([]);
});

const either = (at: number) => (at % 2 === 0 ? one : other);
const sql = <Row extends object>(text: string, ...values: unknown[]) =>
  house.database.query<Row & Record<string, any>>(text, values);
const byPassword = (identifier: string, at = 0): Promise<Answer> =>
  either(at).post('/api/auth/login', { identifier, password: PASSWORD });
const prove = (phone: string, otpCode: string, more: object = {}, at = 0): Promise<Answer> =>
  either(at).post('/api/auth/otp/verify', { phone, otpCode, ...more });

const patch = (id: string, body: object) =>
  other.send('PATCH', `/api/users/${id}`, JSON.stringify(body), { 'content-type': 'application/json', ...admin });

/** A number that somebody has registered with a password, an e-mail and a username. */
async function registered() {
  const e164 = newPhone();
  const username = `u${randomBytes(6).toString('hex')}`;
  const typed = { phone: national(e164), email: `${username}@jahat.example`, username };
  const answer = await one.post('/api/auth/register', { fullName: NAME, password: PASSWORD, ...typed });
  if (answer.status !== 201) throw new Error(`not registered: ${answer.status} ${answer.text}`);
  const { user, registrationToken } = answer.body.data;
  return { ...typed, e164, id: user.id as string, registrationToken: registrationToken as string };
}

/** The same, with logins by password from a time when those were let in: what an upgrade finds. */
async function registeredLongAgo(logins = 1) {
  const person = await registered();
  await sql('UPDATE users SET phone_claimed = false WHERE id = $1', person.id);
  const sessions: Login[] = [];
  for (let at = 0; at < logins; at++) sessions.push(await logIn(either(at), person.username));
  await sql('UPDATE users SET phone_claimed = true WHERE id = $1', person.id);
  return { ...person, sessions };
}

const accountOf = async (id: string) =>
  (
    await sql(
      `SELECT email, username, password_hash IS NOT NULL AS "hasPassword", phone_claimed AS claimed, phone_proven_at IS NOT NULL AS proven
         FROM users WHERE id = $1`,
      id,
    )
  )[0]!;
const proofs = async (id: string) =>
  (
    await sql(
      `SELECT outcome, user_id, detail FROM audit_events WHERE type = 'user.phone_proven' AND subject_id = $1 ORDER BY id`,
      id,
    )
  ).map(({ outcome, user_id, detail }) => ({ outcome, user_id, detail }));
const notices = (phone: string) => house.fake.messagesFor(phone).filter((text) => text.includes('pertama kali'));
const living = (id: string) => sql('SELECT id FROM login_sessions WHERE user_id = $1 AND revoked_at IS NULL', id);

/** Every way in that somebody has who knows the password. */
async function expectNoWayIn({ phone, email, username }: { phone: string; email: string; username: string }) {
  for (const [at, identifier] of [phone, email, username].entries()) {
    expectFailure(await byPassword(identifier, at), 401, 'invalid_credentials');
    const inBrowser = { identifier, password: PASSWORD };
    expectFailure(await other.post('/api/auth/browser/login', inBrowser, OWN_PAGE), 401, 'invalid_credentials');
    expectFailure(await one.post('/auth/login', inBrowser), 401, 'invalid_credentials');
  }
}

describe('a number that somebody registered', () => {
  it('is logged in to by nothing but a code until it is proven', async () => {
    const person = await registered();
    await expectNoWayIn(person);
    expect(await living(person.id)).toEqual([]);
  });

  it('is its prover’s: password, e-mail and username of the registration are gone, and the owner is told', async () => {
    const person = await registered();
    const answer = await prove(person.phone, await house.code(person.phone));
    expect(answer.status).toBe(200);
    const { user, token } = answer.body.data;
    expect(user).toMatchObject({ id: person.id, phone: person.phone, email: null, username: null });
    expect((await one.get('/api/auth/me', bearer({ token }))).body.data).toEqual(user);
    await expectNoWayIn(person);
    expect(await accountOf(person.id)).toEqual({
      email: null,
      username: null,
      hasPassword: false,
      claimed: false,
      proven: true,
    });
    // The whole row, so that a new column must be decided about, too.
    const [row] = await sql('SELECT * FROM users WHERE id = $1', person.id);
    expect(row).toEqual({
      id: person.id,
      full_name: NAME,
      email: null,
      username: null,
      phone: person.e164,
      phone_proven_at: expect.any(Date),
      phone_claimed: false,
      email_claimed: false,
      self_registered: true,
      role: 'USER',
      is_active: true,
      password_hash: null,
      password_changed_at: null,
      has_second_factor: false,
      devices_valid_from: expect.any(Date),
      created_at: expect.any(Date),
      updated_at: expect.any(Date),
      erased_at: null,
    });
    await until('the owner is told', () => notices(person.phone).length > 0);
    expect(await proofs(person.id)).toEqual([
      { outcome: 'success', user_id: person.id, detail: { by: 'login', takenOver: true, sessionsEnded: 0 } },
    ]);
    // What was taken is free for whoever it belongs to.
    const { email, username } = person;
    const theirs = await other.post('/api/auth/register', { fullName: 'Y', email, username, password: PASSWORD });
    expect(theirs.status).toBe(201);
    // The second login is not the first proof.
    await house.pass(person.phone, 3_600);
    expect((await prove(person.phone, await house.code(person.phone))).status).toBe(200);
    expect([(await proofs(person.id)).length, notices(person.phone).length]).toEqual([1, 1]);
  });

  it('is its registrant’s who shows the token of the registration with the code', async () => {
    const { registrationToken, ...person } = await registered();
    const answer = await prove(person.phone, await house.code(person.phone), { registrationToken });
    const { email, username } = person;
    expect(answer.body.data.user).toMatchObject({ id: person.id, email, username });
    for (const identifier of [person.phone, email, username]) expect((await byPassword(identifier)).status).toBe(200);
    expect(await proofs(person.id)).toEqual([
      { outcome: 'success', user_id: person.id, detail: { by: 'login', takenOver: false, sessionsEnded: 0 } },
    ]);
    expect(notices(person.phone)).toEqual([]);
  });

  it('is not its registrant’s by the token of another registration', async () => {
    const [person, another] = [await registered(), await registered()];
    const { registrationToken } = another;
    const answer = await prove(person.phone, await house.code(person.phone), { registrationToken });
    expect(answer.body.data.user).toMatchObject({ email: null, username: null });
    await expectNoWayIn(person);
    expect((await accountOf(another.id))['claimed']).toBe(true);
  });

  it('stays as it is when the token is invalid: nothing is lost over a mistake', async () => {
    const { registrationToken, ...person } = await registered();
    const otpCode = await house.code(person.phone);
    for (const wrong of ['x', registrationToken.slice(2), `${registrationToken.slice(0, -2)}AA`]) {
      const refused = expectFailure(
        await prove(person.phone, otpCode, { registrationToken: wrong }),
        400,
        'validation_failed',
      );
      expect(refused.details).toMatchObject([{ field: 'registrationToken' }]);
    }
    expect((await prove(person.phone, otpCode, { registrationToken })).body.data.user.email).toBe(person.email);
  });

  it('loses sessions, refresh tokens and device tokens from before the proof', async () => {
    const person = await registeredLongAgo(2);
    const [first, second] = person.sessions as [Login, Login];
    for (const session of person.sessions) expectFailure(await me(other, session), 401, 'invalid_token');
    expectFailure(await refresh(one, first.refreshToken), 401, 'invalid_refresh_token');
    const [{ at }] = (await sql('SELECT devices_valid_from AS at FROM users WHERE id = $1', person.id)) as [
      { at: Date },
    ];
    const login = (await prove(person.phone, await house.code(person.phone))).body.data;
    for (const session of [first, second]) {
      expectFailure(await me(one, session), 401, 'invalid_token');
      expectFailure(await refresh(other, session.refreshToken), 401, 'invalid_refresh_token');
    }
    expect((await me(other, login)).status).toBe(200);
    expect(await living(person.id)).toHaveLength(1);
    const [{ later }] = (await sql(
      'SELECT devices_valid_from > $2 AS later FROM users WHERE id = $1',
      person.id,
      at,
    )) as [{ later: boolean }];
    expect(later).toBe(true);
    expect((await proofs(person.id))[0]?.detail).toMatchObject({ takenOver: true, sessionsEnded: 2 });
  });

  it('is proven by a reset, too', async () => {
    const person = await registered();
    const code = await verifiedCodeOf(one, house.fake, NAME, person.phone);
    expect((await resetPassword(other, person.phone, code)).status).toBe(200);
    await expectNoWayIn(person);
    const mine = { identifier: person.phone, password: NEW_PASSWORD };
    expect((await one.post('/api/auth/login', mine)).body.data.user).toMatchObject({ email: null, username: null });
    expect(await proofs(person.id)).toMatchObject([{ detail: { by: 'reset', takenOver: true } }]);
    await until('the owner is told', () => notices(person.phone).length > 0);
  });

  it('keeps e-mail and username when its registrant resets the password', async () => {
    const { registrationToken, ...person } = await registered();
    const code = await verifiedCodeOf(one, house.fake, NAME, person.phone);
    expect((await resetPassword(one, person.phone, code, { registrationToken } as never)).status).toBe(200);
    expect(await accountOf(person.id)).toMatchObject({ email: person.email, username: person.username, proven: true });
  });

  it('is not proven by a message to the bot: that opens a closed number and nothing else', async () => {
    const person = await registered();
    await sql(
      `INSERT INTO otp_codes (phone, purpose, failures) VALUES ($1, 'login', 100) ON CONFLICT (phone, purpose) DO UPDATE SET failures = 100`,
      person.e164,
    );
    const from = person.e164.slice(1);
    const message = {
      id: randomBytes(8).toString('hex'),
      from_me: false,
      type: 'text',
      chat_id: `${from}@s.whatsapp.net`,
    };
    const timestamp = Math.floor(Date.now() / 1000);
    await one.post('/webhook/whapi', { messages: [{ ...message, from, timestamp, text: { body: 'buka' } }] });
    await until('the number is open', async () => {
      const [budget] = await sql(`SELECT failures FROM otp_codes WHERE phone = $1 AND purpose = 'login'`, person.e164);
      return budget === undefined;
    });
    await expectNoWayIn(person);
    expect(await accountOf(person.id)).toMatchObject({ claimed: true, proven: false });
  });
});

describe('an account that an admin vouches for', () => {
  const create = (body: object) => one.post('/api/users', { fullName: NAME, ...body }, admin);

  it('keeps what was set before its number is proven', async () => {
    const person = await newcomer(house, { email: `${randomBytes(6).toString('hex')}@dinkes.example` });
    expect((await byPassword(person.username)).status).toBe(200);
    const { user } = await house.login(person.phone);
    expect(user.username).toBe(person.username);
    expect((await byPassword(person.username)).status).toBe(200);
    expect(await accountOf(person.id)).toMatchObject({ hasPassword: true, proven: true });
    expect(await proofs(person.id)).toEqual([]);
  });

  it('is one that an admin registered', async () => {
    const phone = national(newPhone());
    const answer = await one.post('/api/auth/register', { fullName: NAME, phone, password: PASSWORD }, admin);
    expect(answer.body.data).not.toHaveProperty('registrationToken');
    expect((await byPassword(phone)).status).toBe(200);
  });

  it('is not one that somebody registered who is logged in', async () => {
    const { username } = await newcomer(house);
    const phone = national(newPhone());
    const mine = bearer(await logIn(one, username));
    expect((await one.post('/api/auth/register', { fullName: NAME, phone, password: PASSWORD }, mine)).status).toBe(
      201,
    );
    expectFailure(await byPassword(phone), 401, 'invalid_credentials');
  });

  it('has no password of whoever registered it, once an admin gives it another number', async () => {
    const person = await registered();
    const phone = national(newPhone());
    expect((await patch(person.id, { phone })).status).toBe(200);
    await expectNoWayIn({ ...person, phone });
    expect(await accountOf(person.id)).toMatchObject({ claimed: false, proven: false, hasPassword: false });
    expect((await house.login(phone)).user.username).toBe(person.username);
  });

  it('keeps the e-mail that an admin gave a claimed number', async () => {
    const person = await registered();
    const email = `${randomBytes(6).toString('hex')}@dinkes.example`;
    expect((await patch(person.id, { email, fullName: 'Budi' })).status).toBe(200);
    expect((await house.login(person.phone)).user).toMatchObject({ email, username: null });
  });

  it('is not proven for its next number', async () => {
    const { id, phone } = await newcomer(house);
    await house.login(phone);
    expect((await accountOf(id))['proven']).toBe(true);
    expect((await patch(id, { phone: national(newPhone()) })).status).toBe(200);
    expect((await accountOf(id))['proven']).toBe(false);
    const made = await create({ phone: national(newPhone()) });
    expect(await accountOf(made.body.data.id)).toMatchObject({ claimed: false, proven: false });
  });
});

describe('a registration without a number', () => {
  it('goes on logging in by password, and keeps it when a number comes to it', async () => {
    const username = `u${randomBytes(6).toString('hex')}`;
    const typed = { name: NAME, email: `${username}@papua.example`, username, password: PASSWORD, role: 'karyawan' };
    const { id } = (await one.post('/auth/register', typed)).body.data;
    const mine = bearer(await logIn(other, username));
    const phone = national(newPhone());
    expect((await one.post('/api/auth/me/phone', { phone }, mine)).status).toBe(200);
    const otpCode = house.fake.codeFor(phone);
    expect((await other.post('/api/auth/me/phone/verify', { phone, otpCode }, mine)).status).toBe(200);
    expect((await byPassword(phone)).status).toBe(200);
    expect(await accountOf(id)).toMatchObject({ username, claimed: false, proven: true });
  });
});

describe('an account that somebody registered without a number', () => {
  async function stranger() {
    const username = `u${randomBytes(6).toString('hex')}`;
    const typed = { email: `${username}@jahat.example`, username, password: PASSWORD };
    const answer = await one.post('/api/auth/register', { fullName: NAME, ...typed });
    return { ...typed, id: answer.body.data.user.id as string, session: await logIn(other, username) };
  }
  const changes = async (id: string) =>
    (
      await sql(
        `SELECT detail FROM audit_events WHERE type = 'user.changed' AND outcome = 'success' AND subject_id = $1 ORDER BY id`,
        id,
      )
    ).map(({ detail }) => detail);

  it('has no password any more once an admin gives it a number', async () => {
    const person = await stranger();
    const phone = national(newPhone());
    expect((await patch(person.id, { phone })).status).toBe(200);
    await expectNoWayIn({ ...person, phone });
    expectFailure(await me(one, person.session), 401, 'invalid_token');
    expectFailure(await refresh(other, person.session.refreshToken), 401, 'invalid_refresh_token');
    expect(await changes(person.id)).toEqual([{ fields: ['phone', 'password'] }]);
    expect((await house.login(phone)).user.id).toBe(person.id);
    expectFailure(await byPassword(person.username), 401, 'invalid_credentials');
  });

  it('has none either when the admin took the number away in between', async () => {
    const person = await registered();
    const phone = national(newPhone());
    for (const change of [null, phone]) expect((await patch(person.id, { phone: change })).status).toBe(200);
    await house.login(phone);
    await expectNoWayIn({ ...person, phone });
  });

  it('is its prover’s also when its number was given to it in a way that kept the password', async () => {
    const person = await stranger();
    const e164 = newPhone();
    await sql('UPDATE users SET phone = $2 WHERE id = $1', person.id, e164);
    const login = await prove(national(e164), await house.code(national(e164)));
    expect(login.body.data.user).toMatchObject({ id: person.id, email: null, username: null });
    await expectNoWayIn({ ...person, phone: national(e164) });
    expectFailure(await me(one, person.session), 401, 'invalid_token');
    await until('the owner is told', () => notices(national(e164)).length > 0);
    expect(await proofs(person.id)).toMatchObject([{ detail: { by: 'login', takenOver: true, sessionsEnded: 1 } }]);
  });

  it('gets no role by which its password could do more', async () => {
    const person = await stranger();
    for (const role of ['OPERATOR', 'SUPERVISOR', 'ADMIN'])
      expectFailure(await patch(person.id, { role }), 409, 'phone_required');
    // Nothing of a refused change is done.
    expect((await me(one, person.session)).body.data.role).toBe('USER');
    expect((await patch(person.id, { role: 'KARYAWAN' })).status).toBe(200);
    expect((await me(one, person.session)).status).toBe(200);

    const phone = national(newPhone());
    expect((await patch(person.id, { role: 'OPERATOR', phone })).status).toBe(200);
    await expectNoWayIn({ ...person, phone });
    expect((await house.login(phone)).user.role).toBe('OPERATOR');
  });

  it('keeps its password with a role when its owner had proven a number', async () => {
    const person = await stranger();
    const mine = bearer(person.session);
    const phone = national(newPhone());
    expect((await one.post('/api/auth/me/phone', { phone }, mine)).status).toBe(200);
    const otpCode = house.fake.codeFor(phone);
    expect((await other.post('/api/auth/me/phone/verify', { phone, otpCode }, mine)).status).toBe(200);
    expect((await patch(person.id, { role: 'OPERATOR' })).status).toBe(200);
    expect((await byPassword(person.username)).body.data.user.role).toBe('OPERATOR');
    expect((await me(one, person.session)).body.data.role).toBe('OPERATOR');
    // Another number from an admin is somebody else's word again.
    expect((await patch(person.id, { phone: national(newPhone()) })).status).toBe(200);
    expectFailure(await byPassword(person.username), 401, 'invalid_credentials');
  });

  it('keeps no password that a claimed number was registered with when it gets a role', async () => {
    const { registrationToken, ...person } = await registered();
    expect((await patch(person.id, { role: 'ADMIN' })).status).toBe(200);
    expect((await prove(person.phone, await house.code(person.phone), { registrationToken })).status).toBe(200);
    await expectNoWayIn(person);
  });
});

describe('at the moment of the first proof', () => {
  /** Nothing of the stranger's is left, whatever came first. */
  async function expectOwned(person: Awaited<ReturnType<typeof registered>>, owner: Answer) {
    expect(owner.status).toBe(200);
    expect((await me(other, owner.body.data)).status).toBe(200);
    expectFailure(await byPassword(person.username), 401, 'invalid_credentials');
    expect(await living(person.id)).toHaveLength(1);
    expect(await proofs(person.id)).toMatchObject([{ detail: { takenOver: true } }]);
  }

  it('no login by password comes through', async () => {
    for (let race = 0; race < RACES; race++) {
      const person = await registered();
      const code = await house.code(person.phone);
      const identifiers = [person.phone, person.email, person.username];
      const [owner, ...strangers] = await Promise.all([
        prove(person.phone, code, {}, race),
        ...identifiers.map((identifier, at) => byPassword(identifier, at)),
      ]);
      expect(tally(strangers)).toEqual({ 401: 3 });
      await expectOwned(person, owner);
    }
  });

  it('a password that has been compared by then opens nothing', async () => {
    const person = await registered();
    const otpCode = await house.code(person.phone);
    // The account lets passwords in when it is read, and not any more when the session is to be opened.
    await sql('UPDATE users SET phone_claimed = false WHERE id = $1', person.id);
    const claim = await house.database.lock('UPDATE users SET phone_claimed = true WHERE id = $1', [person.id]);
    const stranger = byPassword(person.username);
    await until('the login waits', async () => (await waiting()) === 1);
    await claim.release();
    expectFailure(await stranger, 401, 'invalid_credentials');
    await expectOwned(person, await prove(person.phone, otpCode));
  });

  it('no earlier session is refreshed into a new one', async () => {
    for (let race = 0; race < RACES; race++) {
      const person = await registeredLongAgo(2);
      const code = await house.code(person.phone);
      const [owner, ...strangers] = await Promise.all([
        prove(person.phone, code, {}, race),
        ...person.sessions.map(({ refreshToken }, at) => refresh(either(at), refreshToken)),
        ...person.sessions.map((session, at) => me(either(at + 1), session)),
      ]);
      expect(tally(strangers)).toEqual({ 401: 4 });
      await expectOwned(person, owner);
    }
  });

  it('no registration brings the number, or what was cleared, back to the account', async () => {
    for (let race = 0; race < RACES; race++) {
      const person = await registered();
      const { phone, email, username } = person;
      const code = await house.code(phone);
      const again = { fullName: NAME, password: PASSWORD };
      const [owner, sameNumber, sameNames] = await Promise.all([
        prove(phone, code, {}, race),
        one.post('/api/auth/register', { ...again, phone, username: `${username}x` }),
        other.post('/api/auth/register', { ...again, email, username }),
      ]);
      expectFailure(sameNumber, 409, 'phone_taken');
      expect([201, 409]).toContain(sameNames.status);
      expect(owner.status).toBe(200);
      expect(await accountOf(person.id)).toMatchObject({ email: null, username: null, hasPassword: false });
      expectFailure(await byPassword(phone), 401, 'invalid_credentials');
      // Who has the names now has an account without a number.
      if (sameNames.status === 201) expect((await byPassword(username)).body.data.user.id).not.toBe(person.id);
    }
  });

  it('a login and a reset prove it once, and end each other’s way in no wrong order', async () => {
    for (let race = 0; race < RACES; race++) {
      const person = await registeredLongAgo();
      const reset = await verifiedCodeOf(one, house.fake, NAME, person.phone);
      await endCooldown(house.database, person.e164);
      const code = await house.code(person.phone);
      const answers = await Promise.all([
        prove(person.phone, code, {}, race),
        resetPassword(either(race + 1), person.phone, reset),
      ]);
      // The reset ends the login's code if it comes first.
      expect([200, 400]).toContain(answers[0].status);
      expect(answers[1].status).toBe(200);
      expect(await proofs(person.id)).toHaveLength(1);
      expectFailure(await byPassword(person.username), 401, 'invalid_credentials');
      expectFailure(await refresh(one, person.sessions[0]!.refreshToken), 401, 'invalid_refresh_token');
    }
  });

  it('of twenty tries with the one code, with the token and without, one decides', async () => {
    for (let race = 0; race < 4; race++) {
      const { registrationToken, ...person } = await registered();
      const code = await house.code(person.phone);
      const answers = await atOnce(20, (at) => prove(person.phone, code, at % 4 < 2 ? { registrationToken } : {}, at));
      const winner = answers.find(({ status }) => status === 200)!;
      expect(tally(answers)[200]).toBe(1);
      const { email } = winner.body.data.user;
      const account = await accountOf(person.id);
      expect(account).toMatchObject({ email, hasPassword: email !== null, proven: true });
      expect(await proofs(person.id)).toMatchObject([{ detail: { takenOver: email === null } }]);
    }
  });
});

/** Statements that wait for a lock of another one. */
async function waiting(): Promise<number> {
  return (await sql(`SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`))
    .length;
}

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { type TestDatabase } from '../../support/database.js';
import { AS_IN_DEVELOPMENT, openHouse, type House } from '../../support/house.js';
import { type Answer, type Service } from '../../support/service.js';
import { until } from '../../support/waits.js';

let house: House;
let database: TestDatabase;
let services: [Service, Service];
let admin: Record<string, string>;

/** Two instances on one database: what holds must not hold by one process's memory. */
beforeAll(async () => {
  house = await openHouse({ ...AS_IN_DEVELOPMENT, OTP_SENDS_PER_HOUR: '1000', OTP_SENDS_PER_DAY: '1000' });
  ({ database } = house);
  services = [house.service, await house.inOtherProcess()];
  admin = bearer(await services[0].post('/api/auth/login', { identifier: 'admin', password: 'password123' }));
});

afterAll(async () => house.close());

const bearer = (login: Answer) => ({ authorization: `Bearer ${login.body.data.token}` });
const statuses = (answers: Answer[]) => answers.map(({ status }) => status).sort((a, b) => a - b);
const create = (at: 0 | 1, body: object) => services[at].post('/api/users', body, admin);
const change = (at: 0 | 1, id: string, body: object, headers = admin) =>
  services[at].send('PATCH', `/api/users/${id}`, JSON.stringify(body), {
    'content-type': 'application/json',
    ...headers,
  });
const erase = (at: 0 | 1, id: string, headers = admin) =>
  services[at].send('DELETE', `/api/users/${id}`, undefined, headers);

let numbers = 0;
const nextPhone = () => `0858${String(10_000_000 + ++numbers)}`;

async function person(body: object = {}): Promise<{ id: string; phone: string }> {
  const phone = nextPhone();
  const made = await create(0, { fullName: 'Orang Baru', phone, ...body });
  return { id: made.body.data.id, phone };
}

async function newestCode(phone: string): Promise<string> {
  const { body } = await services[0].get('/dev/inbox');
  return body.data.find(({ to }: { to: string }) => to === phone).code;
}

/** A code on its way to the phone. */
async function askedCode(phone: string): Promise<string> {
  await services[0].post('/api/auth/otp/resend', { phone });
  return newestCode(phone);
}

async function tokenOf(phone: string): Promise<Record<string, string>> {
  const otpCode = await askedCode(phone);
  return bearer(await services[1].post('/api/auth/otp/verify', { phone, otpCode }));
}

/** Every row in pg_stat_database of a deadlock would be a request that waited a second for nothing. */
async function deadlocks(): Promise<number> {
  const [row] = await database.query('SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()');
  return row!['deadlocks'] as number;
}

/** Statements that wait for a lock of another one. */
async function waiting(): Promise<number> {
  const [row] = await database.query(
    `SELECT count(*)::int AS waiting FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return row!['waiting'] as number;
}

describe('one name, several claims at once', () => {
  it('two changes to one e-mail: one is made, one learns that it is taken', async () => {
    for (let round = 0; round < 5; round++) {
      const [first, second] = [await person(), await person()];
      const email = `rebutan${round}@x.example`;
      const answers = await Promise.all([change(0, first.id, { email }), change(1, second.id, { email })]);
      expect(statuses(answers)).toEqual([200, 409]);
      const refused = answers.find(({ status }) => status === 409);
      expect(refused?.body).toMatchObject({ code: 'email_taken', details: { field: 'email' } });
    }
  });

  it.each([
    ['email', 'sama@x.example', 'email_taken'],
    ['username', 'sama', 'username_taken'],
    ['phone', '085900000001', 'phone_taken'],
  ])('twenty new accounts with one %s: one is made', async (field, value, code) => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => create((i % 2) as 0 | 1, { fullName: 'Rebutan', [field]: value })),
    );
    expect(statuses(answers)).toEqual([201, ...Array<number>(19).fill(409)]);
    for (const { status, body } of answers)
      if (status === 409) expect(body).toMatchObject({ code, details: { field } });
  });
});

describe('the last admin', () => {
  /** Leaves exactly these two as active admins. */
  async function twoAdmins(): Promise<{ id: string; headers: Record<string, string> }[]> {
    const made = [await person({ role: 'ADMIN' }), await person({ role: 'ADMIN' })];
    const admins = await Promise.all(made.map(async ({ id, phone }) => ({ id, headers: await tokenOf(phone) })));
    await database.query(`UPDATE users SET role = 'USER' WHERE role = 'ADMIN' AND id <> ALL($1)`, [
      admins.map(({ id }) => id),
    ]);
    return admins;
  }
  const restore = () => database.query(`UPDATE users SET role = 'ADMIN' WHERE username = 'admin'`);
  afterEach(restore);
  const remaining = () => database.query(`SELECT 1 FROM users WHERE role = 'ADMIN' AND is_active`);

  it.each([
    ['demote', (at: 0 | 1, id: string, by: Record<string, string>) => change(at, id, { role: 'USER' }, by)],
    ['disable', (at: 0 | 1, id: string, by: Record<string, string>) => change(at, id, { isActive: false }, by)],
    ['erase', (at: 0 | 1, id: string, by: Record<string, string>) => erase(at, id, by)],
  ] as const)('two who %s each other at once: exactly one succeeds', async (_, act) => {
    for (let round = 0; round < 4; round++) {
      const [one, other] = await twoAdmins();
      const answers = await Promise.all([act(0, other!.id, one!.headers), act(1, one!.id, other!.headers)]);
      // The loser is told that the last one stays, or is no longer an admin when it is let in.
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ status }) => [401, 403, 409].includes(status))).toHaveLength(1);
      expect(await remaining()).toHaveLength(1);
      await restore();
    }
  });

  it('of ten who give up the role at once, one stays admin', async () => {
    const more = await Promise.all(Array.from({ length: 8 }, () => person()));
    const [one, other] = await twoAdmins();
    await database.query(`UPDATE users SET role = 'ADMIN' WHERE id = ANY($1)`, [more.map(({ id }) => id)]);
    const ids = [one!.id, other!.id, ...more.map(({ id }) => id)];
    const headers = one!.headers;
    // One's own departure comes last, or the others' would be refused for want of the role.
    const answers = await Promise.all(
      ids.slice(1).map((id, i) => change((i % 2) as 0 | 1, id, { role: 'KARYAWAN' }, headers)),
    );
    expect(statuses(answers)).toEqual(Array<number>(9).fill(200));
    expect((await change(0, one!.id, { role: 'KARYAWAN' }, headers)).body.code).toBe('last_admin');
    expect(await remaining()).toHaveLength(1);
  });
});

describe('a login and a change of its account at once', () => {
  const livingSessions = (id: string) =>
    database.query('SELECT 1 FROM login_sessions WHERE user_id = $1 AND revoked_at IS NULL', [id]);

  // The change stands in its middle: the account is written, the sessions are not ended yet.
  it.each([
    ['disabled', 'is_active = false', 'code'],
    ['given another number', `phone = '+6285990000099'`, 'code'],
    ['disabled', 'is_active = false', 'password'],
    ['left without a password', 'password_hash = NULL', 'password'],
  ])('an account that is being %s (%s) lets no %s in', async (_, change, by) => {
    const username = `sela${++numbers}`;
    const { id, phone } = await person({ username });
    await database.query(
      `UPDATE users SET password_hash = (SELECT password_hash FROM users WHERE username = 'operator') WHERE id = $1`,
      [id],
    );
    const otpCode = await askedCode(phone);
    const changing = new pg.Client(database.url);
    await changing.connect();
    try {
      await changing.query('BEGIN');
      await changing.query(`UPDATE users SET ${change} WHERE id = $1`, [id]);
      const login =
        by === 'code'
          ? services[0].post('/api/auth/otp/verify', { phone, otpCode })
          : services[0].post('/api/auth/login', { identifier: username, password: 'password123' });
      await until('one waits', async () => (await waiting()) > 0);
      expect(await livingSessions(id)).toEqual([]);
      await changing.query('COMMIT');
      expect((await login).status).toBe(by === 'code' ? 400 : 401);
      expect(await livingSessions(id)).toEqual([]);
    } finally {
      await changing.end();
    }
  });

  it.each([
    ['disabling', (id: string) => change(1, id, { isActive: false })],
    ['another number', (id: string) => change(1, id, { phone: nextPhone() })],
    ['erasing', (id: string) => erase(1, id)],
    [
      'removing the password',
      (id: string) => services[1].send('POST', `/api/users/${id}/reset-password`, undefined, admin),
    ],
  ] as const)('%s leaves no session behind', async (_, act) => {
    const before = await deadlocks();
    for (let round = 0; round < 12; round++) {
      const { id, phone } = await person();
      const otpCode = await askedCode(phone);
      const [login, changed] = await Promise.all([
        services[0].post('/api/auth/otp/verify', { phone, otpCode }),
        new Promise((resolve) => setTimeout(resolve, round % 6)).then(() => act(id)),
      ]);
      expect(changed.status).toBe(200);
      expect([200, 400]).toContain(login.status);
      expect(await livingSessions(id)).toEqual([]);
      if (login.status === 200) expect((await services[0].get('/api/auth/me', bearer(login))).status).toBe(401);
    }
    expect(await deadlocks()).toBe(before);
  });

  it('codes asked for and accounts erased at once: no trace of the number after a second look', async () => {
    const before = await deadlocks();
    const people = await Promise.all(Array.from({ length: 6 }, () => person()));
    await Promise.all(
      people.flatMap(({ id, phone }) => [
        ...Array.from({ length: 3 }, (_, i) => services[(i % 2) as 0 | 1].post('/api/auth/otp/request', { phone })),
        erase(1, id),
      ]),
    );
    // The second look comes with the end of the instance at the latest.
    await services[1].stop();
    const phones = people.map(({ phone }) => `+62${phone.slice(1)}`);
    for (const column of ['otp_sessions.phone', 'messages.recipient', 'message_history.recipient']) {
      const rows = await database.query(`SELECT 1 FROM ${column.split('.')[0]} WHERE ${column} = ANY($1)`, [phones]);
      expect([column, rows]).toEqual([column, []]);
    }
    // Who asks for a code after the account is gone is a stranger: the limits count the number, and no account.
    const ofAccounts = 'SELECT 1 FROM otp_codes WHERE current_user_id = ANY($1::uuid[])';
    expect(await database.query(ofAccounts, [people.map(({ id }) => id)])).toEqual([]);
    expect(await deadlocks()).toBe(before);
  });
});

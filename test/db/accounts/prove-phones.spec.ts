import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyMigrations } from '../../../src/platform/database/migrations/migrator.js';
import { createDatabase, type TestDatabase } from '../../support/database.js';

// What an upgrade makes of the accounts that it finds: past logins with a code decide whose number is proven.

const MIGRATION = '20261129100000_prove_phones';
const ALL = join(process.cwd(), 'prisma', 'migrations');

let database: TestDatabase;
let earlier: string;
let made = 0;

beforeAll(async () => {
  database = await createDatabase({ migrated: false });
  earlier = await mkdtemp(join(tmpdir(), 'masuk-earlier-'));
  for (const name of await readdir(ALL))
    if (name < MIGRATION || !/^\d/.test(name)) await cp(join(ALL, name), join(earlier, name), { recursive: true });
  await applyMigrations(database.url, () => undefined, { migrationsDir: earlier });
  for (const table of ['audit_events', 'message_history'])
    await database.query(`CREATE TABLE partitions.${table}_all PARTITION OF ${table} DEFAULT`);
});

afterAll(async () => {
  await database.drop();
  await rm(earlier, { recursive: true, force: true });
});

interface Past {
  /** Who registered it: themselves, an admin, somebody else who was logged in; absent: nobody did, it was imported. */
  readonly by?: 'self' | 'admin' | 'another';
  readonly phone?: null;
  readonly login?: 'session' | 'event' | 'ended session';
  readonly passwordLogin?: true;
  /** Fields that were changed after the login. */
  readonly changed?: string[];
  readonly changedBefore?: string[];
  readonly mailed?: true;
}

const event = (id: string, type: string, days: number, userId = id, detail: object | null = null) =>
  database.query(
    `INSERT INTO audit_events (id, type, outcome, user_id, subject_id, occurred_at, detail)
     VALUES (gen_random_uuid(), $2, 'success', $4, CASE WHEN $2 LIKE 'user.%' THEN $1::uuid END, now() - $3::int * interval '1 day', $5)`,
    [id, type, days, userId, detail],
  );

const session = (id: string, method: string, isEnded: boolean) =>
  database.query(
    `INSERT INTO login_sessions (id, user_id, device_id, method, client_address, created_at, idle_expires_at, expires_at, revoked_at, revoked_reason)
     VALUES (gen_random_uuid(), $1, gen_random_uuid(), $2::auth_method, '127.0.0.1', now() - interval '5 days', now() + interval '1 day', now() + interval '1 day', $3, $4)`,
    [id, method, isEnded ? new Date() : null, isEnded ? 'logout' : null],
  );

async function person(role = 'USER', phone = true): Promise<string> {
  made += 1;
  const names = [phone ? `+62812${10_000_000 + made}` : null, `u${made}@papua.example`, `u${made}`, role];
  const [row] = await database.query<{ id: string }>(
    `INSERT INTO users (id, full_name, phone, email, username, role) VALUES (gen_random_uuid(), 'Budi', $1, $2, $3, $4::role) RETURNING id`,
    names,
  );
  return row!.id;
}

/** Somebody with that past. */
async function somebody({ by, phone, login, passwordLogin, changed, changedBefore, mailed }: Past): Promise<string> {
  const id = await person('USER', phone !== null);
  const registrar = by === 'admin' ? await person('ADMIN') : by === 'another' ? await person() : id;
  if (by) await event(id, 'user.registered', 9, registrar);
  if (changedBefore) await event(id, 'user.changed', 8, registrar, { fields: changedBefore });
  if (login === 'event') await event(id, 'login.otp', 5);
  if (login === 'session' || login === 'ended session') await session(id, 'OTP', login === 'ended session');
  if (passwordLogin) await session(id, 'PASSWORD', false);
  if (changed) await event(id, 'user.changed', 1, registrar, { fields: changed });
  if (mailed)
    await database.query(
      `INSERT INTO message_history (id, purpose, recipient, user_id, state, otp_session_id, provider, attempts, created_at)
       VALUES (gen_random_uuid(), 'login', '+62', $1, 'ACCEPTED', gen_random_uuid(), 'email', 1, now() - interval '6 days')`,
      [id],
    );
  return id;
}

/** Somebody who registered by themselves, to whom an admin gave the number two days ago. @param age of the password, in days */
async function givenNumber(age: number): Promise<string> {
  const id = await somebody({ by: 'self', passwordLogin: true });
  await event(id, 'user.changed', 2, await person('ADMIN'), { fields: ['phone'] });
  await database.query(
    `UPDATE users SET password_hash = '$argon2id$x', password_changed_at = now() - $2::int * interval '1 day' WHERE id = $1`,
    [id, age],
  );
  return id;
}

/** What is known of the number and the e-mail, before the upgrade and after it. */
const CASES: [string, Past, { phone: 'claimed' | 'vouched' | 'proven'; email: 'claimed' | 'vouched' }][] = [
  ['was imported', {}, { phone: 'vouched', email: 'vouched' }],
  ['was imported and logged in by code', { login: 'session' }, { phone: 'proven', email: 'vouched' }],
  ['was imported and logs in by password', { passwordLogin: true }, { phone: 'vouched', email: 'vouched' }],
  ['was registered by an admin', { by: 'admin' }, { phone: 'vouched', email: 'vouched' }],
  ['registered and never logged in', { by: 'self' }, { phone: 'claimed', email: 'claimed' }],
  ['registered and logs in by password', { by: 'self', passwordLogin: true }, { phone: 'claimed', email: 'claimed' }],
  ['was registered by somebody else', { by: 'another', passwordLogin: true }, { phone: 'claimed', email: 'claimed' }],
  ['registered and logged in by code', { by: 'self', login: 'session' }, { phone: 'proven', email: 'claimed' }],
  ['registered and has logged out', { by: 'self', login: 'ended session' }, { phone: 'proven', email: 'claimed' }],
  ['registered and logged in long ago', { by: 'self', login: 'event' }, { phone: 'proven', email: 'claimed' }],
  ['got codes by e-mail', { by: 'self', login: 'session', mailed: true }, { phone: 'claimed', email: 'claimed' }],
  ['registered without a number', { by: 'self', phone: null }, { phone: 'vouched', email: 'claimed' }],
  [
    'got another number later',
    { by: 'self', login: 'event', changed: ['phone'] },
    { phone: 'vouched', email: 'claimed' },
  ],
  [
    'got another number before',
    { by: 'self', login: 'event', changedBefore: ['phone'] },
    { phone: 'vouched', email: 'claimed' },
  ],
  ['got another e-mail', { by: 'self', login: 'event', changed: ['email'] }, { phone: 'proven', email: 'vouched' }],
];

describe('an account that', () => {
  it('has already proven its number stays proven', async () => {
    const ids: string[] = [];
    for (const [, past] of CASES) ids.push(await somebody(past));
    const [old, later] = [await givenNumber(7), await givenNumber(0)];
    await applyMigrations(database.url, () => undefined, { migrationsDir: ALL });
    const rows = await database.query<{
      id: string;
      phone: string;
      email: string;
      living: number;
      selfRegistered: boolean;
      hasPassword: boolean;
    }>(
      `SELECT id, self_registered AS "selfRegistered", password_hash IS NOT NULL AS "hasPassword",
              CASE WHEN phone_claimed THEN 'claimed' WHEN phone_proven_at IS NULL THEN 'vouched' ELSE 'proven' END AS phone,
              CASE WHEN email_claimed THEN 'claimed' ELSE 'vouched' END AS email,
              (SELECT count(*)::int FROM login_sessions s WHERE s.user_id = users.id AND s.revoked_at IS NULL) AS living FROM users`,
    );
    const found = new Map(rows.map((row) => [row.id, row]));
    for (const [at, [what, { by }]] of CASES.entries())
      expect([what, found.get(ids[at]!)!.selfRegistered]).toEqual([what, by === 'self' || by === 'another']);
    // What somebody set who registered ends with the number that an admin gave them, also when that was long ago.
    expect(found.get(old)).toMatchObject({ selfRegistered: false, hasPassword: false, living: 0 });
    expect(found.get(later)).toMatchObject({ selfRegistered: false, hasPassword: true, living: 1 });
    const seen = CASES.map(([what], at) => {
      const { phone, email } = found.get(ids[at]!)!;
      return [what, { phone, email }];
    });
    expect(seen).toEqual(CASES.map(([what, , right]) => [what, right]));
    // Whoever was let in to a claimed number is in no more; everybody else is.
    for (const [at, [what, past, { phone }]] of CASES.entries()) {
      const opened = Number(past.login === 'session') + Number(past.passwordLogin === true);
      expect([what, found.get(ids[at]!)!.living]).toEqual([what, phone === 'claimed' ? 0 : opened]);
    }
  });
});

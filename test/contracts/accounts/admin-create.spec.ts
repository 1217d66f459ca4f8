import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createDatabase, type TestDatabase } from '../../support/database.js';
import { startService, stopAllServices, type Service } from '../../support/service.js';

const command = (name: string) => join(import.meta.dirname, '..', '..', '..', 'dist', 'cli', `${name}.js`);
const PASSWORD = 'kuda lari ke pasar lama';

let database: TestDatabase;
let folder: string;
let variables: Record<string, string>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'masuk-cli-'));
  database = await createDatabase();
  variables = {
    NODE_ENV: 'production',
    PUBLIC_URL: 'https://masuk.example.org',
    DATABASE_URL: database.url,
    AUTH_SECRET: 'kZ8vW1pQe7RtY3uXm5Ba9sDf2GhJ4LcN6oVi0T',
    WHATSAPP_DEVICE_ID: 'd5e1a2b6943b12c1faa361ae98534d44',
  };
});

beforeEach(() => database.query('DELETE FROM users'));

let running: Promise<Service> | undefined;
/** The service on this database, where strangers may register. */
const serve = () => (running ??= startService({ ...variables, REGISTRATION: 'open', AUTH_PROFILE: 'compat' }));

afterAll(async () => {
  await stopAllServices();
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

async function adminCreate(
  args: string[],
  input = '',
  name = 'admin-create',
): Promise<{ code: number; out: string; err: string }> {
  const env = { ...variables, NODE_COMPILE_CACHE: process.env['MASUK_TEST_COMPILE_CACHE'] ?? '' };
  const child = spawn(process.execPath, [command(name), ...args], { cwd: folder, env });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number];
  return { code, out, err };
}

const accounts = () =>
  database.query(
    `SELECT full_name, phone, email, username, role, is_active, password_hash IS NOT NULL AS password FROM users ORDER BY created_at`,
  );

it('makes the first admin of a production database, who logs in by code', async () => {
  const made = await adminCreate(['--name', 'Kepala Dinas', '--phone', '0812-3456-7890']);
  expect(made).toEqual({ code: 0, out: 'Kepala Dinas (+6281234567890) was made as an ADMIN.\n', err: '' });
  expect(await accounts()).toEqual([
    {
      full_name: 'Kepala Dinas',
      phone: '+6281234567890',
      email: null,
      username: null,
      role: 'ADMIN',
      is_active: true,
      password: false,
    },
  ]);
  const events = await database.query(`SELECT type, user_id, detail FROM audit_events WHERE type LIKE 'user.%'`);
  expect(events).toEqual([{ type: 'user.created', user_id: null, detail: { role: 'ADMIN', by: 'admin:create' } }]);
});

const TAKEN =
  'An account with one of these exists already. Use --promote to give it the role, if all of these belong to it.\n';

it('gives the role to an existing account, and can be run twice', async () => {
  await database.query(
    `INSERT INTO users (id, full_name, phone, role, is_active) VALUES (gen_random_uuid(), 'Jane', '+6281234567890', 'USER', false)`,
  );
  const args = ['--name', 'Lain', '--phone', '6281234567890'];
  // A stranger may have taken the name that an admin is to have: the role is given on purpose only, and whole.
  const refused = await adminCreate(args);
  expect([refused.code, refused.err]).toEqual([1, TAKEN]);
  expect((await adminCreate([...args, '--email', 'jane@x.example', '--promote'])).err).toBe(TAKEN);
  expect(await accounts()).toEqual([expect.objectContaining({ full_name: 'Jane', role: 'USER' })]);
  args.push('--promote');
  for (let i = 0; i < 2; i++) {
    expect((await adminCreate(args)).out).toBe('Jane (+6281234567890) is now an ADMIN.\n');
  }
  expect(await accounts()).toEqual([
    expect.objectContaining({ full_name: 'Jane', role: 'ADMIN', is_active: true, email: null }),
  ]);
});

describe('an account that somebody registered', () => {
  async function register(more: Record<string, unknown>) {
    const service = await serve();
    const person = { fullName: 'Budi', email: 'budi@dinkes.example', username: 'budi', password: PASSWORD };
    expect((await service.post('/api/auth/register', { ...person, ...more })).status).toBe(201);
    return service;
  }

  it('becomes an admin with a new password only, when it has no number', async () => {
    const service = await register({});
    const stranger = { identifier: 'budi', password: PASSWORD };
    const { token } = (await service.post('/api/auth/login', stranger)).body.data;
    const args = ['--email', 'budi@dinkes.example', '--promote'];
    const refused = await adminCreate(args);
    expect([refused.code, refused.err]).toEqual([
      1,
      expect.stringMatching(/password must be given: somebody registered/),
    ]);
    expect(await accounts()).toEqual([expect.objectContaining({ role: 'USER', password: true })]);

    const promoted = await adminCreate([...args, '--password'], `${PASSWORD} sekali\n`);
    expect(promoted.out).toBe(
      'Budi (budi@dinkes.example, budi) is now an ADMIN.\nThe password that was set at the registration no longer works.\n',
    );
    expect((await service.get('/api/auth/me', { authorization: `Bearer ${token}` })).status).toBe(401);
    expect((await service.post('/api/auth/login', stranger)).status).toBe(401);
    const mine = { identifier: 'budi', password: `${PASSWORD} sekali` };
    expect((await service.post('/api/auth/login', mine)).body.data.user.role).toBe('ADMIN');
  });

  it('becomes an admin only when its number is named, and keeps no password from before', async () => {
    await register({ phone: '081234567890' });
    const refused = await adminCreate(['--email', 'budi@dinkes.example', '--promote', '--password'], PASSWORD);
    expect([refused.code, refused.err]).toEqual([1, expect.stringMatching(/phone must be given: somebody registered/)]);
    expect(await accounts()).toEqual([expect.objectContaining({ role: 'USER', password: true })]);

    const promoted = await adminCreate(['--email', 'budi@dinkes.example', '--phone', '081234567890', '--promote']);
    expect(promoted.out).toMatch(
      /is now an ADMIN\.\nThe password that was set at the registration no longer works\.\n$/,
    );
    expect(await accounts()).toEqual([expect.objectContaining({ role: 'ADMIN', password: false })]);
  });
});

it('reads a password from standard input, under the rules of the profile', async () => {
  const args = ['--name', 'Admin Satu', '--username', 'satu', '--password'];
  const refused = await adminCreate(args, 'password123\n');
  expect([refused.code, refused.out]).toEqual([1, '']);
  expect(refused.err).toMatch(/does not meet the requirements[^]*at least 15 characters[^]*too common/);
  expect(refused.err).not.toContain('password123');
  expect((await adminCreate(args)).err).toBe('No password was given.\n');
  expect(await accounts()).toEqual([]);

  expect((await adminCreate(args, `${PASSWORD}\n`)).code).toBe(0);
  const service = await serve();
  const login = await service.post('/api/auth/login', { identifier: 'satu', password: PASSWORD });
  expect(login.body.data.user.role).toBe('ADMIN');

  // Another password ends what the old one has opened.
  const other = `${PASSWORD} sekali`;
  expect((await adminCreate([...args, '--promote'], other)).out).toBe('Admin Satu (satu) is now an ADMIN.\n');
  const old = { authorization: `Bearer ${login.body.data.token}` };
  expect((await service.get('/api/auth/me', old)).status).toBe(401);
  expect((await service.post('/api/auth/login', { identifier: 'satu', password: other })).status).toBe(200);
});

it.each([
  [['--name', 'X'], /--phone, --email or --username/],
  [['--name', 'X', '--phone', '081234567890', '--password=secret'], /--password/],
  [['--phone', '081234567890'], /fullName must be a name/],
  [['--name', 'X', '--phone', '12'], /phone number is not valid/],
  [['--name', 'X', '--email', 'x@x.example'], /no phone number/],
  [['--name', 'X', '--username', 'x', '--email', '6281234567890@s.whatsapp.net'], /email is a WhatsApp number/],
])('refuses %j', async (args, reason) => {
  const { code, out, err } = await adminCreate(args);
  expect([code, out]).toEqual([1, '']);
  expect(err).toMatch(reason);
  expect(await accounts()).toEqual([]);
});

it('does not guess which of two accounts is meant', async () => {
  await database.query(
    `INSERT INTO users (id, full_name, phone, email) VALUES (gen_random_uuid(), 'A', '+6281234567890', NULL), (gen_random_uuid(), 'B', NULL, 'b@x.example')`,
  );
  const { code, err } = await adminCreate(['--name', 'X', '--phone', '081234567890', '--email', 'b@x.example']);
  expect([code, err]).toEqual([1, TAKEN]);
});

describe('second-factor:reset', () => {
  const reset = (...args: string[]) => adminCreate(args, '', 'second-factor-reset');

  it('takes the factors of the only admin away, whom nobody else can help, and records it', async () => {
    await database.query(
      `INSERT INTO users (id, full_name, phone, username, role, has_second_factor)
       VALUES ('0190a000-0000-7000-8000-000000000001', 'Kepala Dinas', '+6281234567890', 'kepala', 'ADMIN', true)`,
    );
    await database.query(`INSERT INTO second_factors (user_id) VALUES ('0190a000-0000-7000-8000-000000000001')`);
    for (const args of [
      ['--phone', '081234567891'],
      ['--phone', '081234567890', '--username', 'orang-lain'],
    ])
      expect(await reset(...args)).toEqual({ code: 1, out: '', err: 'User not found.\n' });
    expect((await reset()).err).toContain('usage: npm run second-factor:reset');
    const done = await reset('--phone', '0812-3456-7890');
    const out = 'Kepala Dinas has no second factor any more, and is logged out everywhere.\n';
    expect(done).toEqual({ code: 0, out, err: '' });
    const [left] = await database.query(
      `SELECT has_second_factor AS has, (SELECT count(*)::int FROM second_factors) AS rows FROM users`,
    );
    expect(left).toEqual({ has: false, rows: 0 });
    const events = await database.query(
      `SELECT user_id, subject_id, detail FROM audit_events WHERE type = 'user.second_factor_reset'`,
    );
    const by = { by: 'second-factor:reset' };
    expect(events).toEqual([{ user_id: null, subject_id: '0190a000-0000-7000-8000-000000000001', detail: by }]);
    expect(await reset('--phone', '0812-3456-7890')).toMatchObject({
      code: 1,
      err: 'This account has no such second factor.\n',
    });
  });
});

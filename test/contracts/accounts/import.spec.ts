import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { hash as argon2 } from '@node-rs/argon2';
import { hash as bcrypt } from '@node-rs/bcrypt';
import { pbkdf2Sync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createDatabase, type TestDatabase } from '../../support/database.js';
import { openHouse, type House } from '../../support/house.js';
import { csv, Imports, outcomes, type ImportEnd } from '../../support/imports.js';

let house: House;
let other: TestDatabase;
let admin: Record<string, string>;
const imports = new Imports();

beforeAll(async () => {
  house = await openHouse();
  other = await createDatabase({ migrated: false });
  const { phone } = await house.person({ role: 'ADMIN', fullName: 'Kepala Dinas' });
  admin = { authorization: `Bearer ${(await house.login(phone)).token}` };
});

afterAll(async () => {
  imports.close();
  await other.drop();
  await house.close();
});

const run = (...args: string[]): Promise<ImportEnd> => imports.run(house.database.url, args);
const accounts = (where: string) =>
  house.database.query(
    `SELECT full_name, email, username, phone, role, is_active, password_hash IS NOT NULL AS password, email_claimed
       FROM users u WHERE ${where} ORDER BY phone, email, username`,
  );
const from = (system: string) =>
  `EXISTS (SELECT 1 FROM import_origins o WHERE o.user_id = u.id AND o.origin = '${system}')`;
const logIn = (identifier: string, password: string) => house.service.post('/api/auth/login', { identifier, password });

describe('the replaced systems', () => {
  it('SiKesKoja: its database by address, with profiles, roles by the flag alone', async () => {
    await other.query(`
      CREATE TYPE "UserRole" AS ENUM ('ADMIN', 'SUPERVISOR', 'OPERATOR', 'USER');
      CREATE TABLE "User" (id text PRIMARY KEY, email text UNIQUE NOT NULL, username text UNIQUE NOT NULL, password text,
                           phone text UNIQUE NOT NULL, role "UserRole" NOT NULL DEFAULT 'USER');
      CREATE TABLE "Profile" (id text PRIMARY KEY, "userId" text UNIQUE REFERENCES "User" (id), "fullName" text, phone text);`);
    const hash = await bcrypt('kata sandi lama', 4);
    await other.query(
      `INSERT INTO "User" (id, email, username, password, phone, role)
       VALUES ('cmh1', 'kepala@sik.example', 'kepala', $1, '081290000001', 'ADMIN'),
              ('cmh2', 'warga@sik.example', 'warga', NULL, '+62 812-9000-0002', 'USER')`,
      [hash],
    );
    await other.query(`INSERT INTO "Profile" VALUES ('p1', 'cmh1', 'Kepala Puskesmas', '081290000001')`);
    const args = ['--from', 'sikeskoja', '--database', other.url];

    const dry = await run(...args, '--dry-run');
    expect(dry).toMatchObject({ code: 0, err: '' });
    expect(dry.out).toContain('no account was changed');
    expect(outcomes(dry.report)).toEqual({ new: 2 });
    expect(await accounts(from('sikeskoja'))).toEqual([]);

    const dryWithRoles = await run(...args, '--dry-run', '--with-roles');
    expect(dryWithRoles.out).toContain('\n  role: ADMIN  1\n');
    expect(dryWithRoles.report.map(({ role }) => role)).toEqual(['ADMIN', 'USER']);
    expect(dry.out).not.toContain('role');
    expect(dry.report.map(({ role }) => role)).toEqual(['USER', 'USER']);

    const real = await run(...args, '--with-roles');
    expect(real.out).toContain('\n  role: ADMIN  1\n');
    expect(real.report).toEqual([
      expect.objectContaining({
        line: '1',
        sourceId: 'cmh1',
        phone: '62812****001',
        outcome: 'new',
        password: 'taken',
        role: 'ADMIN',
      }),
      expect.objectContaining({
        line: '2',
        sourceId: 'cmh2',
        phone: '62812****002',
        outcome: 'new',
        password: 'none',
      }),
    ]);
    expect(await accounts(from('sikeskoja'))).toEqual([
      {
        full_name: 'Kepala Puskesmas',
        email: 'kepala@sik.example',
        username: 'kepala',
        phone: '+6281290000001',
        role: 'ADMIN',
        is_active: true,
        password: true,
        email_claimed: false,
      },
      {
        full_name: 'warga',
        email: 'warga@sik.example',
        username: 'warga',
        phone: '+6281290000002',
        role: 'USER',
        is_active: true,
        password: false,
        email_claimed: false,
      },
    ]);
    expect((await logIn('kepala', 'kata sandi lama')).status).toBe(200);
    expect(await house.login('081290000002')).toMatchObject({ user: { profile: { fullName: 'warga' } } });
    const events = await house.database.query(
      `SELECT type, detail ->> 'role' AS role FROM audit_events WHERE type LIKE 'people.%' OR detail ->> 'by' = 'import' ORDER BY type`,
    );
    expect(events).toEqual([
      { type: 'people.import_started', role: null },
      { type: 'people.imported', role: null },
      { type: 'user.created', role: 'ADMIN' },
    ]);
  });

  it('ticketing: its file, whose plain passwords are hashed on the way', async () => {
    const file = imports.file(
      JSON.stringify({
        users: [
          { id: 1, nama: 'John Doe', email: 'john@tiket.example', noHp: '6281390000001', password: 'rahasia john' },
          {
            id: 2,
            nama: 'Jane Smith',
            email: 'jane@tiket.example',
            noHp: '6281390000002',
            password: 'x'.repeat(1_025),
          },
          { id: 3, nama: 'Rumah', email: 'rumah@tiket.example', noHp: '0967521111', password: 'rahasia rumah' },
        ],
        otps: [],
      }),
      'data.json',
    );
    const end = await run('--from', 'ticketing', '--file', file);
    expect(end.report.map(({ outcome, reason, password }) => [outcome, reason, password])).toEqual([
      ['new', '', 'taken'],
      ['new', '', 'password_too_long'],
      ['refused', 'phone_invalid', ''],
    ]);
    expect((await logIn('081390000001', 'rahasia john')).status).toBe(200);
    const kept = await house.database.query(
      `SELECT password_hash FROM users u WHERE ${from('ticketing')} AND password_hash IS NOT NULL`,
    );
    expect(kept).toEqual([{ password_hash: expect.stringMatching(/^\$argon2id\$/) }]);
    for (const secret of ['rahasia', '81390000001', '$argon2'])
      expect(end.out + end.err + end.reportText).not.toContain(secret);
  });

  it('the dashboard: its table with bcrypt hashes, and its integer ids', async () => {
    await other.query(`
      CREATE TABLE users (id serial PRIMARY KEY, name text, email text UNIQUE, username text UNIQUE, password text, role text,
                          created_at timestamptz DEFAULT now())`);
    await other.query(
      `INSERT INTO users (name, email, username, password, role)
       VALUES ('Agen Satu', 'agen@dash.example', 'agen1', $1, 'agent'), ('Mahal', 'mahal@dash.example', 'mahal', $2, 'admin'),
              ('Mahal Juga', 'juga@dash.example', 'juga', $2, 'user')`,
      [(await bcrypt('sandi agen', 5)).replace('$2b$', '$2y$'), `$2b$15$${'a'.repeat(53)}`],
    );
    const end = await run('--from', 'dashboard', '--database', other.url, '--with-roles');
    expect(end.report.map(({ sourceId, outcome, reason, password }) => [sourceId, outcome, reason, password])).toEqual([
      ['1', 'new', '', 'taken'],
      // Without a number or a password, nobody could log in as this ADMIN.
      ['2', 'conflict', 'role_without_login', ''],
      ['3', 'new', '', 'hash_too_costly'],
    ]);
    expect((await accounts(from('dashboard'))).map(({ role, password }) => [role, password])).toEqual([
      ['KARYAWAN', true],
      ['USER', false],
    ]);
    expect((await logIn('agen1', 'sandi agen')).status).toBe(200);
    const shown = await house.service.get(`/api/users/${end.report[0]!.account}/export`, admin);
    expect(shown.body.data.origins).toEqual([{ system: 'dashboard', id: '1', importedAt: expect.any(String) }]);
  });
});

/** The command in docs/import.md under a heading, as its arguments. */
function documented(heading: string): string[] {
  const page = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'import.md'), 'utf8');
  const section = page.slice(page.indexOf(`### ${heading}\n`));
  const [, command = ''] = /```sh\n([^]*?)```/.exec(section) ?? [];
  const [, args = ''] = /npm run import -- ([^]*)/.exec(command.replaceAll('\\\n', ' ')) ?? [];
  return (args.match(/'[^']*'|\S+/g) ?? []).map((arg) => arg.replaceAll("'", ''));
}

const withFile = (args: string[], file: string) => {
  const at = args.indexOf('--file');
  return [...args.slice(0, at + 1), file, ...args.slice(at + 2)];
};

describe('exports of other services, by the maps of docs/import.md', () => {
  it('Supabase: auth.users as CSV', async () => {
    const columns = [
      'instance_id',
      'id',
      'aud',
      'role',
      'email',
      'encrypted_password',
      'email_confirmed_at',
      'raw_app_meta_data',
      'raw_user_meta_data',
      'is_super_admin',
      'phone',
      'phone_confirmed_at',
      'banned_until',
      'deleted_at',
    ];
    const hash = await bcrypt('sandi supabase', 4);
    const rows = [
      [
        '0',
        '5f2a8d0e-0f3a-4a53-9f6a-0b7c2a6f1a01',
        'authenticated',
        'authenticated',
        'ani@supa.example',
        hash.replace('$2b$', '$2a$'),
        '2026-01-01 00:00:00+00',
        '{"provider":"email"}',
        '{"full_name":"Ani Supa"}',
        '',
        '6281490000001',
        '',
        '',
        '',
      ],
      [
        '0',
        '5f2a8d0e-0f3a-4a53-9f6a-0b7c2a6f1a02',
        'authenticated',
        'authenticated',
        'budi@supa.example',
        '',
        '',
        '{}',
        '{}',
        '',
        '',
        '',
        '2100-01-01 00:00:00+00',
        '',
      ],
    ];
    const end = await run(...withFile(documented('Supabase'), imports.file(csv(columns, rows))));
    expect(end).toMatchObject({ code: 0, err: '' });
    expect(await accounts(from('supabase'))).toEqual([
      expect.objectContaining({
        full_name: 'Ani Supa',
        email: 'ani@supa.example',
        phone: '+6281490000001',
        role: 'USER',
        is_active: true,
      }),
      expect.objectContaining({
        full_name: 'budi',
        email: 'budi@supa.example',
        phone: null,
        is_active: false,
        password: false,
      }),
    ]);
    expect((await logIn('ani@supa.example', 'sandi supabase')).status).toBe(200);
  });

  it('Firebase: auth:export, whose hashes cannot be verified', async () => {
    const users = [
      {
        localId: 'fb1',
        email: 'ani@fire.example',
        emailVerified: true,
        passwordHash: 'b64hash==',
        salt: 'b64salt==',
        displayName: 'Ani Api',
        lastSignedInAt: '1',
        createdAt: '1',
        phoneNumber: '+6281490000011',
        disabled: false,
        providerUserInfo: [],
      },
      {
        localId: 'fb2',
        phoneNumber: '+6281490000012',
        createdAt: '1',
        disabled: true,
        providerUserInfo: [{ providerId: 'phone', phoneNumber: '+6281490000012' }],
      },
    ];
    const end = await run(...withFile(documented('Firebase'), imports.file(JSON.stringify({ users }), 'users.json')));
    expect(end.report.map(({ sourceId, outcome, password }) => [sourceId, outcome, password])).toEqual([
      ['fb1', 'new', 'hash_unknown'],
      ['fb2', 'new', 'none'],
    ]);
    expect(await accounts(from('firebase'))).toEqual([
      expect.objectContaining({ full_name: 'Ani Api', phone: '+6281490000011', password: false, is_active: true }),
      expect.objectContaining({ full_name: 'Pengguna', phone: '+6281490000012', is_active: false }),
    ]);
  });

  it('Keycloak: a realm with its users, with PBKDF2 and argon2', async () => {
    const salt = Buffer.from('garam dapur bersih');
    const credential = (algorithm: string, hashIterations: number, value: string, additionalParameters = {}) => ({
      id: 'c',
      type: 'password',
      createdDate: 1,
      secretData: JSON.stringify({ value, salt: salt.toString('base64'), additionalParameters: {} }),
      credentialData: JSON.stringify({ hashIterations, algorithm, additionalParameters }),
    });
    const phc = await argon2('sandi argon', { memoryCost: 7_168, timeCost: 5, parallelism: 1, salt });
    const user = (id: string, more: object) => ({
      id,
      username: id,
      emailVerified: true,
      createdTimestamp: 1,
      enabled: true,
      totp: false,
      realmRoles: ['default-roles-x'],
      ...more,
    });
    const users = [
      user('kc1', {
        firstName: 'Ani',
        lastName: 'Kunci',
        email: 'ani@kc.example',
        attributes: { phoneNumber: ['+62 814-9000-0021'] },
        credentials: [
          credential(
            'pbkdf2-sha512',
            210_000,
            pbkdf2Sync('sandi pbkdf2', salt, 210_000, 64, 'sha512').toString('base64'),
          ),
        ],
      }),
      user('kc2', {
        firstName: 'Budi',
        enabled: true,
        credentials: [
          credential('argon2', 5, Buffer.from(phc.split('$').at(-1)!, 'base64').toString('base64'), {
            hashLength: ['32'],
            memory: ['7168'],
            type: ['id'],
            version: ['1.3'],
            parallelism: ['1'],
          }),
        ],
      }),
      user('kc3', { firstName: 'Citra', email: 'citra@kc.example', enabled: false, credentials: [] }),
    ];
    const realm = { id: 'r', realm: 'klinik', groups: [], users, clients: [{ clientId: 'x' }] };
    const end = await run(
      ...withFile(documented('Keycloak'), imports.file(JSON.stringify(realm, null, 2), 'realm.json')),
    );
    expect(end.report.map(({ sourceId, outcome, password }) => [sourceId, outcome, password])).toEqual([
      ['kc1', 'new', 'taken'],
      ['kc2', 'new', 'taken'],
      ['kc3', 'new', 'none'],
    ]);
    expect((await accounts(from('keycloak'))).map(({ full_name, is_active }) => [full_name, is_active])).toEqual([
      ['Ani Kunci', true],
      ['Citra', false],
      ['Budi', true],
    ]);
    for (const [name, password] of [
      ['ani@kc.example', 'sandi pbkdf2'],
      ['kc2', 'sandi argon'],
    ] as const) {
      expect((await logIn(name, 'sandi lain')).status).toBe(401);
      expect((await logIn(name, password)).status).toBe(200);
    }
    // Whoever has logged in has a hash of today's kind.
    const old = await house.database.query(
      `SELECT 1 FROM users u WHERE ${from('keycloak')} AND password_hash NOT LIKE '$argon2id$v=19$m=19456%'`,
    );
    expect(old).toEqual([]);
  });
});

describe('an account that is there already', () => {
  const columns = ['id', 'fullName', 'email', 'username', 'phone', 'role', 'passwordHash'];
  const importOf = async (system: string, rows: (string | null)[][], ...more: string[]) =>
    run('--from', 'csv', '--system', system, '--file', imports.file(csv(columns, rows)), ...more);

  it('keeps its password, role, e-mail and number, and gets no way in', async () => {
    const { e164, phone, id } = await house.person({
      fullName: 'Bu Sari',
      email: null,
      username: 'sari',
      role: 'OPERATOR',
      password: 'sandi bu sari',
    });
    const hash = await bcrypt('sandi penyerang', 4);
    const rows = [['1', 'Penyerang', 'kotak@penyerang.example', 'penyerang', phone, 'ADMIN', hash]];
    const { report } = await importOf('lain', rows, '--with-roles');
    expect(report).toEqual([
      expect.objectContaining({
        outcome: 'merged',
        account: id,
        notTaken: 'fullName username role password',
        password: '',
      }),
    ]);
    expect(await accounts(`id = '${id}'`)).toEqual([
      {
        full_name: 'Bu Sari',
        email: 'kotak@penyerang.example',
        username: 'sari',
        phone: e164,
        role: 'OPERATOR',
        is_active: true,
        password: true,
        email_claimed: true,
      },
    ]);
    expect((await logIn('sari', 'sandi penyerang')).status).toBe(401);
    expect((await logIn('sari', 'sandi bu sari')).status).toBe(200);
  });

  it('gets no number by its e-mail', async () => {
    const { id } = await house.person({
      fullName: 'Admin Dasbor',
      phone: null,
      email: 'dasbor@k.example',
      role: 'ADMIN',
      password: 'sandi dasbor',
    });
    const { report } = await importOf('lain', [
      ['2', 'Admin', 'dasbor@k.example', null, '081590000001', 'ADMIN', null],
    ]);
    expect(report[0]).toMatchObject({ outcome: 'conflict', reason: 'account_without_number' });
    expect(await accounts(`id = '${id}'`)).toEqual([expect.objectContaining({ phone: null })]);
  });

  it('and was erased does not come back, and nothing says what it was called', async () => {
    const rows = [['77', 'Hapus Saya', 'hapus@k.example', 'hapus', '081590000002', 'USER', null]];
    const first = await importOf('lama', rows);
    const id = first.report[0]!.account;
    expect((await house.service.send('DELETE', `/api/users/${id}`, undefined, admin)).status).toBe(200);
    expect(await house.database.query(`SELECT legacy_id FROM import_origins WHERE user_id = $1`, [id])).toEqual([
      { legacy_id: null },
    ]);
    const { report } = await importOf('lama', rows);
    expect(report[0]).toMatchObject({ outcome: 'refused', reason: 'erased' });
    expect(await accounts(`phone = '+6281590000002'`)).toEqual([]);
  });

  it('keeps what happened to it since it was imported', async () => {
    const rows = [['88', 'Ganti', 'ganti@k.example', 'ganti', '081590000003', 'USER', await bcrypt('sandi lama', 4)]];
    const id = (await importOf('lama', rows)).report[0]!.account;
    expect((await house.service.post(`/api/users/${id}/reset-password`, {}, admin)).status).toBe(200);
    expect((await importOf('lama', rows)).report[0]).toMatchObject({ outcome: 'unchanged', account: id });
    expect(await accounts(`id = '${id}'`)).toEqual([expect.objectContaining({ password: false })]);
  });
});

describe('what cannot be read', () => {
  it.each([
    [[], /--from is one of/],
    [['--from', 'csv', '--file', 'x.csv'], /--system/],
    [['--from', 'sikeskoja'], /--database/],
    [['--from', 'csv', '--system', 'a b', '--file', 'x.csv'], /--system/],
    [['--from', 'ticketing', '--file', 'x', '--password', 'y'], /password/],
  ])('%j is told, with the usage', async (args, message) => {
    const { code, out, err } = await run(...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(message);
    expect(err).toMatch(/usage: npm run import/);
  });

  it('a source without the table, without the password of its address', async () => {
    const url = new URL(house.database.url);
    const { code, err } = await run('--from', 'sikeskoja', '--database', url.href);
    expect({ code, err }).toEqual({ code: 1, err: 'The database has no table "User".\n' });
    expect(await house.database.query('SELECT 1 FROM import_runs')).toEqual([]);
  });

  it('a file that breaks off leaves nothing behind', async () => {
    const file = imports.file('[{"id":1,"fullName":"Ani","phone":"081590000009"},{"id":2', 'broken.json');
    const { code, err } = await run('--from', 'json', '--system', 'rusak', '--file', file);
    expect({ code, err }).toEqual({ code: 1, err: 'The file is no readable JSON, or has no array there.\n' });
    expect(await accounts(`phone = '+6281590000009'`)).toEqual([]);
    expect(await house.database.query('SELECT 1 FROM import_rows')).toEqual([]);
  });
});

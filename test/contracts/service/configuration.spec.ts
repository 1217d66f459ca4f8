import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createSecretKey } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jwtVerify } from 'jose';
import { loadAuthSecret } from '../../../src/platform/secrets/auth-secret.js';
import { ALL_GROUPS, settingsFrom } from '../../../src/settings.js';
import { openDatabase } from '../../../src/platform/database/open-database.js';
import { createDatabase, type TestDatabase } from '../../support/database.js';
import { startFakeWhacenter, type FakeWhacenter } from '../../support/fake-whacenter.js';
import { hashOf } from '../../support/house.js';
import { StartFailed, startService, stopAllServices, type ServiceProcess } from '../../support/service.js';

// docs/contract/README.md#profiles: what stops a start, and what the names of the replaced systems still do.

const ROOT = join(import.meta.dirname, '..', '..', '..');
const SECRET = 'Zq7bT1xN4vK9mR2cW6yH0pL5sD8fG3jA';
const OTHER_SECRET = 'Hw2uE8oY5tI1aQ7kC4zX9vB6nM3lJ0rP';

let database: TestDatabase;
let fake: FakeWhacenter;

beforeAll(async () => {
  [database, fake] = await Promise.all([createDatabase(), startFakeWhacenter()]);
});
afterAll(async () => {
  await stopAllServices();
  await fake.close();
  await database.drop();
});

/** A production that starts; each refusal below changes one thing of it. */
const production = (more: Record<string, string> = {}) => ({
  NODE_ENV: 'production',
  PUBLIC_URL: 'https://masuk.example.org',
  HOST: '127.0.0.1',
  DATABASE_URL: database.url,
  AUTH_SECRET: SECRET,
  WHATSAPP_DEVICE_ID: fake.deviceId,
  WHACENTER_BASE_URL: fake.url,
  ...more,
});
const development = (more: Record<string, string> = {}) => ({
  DATABASE_URL: database.url,
  AUTH_SECRET: SECRET,
  SEED_DEMO: 'none',
  ...more,
});

/**
 * Starts and expects that it ends at once with code 1, without a stack and without any of the values given.
 *
 * @returns what it said
 */
const refusal = async (variables: Record<string, string>, secrets: string[] = []): Promise<string> => {
  const failure = await startService(variables).then(
    () => new Error('it started'),
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(StartFailed);
  const { output, code } = failure as StartFailed;
  expect(code).toBe(1);
  expect(output).not.toMatch(/\n\s+at |node_modules|dist\//);
  for (const secret of secrets) expect(output).not.toContain(secret);
  return output;
};

/** What stands in the way of a start, read as a start reads it; the process itself is tried with all of it at once. */
const problemsOf = (variables: Record<string, string>): string => {
  try {
    settingsFrom(variables);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};

/** Opens the database as a start does, and expects a failure: what it says. The process itself is tried with one of each kind. */
const failureOfDatabase = async (variables: Record<string, string>): Promise<string> => {
  const settings = settingsFrom(variables);
  const opened = openDatabase(settings, loadAuthSecret(settings), () => undefined);
  const failure = await opened.then(
    async (open) => {
      await open.close();
      return new Error('it opened');
    },
    (error: unknown) => error as Error,
  );
  return failure.message;
};

/** Starts and stops again. */
const expectStart = async (variables: Record<string, string>) => {
  const service = await startService(variables);
  expect((await service.get('/health/ready')).status).toBe(200);
  await service.stop('SIGKILL');
  return service.output();
};

const loginWith = async (service: ServiceProcess, phone: string) => {
  await service.post('/api/auth/otp/request', { phone });
  const otpCode = fake.codeFor(phone);
  const { body } = await service.post('/api/auth/otp/verify', { phone, otpCode });
  return body.data as { token: string; expiresIn: number };
};

const insertUser = async (into: TestDatabase, phone: string, password?: string) =>
  into.query('INSERT INTO users (id, phone, full_name, password_hash) VALUES (gen_random_uuid(), $1, $2, $3)', [
    phone,
    'Budi',
    password === undefined ? null : await hashOf(password),
  ]);

describe('values that break a rule', () => {
  /** Each line: the variable, a bad value that is unlike anything else, and what the rule says. */
  const bad: [string, string, RegExp][] = [
    ['NODE_ENV', 'prod-9f1', /one of development, test, production/],
    ['PORT', '99999', /whole number from 0 to 65535/],
    ['HOST', 'a b;9f2', /host name or an address/],
    ['PUBLIC_URL', 'ftp://9f3.example', /http or https/],
    ['DATABASE_URL', 'mysql://root:hunter2-9f4@db/x', /postgresql:\/\//],
    ['DIRECT_DATABASE_URL', 'db-9f5', /postgresql:\/\//],
    ['LOG_LEVEL', 'loud-9f6', /one of .*info/],
    ['SEED_DEMO', 'demo-9f7', /sikeskoja, ticketing, none/],
    ['APP_NAME', 'Dua\nbaris-9f8', /one line/],
    ['APP_TEAM', 'x'.repeat(121), /120/],
    ['MESSAGE_LANGUAGE', 'jv-9g0', /id, en, negotiate/],
    ['ALLOWED_COUNTRIES', 'indonesia-9g1', /country codes/],
    ['AUTH_PROFILE', 'lax-9g2', /compat, strict/],
    ['UNKNOWN_PHONE', 'hide-9g3', /reveal, conceal/],
    ['OTP_ECHO', 'yes-9g4', /on, off/],
    ['AUTH_SECRET', 'short-9g5', /32 bytes/],
    ['JWT_ALGORITHM', 'none-9g6', /ES256, RS256, HS256/],
    ['JWT_SECRET', 'short-9g7', /32 bytes/],
    ['JWT_EXPIRES_IN', 'a week-9g8', /duration/],
    ['JWT_ROLE_CASE', 'Title-9g9', /upper, lower/],
    ['REFRESH_EXPIRES_IN', '-1d', /duration/],
    ['SESSION_MAX_AGE', '0d', /duration/],
    ['OTP_LENGTH', '3', /from 4 to 8/],
    ['OTP_EXPIRES_IN', '11', /from 1 to 10/],
    ['OTP_MAX_ATTEMPTS', '0', /whole number/],
    ['GUESS_BUDGET', '5.5', /whole number/],
    ['OTP_RESEND_COOLDOWN', '60;60-9h0', /comma list of seconds/],
    ['OTP_SENDS_PER_HOUR', 'many-9h1', /whole number/],
    ['OTP_SENDS_PER_DAY', '-5', /whole number/],
    ['ADDRESS_SENDS_PER_HOUR', '1e3', /whole number/],
    ['ADDRESS_FAILURES_PER_HOUR', '0x10', /whole number/],
    ['CONVERSATION_RETENTION_DAYS', '7', /from 8 to 3650/],
    ['BOT_MENU_INFO', 'x'.repeat(1_001), /1000/],
    ['WHATSAPP_PROVIDERS', 'Whacenter!9h2', /provider names/],
    ['SEND_TIMEOUT', '8s', /whole number/],
    ['PROVIDER_TIMEOUT', '3000', /whole number/],
    ['WHACENTER_BASE_URL', 'app-9h3', /http or https/],
    ['ALGORITHM', 'HS512-9h4', /ES256, RS256, HS256/],
    ['SECRET_KEY', 'short-9h5', /32 bytes; make one with: openssl rand -base64 48/],
    ['ACCESS_TOKEN_EXPIRE_MINUTES', 'thirty-9h6', /whole number/],
    ['DB_PORT', '5432x', /whole number/],
    ['DB_TYPE', 'mysql', /DATABASE_URL/],
  ];
  /** More of the kind, for the variables that have several ways of being wrong. */
  const more: [string, string, RegExp][] = [
    ['OTP_LENGTH', '9', /from 4 to 8/],
    ['OTP_EXPIRES_IN', '0', /from 1 to 10/],
    ['PORT', 'http-9i1', /whole number/],
    ['JWT_EXPIRES_IN', '15 m', /duration/],
    ['OTP_RESEND_COOLDOWN', '0,60', /at least 1/],
    ['DB_TYPE', 'sqlite', /DATABASE_URL/],
    ['DB_HOST', 'x'.repeat(256), /255/],
  ];

  it.each([
    ['by a start', bad, (variables: Record<string, string>) => refusal(variables)],
    ['by the reader of the settings', more, problemsOf],
  ] as const)('are all named at once with their rules, never with their values: %s', async (_by, values, ask) => {
    const output = await ask(Object.fromEntries(values));
    const lines = output.split('\n').filter((line) => line.startsWith('  - '));
    for (const [name, value, rule] of values) {
      const line = lines.find((each) => each.includes(`- ${name} `)) ?? '';
      expect({ name, line }).toEqual({ name, line: expect.stringMatching(rule) });
      if (value.length > 4) expect(output).not.toContain(value);
    }
    expect(lines).toHaveLength(values.length);
  });

  const together: [string, RegExp, Record<string, string>][] = [
    ['HS256 without a secret', /JWT_SECRET/, { JWT_ALGORITHM: 'HS256' }],
    ['a provider that there is not', /WHATSAPP_PROVIDERS/, { WHATSAPP_PROVIDERS: 'console,pigeon' }],
    ['a provider twice', /WHATSAPP_PROVIDERS/, { WHATSAPP_PROVIDERS: 'console,console' }],
    ['Whacenter without a device', /WHATSAPP_DEVICE_ID/, { WHATSAPP_PROVIDERS: 'whacenter' }],
    ['a rung slower than the whole ladder', /PROVIDER_TIMEOUT/, { PROVIDER_TIMEOUT: '9', SEND_TIMEOUT: '8' }],
    [
      'a session shorter than its refresh token',
      /SESSION_MAX_AGE/,
      { SESSION_MAX_AGE: '1d', REFRESH_EXPIRES_IN: '2d' },
    ],
    ['an invalid origin', /FRONTEND_URL/, { FRONTEND_URL: 'https://app.example, app' }],
    ['every origin', /FRONTEND_URL/, { FRONTEND_URL: '*' }],
    ['a pattern of origins', /FRONTEND_URL/, { FRONTEND_URL: 'https://*.app.example' }],
    ['a proxy that is not an address', /TRUST_PROXY/, { TRUST_PROXY: '10.0.0.0/33' }],
    ['every proxy', /TRUST_PROXY/, { TRUST_PROXY: 'true' }],
    ['every address as a proxy', /TRUST_PROXY must not be every/, { TRUST_PROXY: '10.0.0.1, 0.0.0.0/0' }],
    ['every IPv6 address as a proxy', /TRUST_PROXY must not be every/, { TRUST_PROXY: '::/0' }],
    ['a header without a proxy', /TRUST_PROXY/, { CLIENT_ADDRESS_HEADER: 'X-Real-IP' }],
    ['two headers', /CLIENT_ADDRESS_HEADER/, { TRUST_PROXY: '10.0.0.1', CLIENT_ADDRESS_HEADER: 'X-A, X-B' }],
    ['a public address with a password', /PUBLIC_URL/, { PUBLIC_URL: 'https://a:b@masuk.example.org' }],
    ['a public address with a query', /PUBLIC_URL/, { PUBLIC_URL: 'https://masuk.example.org/?a=b' }],
  ];
  it.each(together)('do so together, too: %s', (_what, name, variables) => {
    expect(problemsOf(development())).toBe('');
    expect(problemsOf(development(variables))).toMatch(name);
  });

  it('count as left out when they are empty', () => {
    const names = [
      'PORT',
      'OTP_LENGTH',
      'JWT_EXPIRES_IN',
      'FRONTEND_URL',
      'DB_TYPE',
      'ALGORITHM',
      'WHATSAPP_PROVIDERS',
    ];
    expect(problemsOf(development({ ...Object.fromEntries(names.map((name) => [name, ''])), APP_NAME: '  ' }))).toBe(
      '',
    );
  });
});

describe('production', () => {
  const refused: [string, RegExp, Record<string, string>][] = [
    ['without a database', /DATABASE_URL is required/, { DATABASE_URL: '' }],
    ['without an address for its users', /PUBLIC_URL is required in production/, { PUBLIC_URL: '' }],
    ['without TLS', /PUBLIC_URL must begin with https/, { PUBLIC_URL: 'http://masuk.example.org' }],
    ['with TLS in name only', /PUBLIC_URL must begin with https/, { PUBLIC_URL: 'HTTP://masuk.example.org' }],
    ['without a secret', /AUTH_SECRET is required/, { AUTH_SECRET: '' }],
    ['with a short secret', /AUTH_SECRET .*32 bytes/, { AUTH_SECRET: 'kX9-short-secret' }],
    ['with a placeholder', /AUTH_SECRET is a placeholder/, { AUTH_SECRET: 'change-me-change-me-change-me-change-me' }],
    [
      'with another placeholder',
      /AUTH_SECRET is a placeholder/,
      { AUTH_SECRET: 'your-super-secret-jwt-key-of-32-bytes' },
    ],
    ['with one letter', /AUTH_SECRET is a placeholder/, { AUTH_SECRET: 'a'.repeat(64) }],
    ['with a word repeated', /AUTH_SECRET is a placeholder/, { AUTH_SECRET: 'rahasia'.repeat(6) }],
    ['with a counted-out one', /AUTH_SECRET is a placeholder/, { AUTH_SECRET: '12345678901234567890123456789012' }],
    ['with codes in answers', /OTP_ECHO/, { OTP_ECHO: 'on' }],
    ['with the demo seed', /SEED_DEMO/, { SEED_DEMO: 'sikeskoja' }],
    ['with the other demo seed', /SEED_DEMO/, { SEED_DEMO: 'ticketing' }],
    ['with the developer inbox', /WHATSAPP_PROVIDERS/, { WHATSAPP_PROVIDERS: 'whacenter,console' }],
    ['with short codes', /OTP_LENGTH/, { OTP_LENGTH: '5' }],
    ['with a short secret for Whapi', /WHAPI_WEBHOOK_SECRET .*16/, { WHAPI_WEBHOOK_SECRET: 'short-one-9j1-x' }],
    [
      'with a short address for Whacenter',
      /WHACENTER_WEBHOOK_SECRET .*16/,
      { WHACENTER_WEBHOOK_SECRET: 'short-one-9j2-x' },
    ],
    [
      'with a placeholder as JWT secret',
      /JWT_SECRET is a placeholder/,
      { ALGORITHM: 'HS256', SECRET_KEY: 'x'.repeat(32) },
    ],
  ];
  it.each(refused)('is refused %s', (_what, rule, change) => {
    expect(problemsOf(production())).toBe('');
    const problems = problemsOf(production(change));
    expect(problems).toMatch(rule);
    for (const value of Object.values(change).filter(({ length }) => length > 12))
      expect(problems).not.toContain(value);
  });

  it('names all problems at once', () => {
    const problems = problemsOf({
      NODE_ENV: 'production',
      OTP_LENGTH: '4',
      OTP_ECHO: 'on',
      SEED_DEMO: 'sikeskoja',
    });
    for (const name of ['DATABASE_URL', 'AUTH_SECRET', 'OTP_ECHO', 'SEED_DEMO', 'OTP_LENGTH'])
      expect(problems).toContain(name);
  });
});

describe('a production that replaces an original, under its names', () => {
  const old = { SECRET_KEY: OTHER_SECRET, ALGORITHM: 'HS256', ACCESS_TOKEN_EXPIRE_MINUTES: '30' };
  const key = () => createSecretKey(Buffer.from(OTHER_SECRET));
  let service: ServiceProcess;

  const databaseParts = () => {
    const url = new URL(database.url);
    return {
      DB_TYPE: 'postgres',
      DB_HOST: decodeURIComponent(url.hostname),
      DB_PORT: url.port,
      DB_NAME: url.pathname.slice(1),
      DB_USER: decodeURIComponent(url.username),
      DB_PASSWORD: decodeURIComponent(url.password),
    };
  };

  beforeAll(async () => {
    // A demo account with a password of its own stops nobody.
    await insertUser(database, '+6281234567890', 'sandi-baru-yang-panjang');
    await insertUser(database, '+6281300000001');
    const mistyped = { OTP_LENGHT: '8' };
    service = await startService(
      production({ ...databaseParts(), DATABASE_URL: '', AUTH_PROFILE: 'compat', ...old, ...mistyped }),
    );
  });
  afterAll(async () => service.stop('SIGKILL'));

  it('starts under compat, too; DB_HOST, DB_PORT, DB_NAME, DB_USER and DB_PASSWORD lead to its database', async () => {
    expect((await service.get('/health/ready')).status).toBe(200);
    const { status, body } = await service.post('/api/auth/otp/request', { phone: '081234500000' });
    expect({ status, code: body.code }).toEqual({ status: 404, code: 'phone_not_registered' });
    for (const kind of ['postgresql', 'POSTGRES', '']) expect(problemsOf({ DB_TYPE: kind })).toBe('');
  });

  it('names a mistyped variable in its log', () =>
    expect(service.output()).toContain('OTP_LENGHT is not a setting and has no effect: did you mean OTP_LENGTH?'));

  it('keeps the echo off', async () => {
    const { status, text } = await service.post('/api/auth/otp/request', { phone: '081234567890' });
    const code = fake.codeFor('081234567890');
    expect({ status, length: code?.length }).toEqual({ status: 200, length: 6 });
    expect(text).not.toContain(code);
  });

  it('makes the tokens of D by SECRET_KEY, ALGORITHM and ACCESS_TOKEN_EXPIRE_MINUTES', async () => {
    const { token, expiresIn } = await loginWith(service, '081300000001');
    const { payload } = await jwtVerify(token, key(), { algorithms: ['HS256'] });
    expect([expiresIn, (payload.exp ?? 0) - (payload.iat ?? 0)]).toEqual([1800, 1800]);
  });

  it('gives way to the new names', () => {
    const secret = 'Jx5nV8bK1cQ4mW7zT0rY3pG6hF9dS2aL';
    const both = settingsFrom(production({ ...old, JWT_SECRET: secret, JWT_EXPIRES_IN: '90s' }));
    expect(both).toMatchObject({ jwtAlgorithm: 'HS256', jwtSecret: secret, jwtExpiresIn: 90 });
    expect(settingsFrom(production({ ...old, JWT_ALGORITHM: 'ES256' })).jwtAlgorithm).toBe('ES256');
    const others = { DB_HOST: 'db.invalid', DB_PORT: '1', DB_NAME: 'x', DB_USER: 'x', DB_PASSWORD: 'x' };
    expect(settingsFrom(production(others)).databaseUrl).toBe(database.url);
  });

  it.each(['mysql', 'sqlite', 'MongoDB'])('is refused with DB_TYPE=%s, which names DATABASE_URL', (kind) => {
    const problems = problemsOf(production({ DB_TYPE: kind }));
    expect(problems).toMatch(/DB_TYPE/);
    expect(problems).toMatch(/DATABASE_URL/);
    expect(problems).not.toContain(kind);
  });

  it('is refused a port that is taken, by its name', async () => {
    expect(await refusal(production({ PORT: new URL(service.url).port }))).toMatch(/PORT/);
  });

  it('is refused another secret than the one that its database was set up with', async () => {
    const output = await refusal(production({ AUTH_SECRET: OTHER_SECRET }), [SECRET, OTHER_SECRET]);
    expect(output).toMatch(/AUTH_SECRET/);
    expect(await failureOfDatabase(development({ AUTH_SECRET: OTHER_SECRET }))).toMatch(/AUTH_SECRET/);
  });

  it('is refused as soon as a demo account has the demo password', async () => {
    await insertUser(database, '+6281234567892', 'password123');
    expect(await refusal(production(), ['password123'])).toMatch(/demo password/);
  });
});

describe('an empty database', () => {
  it('is refused by production; two instances that start on it at once in development share one key set and one seed', async () => {
    const empty = await createDatabase({ migrated: false });
    try {
      expect(await refusal(production({ DATABASE_URL: empty.url }))).toMatch(/npm run db:migrate/);
      const tables = await empty.query(
        `SELECT 1 FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
      );
      expect(tables).toEqual([]);
      const variables = development({ DATABASE_URL: empty.url, SEED_DEMO: 'sikeskoja' });
      const [first, second] = await Promise.all([startService(variables), startService(variables)]);
      const keys = (await first.get('/.well-known/jwks.json')).body;
      expect(keys.keys).toHaveLength(1);
      expect((await second.get('/.well-known/jwks.json')).body).toEqual(keys);
      const [users] = await empty.query<{ count: number }>('SELECT count(*)::int AS count FROM users');
      expect(users?.count).toBe(4);
      const { body } = await first.post('/api/auth/login', { identifier: 'admin', password: 'password123' });
      const me = await second.get('/api/auth/me', { authorization: `Bearer ${body.data.token}` });
      expect({ status: me.status, role: me.body.data?.role }).toEqual({ status: 200, role: 'ADMIN' });
      await Promise.all([first, second].map((service) => service.stop('SIGKILL')));
    } finally {
      await empty.drop();
    }
  });
});

describe('outside production an address that others reach', () => {
  const closed = { SEED_DEMO: 'none', WHATSAPP_DEVICE_ID: 'x', OTP_ECHO: 'off' };
  const open: [string, Record<string, string>][] = [
    ['SEED_DEMO', { SEED_DEMO: '' }],
    ['WHATSAPP_PROVIDERS', { WHATSAPP_PROVIDERS: 'whacenter,console' }],
    ['OTP_ECHO', { OTP_ECHO: '' }],
    ['TEST_PHONES', { TEST_PHONES: '+6281200000001=code:123456,until=2026-12-31' }],
  ];

  it.each(open)('is refused while %s lets strangers in, unless EXPOSE_DEVELOPMENT says so', (name, change) => {
    for (const HOST of ['0.0.0.0', '::', '192.0.2.7', 'masuk.example.org', '128.0.0.1']) {
      expect(problemsOf({ ...closed, HOST })).toBe('');
      expect(problemsOf({ ...closed, ...change, HOST })).toMatch(
        new RegExp(`- HOST .*\\(${name}\\).*EXPOSE_DEVELOPMENT=on`),
      );
      expect(problemsOf({ ...closed, ...change, HOST, EXPOSE_DEVELOPMENT: 'on' })).toBe('');
    }
    for (const HOST of ['127.0.0.1', '127.1.2.3', '::1', 'localhost', ''])
      expect(problemsOf({ ...closed, ...change, HOST })).toBe('');
  });
});

describe('a database of a replaced system', () => {
  it('is refused in words, and left as it is, whether or not it was made by Prisma', async () => {
    const theirs = await createDatabase({ migrated: false });
    try {
      await theirs.query('CREATE TABLE users (id serial PRIMARY KEY, username text)');
      const here = { DATABASE_URL: theirs.url };
      const expectRefusal = (output: string) => {
        expect(output).toMatch(/holds tables of another program \(.*users\)/);
        expect(output).toMatch(/CREATE DATABASE masuk.*docs\/integration\/users\.md/);
        expect(output).not.toMatch(/P3005|pris\.ly|baseline/i);
      };
      expectRefusal(await refusal(development(here)));
      expectRefusal(await failureOfDatabase(production(here)));
      await theirs.query('CREATE TABLE _prisma_migrations (migration_name varchar(255) NOT NULL)');
      await theirs.query(`INSERT INTO _prisma_migrations VALUES ('20240101000000_init')`);
      expectRefusal(await failureOfDatabase(development(here)));
      const tables = await theirs.query(
        `SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`,
      );
      expect(tables).toHaveLength(2);
    } finally {
      await theirs.drop();
    }
  });
});

describe('a database that cannot be reached', () => {
  it('is told of without secrets', async () => {
    const url = 'postgresql://masuk:s3cr3t-hunter@127.0.0.1:1/masuk';
    expect(await refusal(production({ DATABASE_URL: url }), ['s3cr3t-hunter'])).toMatch(/database/i);
  });
});

describe('.env.example', () => {
  const file = join(ROOT, '.env.example');
  /** `NAME=` or `# NAME=`, as a line of its own. */
  const named = () =>
    [
      ...new Set(
        [...readFileSync(file, 'utf8').matchAll(/^(?:# ?)?([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name ?? ''),
      ),
    ].sort();
  const known = ALL_GROUPS.flatMap(({ rows }) =>
    Object.values(rows).flatMap(({ variable }) => variable?.name ?? []),
  ).sort();

  it('names every variable that the service reads, and no other', () => {
    expect(existsSync(file)).toBe(true);
    expect(known.length).toBeGreaterThan(50);
    expect(named()).toEqual(known);
  });

  it('starts a development as it stands, which makes a secret and keeps it for its owner alone', async () => {
    const own = await createDatabase();
    const dataDir = mkdtempSync(join(tmpdir(), 'masuk-example-'));
    // The reader of .env files is tried beside its source, with every encoding.
    const asPowerShell = (text: string) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);
    const variables = { DATABASE_URL: own.url, PORT: '0', DATA_DIR: dataDir };
    try {
      writeFileSync(join(dataDir, '.env'), readFileSync(file));
      const first = await expectStart(variables);
      const kept = readFileSync(join(dataDir, 'auth-secret'), 'utf8').trim();
      expect(Buffer.byteLength(kept)).toBeGreaterThanOrEqual(32);
      expect(statSync(join(dataDir, 'auth-secret')).mode & 0o077).toBe(0);
      writeFileSync(join(dataDir, '.env'), asPowerShell('OTP_LENGTH=12   # digits\r\n'));
      expect(await refusal({ ...variables, OTP_EXPIRES_IN: '5x' }, [kept])).toMatch(/OTP_LENGTH must be .*from 4 to 8/);
      // The environment goes before the file, also as Compose hands on what stands in a line. The database knows the secret.
      const asCompose = { OTP_LENGTH: '"8" # digits', OTP_EXPIRES_IN: '5          # Durasi dalam menit' };
      const second = await expectStart({ ...variables, ...asCompose });
      for (const output of [first, second]) expect(output).not.toContain(kept);
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
      await own.drop();
    }
  });

  it('holds no secret that production would take', () => {
    const secrets = [...readFileSync(file, 'utf8').matchAll(/^(?:# ?)?(?:AUTH_SECRET|JWT_SECRET|SECRET_KEY)=(.+)$/gm)];
    for (const [, value = ''] of secrets)
      expect(problemsOf(production({ AUTH_SECRET: value.trim() }))).toMatch(/AUTH_SECRET/);
  });
});

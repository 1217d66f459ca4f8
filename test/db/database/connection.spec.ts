import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { settingsFrom } from '../../../src/settings.js';
import { AuthSecret, loadAuthSecret } from '../../../src/platform/secrets/auth-secret.js';
import { settledUrl } from '../../../src/platform/database/connection/connection.js';
import { checkServer, refuseTransactionPooler } from '../../../src/platform/database/connection/server-check.js';
import { openDatabase } from '../../../src/platform/database/open-database.js';
import { createPool } from '../../../src/platform/database/pool.js';
import { tally } from '../../support/crowds.js';
import { createDatabase, type TestDatabase } from '../../support/database.js';
import { startFakePooler, type FakePooler } from '../../support/fake-pooler.js';
import { type FakeWhacenter } from '../../support/fake-whacenter.js';
import { addPeople, openHouse, type House } from '../../support/house.js';
import { startService, StartFailed, type Service } from '../../support/service.js';
import { OWN_AUTHORITY, startTlsFront, type TlsFront } from '../../support/tls-front.js';
import { until } from '../../support/waits.js';

let database: TestDatabase;
let house: House;
let whacenter: FakeWhacenter;
/** Speaks TLS before the database. */
let front: TlsFront;
/** Runs on the database, behind TLS with a certificate that it checks. */
let service: Service;

beforeAll(async () => {
  house = await openHouse({}, { instances: 0 });
  ({ database, fake: whacenter } = house);
  front = await startTlsFront(database.url);
  service = await house.another({ DATABASE_URL: front.url(`sslmode=verify-full&sslrootcert=${OWN_AUTHORITY}`) });
});
afterAll(async () => {
  await house.close();
  await front.close();
});

/** What a start does first. */
const reach = async (url: string) => checkServer(await settledUrl(url));

const sentenceOf = (attempt: Promise<unknown>) =>
  attempt.then(
    () => 'it worked',
    (error: unknown) => (error as Error).message,
  );

/** The service does not start with these variables; what it says. */
async function refusal(variables: Record<string, string>): Promise<string> {
  const failure = await startService(variables).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(StartFailed);
  const { output, code } = failure as StartFailed;
  expect(code).toBe(1);
  expect(output).not.toMatch(/\n\s+at |node_modules|dist\//);
  return output;
}

/** Opens the database as a start does, which fails; what it says. The process itself is tried for two of the reasons. */
const refusalWithin = (variables: Record<string, string>): Promise<string> =>
  sentenceOf(
    (async () => {
      const settings = settingsFrom(variables);
      await (await openDatabase(settings, loadAuthSecret(settings), () => undefined)).close();
    })(),
  );

describe('TLS to a server with a certificate of its own', () => {
  let foreign: TlsFront;
  beforeAll(async () => {
    foreign = await startTlsFront(database.url, '127.0.0.2');
  });
  afterAll(async () => foreign.close());

  it('holds for the service, also for its migrations', async () => {
    expect((await service.get('/health/ready')).status).toBe(200);
    expect(service.output()).not.toMatch(/warning/i);
    expect(front.seen.encrypted).toBeGreaterThan(0);
    expect(front.seen.plain).toBe(0);
    expect(await refusal(house.settings({ DATABASE_URL: front.url('sslmode=require') }))).toMatch(/sslrootcert=/);
  });

  it.each([
    'sslmode=prefer',
    'sslmode=allow',
    'sslmode=no-verify',
    'sslmode=require&uselibpqcompat=true',
    `sslmode=require&sslrootcert=${OWN_AUTHORITY}`,
    `sslmode=verify-ca&sslrootcert=${OWN_AUTHORITY}`,
    `sslmode=verify-full&sslrootcert=${OWN_AUTHORITY}`,
  ])('is there with %s, without a word of the driver', async (parameters) => {
    const warnings: Error[] = [];
    process.on('warning', (warning) => warnings.push(warning));
    const before = { ...front.seen };
    expect(await reach(front.url(parameters))).toBe('session');
    expect(front.seen.encrypted).toBeGreaterThan(before.encrypted);
    expect(front.seen.plain).toBe(before.plain);
    expect(warnings.map(({ message }) => message)).toEqual([]);
  });

  it.each(['sslmode=require', 'sslmode=verify-ca', 'sslmode=verify-full', 'ssl=true'])(
    'is refused with %s, and the refusal says what to do',
    async (parameters) => {
      expect(await sentenceOf(reach(front.url(parameters)))).toMatch(
        /certificate of the database at 127\.0\.0\.1:\d+ .*sslrootcert=.*sslmode=no-verify/,
      );
    },
  );

  it('is not there without sslmode, and where the server offers none', async () => {
    expect(await reach(front.url(''))).toBe('session');
    expect(front.seen.plain).toBe(1);
    expect(await reach(`${database.url}?sslmode=prefer`)).toBe('session');
    expect(await sentenceOf(reach(`${database.url}?sslmode=no-verify`))).toMatch(/offers no TLS/);
  });

  it('checks the host name with verify-full only', async () => {
    const parameters = (mode: string) => `sslmode=${mode}&sslrootcert=${OWN_AUTHORITY}`;
    expect(await reach(foreign.url(parameters('verify-ca')))).toBe('session');
    expect(await sentenceOf(reach(foreign.url(parameters('verify-full'))))).toMatch(/is for another host.*verify-ca/);
  });

  it('tells which file cannot be read, and not which path that is', async () => {
    const sentence = await sentenceOf(reach(front.url('sslmode=require&sslrootcert=/nowhere/ca.pem')));
    expect(sentence).toBe('The file that sslrootcert names in the address of the database cannot be read (ENOENT).');
  });
});

describe('a server that is not there', () => {
  it('ends the start with an explanation, after a bounded time', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const url = `postgresql://masuk:hunter2@127.0.0.1:${port}/masuk?connect_timeout=1`;
    for (const parameters of ['', '&sslmode=prefer', '&sslmode=no-verify'])
      expect(await sentenceOf(reach(url + parameters))).toMatch(/^Nothing answers at 127\.0\.0\.1:\d+ in time\./);
    const output = await refusalWithin(house.settings({ DATABASE_URL: url }));
    expect(output).toMatch(/Nothing answers at 127\.0\.0\.1:\d+ in time\. Is DATABASE_URL right/);
    expect(output).not.toContain('hunter2');
    silent.close();
  });

  it.each([
    ['postgresql://masuk@127.0.0.1:1/masuk', /does not answer at 127\.0\.0\.1:1\. Is DATABASE_URL right\?/],
    ['postgresql://masuk@localhost:1/masuk', /does not answer at localhost:1\./],
    [
      'postgresql://masuk@no-such-host.invalid/masuk',
      /host of the database at no-such-host\.invalid:5432 is not known/,
    ],
  ])('is told of: %s', async (url, sentence) => {
    expect(await sentenceOf(reach(url))).toMatch(sentence);
  });
});

describe('settings from outside', () => {
  /** Each would change what our statements mean, or end them early. */
  const ODD = {
    search_path: 'nowhere',
    default_transaction_isolation: 'serializable',
    default_transaction_deferrable: 'on',
    DateStyle: 'German, DMY',
    IntervalStyle: 'sql_standard',
    TimeZone: 'Asia/Jayapura',
    bytea_output: 'escape',
    extra_float_digits: '-15',
    array_nulls: 'off',
    transform_null_equals: 'on',
    statement_timeout: '3s',
    lock_timeout: '10ms',
    idle_in_transaction_session_timeout: '3s',
    idle_session_timeout: '3s',
    transaction_timeout: '3s',
    synchronous_commit: 'off',
  };
  const SHELL = {
    PGHOST: '192.0.2.1',
    PGPORT: '1',
    PGUSER: 'nobody',
    PGPASSWORD: 'wrong',
    PGDATABASE: 'nowhere',
    PGOPTIONS: '-c search_path=nowhere',
    PGSSLMODE: 'verify-full',
    PGAPPNAME: 'somebody else',
    PGCONNECT_TIMEOUT: '1',
    PGCLIENT_ENCODING: 'latin1',
    PGREPLICATION: 'database',
  };
  let empty: TestDatabase;
  /** A session that is older than the settings, and so does not have them. */
  let old: pg.Client;
  beforeAll(async () => {
    empty = await createDatabase({ migrated: false });
    old = new pg.Client({ connectionString: empty.url });
    await old.connect();
    const name = new URL(empty.url).pathname.slice(1);
    for (const [setting, value] of Object.entries(ODD))
      await old.query(`ALTER DATABASE ${name} SET ${setting} = '${value}'`);
  });
  afterAll(async () => {
    await old.end();
    await empty.drop();
  });

  it('of a database or the shell change neither migrations nor logins', async () => {
    const service = await house.anotherProcess({ DATABASE_URL: empty.url, ...SHELL });
    const [person] = await addPeople({ query: async (sql, values) => (await old.query(sql, values)).rows as never }, 1);
    const phone = person!.e164;
    const { status, body } = await house.at(service).verify(phone, await house.at(service).code(phone));
    expect(status).toBe(200);
    expect((await service.get('/api/auth/me', { authorization: `Bearer ${body.data.token}` })).status).toBe(200);
    expect((await service.post('/auth/register', registrant('settings'))).status).toBe(201);
    const { rows } = await old.query(
      `SELECT DISTINCT schemaname FROM pg_tables WHERE tablename IN ('users', 'otp_sessions', '_prisma_migrations')`,
    );
    expect(rows).toEqual([{ schemaname: 'public' }]);
    await service.stop();
  });

  it('are set by each connection of the pool', async () => {
    const pool = createPool(empty.url, 1, 'session', () => undefined);
    const { rows } = await pool.query(
      `SELECT ${Object.keys(ODD)
        .map((setting) => `current_setting('${setting}') AS "${setting}"`)
        .join(', ')}, current_setting('application_name') AS application`,
    );
    expect(rows).toEqual([
      {
        search_path: 'public',
        default_transaction_isolation: 'read committed',
        default_transaction_deferrable: 'off',
        DateStyle: 'ISO, MDY',
        IntervalStyle: 'postgres',
        TimeZone: 'UTC',
        bytea_output: 'hex',
        extra_float_digits: '1',
        array_nulls: 'on',
        transform_null_equals: 'off',
        statement_timeout: '5s',
        lock_timeout: '0',
        idle_in_transaction_session_timeout: '10s',
        idle_session_timeout: '0',
        transaction_timeout: '0',
        synchronous_commit: 'on',
        application: 'masuk',
      },
    ]);
    await pool.end();
  });

  it.each([
    ['session_replication_role', 'replica', /cannot set session_replication_role by itself/],
    ['default_transaction_read_only', 'on', /default_transaction_read_only is on/],
    // They end the very statement that would set others, or a later one on a slow machine.
    ['statement_timeout', '1ms', /ALTER ROLE masuk SET statement_timeout = '5s';/],
    ['transaction_timeout', '1ms', /ALTER ROLE masuk SET transaction_timeout = '?\w+'?;/],
  ])('that no session may change stop the start: %s', async (setting, value, sentence) => {
    const other = await createDatabase();
    await other.query(`ALTER DATABASE ${new URL(other.url).pathname.slice(1)} SET ${setting} = '${value}'`);
    expect(await sentenceOf(reach(other.url))).toMatch(sentence);
    await other.drop();
  });

  it('are named when they stand in the address', async () => {
    const output = await refusalWithin(house.settings({ DATABASE_URL: `${database.url}?schema=masuk` }));
    expect(output).toMatch(/DATABASE_URL .*parameter schema .*keeps its tables in the schema public/);
  });
});

function registrant(word: string) {
  return {
    name: 'Budi Santoso',
    username: word,
    email: `${word}@papua.example`,
    password: 'Ombak-7-biru',
    role: 'karyawan',
  };
}

describe('what the server refuses because of others', () => {
  // A trigger raises the very SQLSTATE, so many times; a sequence is not rolled back with the statement.
  async function raise(table: string, code: string, times: number): Promise<void> {
    await database.query('CREATE SEQUENCE IF NOT EXISTS raised');
    await database.query(`SELECT setval('raised', 1, false)`);
    await database.query(
      `CREATE OR REPLACE FUNCTION raise_code() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF nextval('raised') <= ${times} THEN RAISE EXCEPTION 'not now' USING ERRCODE = '${code}'; END IF;
         RETURN NEW;
       END $$`,
    );
    await database.query(
      `CREATE OR REPLACE TRIGGER raise_code BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION raise_code()`,
    );
  }
  const raised = async () =>
    Number((await database.query<{ last_value: string }>('SELECT last_value FROM raised'))[0]?.last_value);

  it('is tried again where nothing was done, and else answered with 503', async () => {
    const people = await house.people(12);
    const login = async (code: string, times: number) => {
      const { e164: phone, id } = people.pop()!;
      const otp = await house.at(service).code(phone);
      await raise('login_sessions', code, times);
      const { status, body, headers } = await house.at(service).verify(phone, otp);
      const sessions = await database.query('SELECT id FROM login_sessions WHERE user_id = $1', [id]);
      await database.query('DROP TRIGGER raise_code ON login_sessions');
      const after = await house.at(service).verify(phone, otp);
      return {
        status,
        code: body.code,
        wait: headers.get('retry-after'),
        sessions: sessions.length,
        after: after.status,
      };
    };
    for (const code of ['40001', '40P01'])
      expect(await login(code, 2)).toMatchObject({ status: 200, sessions: 1, after: 400 });
    for (const code of ['40001', '40P01', '40003', '25P03', '25006', '53100', '55006', '58030', '58P01']) {
      const refused = await login(code, 3);
      // The code was not used up: the same one logs in as soon as the database is well.
      expect({ of: code, ...refused }).toEqual({
        of: code,
        status: 503,
        code: 'database_unavailable',
        wait: '5',
        sessions: 0,
        after: 200,
      });
      expect(await raised()).toBe(code.startsWith('40') && code !== '40003' ? 3 : 1);
    }
    // A transaction of several statements is run again as a whole.
    await raise('users', '40P01', 2);
    expect((await service.post('/auth/register', registrant('again'))).status).toBe(201);
    await raise('users', '58030', 1);
    expect((await service.post('/auth/register', registrant('never'))).status).toBe(503);
    expect((await service.post('/auth/register', registrant('never'))).status).toBe(201);
    await database.query('DROP TRIGGER raise_code ON users');
    expect(service.output()).not.toContain('internal_error');
  });

  it('as read-only is told by ready, and ends with it', async () => {
    const readOnly = await createDatabase();
    const name = new URL(readOnly.url).pathname.slice(1);
    const service = await house.another({ DATABASE_URL: readOnly.url });
    const [person] = await addPeople(readOnly, 1);
    const ready = async () => {
      const { status, body } = await service.get('/health/ready');
      return { status, body: body as object };
    };
    expect(await ready()).toEqual({ status: 200, body: { success: true, status: 'ok', database: 'connected' } });
    const renew = async (value: string) => {
      await database.query(`ALTER DATABASE ${name} SET default_transaction_read_only = ${value}`);
      await database.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`);
    };
    await renew('on');
    await untilStatus(ready, 503, 'read-only');
    const refused = await house.at(service).request(person!.e164);
    expect([refused.status, refused.body.code]).toEqual([503, 'database_unavailable']);
    expect((await service.get('/health/live')).status).toBe(200);
    await renew('off');
    await untilStatus(ready, 200, 'connected');
    expect((await house.at(service).request(person!.e164)).status).toBe(200);
    await service.stop();
    await readOnly.drop();
  });

  async function untilStatus(ready: () => Promise<{ status: number; body: object }>, status: number, state: string) {
    // For a moment a connection that has just been ended cannot be used.
    await until(`ready becomes ${status}, ${state}`, async () => {
      const answer = await ready();
      return answer.status === status && (answer.body as { database?: string }).database === state;
    });
  }
});

describe('a pooler in transaction mode', () => {
  const USABLE = {
    search_path: 'public',
    statement_timeout: '5s',
    idle_in_transaction_session_timeout: '10s',
    TimeZone: 'UTC',
  };
  let pooled: TestDatabase;
  let pooler: FakePooler;
  let old: FakePooler;
  beforeAll(async () => {
    pooled = await createDatabase();
    [pooler, old] = await Promise.all([startFakePooler(pooled.url, 'keeps'), startFakePooler(pooled.url, 'forgets')]);
  });
  afterAll(async () => {
    await Promise.all([pooler.close(), old.close()]);
    await pooled.drop();
  });
  const LIMITS = `
    SELECT current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock,
           current_setting('idle_in_transaction_session_timeout') AS idle`;
  // Of this database: the server is shared with other specs.
  const locks = () =>
    pooled.query(
      `SELECT pid FROM pg_locks
        WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    );

  it('that forgets named statements stops the start, and nothing is left behind', async () => {
    expect(await sentenceOf(reach(old.url))).toMatch(
      /forgets prepared statements\. PgBouncer keeps them from version 1\.21/,
    );
    const output = await refusalWithin(house.settings({ DATABASE_URL: old.url }));
    expect(output).toMatch(/max_prepared_statements above 0/);
    expect(await locks()).toEqual([]);
  });

  it('cannot be set up by us: the start names each setting that the role lacks', async () => {
    const sentence = await sentenceOf(reach(pooler.url));
    for (const setting of ['statement_timeout', 'idle_in_transaction_session_timeout'])
      expect(sentence).toMatch(new RegExp(`\\n  ALTER ROLE masuk SET ${setting} = `));
    expect(sentence).not.toContain('bytea_output');
  });

  it('refuses migrations: nothing is begun, and the next start finds no lock', async () => {
    await giveSettings();
    expect(await reach(pooler.url)).toBe('transaction');
    expect(await sentenceOf(refuseTransactionPooler(pooler.url))).toMatch(
      /set DIRECT_DATABASE_URL to the server itself/,
    );
    const output = await refusal(house.settings({ DATABASE_URL: pooler.url }));
    expect(output).toMatch(/set DIRECT_DATABASE_URL/);
    expect(await locks()).toEqual([]);
    const settings = { ...settingsWith(pooled.url), directDatabaseUrl: undefined };
    const opened = await openDatabase(
      settings,
      new AuthSecret('a secret of this spec: 7f3c9a1e5b8d2046'),
      () => undefined,
    );
    await opened.close();
  });

  it('keeps the settings of its connections when a start in production is refused', async () => {
    await giveSettings();
    const settings = { ...settingsWith(pooler.url), directDatabaseUrl: undefined, production: true };
    const start = openDatabase(settings, new AuthSecret('a secret of this spec: 7f3c9a1e5b8d2046'), () => undefined);
    expect(await sentenceOf(start)).toMatch(/set DIRECT_DATABASE_URL to the server itself/);
    // Each holds a server connection of its own, so that all that the start has used are seen.
    const others = Array.from({ length: 4 }, () => new pg.Client(pooler.url));
    await Promise.all(others.map((client) => client.connect()));
    await Promise.all(others.map((client) => client.query('BEGIN')));
    const shown = await Promise.all(others.map((client) => client.query<Record<string, string>>(LIMITS)));
    await Promise.all(others.map((client) => client.query('COMMIT')));
    await Promise.all(others.map((client) => client.end()));
    for (const { rows } of shown) expect(rows).toEqual([{ statement: '5s', lock: '0', idle: '10s' }]);
  });

  it('carries logins, with the migrations past it', async () => {
    await giveSettings();
    await pooled.query('DELETE FROM auth_secrets');
    const service = await house.another({ DATABASE_URL: pooler.url, DIRECT_DATABASE_URL: pooled.url });
    const people = await addPeople(pooled, 48);
    const asked = await Promise.all(people.map(({ e164: phone }) => house.at(service).request(phone)));
    expect(tally(asked)).toEqual({ 200: 48 });
    const logins = await Promise.all(
      people.map(({ e164: phone }) => house.at(service).verify(phone, whacenter.codeFor(phone)!)),
    );
    expect(tally(logins)).toEqual({ 200: 48 });
    expect((await service.get('/health/ready')).status).toBe(200);
    await service.stop();
  });

  async function giveSettings(): Promise<void> {
    const name = new URL(pooled.url).pathname.slice(1);
    for (const [setting, value] of Object.entries(USABLE))
      await pooled.query(`ALTER DATABASE ${name} SET ${setting} = '${value}'`);
    await pooler.close();
    pooler = await startFakePooler(pooled.url, 'keeps');
  }

  const settingsWith = (databaseUrl: string) => ({ databaseUrl, databasePool: 2, dataDir: '.data', production: false });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { pino } from 'pino';
import { AuthSecret } from '../../../src/platform/secrets/auth-secret.js';
import { Database } from '../../../src/platform/database/database.js';
import { JobsRepository } from '../../../src/platform/jobs/jobs.repository.js';
import { Jobs } from '../../../src/platform/jobs/jobs.service.js';
import { passUntil } from '../../support/clock.js';
import { type TestDatabase } from '../../support/database.js';
import { type FakeWhacenter } from '../../support/fake-whacenter.js';
import { openHouse, type House } from '../../support/house.js';
import { demandJob, runJob, runsOf, untilScheduled } from '../../support/jobs.js';
import { startOwnPostgres } from '../../support/own-postgres.js';
import { type ServiceProcess } from '../../support/service.js';
import { until } from '../../support/waits.js';

// Two instances at a time run through this file; whoever is stopped by a test is replaced by the next one that needs two.

/** An instance looks for jobs at least this often, in seconds (docs: operations, "Jobs"). */
const LOOK = 5;

let database: TestDatabase;
let house: House<ServiceProcess>;
let whacenter: FakeWhacenter;
/** What runs, by the name of its connections. */
const running = new Map<string, ServiceProcess>();
let started = 0;

beforeAll(async () => {
  house = await openHouse({ AUDIT_RETENTION_DAYS: '40' }, { instances: 0, movingClock: true, ownProcess: true });
  ({ database, fake: whacenter } = house);
  await two();
});

afterAll(async () => house.close());

/** Sees to it that two instances run, and that no job is under way or comes by itself. */
async function two(): Promise<void> {
  while (running.size < 2) {
    const name = `instance-${(started += 1)}`;
    const url = new URL(database.url);
    url.searchParams.set('application_name', name);
    running.set(name, await house.another({ DATABASE_URL: url.href }));
  }
  await untilScheduled(database);
  // Nobody looks at the clock, so a job runs only when a test asks for it.
  await database.query(HOLD_BACK);
  await until('no run of before', async () => {
    const [row] = await database.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM pgboss.job WHERE state IN ('created', 'retry', 'active')`,
    );
    return row!.count === 0;
  });
}

/** Takes one out of the two, to be stopped. */
function taken(name: string): ServiceProcess {
  const service = running.get(name)!;
  running.delete(name);
  return service;
}

/** Stops an instance; it exits with 1, and says so, when that takes longer than ten seconds (docs: operations). */
async function stopped(service: ServiceProcess): Promise<number | null> {
  const { code } = await service.stop('SIGTERM');
  expect(service.output()).not.toContain('Stopping took too long');
  return code;
}

/** The instance whose job waits for the lock on this table. Autovacuum may wait for it, too. */
async function waitingFor(table: string): Promise<string> {
  let name: string | undefined;
  await until('it runs', async () => {
    const [row] = await database.query<{ by: string }>(
      `SELECT application_name AS by FROM pg_locks JOIN pg_stat_activity USING (pid)
        WHERE relation = $1::regclass AND NOT granted AND application_name LIKE 'instance-%'`,
      [table],
    );
    name = row?.by;
    return name !== undefined;
  });
  return name!;
}

/** Writes down each time that somebody clears a table, and by which instance. */
async function watch(table: string): Promise<() => Promise<string[]>> {
  await database.query(`DROP TABLE IF EXISTS watched; CREATE TABLE watched (id serial, by text)`);
  await database.query(
    `CREATE OR REPLACE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN INSERT INTO watched (by) VALUES (current_setting('application_name')); RETURN NULL; END $$`,
  );
  await database.query(
    `CREATE OR REPLACE TRIGGER watch AFTER DELETE ON ${table} FOR EACH STATEMENT EXECUTE FUNCTION watch()`,
  );
  return async () => (await database.query<{ by: string }>('SELECT by FROM watched ORDER BY id')).map(({ by }) => by);
}

/** The next look at the schedules is far away. */
const HOLD_BACK = `UPDATE pgboss.version SET cron_on = test_clock.now() + interval '1 day'`;

const unfinished = async (name: string) =>
  (await runsOf(database, name)).filter(({ state }) => ['created', 'retry', 'active'].includes(state));

describe('several instances', () => {
  it('run a schedule that is due once', async () => {
    await two();
    const cleared = await watch('otp_codes');
    const [began] = await database.query<{ now: Date }>('SELECT test_clock.now()');
    const runs = async () =>
      (await runsOf(database, 'old-codes')).filter(({ started_on }) => started_on === null || started_on >= began!.now);
    // Nobody holds the next look at the clock back: all instances find the same minute due.
    const look = () => database.query('UPDATE pgboss.version SET cron_on = NULL');
    const isDone = async () => (await runs()).some(({ state }) => state === 'completed');
    for (let seconds = 0; seconds < 75 && !(await isDone()); seconds++) {
      await look();
      await house.clock.pass(1);
    }
    for (let times = 0; times < 15; times++) {
      await look();
      await house.clock.pass(1);
    }
    await database.query(HOLD_BACK);
    await house.clock.until('no run under way', async () => (await unfinished('old-codes')).length === 0, LOOK);
    const minutes = await database.query<{ times: number }>(
      `SELECT count(*)::int AS times FROM pgboss.job
        WHERE name = '__pgboss__send-it' AND data->>'name' = 'old-codes' AND created_on >= $1
        GROUP BY date_trunc('minute', created_on)`,
      [began!.now],
    );
    expect(minutes.map(({ times }) => times)).toEqual(minutes.map(() => 1));
    expect(minutes.length).toBeLessThanOrEqual(3);
    expect((await runs()).length).toBeLessThanOrEqual(minutes.length);
    // There is nothing to drop, so each run is one statement.
    expect(await cleared()).toHaveLength((await runs()).length);
  });

  it('never run a job twice at once, however often it is asked for', async () => {
    await two();
    const cleared = await watch('otp_codes');
    const { release } = await database.lock('LOCK TABLE otp_codes IN SHARE MODE');
    try {
      await Promise.all(Array.from({ length: 10 }, () => demandJob(database, 'old-codes')));
      await until('it runs', async () => (await unfinished('old-codes')).some(({ state }) => state === 'active'));
      for (let times = 0; times < 15; times++) {
        await demandJob(database, 'old-codes');
        expect(await unfinished('old-codes')).toHaveLength(1);
        const waiting = await database.query(
          `SELECT 1 FROM pg_stat_activity WHERE query LIKE '%forget_old_codes%' AND wait_event_type = 'Lock'`,
        );
        expect(waiting.length).toBeLessThanOrEqual(1);
        // Together less than its statement may wait for the lock.
        await house.clock.pass(0.2);
      }
      await database.query('DELETE FROM watched');
    } finally {
      await release();
    }
    await until('it ends', async () => (await unfinished('old-codes')).length === 0);
    expect(await cleared()).toHaveLength(1);
  });
});

describe('a job that fails', () => {
  it('is tried again with back-off, and says why without secrets', async () => {
    await two();
    const output = () => [...running.values()].map((service) => service.output()).join('');
    await database.query(
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN RAISE EXCEPTION 'not for +6281234567890' USING DETAIL = 'its owner is Budi Santoso'; END $$;
       CREATE TRIGGER refuse BEFORE DELETE ON idempotency_keys FOR EACH STATEMENT EXECUTE FUNCTION refuse()`,
    );
    await demandJob(database, 'old-idempotency-keys');
    const waiting = async () => (await unfinished('old-idempotency-keys')).find(({ state }) => state === 'retry');
    await until('it fails', async () => (await waiting()) !== undefined);
    const failed = (await waiting())!;
    expect(failed.output).toEqual({ message: 'not for [digits]', endedAt: expect.any(String) });
    const [{ least, most }] = (await database.query<{ least: boolean; most: boolean }>(
      `SELECT start_after > started_on + interval '10 seconds' AS least, start_after < started_on + interval '25 seconds' AS most
         FROM pgboss.job WHERE id = $1`,
      [failed.id],
    )) as [{ least: boolean; most: boolean }];
    expect({ least, most }).toEqual({ least: true, most: true });
    // What its schedule asks for meanwhile is the same run.
    await demandJob(database, 'old-idempotency-keys');
    expect(await unfinished('old-idempotency-keys')).toHaveLength(1);
    await database.query(`UPDATE pgboss.job SET start_after = now() WHERE id = $1`, [failed.id]);
    const again = async () => (await runsOf(database, 'old-idempotency-keys')).find(({ id }) => id === failed.id)!;
    await until('it fails again', async () => (await again()).retry_count === 1 && (await again()).state === 'retry');
    await database.query(`UPDATE pgboss.job SET start_after = now(), retry_count = retry_limit - 1 WHERE id = $1`, [
      failed.id,
    ]);
    await until('it is given up', async () => (await again()).state === 'failed');
    await until('it says so', () => output().includes('"msg":"job failed"'));
    const lines = output()
      .split('\n')
      .filter((line) => line.includes('"msg":"job failed'));
    const said = lines.map((line) => JSON.parse(line) as { level: number; job: string; msg: string; time: string });
    // Either instance may have run it.
    said.sort((a, b) => (a.time < b.time ? -1 : 1));
    expect(said.map(({ level, job, msg }) => ({ level, job, msg }))).toEqual([
      { level: 40, job: 'old-idempotency-keys', msg: 'job failed, it will be tried again' },
      { level: 40, job: 'old-idempotency-keys', msg: 'job failed, it will be tried again' },
      { level: 50, job: 'old-idempotency-keys', msg: 'job failed' },
    ]);
    expect(output()).not.toMatch(/6281234567890|Budi Santoso/);
    // The next time comes all the same.
    await database.query('DROP TRIGGER refuse ON idempotency_keys');
    await runJob(database, 'old-idempotency-keys', house.clock);
  });
});

describe('what the jobs keep', () => {
  beforeEach(two);

  it('is everything that is still valid', async () => {
    const [service] = [...running.values()];
    const owner = await house.person();
    await database.query('DELETE FROM otp_sessions');
    await house.at(service!).code(owner.e164);
    const ages: [string, string, string[]][] = [
      [
        'otp_sessions',
        `(id, phone, purpose, code_hash, client_address, created_at, expires_at, replaced_at)
        SELECT gen_random_uuid(), '+6281299999999', 'login', decode(repeat('ab', 32), 'hex'), '127.0.0.1',
               end_at - interval '5 minutes', end_at, end_at - interval '1 minute' FROM (SELECT now() - $1::interval AS end_at) x`,
        ['23 hours', '25 hours'],
      ],
      [
        'otp_codes',
        `(phone, purpose, updated_at) SELECT '+62812888' || (random() * 99999)::int, 'login', now() - $1::interval`,
        ['24 hours', '26 hours'],
      ],
      [
        'password_budgets',
        `(identifier_key, updated_at) SELECT sha256(random()::text::bytea), now() - $1::interval`,
        ['50 minutes', '70 minutes'],
      ],
      [
        'messages',
        `(id, purpose, recipient, state, created_at, expires_at, closed_at)
        SELECT gen_random_uuid(), 'login', '+6281299999999', 'FAILED', now() - $1::interval, now() - $1::interval, now() - $1::interval`,
        ['1 minute', '25 hours'],
      ],
    ];
    for (const [table, insertion, spans] of ages)
      for (const span of spans) await database.query(`INSERT INTO ${table} ${insertion}`, [span]);
    for (const span of ['29 days', '31 days'])
      await database.query(
        `WITH s AS (INSERT INTO login_sessions (id, user_id, device_id, method, client_address, created_at, last_used_at, idle_expires_at, expires_at)
           SELECT gen_random_uuid(), $1, gen_random_uuid(), 'OTP', '127.0.0.1', t, t, t, t FROM (SELECT now() - $2::interval AS t) x RETURNING id)
         INSERT INTO refresh_tokens (token_hash, session_id) SELECT sha256(id::text::bytea), id FROM s`,
        [owner.id, span],
      );
    const count = async (table: string, where = 'true') =>
      (await database.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table} WHERE ${where}`))[0]!.n;
    const before = { sessions: await count('login_sessions'), tokens: await count('refresh_tokens') };
    for (const name of ['old-codes', 'closed-messages', 'dead-sessions', 'old-password-budgets'])
      await runJob(database, name, house.clock);
    // The release before keeps codes there; the younger of the two is left.
    expect(await count('otp_sessions')).toBe(1);
    expect(await count('otp_codes', `phone = '${owner.e164}' AND current_session_id IS NOT NULL`)).toBe(1);
    expect(await count('otp_codes', `phone LIKE '+62812888%'`)).toBe(1);
    expect(await count('password_budgets')).toBe(1);
    // What is closed leaves the outbox; what a provider has taken had left it before.
    expect(await count('messages', `state <> 'PENDING'`)).toBe(0);
    for (const [recipient, kept] of [
      ['+6281299999999', 2],
      [owner.e164, 1],
    ])
      expect(await count('message_history', `recipient = '${recipient}'`)).toBe(kept);
    expect({ sessions: await count('login_sessions'), tokens: await count('refresh_tokens') }).toEqual({
      sessions: before.sessions - 1,
      tokens: before.tokens - 1,
    });
  });

  it('is the histories as long as they are kept, and the months to come', async () => {
    const months = async () =>
      (
        await database.query<{ name: string }>(
          `SELECT relname AS name FROM pg_class WHERE relnamespace = 'partitions'::regnamespace AND relkind = 'r' ORDER BY 1`,
        )
      ).map(({ name }) => name);
    const all = await months();
    const lost = all.at(-1)!;
    await database.query(`DROP TABLE partitions.${lost}`);
    for (const table of ['audit_events', 'message_history'])
      await database.query(
        `CREATE TABLE partitions.${table}_2020_02 PARTITION OF ${table} FOR VALUES FROM ('2020-02-01Z') TO ('2020-03-01Z')`,
      );
    await runJob(database, 'history-partitions', house.clock);
    expect(await months()).toEqual(all);
  });

  it('is two days of runs', async () => {
    await runJob(database, 'old-codes', house.clock);
    const run = (await runsOf(database, 'old-codes')).at(-1);
    const age = async (span: string) =>
      database.query(`UPDATE pgboss.job SET completed_on = now() - $2::interval WHERE id = $1`, [run!.id, span]);
    const clear = async () => {
      await database.query(`UPDATE pgboss.queue SET maintain_on = NULL`);
      await runJob(database, 'finished-jobs', house.clock);
      return (await runsOf(database, 'old-codes')).some(({ id }) => id === run!.id);
    };
    await age('47 hours');
    expect(await clear()).toBe(true);
    await age('49 hours');
    expect(await clear()).toBe(false);
  });
});

describe('an instance that is killed', () => {
  it('has its job taken over by another one, when its time is over and not before', async () => {
    await two();
    const cleared = await watch('otp_codes');
    const { release } = await database.lock('LOCK TABLE otp_codes IN SHARE MODE');
    await demandJob(database, 'old-codes');
    const victim = taken(await waitingFor('otp_codes'));
    const [survivor] = running.keys();
    await victim.stop('SIGKILL');
    await release();
    await house.clock.pass(LOOK + 1);
    const [left, ...others] = await unfinished('old-codes');
    expect({ state: left!.state, others }).toEqual({ state: 'active', others: [] });
    await database.query('DELETE FROM watched');
    await database.query(`UPDATE pgboss.job SET started_on = started_on - interval '1 minute' WHERE id = $1`, [
      left!.id,
    ]);
    const state = async () => (await unfinished('old-codes'))[0]?.state;
    await house.clock.until('it is noticed', async () => (await state()) === 'retry', LOOK + 1);
    // The pause before it is tried again.
    await database.query(`UPDATE pgboss.job SET start_after = now() WHERE id = $1`, [left!.id]);
    await house.clock.until('it runs again', async () => (await state()) === undefined, LOOK + 1);
    expect(await cleared()).toEqual([survivor]);
    const run = (await runsOf(database, 'old-codes')).find(({ id }) => id === left!.id);
    expect(run).toMatchObject({ state: 'completed', retry_count: 1 });
  });
});

describe('SIGTERM', () => {
  it('ends the service in time while a job hangs and codes are asked for, and hands the job on', async () => {
    await two();
    const people = await house.people(400);
    for (const { e164: phone } of people) whacenter.forNumber(phone, { delayMs: 40 });
    const { release } = await database.lock('LOCK TABLE password_budgets IN SHARE MODE');
    await demandJob(database, 'old-password-budgets');
    const service = taken(await waitingFor('password_budgets'));
    const answers: (number | string)[] = [];
    let over = false;
    const queue = people.values();
    const callers = Array.from({ length: 8 }, async () => {
      for (const { e164: phone } of queue) {
        if (over) return;
        try {
          answers.push((await house.at(service).request(phone)).status);
        } catch (error) {
          answers.push(String((error as Error).cause));
        }
      }
    });
    await until('a load', () => answers.filter((answer) => answer === 200).length >= 30);
    const before = answers.length;
    const ended = stopped(service);
    await until('it takes no more', () => answers.some((answer) => answer !== 200));
    over = true;
    await Promise.all(callers);
    expect(await ended).toBe(0);
    expect(answers.slice(0, before)).toEqual(answers.slice(0, before).map(() => 200));
    await release();
    const [left] = await unfinished('old-password-budgets');
    expect(left?.state).toBe('retry');
    await database.query(`UPDATE pgboss.job SET start_after = now() WHERE id = $1`, [left!.id]);
    await until('it runs elsewhere', async () => (await unfinished('old-password-budgets')).length === 0);
  });

  it('lets a job end that can, and begins no further part of it', async () => {
    await two();
    const cleared = await watch('otp_codes');
    // More than one part, each of which waits for the lock.
    await database.query(
      `INSERT INTO otp_codes (phone, purpose, updated_at)
       SELECT '+62815' || n, 'login', now() - interval '3 days' FROM generate_series(1000001, 1002500) n`,
    );
    await database.query('DELETE FROM watched');
    const { release } = await database.lock('LOCK TABLE otp_codes IN SHARE MODE');
    await demandJob(database, 'old-codes');
    const name = await waitingFor('otp_codes');
    const service = taken(name);
    const ended = stopped(service);
    // It answers nobody any more, and has told its jobs.
    await until('it stops', () =>
      service.get('/health/live').then(
        () => false,
        () => true,
      ),
    );
    await house.clock.pass(1);
    await release();
    expect(await ended).toBe(0);
    expect(await cleared()).toEqual([name]);
    expect(await unfinished('old-codes')).toEqual([]);
    // The rest is for the next time.
    await runJob(database, 'old-codes', house.clock);
    expect(await database.query(`SELECT 1 FROM otp_codes WHERE phone LIKE '+62815%'`)).toEqual([]);
  });

  it('ends a service in time whose database was unavailable twice and then froze during a job', async () => {
    const postgres = await startOwnPostgres();
    const client = () => {
      const connection = new pg.Client({ connectionString: postgres.url });
      connection.on('error', () => undefined);
      return connection;
    };
    const own = {
      query: async (sql: string, values?: unknown[]) => {
        const connection = client();
        await connection.connect();
        try {
          return (await connection.query(sql, values)).rows as never;
        } finally {
          await connection.end();
        }
      },
    };
    let locking: pg.Client | undefined;
    try {
      const service = await house.another({ DATABASE_URL: postgres.url });
      // It has just started, and tells the database of its jobs.
      await postgres.stop();
      await service.pass(2_000);
      await postgres.start();
      await runJob(own, 'closed-messages');
      const complaints = () => service.output().split('jobs were not maintained').length - 1;
      const before = complaints();
      await postgres.stop();
      for (let seconds = 0; seconds < 10; seconds++) await service.pass(1_000);
      await until('it says so', () => complaints() > 0);
      expect((await service.get('/health/live')).status).toBe(200);
      // One line a minute says so, and jobs go on within five seconds of its return.
      const during = complaints();
      expect(during).toBeGreaterThanOrEqual(1);
      expect(during).toBeLessThanOrEqual(before + 1);
      await postgres.start();
      await demandJob(own, 'old-codes');
      const ran = async () => (await runsOf(own, 'old-codes')).some(({ state }) => state === 'completed');
      await passUntil(() => service.pass(1_000), 'it runs', ran, LOOK);
      expect(complaints()).toBe(during);
      const opened = (locking = client());
      await opened.connect();
      const ask = { query: async (sql: string, values?: unknown[]) => (await opened.query(sql, values)).rows as never };
      // Asked for and locked in one instant, so that no look comes between the two.
      await opened.query('BEGIN');
      await demandJob(ask, 'old-password-budgets');
      await opened.query('COMMIT; BEGIN; LOCK TABLE password_budgets IN SHARE MODE');
      await until('it runs', async () => (await runsOf(ask, 'old-password-budgets')).at(-1)?.state === 'active');
      postgres.freeze();
      expect(await stopped(service)).toBe(0);
    } finally {
      postgres.thaw();
      await locking?.end().catch(() => undefined);
      await postgres.remove();
    }
  });
});

describe('a walk', () => {
  /** As an instance has it, with connections of its own. */
  const jobsOf = (pool: pg.Pool, secret = 'the specs share this one: 7f3c9a1e5b8d2046') => {
    const own = new Database(pool);
    return new Jobs(own, new JobsRepository(own), new AuthSecret(secret), pino({ level: 'silent' }));
  };

  it('continues where the last run ended, on any instance, and starts over after the last row', async () => {
    const pool = new pg.Pool({ connectionString: database.url, max: 2 });
    const visited: (string | null)[] = [];
    const step = async (after: string | null) => {
      visited.push(after);
      const next = after === null ? 1 : Number(after.slice(1)) + 1;
      return next > 4 ? null : `+${next}`;
    };
    await jobsOf(pool).walk('spec', 2, step);
    await jobsOf(pool).walk('spec', 2, step);
    await jobsOf(pool).walk('spec', 5, step);
    await jobsOf(pool).walk('spec', 1, step);
    expect(visited).toEqual([null, '+1', '+2', '+3', '+4', null]);
    const [row] = await database.query<{ sealed_place: Buffer }>(
      `SELECT sealed_place FROM walk_places WHERE walk = 'spec'`,
    );
    expect(row!.sealed_place.toString()).not.toContain('+1');
    // A place that nobody can read any more is where it began.
    await jobsOf(pool, 'another secret, which is long enough 12345').walk('spec', 1, step);
    expect(visited.at(-1)).toBeNull();
    await pool.end();
  });

  it('that is interrupted continues after its last complete step', async () => {
    const pool = new pg.Pool({ connectionString: database.url, max: 2 });
    const failing = async (after: string | null) => {
      if (after !== null) throw new Error('no more');
      return 'first';
    };
    await expect(jobsOf(pool).walk('broken', 5, failing)).rejects.toThrow('no more');
    const visited: (string | null)[] = [];
    await jobsOf(pool).walk('broken', 5, async (after) => {
      visited.push(after);
      return null;
    });
    expect(visited).toEqual(['first']);
    await pool.end();
  });
});

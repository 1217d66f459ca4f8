import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import pg from 'pg';
import type { TimesRow } from '../../../src/operations/analytics/overview/overview.repository.js';
import type { Statement, StatementValues } from '../../../src/platform/database/statement.js';
import { createDatabase, type TestDatabase } from '../../support/database.js';

/** The rooms as they are built. */
const built = async <Module>(file: string): Promise<Module> =>
  (await import(join(import.meta.dirname, '..', '..', '..', 'build', file))) as Module;
const { Database } = await built<typeof import('../../../src/platform/database/database.js')>(
  'platform/database/database.js',
);
const { inOrder } = await built<typeof import('../../../src/platform/database/statement.js')>(
  'platform/database/statement.js',
);
const { CodeCountsRepository } = await built<typeof import('../../../src/delivery/outbox/code-counts.repository.js')>(
  'delivery/outbox/code-counts.repository.js',
);
const { RefusalCountsRepository } = await built<
  typeof import('../../../src/records/audit/refusal-counts.repository.js')
>('records/audit/refusal-counts.repository.js');
const { OverviewRepository } = await built<
  typeof import('../../../src/operations/analytics/overview/overview.repository.js')
>('operations/analytics/overview/overview.repository.js');
const { DeliveryRepository } = await built<typeof import('../../../src/operations/analytics/delivery.repository.js')>(
  'operations/analytics/delivery.repository.js',
);
const { stepsOf } = await built<typeof import('../../../src/operations/analytics/overview/overview-figures.js')>(
  'operations/analytics/overview/overview-figures.js',
);
const { Partitions } = await built<typeof import('../../../src/platform/database/partitions.js')>(
  'platform/database/partitions.js',
);

// Figures are put together of counts and of rows. Whatever happens, they are what counting all rows one by one gives, in the same
// snapshot: before the count, after it, and while messages change that were counted.

const ROWS = 4_000;
/** Off by three quarters of an hour: its days begin within an hour. */
const ZONE = 'Asia/Kathmandu';

let database: TestDatabase;
let pool: pg.Pool;
let codes: InstanceType<typeof CodeCountsRepository>;
let refusals: InstanceType<typeof RefusalCountsRepository>;

beforeAll(async () => {
  database = await createDatabase();
  pool = new pg.Pool({ connectionString: database.url, max: 12 });
  const partitions = new Partitions(pool);
  await partitions.ensure(new Date(Date.now() - 31 * 86_400_000));
  await partitions.ensure();
  [codes, refusals] = [new CodeCountsRepository(new Database(pool)), new RefusalCountsRepository(new Database(pool))];
  await pool.query(HISTORY);
  await pool.query(EVENTS);
  await pool.query(
    // Counting begins later than the history, as in a database that has had messages for long.
    `UPDATE codes_counted SET (since, until) = (SELECT at, at FROM date_bin('1 hour', now() - interval '12 days', 'epoch'::timestamptz) AS at)`,
  );
  await pool.query(
    `UPDATE refusals_counted SET until = date_bin('1 hour', now() - interval '31 days', 'epoch'::timestamptz)`,
  );
  await pool.query('DELETE FROM code_recounts');
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

/** Rows of a month, thicker towards the present. */
const HISTORY = `
  INSERT INTO message_history (id, purpose, recipient, state, provider, last_error, attempts, created_at, accept_ms, sent_at,
                               delivered_at, read_at, refused_by, failed_provider, verified_at)
  SELECT md5('m' || n)::uuid, (ARRAY['login', 'login', 'reset', 'phone-change', 'canary', 'text'])[1 + n % 6], '+628' || n,
         (ARRAY['ACCEPTED', 'READ', 'FAILED', 'EXPIRED', 'UNKNOWN', 'SUPPRESSED', 'DELIVERED'])[1 + n % 7]::message_state,
         CASE WHEN n % 7 IN (0, 1, 6) THEN (ARRAY['whapi', 'sms'])[1 + n % 2] END, CASE WHEN n % 7 = 2 THEN 'provider-auth' END, 1, at,
         CASE WHEN n % 7 IN (0, 1, 6) THEN n * 7 % 9000 END, NULL,
         CASE WHEN n % 7 IN (1, 6) THEN at + n % 300 * interval '1 second' END, CASE WHEN n % 7 = 1 THEN at + interval '1 hour' END,
         CASE WHEN n % 5 = 0 THEN ARRAY['whapi'] ELSE '{}' END, CASE WHEN n % 50 = 0 THEN 'whapi' END,
         CASE WHEN n % 3 = 0 THEN at + interval '1 minute' END
    FROM (SELECT n, now() - interval '29 days' * (n::float8 / ${ROWS}) ^ 3 AS at FROM generate_series(1, ${ROWS}) n) AS made`;

const EVENTS = `
  INSERT INTO audit_events (id, occurred_at, type, outcome, detail, count)
  SELECT md5('e' || n)::uuid, now() - interval '29 days' * (n::float8 / ${ROWS}) ^ 3, 'login.otp',
         CASE WHEN n % 3 = 0 THEN 'success' ELSE 'failure' END,
         jsonb_build_object('code', (ARRAY['invalid_otp', 'otp_locked'])[1 + n % 2])
           || CASE WHEN n % 11 = 0 THEN '{"decision":"recorded"}' WHEN n % 13 = 0 THEN '{"decision":"refused"}' ELSE '{}' END::jsonb,
         CASE WHEN n % 4 = 0 THEN n % 5 + 1 END
    FROM generate_series(1, ${ROWS}) n`;

const CODES = `purpose IN ('login', 'reset', 'phone-change') AND state <> 'SUPPRESSED'`;
const ALL = `SELECT created_at, purpose, state, provider, failed_provider, accept_ms, delivered_at, read_at, verified_at FROM messages
              UNION ALL
             SELECT created_at, purpose, state, provider, failed_provider, accept_ms, delivered_at, read_at, verified_at
               FROM message_history`;

/** What the rows say, one by one. */
const BY_ROW = `
  SELECT date_trunc($3, created_at, $4) AS part, count(*)::int AS requested,
         count(*) FILTER (WHERE accept_ms IS NOT NULL OR failed_provider IS NOT NULL)::int AS accepted,
         count(*) FILTER (WHERE (accept_ms IS NOT NULL OR failed_provider IS NOT NULL) AND read_at IS NOT NULL)::int AS read,
         count(*) FILTER (WHERE (accept_ms IS NOT NULL OR failed_provider IS NOT NULL) AND verified_at IS NOT NULL)::int AS verified,
         count(*) FILTER (WHERE state = 'FAILED')::int AS failed
    FROM (${ALL}) m WHERE created_at >= $1 AND created_at < $2 AND ${CODES} GROUP BY 1 ORDER BY 1`;
const p95 = (measure: string, ms: string) => `
  SELECT '${measure}' AS measure, provider, percentile_disc(0.95) WITHIN GROUP (ORDER BY ${ms}) AS p95, count(*)::int AS messages
    FROM (${ALL}) m
   WHERE created_at >= $1 AND created_at < $2 AND ${CODES} AND ${ms} IS NOT NULL AND provider IS NOT NULL
   GROUP BY ROLLUP (provider)`;
const P95 = `${p95('accept', 'accept_ms')}
   UNION ALL ${p95('deliver', '(extract(epoch FROM delivered_at - created_at) * 1000)::int')}`;
const REFUSED = `
  SELECT date_trunc($3, occurred_at, $4) AS part, detail ->> 'code' AS code, sum(coalesce(count, 1))::int AS refusals
    FROM audit_events
   WHERE occurred_at >= $1 AND occurred_at < $2 AND outcome = 'failure' AND coalesce(detail ->> 'decision', 'refused') = 'refused'
   GROUP BY 1, 2`;

/** The funnel of all messages of a span but for tests of a provider, as the rows say it. */
const FUNNEL_BY_ROW = `
  SELECT NULL AS provider, count(*)::int AS requested, count(*) FILTER (WHERE taken)::int AS accepted,
         count(*) FILTER (WHERE taken AND read_at IS NOT NULL)::int AS read,
         count(*) FILTER (WHERE taken AND verified_at IS NOT NULL)::int AS verified,
         count(*) FILTER (WHERE state = 'FAILED')::int AS failed
    FROM (SELECT *, accept_ms IS NOT NULL OR failed_provider IS NOT NULL AS taken FROM (${ALL}) m) m
   WHERE created_at >= $1 AND created_at < $2 AND state <> 'SUPPRESSED' AND purpose <> 'canary'`;

/** Minutes before now at which spans begin and end: on an hour and beside one, within one, and where nothing is counted. */
const SPANS = [
  [7 * 1_440, 0],
  [7 * 1_440 + 13, 1_440 + 41],
  [200, 190],
  [200, 130],
  [60 * 24 * 30, 60 * 24 * 2],
  [60 * 24 * 100, 60 * 24 * 9],
  [60 * 24 * 25, 60 * 24 * 14],
] as const;

/** Rounded up by less than a tenth. */
const isJustAbove = (rounded: number, exact: number) => rounded >= exact && rounded <= exact * 1.1 + 1;

/** Compares the figures with the rows, in one snapshot. */
async function expectExact(
  days: number,
  part: 'hour' | 'day',
  spans: readonly (readonly [number, number])[] = [],
): Promise<number> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const run = async (prepared: Statement<unknown>, values: StatementValues) =>
      (await client.query(prepared.text, inOrder(prepared, values))).rows as never;
    const figures = new OverviewRepository({ run } as never);
    const range = await figures.range(days, part, ZONE);
    const cut = { from: range.from, to: range.to, part, zone: ZONE };
    const values = [cut.from, cut.to, part, ZONE];
    const byPart = Map.groupBy(await figures.codes(cut), (row) => row.part.getTime());
    const counted = [...byPart]
      .sort(([one], [other]) => one - other)
      .map(([at, rows]) => {
        const { requested, accepted, read, verified, failed } = stepsOf(rows, new Map([['whapi', true]]));
        return { part: new Date(at), requested, accepted, read, verified, failed };
      });
    const rows = (await client.query(BY_ROW, values)).rows as typeof counted;
    expect(counted).toEqual(rows);
    const starts = new Set(range.parts.map((at) => at.getTime()));
    expect(counted.filter((row) => !starts.has(row.part.getTime()))).toEqual([]);

    const times = await figures.times(cut);
    const exact = (await client.query<TimesRow>(P95, values.slice(0, 2))).rows.filter(({ messages }) => messages > 0);
    const name = ({ provider, measure, messages }: TimesRow) => [provider, measure, messages].join();
    expect(times.map(name).sort()).toEqual(exact.map(name).sort());
    for (const row of exact) {
      const told = times.find((each) => name(each) === name(row))!.p95;
      expect([told, row.p95, isJustAbove(told, row.p95)]).toEqual([told, row.p95, true]);
    }

    const funnels = new DeliveryRepository({ run } as never);
    for (const [begin, end] of spans) {
      const span = [begin, end].map((minutes) => new Date(cut.to.getTime() - minutes * 60_000)) as [Date, Date];
      const onHours = span.map((at) => new Date(Math.floor(at.getTime() / 3_600_000) * 3_600_000)) as [Date, Date];
      for (const each of [span, onHours]) {
        if (each[0] >= each[1]) continue;
        const [whole] = await funnels.funnel(...each);
        const [exactly] = (await client.query(FUNNEL_BY_ROW, each)).rows;
        expect([each, whole]).toEqual([each, expect.objectContaining(exactly)]);
      }
    }

    const told = (await figures.refusals(cut)).map(({ part: at, code, refusals: count }) => [at, code, count].join());
    const recorded = (await client.query<{ part: Date; code: string; refusals: number }>(REFUSED, values)).rows;
    expect(told.sort()).toEqual(recorded.map(({ part: at, code, refusals: count }) => [at, code, count].join()).sort());
    return rows.reduce((total, { requested }) => total + requested, 0);
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
}

async function expectAllExact(): Promise<void> {
  const of30 = await expectExact(29, 'day', SPANS);
  expect(of30).toBeGreaterThan(ROWS / 3);
  await expectExact(6, 'day');
  await expectExact(0, 'hour');
}

const untilCounted = async (step: () => Promise<boolean>) => {
  while (await step());
};

it('are exact before anything is counted, while it is, and after', async () => {
  await expectAllExact();
  await codes.countNext(100);
  await refusals.countNext(77);
  await expectAllExact();
  await Promise.all([
    untilCounted(() => codes.countNext(24)),
    untilCounted(() => codes.countNext(24)),
    untilCounted(() => refusals.countNext(24)),
    untilCounted(() => refusals.countNext(24)),
  ]);
  const [row] = await database.query<{ codes: number; late: number }>(
    `SELECT (SELECT count(*)::int FROM code_counts) AS codes,
            (SELECT count(*)::int FROM codes_counted WHERE until < now() - interval '2 hours 1 minute') AS late`,
  );
  expect(row).toEqual({ codes: expect.any(Number), late: 0 });
  expect(row!.codes).toBeGreaterThan(500);
  await expectAllExact();
});

it('take in at once what came late, and count its hour anew', async () => {
  // A message of a fresh hour needs no mark.
  await database.query(
    `UPDATE message_history SET read_at = now(), state = 'READ' WHERE created_at > now() - interval '20 minutes'`,
  );
  expect(await database.query('SELECT FROM code_recounts')).toHaveLength(0);
  const late = `created_at < now() - interval '3 hours' AND created_at > now() - interval '20 days' AND get_byte(uuid_send(id), 0) < 20`;
  await database.query(`UPDATE message_history SET read_at = now(), state = 'READ' WHERE ${late}`);
  expect((await database.query('SELECT FROM code_recounts')).length).toBeGreaterThan(20);
  await expectAllExact();
  await untilCounted(() => codes.recount());
  expect(await database.query('SELECT FROM code_recounts')).toHaveLength(0);
  await expectAllExact();
  // Erasure changes nothing that is counted.
  await database.query(
    `UPDATE message_history SET recipient = 'erased', user_id = NULL, otp_session_id = NULL WHERE ${late}`,
  );
  expect(await database.query('SELECT FROM code_recounts')).toHaveLength(0);
});

it('are exact at each moment while receipts come late and two instances count', async () => {
  let busy = true;
  const change = async (seed: number) => {
    for (let n = 0; n < 60; n += 1) {
      const hour = `now() - interval '1 hour' * ${2 + ((seed * 7 + n) % 30)}`;
      const client = await pool.connect();
      try {
        await client.query('BEGIN');
        await client.query(
          n % 3 === 0
            ? `INSERT INTO message_history (id, purpose, recipient, state, provider, attempts, created_at, accept_ms)
               VALUES (gen_random_uuid(), 'login', '+62', 'ACCEPTED', 'sms', 1, ${hour}, ${n})`
            : n % 3 === 1
              ? `UPDATE message_history SET verified_at = now() WHERE id = (SELECT id FROM message_history
                   WHERE created_at > ${hour} AND verified_at IS NULL ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED)`
              : `DELETE FROM message_history WHERE id = (SELECT id FROM message_history
                   WHERE created_at > ${hour} ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED)`,
        );
        await client.query(n % 10 === 9 ? 'ROLLBACK' : 'COMMIT');
      } finally {
        client.release();
      }
    }
  };
  const recount = async () => {
    while (busy) await codes.recount();
  };
  const look = async () => {
    let looks = 0;
    for (; busy; looks += 1) await expectExact(6, 'day', SPANS.slice(1, 2));
    return looks;
  };
  const [counters, looking] = [[recount(), recount()], look()];
  await Promise.all([change(1), change(2), change(3), change(4)]);
  busy = false;
  await Promise.all(counters);
  expect(await looking).toBeGreaterThan(2);
  await untilCounted(() => codes.recount());
  await expectAllExact();
});

/**
 * What the gateway's figures cost with much in the log: `node bench/analytics.mjs [rows]` fills a database of its own with
 * so many lines over 30 days (10 million unless told otherwise), asks the service for them, prints the times and drops it
 * all. Build before it.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { DURATION_BOUNDS } from '../build/records/activity/durations.js';
import { startEmbeddedPostgres } from '../build/platform/embedded-postgres/embedded-postgres.js';
import { applyMigrations } from '../build/platform/database/migrations/migrator.js';
import { Partitions } from '../build/platform/database/partitions.js';
import { startServer, stopServers } from './processes.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const ROWS = Number(process.argv[2] ?? 10_000_000);
const DAYS = 30;
const SESSIONS = 20;
const NUMBERS = 200_000;

/** Calls of each kind; the middle one is printed, and the slowest. */
const CALLS = 15;

const seconds = (since) => ((performance.now() - since) / 1000).toFixed(1);
const day = (ago) => new Date(Date.now() - ago * 86_400_000);

/** Lines as they come in: day by day, in their order, so that indexes grow as they do in life. */
async function fill(client) {
  const each = Math.ceil(ROWS / DAYS);
  for (let ago = DAYS - 1; ago >= 0; ago--) {
    await client.query(
      `INSERT INTO activity_log (id, occurred_at, session_id, session_name, api_key_id, action, status, error, number, ms)
       SELECT gen_random_uuid(), $1::timestamptz + n * interval '1 day' / $2, s.id, s.name, s.api_key_id,
              CASE WHEN n % 1000 = 0 THEN CASE WHEN n % 2000 = 0 THEN 'session.disconnected' ELSE 'session.connected' END
                   ELSE (ARRAY['message.text','message.text','message.text','message.image','message.document','otp.sent','otp.verified','message.received'])[1 + n % 8] END,
              CASE WHEN n % 40 = 0 THEN 'failure' ELSE 'success' END, CASE WHEN n % 40 = 0 THEN 'not_on_whatsapp' END,
              '+62812****' || lpad((n % 997)::text, 3, '0'), (200 + 3000 * random() * random())::int
         FROM generate_series(1, $2::int) AS n JOIN gateway_sessions s ON s.name = 'bench-' || n / 8 % ${SESSIONS}`,
      [`${day(ago).toISOString().slice(0, 10)}T00:00:00Z`, each],
    );
  }
}

/** What the service counts line by line, at once. */
async function count(client) {
  const classOf = `width_bucket(ms - 1, ARRAY[${DURATION_BOUNDS.join()}]) + 1`;
  const classes = [...DURATION_BOUNDS, 0].map((_, at) => `count(*) FILTER (WHERE class = ${at + 1})`);
  const hours = Array.from({ length: 24 }, (_, hour) => `count(*) FILTER (WHERE hour = ${hour})`);
  await client.query(
    `INSERT INTO activity_days (day, session_id, action, status, api_key_id, hours, durations)
     SELECT (occurred_at AT TIME ZONE 'UTC')::date, session_id, action, status, api_key_id, ARRAY[${hours.join()}]::int[], ARRAY[${classes.join()}]::int[]
       FROM (SELECT *, ${classOf} AS class, extract(hour FROM occurred_at AT TIME ZONE 'UTC') AS hour FROM activity_log) AS l GROUP BY 1, 2, 3, 4, 5`,
  );
  await client.query(
    `INSERT INTO activity_numbers (day, session_id, number_hash, number, count)
     SELECT d::date, s.id, sha256(convert_to(n::text, 'UTF8')), '+62812****' || lpad((n % 1000)::text, 3, '0'), 1 + (random() * random() * 40)::int
       FROM generate_series(now() - interval '${DAYS - 1} days', now(), interval '1 day') AS d
      CROSS JOIN gateway_sessions s CROSS JOIN generate_series(1, ${Math.round(ROWS / DAYS / SESSIONS / 20)}) AS k
      CROSS JOIN LATERAL (SELECT k * 7919 % ${NUMBERS} AS n) AS number ON CONFLICT DO NOTHING`,
  );
}

async function time(name, url, path, headers = {}) {
  const times = [];
  for (let at = 0; at < CALLS; at++) {
    const before = performance.now();
    const answer = await fetch(url + path, { headers });
    await answer.arrayBuffer();
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    times.push(performance.now() - before);
  }
  times.sort((a, b) => a - b);
  console.log(
    `  ${name.padEnd(46)} ${times[CALLS >> 1].toFixed(0).padStart(5)} ms, slowest ${times.at(-1).toFixed(0)} ms`,
  );
}

const dataDir = await mkdtemp(join(tmpdir(), 'masuk-bench-'));
const postgres = await startEmbeddedPostgres({ dataDir, log: () => undefined });
const pool = new pg.Pool({ connectionString: postgres.url, max: 2 });
pool.on('error', () => undefined); // A connection that the server ends first.
try {
  await applyMigrations(postgres.url, () => undefined);
  const partitions = new Partitions(pool);
  for (let ago = DAYS + 1; ago >= 0; ago -= 7) await partitions.ensure(day(ago));
  const client = await pool.connect();
  // Loading is not what is measured.
  await client.query('SET synchronous_commit = off');
  await client.query(
    `INSERT INTO gateway_sessions (id, name, api_key_id, sealed_key, pairing_until, created_at)
     SELECT gen_random_uuid(), 'bench-' || n, md5((n % 4)::text)::uuid, '\\x00', now(), now() - interval '40 days' FROM generate_series(0, ${SESSIONS - 1}) AS n`,
  );
  let began = performance.now();
  await fill(client);
  console.log(`  ${ROWS} lines in ${seconds(began)} s`);
  began = performance.now();
  await count(client);
  await client.query('VACUUM ANALYZE activity_log, activity_days, activity_numbers');
  const { rows } = await client.query('SELECT count(*)::int AS counters FROM activity_days');
  console.log(`  counted in ${seconds(began)} s: ${rows[0].counters} counters`);
  client.release();
  const { url } = await startServer({
    script: join(root, 'dist', 'main.js'),
    cwd: dataDir,
    logFile: join(dataDir, 'service.log'),
    env: {
      DATABASE_URL: postgres.url,
      AUTH_SECRET: 'bench-bench-bench-bench-bench-bench-1234',
      NODE_ENV: 'test',
      PORT: '0',
      DATA_DIR: join(dataDir, 'data'),
    },
  });
  const from = `from=${day(DAYS - 1)
    .toISOString()
    .slice(0, 10)}`;
  await time('dashboard, a day', url, '/api/analytics/dashboard');
  await time('dashboard, 30 days', url, `/api/analytics/dashboard?${from}`);
  await time('dashboard, 30 days, one session', url, `/api/analytics/dashboard?${from}&sessionId=bench-3`);
  await time('stats of a session, 30 days', url, `/api/analytics/sessions/bench-3/stats?${from}`);
  await time('activity, newest 50', url, '/api/analytics/logs/activity');
  await time(
    'activity of a session and an action',
    url,
    '/api/analytics/logs/activity?sessionId=bench-3&action=message.image',
  );
  await time('activity of an action that is rare', url, '/api/analytics/logs/activity?action=session.connected');
  await time('activity of an action that there is none of', url, '/api/analytics/logs/activity?action=message.video');
  await time('errors, newest 50', url, '/api/analytics/logs/errors');
  await time(
    'errors, a day ten days ago, as CSV of 1000',
    url,
    `/api/analytics/logs/errors?from=${day(10).toISOString()}&to=${day(9).toISOString()}&limit=1000`,
    { accept: 'text/csv' },
  );
} finally {
  await stopServers();
  await pool.end();
  await postgres.stop();
  await rm(dataDir, { recursive: true, force: true });
}

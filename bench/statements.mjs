/** What the service's statements cost PostgreSQL, as pg_stat_statements counts it. */
import { query } from './databases.mjs';

/** Server settings that the counting needs. */
export const COUNTING = {
  shared_preload_libraries: 'pg_stat_statements',
  'pg_stat_statements.track_planning': 'on',
};

/** A statement of less than this share is left out of the report; %. */
const SMALLEST_SHARE = 0.3;

/** Empties the counters: what comes from now on is counted. */
export async function startCounting(url) {
  await query(url, 'CREATE EXTENSION IF NOT EXISTS pg_stat_statements; SELECT pg_stat_statements_reset()');
}

/** The lines of a report, greatest first, for what was counted while `logins` logins were played. */
export async function statementsReport(url, logins) {
  const rows = await query(
    url,
    `SELECT s.query, s.calls::float8, s.total_exec_time * 1000 AS exec, s.total_plan_time * 1000 AS plan, s.plans::float8,
            s.shared_blks_hit::float8 AS hits, s.wal_bytes::float8 AS wal, s.wal_records::float8
       FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
      WHERE d.datname = current_database() ORDER BY s.total_exec_time + s.total_plan_time DESC`,
  );
  const total = rows.reduce((sum, { exec, plan }) => sum + exec + plan, 0);
  const shown = rows.filter(({ exec, plan }) => (100 * (exec + plan)) / total >= SMALLEST_SHARE);
  return [
    `statements: ${(total / logins).toFixed(0)} µs a login inside PostgreSQL's executor and planner`,
    '  share    calls   run µs  plan µs  plans  pages  WAL bytes  statement (a call each)',
    ...shown.map(({ query: text, calls, exec, plan, plans, hits, wal }) =>
      [
        `${((100 * (exec + plan)) / total).toFixed(1).padStart(5)} %`,
        calls.toFixed(0).padStart(8),
        (exec / calls).toFixed(1).padStart(8),
        (plan / calls).toFixed(1).padStart(8),
        plans.toFixed(0).padStart(6),
        (hits / calls).toFixed(1).padStart(6),
        (wal / calls).toFixed(0).padStart(10),
        ` ${text.replace(/\s+/g, ' ').trim().slice(0, 90)}`,
      ].join(' '),
    ),
  ];
}

/** The part `growth`: the same logins on tables of different sizes. What they cost must not grow with the tables. */
import { setTimeout as sleep } from 'node:timers/promises';
import { postgresSeconds, readPostgres } from './cpu.mjs';
import { withClient } from './databases.mjs';
import { HOT_TABLES } from './growth-tables.mjs';
import { measureHalfLoad } from './half-load.mjs';
import { figure, table } from './report.mjs';
import { FULL_TURN, loginsFor, loginsTable, ratiosTable, rotate, warmUp } from './rotation.mjs';
import { makeService, startTarget } from './targets.mjs';
import { play } from './target-turn.mjs';

/** Rows that are copied. */
const SAMPLE = 500;
/** Rows of one INSERT. */
const AT_ONCE = 50_000;

/** Makes a service for each size, fills its tables, and plays all of them in rotation. */
export async function measureGrowth(stage) {
  const { options, say } = stage;
  const targets = [];
  for (const rows of options.rows) {
    const name = `${rows.toLocaleString('en')} rows`;
    const target = await startTarget(await makeService(stage.place, { name, profile: options.profile[0] }));
    await warmUp(stage, [target], options['warm-up']);
    // So that there are used refresh tokens to copy.
    await play(stage, target, { what: 'refresh', people: FULL_TURN, count: SAMPLE });
    targets.push(target);
    say(`Growth: tables of ${name}`);
    table(
      [
        ['  table', ({ table: filled }) => `  ${filled}`],
        ['rows', ({ rows: count }) => count.toLocaleString('en')],
        ['MB', ({ megabytes }) => figure(megabytes)],
      ],
      await fill(target, rows),
    ).forEach(say);
    say();
  }
  const [people] = options.people;
  const count = loginsFor(people, options.logins);
  const results = await rotate(stage, targets, options.rounds, () => ({ people, count }));
  loginsTable(results).forEach(say);
  say();
  const [smallest, ...larger] = targets.map(({ name }) => name);
  ratiosTable(
    [[people, results]],
    larger.map((name) => [name, smallest]),
  ).forEach(say);
  say();
  const halfLoad = await measureHalfLoad(stage, targets, [[people, results]]);
  return { logins: results, halfLoad, idle: await measureIdle(stage, targets) };
}

/**
 * Fills the tables of a target up to so many rows.
 *
 * @returns of each table its rows and its size with all indexes; a table that logins leave empty stays so
 */
function fill(target, rows) {
  return withClient(target.databaseUrl, async (client) => {
    const ask = async (sql) => (await client.query(sql)).rows;
    // Loading is not what is measured. The rows fit each other, so foreign keys need not be looked up.
    await ask(`SET synchronous_commit = off; SET session_replication_role = replica`);
    const filled = [];
    for (const [name, own] of Object.entries(HOT_TABLES)) {
      await ask(
        `CREATE TEMP TABLE sample AS SELECT *, row_number() OVER () AS sample_row FROM (SELECT * FROM ${name} LIMIT ${SAMPLE}) s`,
      );
      const [{ sampled }] = await ask('SELECT count(*)::int AS sampled FROM sample');
      const [{ there }] = await ask(`SELECT count(*)::int AS there FROM ${name}`);
      if (sampled > 0) await multiply(ask, { name, own, sampled, from: there + 1, to: rows });
      await ask('DROP TABLE sample');
      filled.push(name);
    }
    await ask('VACUUM ANALYZE');
    await ask('CHECKPOINT');
    const sizes = [];
    for (const name of filled) sizes.push(await sizeOf(ask, name));
    return sizes;
  });
}

/** Appends copies of the sample, with columns of their own, as the rows of these numbers. */
async function multiply(ask, { name, own, sampled, from, to }) {
  const columns = await ask(
    `SELECT attname AS column FROM pg_attribute
      WHERE attrelid = '${name}'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''`,
  );
  const names = columns.map(({ column }) => column);
  const values = names.map((column) => own[column] ?? `s.${column}`);
  for (let at = from; at <= to; at += AT_ONCE) {
    await ask(
      `INSERT INTO ${name} (${names.join()}) SELECT ${values.join()}
         FROM generate_series(${at}, ${Math.min(to, at + AT_ONCE - 1)}) n JOIN sample s ON s.sample_row = n % ${sampled} + 1`,
    );
  }
}

/** The rows of a table and its size; a partitioned one is as large as its partitions. */
async function sizeOf(ask, name) {
  const [{ rows, bytes }] = await ask(
    `SELECT (SELECT count(*)::int FROM ${name}) AS rows,
            (pg_total_relation_size('${name}') +
             (SELECT coalesce(sum(pg_total_relation_size(inhrelid)), 0) FROM pg_inherits WHERE inhparent = '${name}'::regclass))::float8 AS bytes`,
  );
  return { table: name, rows, megabytes: bytes / 1024 ** 2 };
}

/** What the jobs of every minute cost while nobody logs in, one target after the other. */
async function measureIdle({ options, say, database }, targets) {
  say(`CPU of PostgreSQL in ${options.idle} s without a request`);
  const rows = [];
  for (const target of targets) {
    const before = readPostgres(database.pid);
    await sleep(options.idle * 1000);
    const seconds = postgresSeconds(before, readPostgres(database.pid), target.database);
    rows.push({ target: target.name, milliseconds: seconds === null ? null : seconds * 1000 });
  }
  table(
    [
      ['target', ({ target }) => target],
      ['ms', ({ milliseconds }) => figure(milliseconds)],
    ],
    rows,
  ).forEach(say);
  say();
  return rows;
}

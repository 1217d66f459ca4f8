/**
 * `npm run bench`: whole logins a second against a bare ceiling, on this machine, in one run. See README.md.
 *
 * --rounds N        measured rounds (3)
 * --logins N        logins a round and target (3000)
 * --concurrency N   people at a time (16)
 * --profile NAME    compat, strict or both (both)
 * --against FOLDER  another built checkout, measured in turn with this one, to see what a change does
 * --no-ceiling      leave the ceiling out
 * --cpu             afterwards: a CPU profile of the service
 * --sql             afterwards: what each statement costs PostgreSQL
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { profileDuring, profileReport, summarize } from './cpu-profile.mjs';
import { cpuOf, cpuOfFamily, errorsOf, runToEnd, stopServers } from './processes.mjs';
import { mediansReport, ratiosReport, tableHead, tableLine } from './report.mjs';
import { COUNTING, startCounting, statementsReport } from './statements.mjs';
import { query, startCeiling, startDatabase, startProvider, startService } from './targets.mjs';

/** What the service allows a phone in an hour is 5; the bench stays under it. */
const LOGINS_A_USER = 4;
const USERS_AT_LEAST = 500;
const WARM_UP_LOGINS = 1_500;

/** Something hangs if the bench takes longer than this; ms. */
const PATIENCE = 175_000;

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    logins: { type: 'string', default: '3000' },
    concurrency: { type: 'string', default: '16' },
    profile: { type: 'string', default: 'both' },
    against: { type: 'string' },
    'no-ceiling': { type: 'boolean', default: false },
    cpu: { type: 'boolean', default: false },
    sql: { type: 'boolean', default: false },
  },
});
const rounds = whole('rounds');
const logins = whole('logins');
const concurrency = whole('concurrency');
const profiles = options.profile === 'both' ? ['compat', 'strict'] : [options.profile];
/** Each turn has users of its own, so that no turn meets the limits of another. */
const usersATurn = Math.max(USERS_AT_LEAST, Math.ceil(Math.max(logins, WARM_UP_LOGINS) / LOGINS_A_USER));

function whole(name) {
  const value = Number(options[name]);
  if (Number.isInteger(value) && value > 0) return value;
  console.error(`--${name} must be a whole number above 0`);
  process.exit(2);
}

const say = (line = '') => console.log(line);

/** Starts everything; what is started is stopped by `main`. */
async function setUp(folder, whenStopped) {
  const database = await startDatabase(join(folder, 'database'), options.sql ? COUNTING : {});
  whenStopped(database.stop);
  const provider = await startProvider(folder);
  const turns = rounds + 2;
  const common = { folder, serverUrl: database.url, providerUrl: provider.url, users: usersATurn * turns };
  const targets = options['no-ceiling'] ? [] : [await startCeiling(common)];
  for (const profile of profiles) {
    targets.push(await startService({ ...common, name: profile, profile, profiled: options.cpu }));
    if (options.against === undefined) continue;
    targets.push(
      await startService({ ...common, name: `${profile} there`, profile, checkout: resolve(options.against) }),
    );
  }
  return { database, provider, targets };
}

/** A login takes some 20 ms of a busy service, and under strict 300 ms of waiting. */
const WAITING_FACTOR = 16;

/** Plays logins against one target, with the users of one turn. */
async function play({ database, provider }, target, turn, count) {
  // Under strict a code leaves 0.1 to 0.5 s after the answer: as many more people wait for theirs at a time.
  const people = target.name.startsWith('strict') ? concurrency * WAITING_FACTOR : concurrency;
  const order = { base: target.url, provider: provider.url, logins: count, concurrency: people, users: usersATurn };
  const clocks = () => ({
    target: cpuOf(target.child.pid),
    database: cpuOfFamily(database.pid),
    provider: cpuOf(provider.child.pid),
  });
  const before = clocks();
  const output = await runToEnd(join(import.meta.dirname, 'login-load.mjs'), {
    args: [JSON.stringify({ ...order, first: turn * usersATurn })],
  });
  const after = clocks();
  const result = JSON.parse(output);
  const micros = (seconds) => (seconds * 1e6) / count;
  const cpu = { load: micros(result.cpuSeconds) };
  for (const name of Object.keys(after)) cpu[name] = micros(after[name] - before[name]);
  if (result.succeeded < count) {
    const said = [...result.failures.map(([text, times]) => `  ${times} × ${text}`), ...(await errorsOf(target))];
    throw new Error(
      `${count - result.succeeded} of ${count} logins failed against ${target.name}:\n${said.join('\n')}`,
    );
  }
  return { ...result, cpu };
}

async function compare(stage) {
  const { targets } = stage;
  for (const target of targets) {
    await play(stage, target, 0, WARM_UP_LOGINS);
    // As autovacuum does within a minute: plans made for empty tables are given up.
    await query(target.databaseUrl, 'ANALYZE');
  }
  say(tableHead());
  const results = [];
  for (let round = 1; round <= rounds; round++) {
    for (const target of targets) {
      const result = { round, target: target.name, ...(await play(stage, target, round, logins)) };
      results.push(result);
      say(tableLine(result));
    }
  }
  say();
  mediansReport(results).forEach(say);
  say();
  if (!options['no-ceiling']) ratiosReport(results, 'ceiling').forEach(say);
  if (options.against !== undefined) {
    for (const profile of profiles) {
      const pair = results.filter(({ target }) => target.startsWith(profile));
      ratiosReport(pair, `${profile} there`).forEach(say);
    }
  }
}

/** One more turn, looked at from inside. Not among the measured ones: looking costs time. */
async function lookInside(stage) {
  for (const profile of profiles) {
    const target = stage.targets.find(({ name }) => name === profile);
    if (options.sql) await startCounting(target.databaseUrl);
    const turn = () => play(stage, target, rounds + 1, logins);
    const taken = options.cpu ? await profileDuring(target.child, turn) : await turn();
    say();
    if (options.cpu) {
      const file = join(os.tmpdir(), `masuk-${profile}.cpuprofile`);
      await writeFile(file, JSON.stringify(taken));
      say(`${profile}: profile kept in ${file}`);
      profileReport(summarize(taken), logins).forEach(say);
    }
    if (options.sql) (await statementsReport(target.databaseUrl, logins)).forEach(say);
  }
}

async function main() {
  const folder = await mkdtemp(join(os.tmpdir(), 'masuk-bench-'));
  const endings = [];
  let ending;
  const tidy = () =>
    (ending ??= (async () => {
      await stopServers();
      for (const end of endings) await end();
      await rm(folder, { recursive: true, force: true });
    })());
  const breakOff = (why) => {
    console.error(why);
    void tidy().finally(() => process.exit(1));
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => breakOff(`stopped by ${signal}`));
  setTimeout(() => breakOff(`the bench takes longer than ${PATIENCE / 1000} s: stopped`), PATIENCE).unref();
  try {
    const load = os.loadavg().map((value) => value.toFixed(1));
    say(`Node ${process.version}, ${os.cpus().length} × ${os.cpus()[0]?.model}, load before: ${load.join(' ')}`);
    say(`${logins} logins a turn, ${concurrency} at a time, ${usersATurn} users a turn; ms; CPU in µs a login`);
    say();
    const stage = await setUp(folder, (end) => endings.push(end));
    await compare(stage);
    if (options.cpu || options.sql) await lookInside(stage);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  } finally {
    await tidy();
  }
}

await main();

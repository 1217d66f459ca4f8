/**
 * `npm run bench`: whole logins, and what else the service does, beside a bare ceiling and Better Auth, on this machine,
 * in one run. README.md explains the options and how to read the figures.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import { join, resolve } from 'node:path';
import { TOLD } from './cpu.mjs';
import { measureConsole } from './console.mjs';
import { startDatabase } from './databases.mjs';
import { measureGrowth } from './growth.mjs';
import { measureHalfLoad } from './half-load.mjs';
import { profileTurns } from './profiling.mjs';
import { compareLogins } from './logins.mjs';
import { readOptions } from './options.mjs';
import { PEER, makePeer } from './peer.mjs';
import { stopServers } from './processes.mjs';
import { measureIdle } from './idle.mjs';
import { warmUp } from './rotation.mjs';
import { measureRoutes } from './routes.mjs';
import { COUNTING } from './statements.mjs';
import { makeCeiling, makeService, startProvider, startTarget } from './targets.mjs';

const MINUTE = 60_000;

const say = (line = '') => console.log(line);

/** The options, or the end of it. */
function optionsOrExit() {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${error.message} (bench/README.md explains the options)`);
    process.exit(2);
  }
}

/** PostgreSQL and the provider, and where everything is kept; what is started is stopped by `main`. */
async function setUp(options, folder, whenStopped) {
  const database = await startDatabase(join(folder, 'database'), options.sql ? COUNTING : {});
  whenStopped(database.stop);
  const provider = await startProvider(folder);
  return { options, say, database, provider, place: { folder, serverUrl: database.url, providerUrl: provider.url } };
}

/** All that is compared, not started yet: the ceiling, ours under each profile, and the peer. */
async function makeTargets({ options, place }) {
  const targets = options['no-ceiling'] ? [] : [await makeCeiling(place)];
  for (const profile of options.profile) {
    targets.push(await makeService(place, { name: profile, profile, profiled: options.cpu }));
    if (options.against === undefined) continue;
    const checkout = resolve(options.against);
    targets.push(await makeService(place, { name: `${profile} there`, profile, checkout }));
  }
  if (!options['no-peer']) targets.push(await makePeer(place));
  return targets;
}

/** Runs the parts that were asked for; @returns their results by part */
async function runParts(stage) {
  const { options } = stage;
  const wanted = (...parts) => parts.some((part) => options.parts.includes(part));
  const results = { machine: machine(), options };
  const targets = wanted('logins', 'half-load', 'routes', 'idle') ? await makeTargets(stage) : [];
  const [profile] = options.profile;
  const oneProfile = targets.filter(
    ({ name }) => !options.profile.includes(name.split(' ')[0]) || name.startsWith(profile),
  );
  if (wanted('logins', 'half-load', 'routes')) {
    for (const target of targets) await startTarget(target);
    await warmUp(stage, targets, options['warm-up']);
    if (wanted('logins')) results.logins = await compareLogins(stage, targets);
    if (wanted('half-load')) results.halfLoad = await measureHalfLoad(stage, targets, results.logins ?? []);
    if (wanted('routes'))
      results.routes = await measureRoutes(
        stage,
        oneProfile.filter(({ name }) => name !== PEER),
      );
    if (options.cpu || options.sql) await profileTurns(stage, targets);
    for (const target of targets) await target.stop();
  }
  if (wanted('idle')) results.idle = await measureIdle(stage, oneProfile);
  if (wanted('growth')) results.growth = await measureGrowth(stage);
  if (wanted('console')) results.console = await measureConsole(stage);
  return results;
}

const machine = () => `Node ${process.version}, ${os.cpus().length} × ${os.cpus()[0]?.model}`;

function introduce({ people, rounds, logins }) {
  const load = os.loadavg().map((value) => value.toFixed(1));
  say(`${machine()}, load before: ${load.join(' ')}`);
  say(`${rounds} rounds, ${logins} logins a turn, by ${people.join(', ')} people at a time`);
  if (!TOLD)
    say('This system has no /proc, so what processes use (CPU, memory) is not known here: a dash stands for it.');
  say();
}

async function main() {
  const options = optionsOrExit();
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
  const { minutes } = options;
  setTimeout(() => breakOff(`stopped after ${minutes} minutes (--minutes)`), minutes * MINUTE).unref();
  try {
    introduce(options);
    const stage = await setUp(options, folder, (end) => endings.push(end));
    const results = await runParts(stage);
    if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(results, null, 2)}\n`);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  } finally {
    await tidy();
  }
}

await main();

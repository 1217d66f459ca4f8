/**
 * What is measured: the bare ceiling and the built service, each on a database of its own in one PostgreSQL. A target is
 * made (database, tables, how to start it), and then started as often as a part of the bench wants.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { hash } from '@node-rs/argon2';
import { createDatabase, query } from './databases.mjs';
import { PASSWORD, digitsInSql } from './phones.mjs';
import { runToEnd, startServer } from './processes.mjs';

const BENCH = import.meta.dirname;
const OURS = join(BENCH, '..');

/** As the service hashes passwords: 19 MiB, two passes, one lane. One hash for everybody. */
const passwordHash = await hash(PASSWORD, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });

export async function startProvider(folder) {
  const script = join(BENCH, 'fake-provider.mjs');
  return startServer({ script, env: {}, cwd: folder, logFile: join(folder, 'provider.log') });
}

/**
 * The bare ceiling.
 *
 * @param place where the bench works: `folder`, `serverUrl` (of PostgreSQL), `providerUrl`
 */
export async function makeCeiling({ folder, serverUrl, providerUrl }) {
  const database = 'ceiling';
  const databaseUrl = await createDatabase(serverUrl, database);
  await query(databaseUrl, await readFile(join(BENCH, 'bare-ceiling.sql'), 'utf8'));
  return {
    name: 'ceiling',
    kind: 'masuk',
    readyPath: '/health/ready',
    ...{ database, databaseUrl },
    server: {
      script: join(BENCH, 'bare-ceiling.mjs'),
      env: { DATABASE_URL: databaseUrl, PROVIDER_URL: providerUrl, PORT: '0' },
      cwd: folder,
      logFile: join(folder, 'ceiling.log'),
    },
    usersSql: (numbers) => `
      INSERT INTO fl_user (phone, name, password_hash)
      SELECT ${digitsInSql('n')}, 'User ' || n, '${passwordHash}' FROM ${numbers}`,
  };
}

/**
 * Our service as production runs it: limits, audit and logs on, every default as it is. Only where it listens and
 * whom it calls is ours, and how many messages it may send in a day: a long bench sends more than the default allows.
 *
 * @param place as for the ceiling
 * @param checkout a folder with a built `dist/`
 * @param profile `strict` is production's default; `compat` also tells which numbers are unknown
 */
export async function makeService(
  { folder, serverUrl, providerUrl },
  { name, profile, checkout = OURS, profiled = false },
) {
  const label = name.toLowerCase().replace(/\W+/g, '_');
  const database = `masuk_${label}`;
  const databaseUrl = await createDatabase(serverUrl, database);
  await runToEnd(join(checkout, 'dist', 'cli', 'db-migrate.js'), { env: { DATABASE_URL: databaseUrl }, cwd: folder });
  const home = join(folder, label);
  await mkdir(home);
  return {
    name,
    kind: 'masuk',
    readyPath: '/health/ready',
    // Under strict the answer comes first, and the code 0.1 to 0.5 s after it.
    codesComeLater: profile === 'strict',
    ...{ database, databaseUrl },
    server: {
      // A profile tells files apart; the bundle has few.
      script: join(checkout, profiled ? 'build' : 'dist', 'main.js'),
      args: profiled ? ['--import', pathToFileURL(join(BENCH, 'profile-agent.mjs')).href] : [],
      ipc: profiled,
      cwd: home,
      logFile: join(home, 'service.log'),
      env: {
        NODE_ENV: 'production',
        DRAIN_TIME: '0',
        AUTH_PROFILE: profile,
        PORT: '0',
        HOST: '127.0.0.1',
        PUBLIC_URL: 'https://masuk.example.org',
        DATABASE_URL: databaseUrl,
        DATA_DIR: home,
        AUTH_SECRET: randomBytes(48).toString('hex'),
        SEED_DEMO: 'none',
        SERVICE_SENDS_PER_DAY: '1000000',
        WHATSAPP_PROVIDERS: 'whacenter',
        WHATSAPP_DEVICE_ID: randomBytes(16).toString('hex'),
        WHACENTER_BASE_URL: providerUrl,
      },
    },
    usersSql: (numbers) => `
      INSERT INTO users (id, phone, full_name, password_hash)
      SELECT gen_random_uuid(), '+' || ${digitsInSql('n')}, 'User ' || n, '${passwordHash}' FROM ${numbers}`,
  };
}

/** Starts a target and waits until it listens: from then on it has `url`, `child` and `stop`. */
export async function startTarget(target) {
  return Object.assign(target, await startServer(target.server));
}

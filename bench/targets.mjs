/** What is measured: the bare ceiling and the built service, each on a database of its own in one PostgreSQL. */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { digitsInSql } from './phones.mjs';
import { parentOf, runToEnd, startServer } from './processes.mjs';

const BENCH = import.meta.dirname;
const OURS = join(BENCH, '..');

/**
 * The embedded PostgreSQL, on a folder of its own.
 *
 * @param settings server settings beyond the service's own; they need a restart, which is done here
 * @returns its address, the number of its first process, and a way to stop it
 */
export async function startDatabase(folder, settings = {}) {
  const { startEmbeddedPostgres } = await import('../dist/database/embedded-postgres.js');
  const start = () => startEmbeddedPostgres({ dataDir: folder, log: () => undefined });
  let server = await start();
  if (Object.keys(settings).length > 0) {
    for (const [name, value] of Object.entries(settings))
      await query(server.url, `ALTER SYSTEM SET ${name} = '${value}'`);
    await server.stop();
    server = await start();
  }
  return { url: server.url, pid: await firstProcess(server.url), stop: server.stop };
}

/** The number of a server's first process: the parent of the one that answers us. */
async function firstProcess(url) {
  return withClient(url, async (client) => {
    const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
    return parentOf(rows[0].pid);
  });
}

/** Runs SQL on a connection of its own. */
export async function query(url, sql) {
  return withClient(url, async (client) => (await client.query(sql)).rows);
}

async function withClient(url, work) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** A database beside the others; @returns its address */
async function createDatabase(serverUrl, name) {
  await query(serverUrl, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = name;
  return url.href;
}

export async function startProvider(folder) {
  return startServer({
    script: join(BENCH, 'fake-provider.mjs'),
    env: {},
    cwd: folder,
    logFile: join(folder, 'provider.log'),
  });
}

export async function startCeiling({ folder, serverUrl, providerUrl, users }) {
  const databaseUrl = await createDatabase(serverUrl, 'ceiling');
  await query(databaseUrl, await readFile(join(BENCH, 'bare-ceiling.sql'), 'utf8'));
  await query(
    databaseUrl,
    `INSERT INTO fl_user (phone, name) SELECT ${digitsInSql('n')}, 'User ' || n FROM generate_series(0, ${users - 1}) n;
     ANALYZE`,
  );
  const server = await startServer({
    script: join(BENCH, 'bare-ceiling.mjs'),
    env: { DATABASE_URL: databaseUrl, PROVIDER_URL: providerUrl },
    cwd: folder,
    logFile: join(folder, 'ceiling.log'),
  });
  return { name: 'ceiling', databaseUrl, ...server };
}

/**
 * Our service as production runs it: limits, audit and logs on, every default as it is. Only where it listens and
 * whom it calls is ours.
 *
 * @param checkout a folder with a built `dist/`
 * @param profile `strict` is production's default; `compat` also tells which numbers are unknown
 */
export async function startService({
  name,
  profile,
  checkout = OURS,
  folder,
  serverUrl,
  providerUrl,
  users,
  profiled = false,
}) {
  const databaseUrl = await createDatabase(serverUrl, `masuk_${name.replace(/\W/g, '_')}`);
  await runToEnd(join(checkout, 'dist', 'cli', 'db-migrate.js'), { env: { DATABASE_URL: databaseUrl }, cwd: folder });
  await query(databaseUrl, insertUsers(users));
  const home = join(folder, name);
  await mkdir(home);
  const server = await startServer({
    script: join(checkout, 'dist', 'main.js'),
    args: profiled ? ['--import', pathToFileURL(join(BENCH, 'profile-agent.mjs')).href] : [],
    ipc: profiled,
    cwd: home,
    logFile: join(home, 'service.log'),
    env: {
      NODE_ENV: 'production',
      AUTH_PROFILE: profile,
      PORT: '0',
      HOST: '127.0.0.1',
      DATABASE_URL: databaseUrl,
      DATA_DIR: home,
      AUTH_SECRET: randomBytes(48).toString('hex'),
      SEED_DEMO: 'none',
      WHATSAPP_PROVIDERS: 'whacenter',
      WHATSAPP_DEVICE_ID: randomBytes(16).toString('hex'),
      WHACENTER_BASE_URL: providerUrl,
    },
  });
  return { name, databaseUrl, ...server };
}

function insertUsers(count) {
  return `
    INSERT INTO users (id, phone, full_name)
    SELECT gen_random_uuid(), '+' || ${digitsInSql('n')}, 'User ' || n FROM generate_series(0, ${count - 1}) n;
    ANALYZE`;
}

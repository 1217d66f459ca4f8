/**
 * `npm run demo [-- --port 5000] [--folder .data/demo] [--keep]`: a service on a database with a year of made-up data, to look
 * around in. Each start makes the data anew, up to now, unless they are to be kept. Nothing leaves this machine.
 */
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { environmentOf, Refused, refuseProduction, takeFolder } from './demo/surroundings.mjs';
import { becomeService } from './service-process.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

const say = (line = '') => process.stdout.write(`${line}\n`);

function readOptions() {
  const options = {
    port: { type: 'string', default: process.env.PORT ?? '5000' },
    folder: { type: 'string', default: '.data/demo' },
    keep: { type: 'boolean', default: false },
  };
  try {
    const { values } = parseArgs({ options });
    return { ...values, folder: resolve(root, values.folder) };
  } catch (error) {
    throw new Refused(`${error.message}\nusage: npm run demo [-- --port 5000] [--folder .data/demo] [--keep]`);
  }
}

/** Makes the data in the folder's PostgreSQL, which the service then starts again. */
async function makeData(folder, keep) {
  const { startEmbeddedPostgres } = await import('../build/platform/embedded-postgres/embedded-postgres.js');
  const { applyMigrations } = await import('../build/platform/database/migrations/migrator.js');
  const { loadAuthSecret } = await import('../build/platform/secrets/auth-secret.js');
  const { fillDatabase } = await import('./demo/fill.mjs');
  const server = await startEmbeddedPostgres({ dataDir: folder, log: () => undefined });
  try {
    if (keep && (await isFilled(server.url))) return;
    say('Making a year of data …');
    const began = performance.now();
    await makeDatabaseAnew(server.url);
    await applyMigrations(server.url, () => undefined);
    await fillDatabase({ url: server.url, secret: loadAuthSecret({ dataDir: folder }) });
    say(`Made in ${((performance.now() - began) / 1000).toFixed(1)} s.`);
  } finally {
    await server.stop();
  }
}

async function isFilled(url) {
  const { rows } = await query(url, `SELECT to_regclass('users') IS NOT NULL AS migrated`);
  return rows[0].migrated && (await query(url, 'SELECT FROM users LIMIT 1')).rowCount > 0;
}

async function makeDatabaseAnew(url) {
  const { pathname } = new URL(url);
  const name = pg.escapeIdentifier(pathname.slice(1));
  const server = new URL(url);
  server.pathname = '/postgres';
  await query(server.href, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  await query(server.href, `CREATE DATABASE ${name}`);
}

async function query(url, sql) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}

async function tellLogins(port) {
  const { STAFF } = await import('./demo/people.mjs');
  say();
  say(`  The console          http://localhost:${port}/admin   log in by code, with one of these numbers:`);
  for (const { role, fullName, phone } of STAFF) say(`  ${role.padEnd(20)} ${phone.replace('+62', '0')}   ${fullName}`);
  say(`  The codes            http://localhost:${port}/dev/inbox   nothing is sent to a phone`);
}

async function main() {
  const { port, folder, keep } = readOptions();
  const { readVariables } = await import('../build/platform/config/variables.js');
  refuseProduction(readVariables());
  takeFolder(folder);
  await makeData(folder, keep);
  await tellLogins(port);
  // Where no .env is: the service reads the one of the folder in which it starts.
  process.chdir(folder);
  becomeService(join(root, 'dist', 'main.js'), [], environmentOf({ port, folder }, process.env));
}

main().catch((error) => {
  process.stderr.write(`${error instanceof Refused ? error.message : error.stack}\n`);
  process.exitCode = 1;
});

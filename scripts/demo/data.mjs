/** The database of a demo: an embedded PostgreSQL in the folder of the demo, emptied and filled. */
import pg from 'pg';
import { applyMigrations } from '../../build/platform/database/migrations/migrator.js';
import { startEmbeddedPostgres } from '../../build/platform/embedded-postgres/embedded-postgres.js';
import { loadAuthSecret } from '../../build/platform/secrets/auth-secret.js';
import { fillDatabase } from './fill.mjs';
import { Refused } from './surroundings.mjs';

/**
 * Makes the data in the folder's PostgreSQL, which the service then starts again.
 *
 * @param keep whether data that are there stay
 * @param say told how it goes
 * @param look gets the address of the filled database before it is stopped
 * @returns what `look` found
 * @throws Refused when the server does not start, as beside another demo
 */
export async function makeData(folder, { keep = false, say = () => undefined, look = () => undefined } = {}) {
  const server = await startEmbeddedPostgres({ dataDir: folder, log: () => undefined }).catch(({ message }) => {
    // Its messages say what to do.
    throw new Refused(message);
  });
  try {
    if (!keep || !(await isFilled(server.url))) await makeAnew(server.url, folder, say);
    return await look(server.url);
  } finally {
    await server.stop();
  }
}

async function makeAnew(url, folder, say) {
  say('Making a year of data …');
  const began = performance.now();
  const name = pg.escapeIdentifier(new URL(url).pathname.slice(1));
  const server = new URL(url);
  server.pathname = '/postgres';
  await ask(server.href, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  await ask(server.href, `CREATE DATABASE ${name}`);
  await applyMigrations(url, () => undefined);
  await fillDatabase({ url, secret: loadAuthSecret({ dataDir: folder }) });
  say(`Made in ${((performance.now() - began) / 1000).toFixed(1)} s.`);
}

async function isFilled(url) {
  const [{ migrated }] = await ask(url, `SELECT to_regclass('users') IS NOT NULL AS migrated`);
  return migrated && (await ask(url, 'SELECT FROM users LIMIT 1')).length > 0;
}

async function ask(url, sql) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

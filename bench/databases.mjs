/** The embedded PostgreSQL of the bench, and the databases in it. */
import pg from 'pg';
import { parentOf } from './cpu.mjs';

/**
 * Starts the embedded PostgreSQL on a folder of its own.
 *
 * @param settings server settings beyond the service's own; they need a restart, which is done here
 * @returns its address, the number of its first process, and a way to stop it
 */
export async function startDatabase(folder, settings = {}) {
  const { startEmbeddedPostgres } = await import('../build/platform/embedded-postgres/embedded-postgres.js');
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

/** Runs SQL on a connection of its own; @returns the rows */
export async function query(url, sql) {
  return withClient(url, async (client) => (await client.query(sql)).rows);
}

/** Does something with a connection of its own, which is closed afterwards. */
export async function withClient(url, work) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Makes a database beside the others; @returns its address */
export async function createDatabase(serverUrl, name) {
  await query(serverUrl, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = name;
  return url.href;
}

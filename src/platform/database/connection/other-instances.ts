import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { readDatabaseAddress } from '../../config/database/database-address.js';
import { connectionOptions, settledUrl } from './connection.js';
import { inWords } from './connection-failure.js';

/** Connections that a process has just closed are seen a moment longer, in ms. */
const CLOSING = 2_000;

/** Connections of this service's kind, besides the one that asks. */
const OTHERS = `
  SELECT count(*)::int AS count FROM pg_stat_activity
   WHERE datname = current_database() AND application_name = current_setting('application_name') AND pid <> pg_backend_pid()`;

/** Somebody else works on the database with the connections of an instance. */
export class OtherInstances extends Error {
  override readonly name = 'OtherInstances';
}

/**
 * Makes sure, before this process opens the database, that no instance uses it.
 *
 * @param databaseUrl past any pooler: a pooler keeps connections of instances that are gone
 * @throws OtherInstances; DatabaseUnreachable; the server's own error
 */
export async function refuseBesideOthers(databaseUrl: string): Promise<void> {
  const { where } = readDatabaseAddress('DATABASE_URL', databaseUrl);
  const client = new pg.Client(connectionOptions(await settledUrl(databaseUrl)));
  client.on('error', () => undefined);
  try {
    await client.connect();
    const until = performance.now() + CLOSING;
    for (;;) {
      const { rows } = await client.query<{ count: number }>(OTHERS);
      const count = rows[0]?.count ?? 0;
      if (count === 0) return;
      if (performance.now() > until)
        throw new OtherInstances(`Another process of this service uses the database (${count} connections).`);
      await sleep(100);
    }
  } catch (error) {
    throw error instanceof OtherInstances ? error : inWords(error, where);
  } finally {
    await client.end().catch(() => undefined);
  }
}

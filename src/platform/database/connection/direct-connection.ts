import pg from 'pg';
import { connectionOptions } from './connection.js';
import { beginSession, SCHEMA_LIMITS } from './session-settings.js';

/** What is asked before the work begins is answered in this time, in ms. */
const ANSWER_PATIENCE = 10_000;

/**
 * Does some work on one connection of its own: for set-ups, which may take longer than the pool allows a statement, and
 * for what belongs to a session. Its statements have the limits of `SCHEMA_LIMITS`.
 *
 * @param databaseUrl past any pooler
 * @param onLost told when the connection breaks while nothing is asked; without a listener Node would end the process
 */
export async function withDirectConnection<Result>(
  databaseUrl: string,
  onLost: (error: Error) => void,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client(connectionOptions(databaseUrl));
  client.on('error', onLost);
  await client.connect();
  try {
    const begin = { text: beginSession(SCHEMA_LIMITS), query_timeout: ANSWER_PATIENCE };
    await client.query(begin);
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

import pg from 'pg';
import { connectionOptions } from './connection.js';

/** Rows that the other server hands over at a time. */
const BATCH = 1_000;

/** A server that does not answer for so long is gone, in ms. */
const ANSWER_PATIENCE = 60_000;

/**
 * Reads the rows of a query in another program's PostgreSQL, as fast as they are taken: by a cursor, in one read-only snapshot,
 * so that nothing is changed there and no more than a batch is in memory.
 *
 * @param address `postgres://…`; a password that is not in it is read from `PGPASSWORD` or `~/.pgpass`
 * @param query chosen after a look at what the database has
 */
export async function* foreignRows<Row extends pg.QueryResultRow>(
  address: string,
  query: (has: (relation: string) => Promise<boolean>) => Promise<string>,
): AsyncGenerator<Row> {
  const client = new pg.Client({ ...connectionOptions(address), query_timeout: ANSWER_PATIENCE });
  // Without a listener a server that goes away would end the process; the question under way fails by itself.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const has = async (relation: string) => {
      const { rows } = await client.query<{ has: boolean }>('SELECT to_regclass($1) IS NOT NULL AS has', [relation]);
      return rows[0]?.has === true;
    };
    await client.query(`DECLARE people NO SCROLL CURSOR FOR ${await query(has)}`);
    for (;;) {
      const { rows } = await client.query<Row>(`FETCH ${String(BATCH)} FROM people`);
      if (rows.length === 0) return;
      yield* rows;
    }
  } finally {
    await client.end().catch(() => undefined);
  }
}

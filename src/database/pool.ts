import pg from 'pg';

/** Injection token of the connections; everything but partitions goes through `Database` or Prisma. */
export const POOL = Symbol('pool');

/** A request that waits for a connection gives up after this, in ms: better a clear 503 than a queue without end. */
const CONNECT_TIMEOUT = 3_000;

/** A statement ends after this, in ms, on the server and here, so that a frozen database cannot hold requests for ever. */
const STATEMENT_TIMEOUT = 5_000;

/**
 * The service's connections.
 *
 * @param onError told of idle connections that broke; without a listener Node would end the process
 */
export function createPool(url: string, size: number, onError: (error: Error) => void): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: size,
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    idleTimeoutMillis: 60_000,
    query_timeout: STATEMENT_TIMEOUT + 1_000,
    statement_timeout: STATEMENT_TIMEOUT,
    idle_in_transaction_session_timeout: 10_000,
    application_name: 'masuk',
    keepAlive: true,
  });
  // Once the pool has ended, a server that goes down breaks nothing of ours.
  const whileOpen = (error: Error) => {
    if (!pool.ending) onError(error);
  };
  pool.on('error', whileOpen);
  pool.on('connect', (client) => client.on('error', whileOpen));
  return pool;
}

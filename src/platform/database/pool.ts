import pg from 'pg';
import { connectionOptions, sessionsBegin } from './connection/connection.js';
import { type PoolingMode } from './connection/server-check.js';
import { SERVICE_LIMITS } from './connection/session-settings.js';

/** Injection token of the connections; everything but partitions goes through `Database` or Prisma. */
export const POOL = Symbol('pool');

/** Injection token of the connections that logs with filters are read by. */
export const POOL_FOR_LOGS = Symbol('pool for logs');

/** A request that waits for a connection gives up after this, in ms: better a clear 503 than a queue without end. */
const CONNECT_TIMEOUT = 3_000;

/** The server ends a statement after its limit; we do a second later, in case that it is frozen. In ms. */
const QUERY_TIMEOUT = SERVICE_LIMITS.statement + 1_000;

/** Connections for what is written behind the answer: few, so that it never takes a login's. */
const BEHIND_SIZE = 2;

/** Connections for logs with filters, opened when an admin reads one. */
const LOGS_SIZE = 2;

/**
 * Statements are planned once a connection: most of ours take arrays, whose length the planner overestimates, so that it
 * would take each generic plan for too dear and plan anew at every call.
 */
const GENERIC_PLANS = { plan_cache_mode: 'force_generic_plan' };

/**
 * The service's connections, for everything that somebody waits for.
 *
 * @param mode how the address leads to the server; through a pooler in transaction mode a session cannot be set up
 * @param onError told of idle connections that broke; without a listener Node would end the process
 * @param more settings of the sessions besides
 */
export function createPool(
  url: string,
  size: number,
  mode: PoolingMode,
  onError: (error: Error) => void,
  more: Record<string, string> = {},
): pg.Pool {
  return poolOf(url, size, mode, onError, { ...GENERIC_PLANS, ...more });
}

/**
 * The connections for what is written behind the answer. Their commits do not wait for the disk: a crash of PostgreSQL may
 * lose the last 0.6 s of them (three times wal_writer_delay), and each of their statements says what that means.
 */
export function createPoolBehind(
  url: string,
  mode: PoolingMode,
  onError: (error: Error) => void,
  more: Record<string, string> = {},
): pg.Pool {
  return poolOf(url, BEHIND_SIZE, mode, onError, { ...GENERIC_PLANS, synchronous_commit: 'off', ...more });
}

/**
 * The connections for logs with filters. Each question is planned for the values that it has: a plan for any value could not
 * use an index of some of them only, such as that of the rare kinds of events. A long question keeps no login waiting.
 */
export function createPoolForLogs(
  url: string,
  mode: PoolingMode,
  onError: (error: Error) => void,
  more: Record<string, string> = {},
): pg.Pool {
  return poolOf(url, LOGS_SIZE, mode, onError, more);
}

function poolOf(
  url: string,
  size: number,
  mode: PoolingMode,
  onError: (error: Error) => void,
  settings: Record<string, string>,
): pg.Pool {
  const pool = new pg.Pool({
    ...connectionOptions(url),
    max: size,
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    idleTimeoutMillis: 60_000,
    query_timeout: QUERY_TIMEOUT,
    ...(mode === 'session' && sessionsBegin(SERVICE_LIMITS, settings)),
  });
  // Once the pool has ended, a server that goes down breaks nothing of ours.
  const whileOpen = (error: Error) => {
    if (!pool.ending) onError(error);
  };
  pool.on('error', whileOpen);
  pool.on('connect', (client) => client.on('error', whileOpen));
  return pool;
}

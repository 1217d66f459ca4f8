import { setTimeout as pause } from 'node:timers/promises';
import { type Client } from 'pg';
import { withDirectConnection } from '../connection/direct-connection.js';

/** Advisory lock (two numbers) held while migrating; nothing else in the service may use this pair. */
const [CLASS, OBJECT] = [1_298_232_181, 1];

/** Prisma's own, which its engine and its command line take; PostgreSQL shows a single number as these two. */
const PRISMA_OBJECT = 72_707_369;

/** How long another process may migrate until we give up, in ms. A migration of large tables takes minutes. */
const LOCK_PATIENCE = 5 * 60_000;

const LOOK_EVERY = 500;

/** A question about the lock is answered in this time, in ms. */
const ANSWER_PATIENCE = 10_000;

/** Somebody else has held the migration lock for too long; says who. */
export class MigrationLocked extends Error {
  override readonly name = 'MigrationLocked';
}

interface LockHolder {
  pid: number;
  application: string;
  address: string | null;
  state: string | null;
  seconds: number | null;
}

/**
 * Does the work while no other process migrates. The lock is of a transaction, so that the server gives it back however
 * the connection ends, also where a pooler keeps the server's side of it.
 *
 * @param first is done on the same connection, before the lock is asked for
 * @param work gets that connection, in the transaction that has the lock
 * @param patience how long to wait for another process, in ms
 * @throws MigrationLocked naming the process that has the lock
 */
export async function underMigrationLock<Result>(
  databaseUrl: string,
  log: (message: string) => void,
  first: (client: Client) => Promise<void>,
  work: (client: Client) => Promise<Result>,
  patience = LOCK_PATIENCE,
): Promise<Result> {
  // Losing this connection loses only the lock.
  const onLost = (error: Error) => log(`the connection that holds the migration lock was lost: ${error.message}`);
  return withDirectConnection(databaseUrl, onLost, async (client) => {
    await first(client);
    await client.query('BEGIN');
    const until = performance.now() + patience;
    for (let isTold = false; !(await taken(client)); isTold = true) {
      const lockHolder = await lockHolderOf(client);
      if (performance.now() > until) throw new MigrationLocked(sentenceFor(lockHolder, patience));
      if (!isTold) log(`another process migrates this database: waiting for ${inWords(lockHolder)}`);
      await pause(LOOK_EVERY);
    }
    return work(client);
  });
}

/** Takes our lock; Prisma's must be free too, but is its engine's to take. */
async function taken(client: Client): Promise<boolean> {
  const rows = await ask<{ taken: boolean }>(
    client,
    `SELECT pg_try_advisory_xact_lock(${CLASS}, ${OBJECT})
            AND NOT EXISTS (SELECT FROM pg_locks WHERE ${isHeld('pg_locks')}) AS taken`,
  );
  return rows[0]?.taken === true;
}

async function lockHolderOf(client: Client): Promise<LockHolder | undefined> {
  const rows = await ask<LockHolder>(
    client,
    `SELECT l.pid, coalesce(nullif(a.application_name, ''), '?') AS application, host(a.client_addr) AS address, a.state,
            extract(epoch FROM clock_timestamp() - a.state_change)::int AS seconds
       FROM pg_locks l
       LEFT JOIN pg_stat_activity a ON a.pid = l.pid
      WHERE ${isHeld('l')}
      LIMIT 1`,
  );
  return rows[0];
}

/** Locks of other sessions, on this database, that mean a running migration. */
function isHeld(locks: string): string {
  return `${locks}.locktype = 'advisory' AND ${locks}.granted AND ${locks}.pid <> pg_backend_pid()
          AND ${locks}.database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND ((${locks}.classid, ${locks}.objid, ${locks}.objsubid) = (${CLASS}, ${OBJECT}, 2)
               OR (${locks}.classid, ${locks}.objid, ${locks}.objsubid) = (0, ${PRISMA_OBJECT}, 1))`;
}

async function ask<Row extends object>(client: Client, text: string): Promise<Row[]> {
  const question = { text, query_timeout: ANSWER_PATIENCE };
  return (await client.query<Row>(question)).rows;
}

function inWords(lockHolder: LockHolder | undefined): string {
  if (!lockHolder) return 'a process that has just ended';
  const { pid, application, address, state, seconds } = lockHolder;
  const from = address === null ? '' : ` from ${address}`;
  const since = state === null ? '' : `, ${state} for ${seconds ?? 0} s`;
  return `process ${pid} of the server (${application}${from}${since})`;
}

function sentenceFor(lockHolder: LockHolder | undefined, patience: number): string {
  const end = lockHolder
    ? ` If it migrates nothing any more, end it: SELECT pg_terminate_backend(${lockHolder.pid});`
    : '';
  return `Another process has held the migration lock for ${Math.round(patience / 1000)} s: ${inWords(lockHolder)}.${end}`;
}

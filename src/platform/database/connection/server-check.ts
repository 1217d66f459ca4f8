import pg from 'pg';
import { readDatabaseAddress } from '../../config/database/database-address.js';
import { connectionOptions } from './connection.js';
import { inWords } from './connection-failure.js';
import { beginSession, SERVICE_LIMITS, UNFIT_SETTINGS } from './session-settings.js';

/**
 * What is between us and the server. `session`: nothing, or a pooler that keeps a server connection for each of
 * ours. `transaction`: a pooler that gives each transaction another one; nothing that belongs to a session works there.
 */
export type PoolingMode = 'session' | 'transaction';

/** A question of the start is answered in this time, in ms, or the server does not answer. */
const ANSWER_PATIENCE = 10_000;

/** What a second connection may take to show whether it shares ours, in ms. */
const PROBE_PATIENCE = 3_000;

const NO_NAMED_STATEMENTS = new Set(['26000', '42P05']);

/** The database has settings that the service cannot work with, and cannot change. */
export class UnfitDatabase extends Error {
  override readonly name = 'UnfitDatabase';
}

/**
 * Connects once, finds out how the address leads to the server, and whether the service can work there.
 *
 * @returns the mode, see `PoolingMode`
 * @throws DatabaseUnreachable; UnfitDatabase naming the settings, or the pooler's lack; the server's own error
 */
export async function checkServer(databaseUrl: string): Promise<PoolingMode> {
  const { where } = readDatabaseAddress('DATABASE_URL', databaseUrl);
  let endedBy: Error | undefined;
  const client = await opened(databaseUrl, (error) => (endedBy ??= error)).catch((error: unknown) => {
    throw inWords(error, where);
  });
  try {
    const mode = (await isAlone(client)) ? 'session' : await modeOfPooler(client, databaseUrl);
    if (mode === 'session') await client.query(beginSession(SERVICE_LIMITS));
    const { rows } = await client.query<{ name: string; role: string }>(
      `SELECT name, quote_ident(current_user) AS role FROM (${UNFIT_SETTINGS}) AS unfit`,
    );
    if (rows[0])
      throw new UnfitDatabase(
        sentenceFor(
          rows.map(({ name }) => name),
          rows[0].role,
          mode,
        ),
      );
    return mode;
  } catch (error) {
    // The server may end the connection between two questions, and says why. To the next one pg only says that it is over.
    throw inWords(endedBy ?? error, where);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/**
 * Stops work that needs a session where the pooler gives none: migrations take locks that a pooler in
 * transaction mode would leave behind.
 *
 * @param mode where it is known already
 * @throws UnfitDatabase; what `checkServer` throws
 */
export async function refuseTransactionPooler(directUrl: string, mode?: PoolingMode): Promise<void> {
  if ((mode ?? (await checkServer(directUrl))) === 'session') return;
  throw new UnfitDatabase(
    'The address for migrations leads through a pooler in transaction mode: set DIRECT_DATABASE_URL to the server itself.',
  );
}

async function opened(databaseUrl: string, onEnd: (error: Error) => void): Promise<pg.Client> {
  const client = new pg.Client({ ...connectionOptions(databaseUrl), query_timeout: ANSWER_PATIENCE });
  // Whoever asks is told; without a listener the event would end the process.
  client.on('error', onEnd);
  await client.connect();
  return client;
}

async function processOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]?.pid ?? 0;
}

/** A server tells the number of its process when it lets us in; a pooler makes one up. */
async function isAlone(client: pg.Client): Promise<boolean> {
  return (await processOf(client)) === (client as pg.Client & { processID: number | null }).processID;
}

/**
 * While a second connection holds a transaction open, the first one asks again: a pooler in transaction mode then has to
 * give it another server connection than before, and one in session mode never does. The question has a name, as those
 * of the service have.
 */
async function modeOfPooler(client: pg.Client, databaseUrl: string): Promise<PoolingMode> {
  const named = {
    name: 'masuk_first_contact',
    text: 'SELECT pg_backend_pid() AS pid',
    query_timeout: PROBE_PATIENCE,
  };
  const ask = async () => (await client.query<{ pid: number }>(named)).rows[0]?.pid;
  const rival = new pg.Client({ ...connectionOptions(databaseUrl), query_timeout: PROBE_PATIENCE });
  rival.on('error', () => undefined);
  let isShared = false;
  try {
    const first = await ask();
    await rival.connect();
    await rival.query('BEGIN');
    isShared = (await processOf(rival)) === first;
    const again = await ask();
    return isShared || again !== first ? 'transaction' : 'session';
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (NO_NAMED_STATEMENTS.has(code))
      throw new UnfitDatabase(
        'DATABASE_URL leads through a pooler in transaction mode that forgets prepared statements. PgBouncer keeps ' +
          'them from version 1.21 on, with max_prepared_statements above 0. Or let it pool by session.',
      );
    // There is one server connection for both of us: one had to wait until the other leaves.
    if (message.includes('timeout')) return isShared ? 'transaction' : 'session';
    throw error;
  } finally {
    await rival.end().catch(() => undefined);
  }
}

/** What each of the unfit settings should be, as ALTER ROLE takes it. */
const WANTED: Record<string, string> = {
  search_path: 'public',
  default_transaction_isolation: "'read committed'",
  DateStyle: "'ISO, MDY'",
  IntervalStyle: 'postgres',
  TimeZone: "'UTC'",
  bytea_output: 'hex',
  standard_conforming_strings: 'on',
  array_nulls: 'on',
  transform_null_equals: 'off',
  statement_timeout: "'5s'",
  transaction_timeout: '0',
  idle_session_timeout: '0',
  idle_in_transaction_session_timeout: "'10s'",
  lock_timeout: '0',
  synchronous_commit: 'on',
  session_replication_role: 'origin',
};

const IN_WORDS: Record<string, string> = {
  default_transaction_read_only:
    'It takes no writes: it is a standby, or default_transaction_read_only is on (managed databases do that when their disk is full).',
  server_encoding: 'Its server_encoding is not UTF8: make a database with ENCODING UTF8.',
};

function sentenceFor(names: readonly string[], role: string, mode: PoolingMode): string {
  const settable = names.filter((name) => name in WANTED);
  const commands = settable.map((name) => `\n  ALTER ROLE ${role} SET ${name} = ${WANTED[name]};`);
  const reason =
    mode === 'transaction' ? 'DATABASE_URL leads through a pooler in transaction mode, where Masuk' : 'Masuk';
  return [
    'The database is not usable as it is set up.',
    ...names.flatMap((name) => IN_WORDS[name] ?? []),
    ...(settable.length > 0 ? [`${reason} cannot set ${settable.join(', ')} by itself:${commands.join('')}`] : []),
  ].join('\n');
}

import { type Pool } from 'pg';
import { within } from '../background/timers.js';
import { type AuthSecret } from '../secrets/auth-secret.js';
import { type DatabaseSettings } from '../config/groups/database.js';
import { type ModeSettings } from '../config/groups/mode.js';
import { checkAuthSecret } from './auth-secret-check.js';
import { settledUrl } from './connection/connection.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../embedded-postgres/embedded-postgres.js';
import { checkServer, refuseTransactionPooler, type PoolingMode } from './connection/server-check.js';
import { applyMigrations, pendingMigrations } from './migrations/migrator.js';
import { Partitions } from './partitions.js';
import { createPool, createPoolBehind, createPoolForLogs } from './pool.js';
import { TEST_CLOCK_SETTINGS } from './connection/session-settings.js';

/** In ms. */
const CLOSE_PATIENCE = 1_000;

/** A database that is ready to be used, and the way to leave it. */
export interface OpenDatabase {
  readonly pool: Pool;
  /** For what is written behind the answer. */
  readonly poolBehind: Pool;
  /** For logs with filters. */
  readonly poolForLogs: Pool;
  /** Past any pooler, for set-ups; holds the password. */
  readonly directUrl: string;
  /** Closes the connections, then stops the embedded PostgreSQL if this process started it. */
  close(): Promise<void>;
}

/** The database lacks migrations, and production does not change a schema by itself. */
export class UnmigratedDatabase extends Error {
  override readonly name = 'UnmigratedDatabase';
  constructor(pending: readonly string[]) {
    super(`The database lacks ${pending.length} migration(s): ${pending.join(', ')}. Run "npm run db:migrate" first.`);
  }
}

/**
 * Opens the database: starts the embedded PostgreSQL where no `DATABASE_URL` is given, migrates outside production,
 * compares the secret and makes the coming months' partitions. Two instances may do this on one empty database at once.
 *
 * @throws DatabaseUnreachable; UnfitDatabase; UnmigratedDatabase in production; MigrationLocked; WrongAuthSecret; the
 *   driver's errors
 */
export async function openDatabase(
  settings: Pick<DatabaseSettings, 'databaseUrl' | 'directDatabaseUrl' | 'databasePool' | 'dataDir'> &
    Pick<ModeSettings, 'production'> &
    Partial<Pick<DatabaseSettings, 'testClock'>>,
  secret: AuthSecret,
  log: (message: string) => void,
): Promise<OpenDatabase> {
  const embedded = settings.databaseUrl ? undefined : await startEmbeddedPostgres({ dataDir: settings.dataDir, log });
  try {
    const url = await settledUrl(settings.databaseUrl ?? embedded?.url ?? '');
    const mode = await checkServer(url);
    const directUrl = settings.directDatabaseUrl === undefined ? url : await settledUrl(settings.directDatabaseUrl);
    // Asking for the migrations sets a session up, too: a pooler would hand those settings on to others.
    await refuseTransactionPooler(directUrl, directUrl === url ? mode : undefined);
    if (settings.production) await refuseUnmigrated(directUrl);
    else await applyMigrations(directUrl, log);
    return {
      directUrl,
      ...(await connect(
        { url, mode, size: settings.databasePool, more: settings.testClock ? TEST_CLOCK_SETTINGS : {} },
        secret,
        log,
        embedded,
      )),
    };
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}

async function refuseUnmigrated(url: string): Promise<void> {
  const pending = await pendingMigrations(url);
  if (pending.length > 0) throw new UnmigratedDatabase(pending);
}

async function connect(
  { url, mode, size, more }: { url: string; mode: PoolingMode; size: number; more: Record<string, string> },
  secret: AuthSecret,
  log: (message: string) => void,
  embedded: EmbeddedPostgres | undefined,
): Promise<Omit<OpenDatabase, 'directUrl'>> {
  const onError = (error: Error) => log(`a database connection broke: ${error.message}`);
  const pool = createPool(url, size, mode, onError, more);
  const poolBehind = createPoolBehind(url, mode, onError, more);
  const poolForLogs = createPoolForLogs(url, mode, onError, more);
  const endAll = () => Promise.all([pool, poolBehind, poolForLogs].map((each) => each.end()));
  try {
    await checkAuthSecret(pool, secret);
    await new Partitions(pool).ensure();
  } catch (error) {
    await endAll();
    throw error;
  }
  return {
    pool,
    poolBehind,
    poolForLogs,
    close: async () => {
      // A frozen server answers no good-bye either; its end of the connections is its own affair.
      await within(CLOSE_PATIENCE, endAll(), undefined);
      await embedded?.stop();
    },
  };
}

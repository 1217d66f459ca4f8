import { type Pool } from 'pg';
import { type AuthSecret } from '../config/auth-secret.js';
import { type Settings } from '../config/settings.js';
import { checkAuthSecret } from './auth-secret-check.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded-postgres.js';
import { applyMigrations, pendingMigrations } from './migrator.js';
import { Partitions } from './partitions.js';
import { createPool } from './pool.js';

/** In ms. */
const CLOSE_PATIENCE = 1_000;

/** A database that is ready to be used, and the way to leave it. */
export interface OpenDatabase {
  readonly pool: Pool;
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
 * @throws UnmigratedDatabase in production; WrongAuthSecret; the driver's errors
 */
export async function openDatabase(
  settings: Pick<Settings, 'databaseUrl' | 'directDatabaseUrl' | 'databasePool' | 'dataDir' | 'production'>,
  secret: AuthSecret,
  log: (message: string) => void,
): Promise<OpenDatabase> {
  const embedded = settings.databaseUrl ? undefined : await startEmbeddedPostgres({ dataDir: settings.dataDir, log });
  const url = settings.databaseUrl ?? embedded?.url ?? '';
  const directUrl = settings.directDatabaseUrl ?? url;
  try {
    if (settings.production) await refuseUnmigrated(directUrl);
    else await applyMigrations(directUrl, log);
    return { directUrl, ...(await connect(url, settings.databasePool, secret, log, embedded)) };
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
  url: string,
  size: number,
  secret: AuthSecret,
  log: (message: string) => void,
  embedded: EmbeddedPostgres | undefined,
): Promise<Omit<OpenDatabase, 'directUrl'>> {
  const pool = createPool(url, size, (error) => log(`a database connection broke: ${error.message}`));
  try {
    await checkAuthSecret(pool, secret);
    await new Partitions(pool).ensure();
  } catch (error) {
    await pool.end();
    throw error;
  }
  return {
    pool,
    close: async () => {
      // A frozen server answers no good-bye either; its end of the connections is its own affair.
      await Promise.race([pool.end(), new Promise((resolve) => setTimeout(resolve, CLOSE_PATIENCE).unref())]);
      await embedded?.stop();
    },
  };
}

import { type PgBoss } from 'pg-boss';
import description from 'pg-boss/package.json' with { type: 'json' };
import { type ModeSettings } from '../config/groups/mode.js';
import { withDirectConnection } from '../database/connection/direct-connection.js';
import { type OpenDatabase } from '../database/open-database.js';

/** The version of its tables that the installed pg-boss works with. */
const { pgboss: wanted } = description;

/** The least that pg-boss allows between two of the indexes that it builds after a migration, in seconds. */
const INDEX_EVERY = 10;

/** The database lacks the tables of the jobs, and production does not change a schema by itself. */
export class JobSchemaMissing extends Error {
  override readonly name = 'JobSchemaMissing';
  constructor() {
    super('The database lacks the tables of the jobs, or has older ones. Run "npm run db:migrate" first.');
  }
}

/**
 * Sees to it that the tables of the jobs are there: sets them up outside production, and refuses in production. A newer
 * version than ours is not an error, so that a release can be put back.
 *
 * @throws JobSchemaMissing in production; the driver's errors
 */
export async function ensureJobSchema(
  { production }: Pick<ModeSettings, 'production'>,
  { pool, directUrl }: Pick<OpenDatabase, 'pool' | 'directUrl'>,
  log: (message: string) => void,
): Promise<void> {
  const { rows } = await pool.query<{ made: boolean }>(`SELECT to_regclass('pgboss.version') IS NOT NULL AS made`);
  if (rows[0]?.made) {
    const found = await pool.query<{ version: number }>('SELECT version FROM pgboss.version');
    if ((found.rows[0]?.version ?? 0) >= wanted.schema) return;
  }
  if (production) throw new JobSchemaMissing();
  await applyJobSchema(directUrl, log);
}

/**
 * Sets up the schema `pgboss`, or brings it to the installed version. Any number of processes may do this at once.
 *
 * @param databaseUrl a direct connection, of a role that may make schemas and indexes
 * @returns whether there was anything to do
 */
export async function applyJobSchema(databaseUrl: string, log: (message: string) => void): Promise<boolean> {
  const { PgBoss } = await import('pg-boss');
  const tell = (error: Error) => log(`setting up the jobs: ${error.message}`);
  return withDirectConnection(databaseUrl, tell, async (client) => {
    const executeSql = async (text: string, values?: unknown[]) => {
      try {
        return await client.query(text, values);
      } catch (error) {
        // Its transactions are one message each: of two that set up at once the second fails in the middle of its own.
        await client.query('ROLLBACK');
        throw error;
      }
    };
    const boss = new PgBoss({ db: { executeSql }, supervise: false, schedule: false, bamIntervalSeconds: INDEX_EVERY });
    boss.on('error', tell);
    const before = (await boss.isInstalled()) ? await boss.schemaVersion() : null;
    if (before !== null && before >= wanted.schema) return false;
    try {
      await boss.start();
      await untilIndexed(boss);
    } finally {
      await boss.stop({ graceful: false });
    }
    log(`set up the schema pgboss of the jobs, version ${wanted.schema}`);
    return true;
  });
}

/** A migration of pg-boss leaves indexes to be built after it, without a lock that would hold the jobs up. */
async function untilIndexed(boss: PgBoss): Promise<void> {
  for (;;) {
    const left = (await boss.getBamStatus()).map(({ status }) => status);
    if (left.includes('failed')) throw new Error('An index of the jobs could not be built, see the table pgboss.bam.');
    if (!left.includes('pending') && !left.includes('in_progress')) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

import { parseArgs } from 'node:util';
import { readDatabaseSettings } from '../platform/config/database/database-url.js';
import { loadVariables } from '../platform/config/variables/variables.js';
import { settledUrl } from '../platform/database/connection/connection.js';
import { refuseTransactionPooler } from '../platform/database/connection/server-check.js';
import { startEmbeddedPostgres } from '../platform/embedded-postgres/embedded-postgres.js';
import { applyMigrations, forgetFailedMigration } from '../platform/database/migrations/migrator.js';
import { applyJobSchema } from '../platform/jobs/job-schema.js';

/** `db-migrate [--rolled-back NAME]`: brings the database up to date and says what was applied. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { 'rolled-back': { type: 'string' } } });
  finishWhenInterrupted();
  loadVariables();
  const settings = readDatabaseSettings();
  const given = settings.directDatabaseUrl ?? settings.databaseUrl;
  const embedded = given === undefined ? await startEmbeddedPostgres({ dataDir: settings.dataDir, log }) : undefined;
  try {
    const url = await settledUrl(given ?? embedded?.url ?? '');
    await refuseTransactionPooler(url);
    if (values['rolled-back'] !== undefined) await forgetFailedMigration(values['rolled-back'], url);
    const applied = await applyMigrations(url, log);
    const changedJobs = await applyJobSchema(url, log);
    if (applied.length === 0 && !changedJobs) log('the database is up to date');
  } finally {
    await embedded?.stop();
  }
}

/** Breaking off would leave the PostgreSQL that we started running: the first Ctrl-C lets the work come to its end. */
function finishWhenInterrupted(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => log('finishing first; once more to break off'));
  }
}

function log(message: string): void {
  process.stdout.write(`${message}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});

import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MigrationDirectory, MigrationList, SchemaEngine } from '@prisma/schema-engine-wasm/schema_engine_bg';
import { type ClientBase } from 'pg';
import { PROJECT } from '../../config/folders.js';
import { withDirectConnection } from '../connection/direct-connection.js';
import { refuseForeignTables } from './foreign-tables.js';
import { FUNCTIONS, hasFunctions, installFunctions } from './functions.js';
import { isUpToDate } from './migration-check.js';
import { underMigrationLock } from './migration-lock.js';
import { type EngineOptions } from './schema-engine.js';

/** Where migrations and the schema are read from; given only by tests. */
export interface MigrationSources {
  migrationsDir?: string;
  schemaPath?: string;
  /** How long another process that migrates is waited for, in ms. */
  lockPatience?: number;
}

const MIGRATIONS = join(PROJECT, 'prisma', 'migrations');
const SCHEMA = join(PROJECT, 'prisma', 'schema.prisma');

/** Prisma's note of the kind of database; it insists on finding it beside the migrations. */
const LOCK_FILE = 'migration_lock.toml';
const LOCK_FILE_TEXT = 'provider = "postgresql"\n';

const NO_FILTER = { externalTables: [], externalEnums: [] };

/**
 * Applies the migrations that the database does not have yet, oldest first. Any number of processes may do this at
 * once: one migrates, the others wait, five minutes at most, and then find nothing to do. A migration whose tables are in
 * use is tried for two minutes.
 *
 * Each migration is one message to the server, so PostgreSQL applies it whole or not at all (unless it ends the
 * transaction itself). The table `_prisma_migrations` is the ordinary one of Prisma.
 *
 * @param databaseUrl a direct connection: Prisma's engine needs a session, which a pooler in transaction mode breaks
 * @returns the names of the migrations applied by this call
 * @throws ForeignDatabase; MigrationLocked; TablesInUse; Error when a migration fails, failed before, or was edited after
 *   it was applied
 */
export async function applyMigrations(
  databaseUrl: string,
  log: (message: string) => void,
  sources: MigrationSources = {},
): Promise<string[]> {
  const migrationsList = await readMigrations(sources);
  // Tests migrate from folders of their own, to which our functions do not belong.
  const hasOurs = !sources.migrationsDir;
  const refuseForeign = (client: ClientBase) => refuseForeignTables(client, namesOf(migrationsList));
  const isReady = async (client: ClientBase) =>
    (await isUpToDate(client, migrationsList)) && (!hasOurs || (await hasFunctions(client)));
  const work = async (lockHolder: ClientBase) => {
    // Most starts find nothing to do, and need no further connection.
    if (await lookedAt(lockHolder, isReady)) return [];
    const upToDate = await onConnection(databaseUrl, (client) => isUpToDate(client, migrationsList));
    const applied = upToDate ? [] : await applyPending(databaseUrl, migrationsList, log);
    for (const name of applied) log(`applied the migration ${name}`);
    if (hasOurs && (await onConnection(databaseUrl, installFunctions))) log('installed the functions of this release');
    return applied;
  };
  return underMigrationLock(databaseUrl, log, refuseForeign, work, sources.lockPatience);
}

/**
 * Tells which migrations, and behind them whether this release's functions, the database does not have yet; changes nothing. Migrations that the database has and we do
 * not know (a newer release was here) are not an error, so that a release can be taken back.
 *
 * @throws ForeignDatabase; Error when a migration failed or was edited after it was applied
 */
export async function pendingMigrations(databaseUrl: string, sources: MigrationSources = {}): Promise<string[]> {
  const migrationsList = await readMigrations(sources);
  const found = await onConnection(databaseUrl, async (client) => {
    await refuseForeignTables(client, namesOf(migrationsList));
    return { upToDate: await isUpToDate(client, migrationsList), installed: await hasFunctions(client) };
  });
  if (!found.upToDate) {
    const pending = await withSchemaEngine(databaseUrl, {}, (engine) => pendingOf(engine, migrationsList));
    if (pending.length > 0) return pending;
  }
  return found.installed || sources.migrationsDir ? [] : [`the functions ${FUNCTIONS}`];
}

/**
 * Writes a new migration with what schema.prisma has and the migrations do not.
 *
 * @param name lower-case letters, digits and underscores, by habit a verb and a noun
 * @param databaseUrl a server on which a temporary database may be made; the database named here is not changed
 * @returns the new folder's name, or null when there is nothing to change
 */
export async function createMigration(
  name: string,
  databaseUrl: string,
  sources: MigrationSources = {},
): Promise<string | null> {
  if (!/^[a-z0-9][a-z0-9_]{0,99}$/.test(name)) {
    throw new Error(`'${name}' cannot name a migration: use lower-case letters, digits and underscores`);
  }
  const migrationsList = await readMigrations(sources);
  const path = sources.schemaPath ?? SCHEMA;
  const schema = { path, content: await readFile(path, 'utf8') };
  const difference = await withSchemaEngine(databaseUrl, { schema }, (engine) =>
    engine.diff({
      from: { tag: 'migrations', ...migrationsList },
      to: { tag: 'schemaDatamodel', files: [schema] },
      script: true,
      exitCode: true,
      filters: NO_FILTER,
    }),
  );
  if (difference.exitCode === 0) return null;
  const time = new Date().toISOString().replaceAll(/\D/g, '').slice(0, 14);
  const folder = join(migrationsList.baseDir, `${time}_${name}`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'migration.sql'), `${(difference.stdout ?? '').trim()}\n`);
  await writeFile(join(migrationsList.baseDir, LOCK_FILE), LOCK_FILE_TEXT);
  return `${time}_${name}`;
}

/**
 * Declares that a failed migration left nothing behind, so that the next run tries it again. The counterpart of
 * `prisma migrate resolve --rolled-back`, which needs an engine that we do not have.
 *
 * @throws Error when no failed migration has that name
 */
export async function forgetFailedMigration(migrationName: string, databaseUrl: string): Promise<void> {
  await withSchemaEngine(databaseUrl, {}, (engine) => engine.markMigrationRolledBack({ migrationName }));
}

async function applyPending(
  databaseUrl: string,
  migrationsList: MigrationList,
  log: (message: string) => void,
): Promise<string[]> {
  const apply = async (engine: SchemaEngine) => {
    if ((await pendingOf(engine, migrationsList)).length === 0) return [];
    return (await engine.applyMigrations({ migrationsList, filters: NO_FILTER })).appliedMigrationNames;
  };
  return withSchemaEngine(databaseUrl, { log }, apply).catch(async (error: unknown) => {
    const { TablesInUse } = await import('./schema-engine.js');
    // It has left nothing behind, so it need not be declared before the next run tries again.
    if (error instanceof TablesInUse) await forgetFailedMigration(error.migrationName, databaseUrl);
    throw error;
  });
}

async function pendingOf(engine: SchemaEngine, migrationsList: MigrationList): Promise<string[]> {
  const found = await engine.diagnoseMigrationHistory({
    migrationsList,
    optInToShadowDatabase: false,
    filters: NO_FILTER,
  });
  const [failed] = found.failedMigrationNames;
  if (failed !== undefined) {
    throw new Error(
      `The migration ${failed} failed in this database, nothing after it is applied. See the column logs of ` +
        '_prisma_migrations. When it has left nothing behind (a migration without COMMIT leaves nothing), correct it ' +
        `and run 'npm run db:migrate -- --rolled-back ${failed}'.`,
    );
  }
  if (found.editedMigrationNames.length > 0) {
    throw new Error(
      `Edited after they were applied to this database: ${found.editedMigrationNames.join(', ')}. ` +
        'Put the files in prisma/migrations back as they were, and write a new migration for the change.',
    );
  }
  return found.history && 'unappliedMigrationNames' in found.history ? found.history.unappliedMigrationNames : [];
}

/** See `schema-engine.ts`, which a start with nothing to migrate does not load. */
async function withSchemaEngine<Result>(
  databaseUrl: string,
  options: EngineOptions,
  work: (engine: SchemaEngine) => Promise<Result>,
): Promise<Result> {
  const engine = await import('./schema-engine.js');
  return engine.withSchemaEngine(databaseUrl, options, work);
}

/** A question inside a transaction, which then holds none of the tables that were read: a migration may change them. */
async function lookedAt<Result>(client: ClientBase, look: (client: ClientBase) => Promise<Result>): Promise<Result> {
  await client.query('SAVEPOINT look');
  const found = await look(client);
  await client.query('ROLLBACK TO SAVEPOINT look');
  return found;
}

/** A question or change on a connection of its own; what it does is committed by itself. */
function onConnection<Result>(databaseUrl: string, work: (client: ClientBase) => Promise<Result>): Promise<Result> {
  return withDirectConnection(databaseUrl, () => undefined, work);
}

function namesOf({ migrationDirectories }: MigrationList): string[] {
  return migrationDirectories.map(({ path }) => path);
}

async function readMigrations(sources: MigrationSources): Promise<MigrationList> {
  const baseDir = sources.migrationsDir ?? MIGRATIONS;
  const entries = await readdir(baseDir, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return {
    baseDir,
    lockfile: { path: LOCK_FILE, content: LOCK_FILE_TEXT },
    shadowDbInitScript: '',
    migrationDirectories: await Promise.all(names.sort().map((name) => readMigration(baseDir, name))),
  };
}

async function readMigration(baseDir: string, name: string): Promise<MigrationDirectory> {
  const value = await readFile(join(baseDir, name, 'migration.sql'), 'utf8');
  return { path: name, migrationFile: { path: 'migration.sql', content: { tag: 'ok', value } } };
}

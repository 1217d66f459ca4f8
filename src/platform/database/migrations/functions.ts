import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ClientBase, type Pool } from 'pg';
import { DIST } from '../../config/folders.js';

/** What the build made of the rooms' `.sql` files: all of them, one behind the other. */
const TEXT = readFileSync(join(DIST, 'functions.sql'), 'utf8').replaceAll('\r\n', '\n');

/**
 * The schema of this release's functions. It carries a hash of their text, so that a release always calls the functions
 * it was built with: two releases run side by side on one database, and neither can change what the other one calls.
 */
export const FUNCTIONS = `masuk_${createHash('sha256').update(TEXT).digest('hex').slice(0, 12)}`;

/** Schemas of functions that are kept: this release's, and those of the releases before, which may still be running. */
const KEPT = 3;

/** Whether the database has this release's functions. */
export async function hasFunctions(connection: Pool | ClientBase): Promise<boolean> {
  const { rows } = await connection.query<{ found: boolean }>('SELECT to_regnamespace($1) IS NOT NULL AS found', [
    FUNCTIONS,
  ]);
  return rows[0]?.found ?? false;
}

/**
 * Installs this release's functions where they are missing, whole or not at all, and drops those of releases that are long
 * gone. The caller holds the migration lock, and the tables are there.
 *
 * @returns whether they were missing
 */
export async function installFunctions(client: ClientBase): Promise<boolean> {
  if (await hasFunctions(client)) return false;
  // The functions have the rights of whoever calls them, so that anybody may: a service's role may be another than the migrator's.
  // One message, so one transaction. Bodies name tables and each other; they are checked when they are first called.
  await client.query(`
    SET LOCAL check_function_bodies = off;
    CREATE SCHEMA ${FUNCTIONS};
    GRANT USAGE ON SCHEMA ${FUNCTIONS} TO PUBLIC;
    COMMENT ON SCHEMA ${FUNCTIONS} IS 'installed ${new Date().toISOString()}';
    ${TEXT.replaceAll(/\bmasuk\./g, `${FUNCTIONS}.`)}
  `);
  await dropOldFunctions(client);
  return true;
}

async function dropOldFunctions(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT nspname AS name
       FROM pg_namespace
      WHERE nspname ~ '^masuk_[0-9a-f]{12}$'
      ORDER BY obj_description(oid, 'pg_namespace') DESC
     OFFSET $1`,
    [KEPT],
  );
  for (const { name } of rows) await client.query(`DROP SCHEMA ${name} CASCADE`);
}

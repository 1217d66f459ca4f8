import { createHash } from 'node:crypto';
import type { MigrationDirectory, MigrationList } from '@prisma/schema-engine-wasm/schema_engine_bg';
import { type ClientBase } from 'pg';

/** What `_prisma_migrations` says of one run of a migration. */
interface Recorded {
  migration_name: string;
  checksum: string;
  /** The run neither ended nor was declared rolled back. */
  failed: boolean;
  /** The run was declared rolled back: as if it had not been. */
  rolled_back: boolean;
}

const FIND_TABLE = "SELECT to_regclass('_prisma_migrations') IS NOT NULL AS found";

const RECORDED = `
  SELECT migration_name,
         checksum,
         finished_at IS NULL AND rolled_back_at IS NULL AS failed,
         rolled_back_at IS NOT NULL AS rolled_back
    FROM _prisma_migrations`;

/**
 * Whether the database has each of our migrations, as it is on disk, and none that failed. This is what a start asks: it
 * costs two short statements. Prisma's schema engine costs half a second of CPU; it is asked where the answer is no, and
 * then decides what is wrong.
 */
export async function isUpToDate(client: ClientBase, { migrationDirectories }: MigrationList): Promise<boolean> {
  const { rows: table } = await client.query<{ found: boolean }>(FIND_TABLE);
  if (table[0]?.found !== true) return false;
  const { rows } = await client.query<Recorded>(RECORDED);
  if (rows.some(({ failed }) => failed)) return false;
  const checksums = new Map<string, string>();
  for (const row of rows) {
    if (row.rolled_back) continue;
    // Applied twice: not our business to judge.
    if (checksums.has(row.migration_name)) return false;
    checksums.set(row.migration_name, row.checksum);
  }
  return migrationDirectories.every((each) => checksums.get(each.path) === checksumOf(each));
}

/** As Prisma records it: the SHA-256 of the file, in hexadecimal digits. */
function checksumOf({ migrationFile }: MigrationDirectory): string | undefined {
  const { content } = migrationFile;
  return content.tag === 'ok' ? createHash('sha256').update(content.value).digest('hex') : undefined;
}

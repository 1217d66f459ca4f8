import { type ClientBase } from 'pg';

/** So many names tell whose database it is. */
const NAMED = 5;

/** The database belongs to another program; nothing of it was changed. */
export class ForeignDatabase extends Error {
  override readonly name = 'ForeignDatabase';
  constructor(database: string, tables: readonly string[]) {
    const names = tables.slice(0, NAMED).join(', ') + (tables.length > NAMED ? ', …' : '');
    super(
      `The database ${database} holds tables of another program (${names}). Masuk needs a database of its own: make an ` +
        'empty one, such as CREATE DATABASE masuk, and name it in DATABASE_URL or DB_NAME. How to take accounts over: ' +
        'docs/integration/users.md.',
    );
  }
}

/** Tables of extensions belong to no program. */
const TABLES = `
  SELECT current_database() AS database,
         array_agg(c.relname::text ORDER BY c.relname) AS tables
    FROM pg_class c
   WHERE c.relnamespace = current_schema()::regnamespace
     AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
     AND NOT EXISTS (SELECT
                       FROM pg_depend d
                      WHERE d.classid = 'pg_class'::regclass
                        AND d.objid = c.oid
                        AND d.deptype = 'e')`;

/**
 * Refuses a database in which none of our migrations was begun, but in which there are tables. Prisma would speak of a
 * baseline, or, where the other program uses Prisma too, break off in the middle.
 *
 * @param ours the names of our migrations
 * @throws ForeignDatabase
 */
export async function refuseForeignTables(client: ClientBase, ours: readonly string[]): Promise<void> {
  const { rows } = await client.query<{ database: string; tables: string[] | null }>(TABLES);
  const database = rows[0]?.database ?? '';
  const tables = rows[0]?.tables ?? [];
  const foreign = tables.filter((name) => name !== '_prisma_migrations');
  if (foreign.length === 0) return;
  if (tables.includes('_prisma_migrations')) {
    const known = await client.query('SELECT FROM _prisma_migrations WHERE migration_name = ANY ($1) LIMIT 1', [ours]);
    if (known.rowCount !== 0) return;
  }
  throw new ForeignDatabase(database, foreign);
}

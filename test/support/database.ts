import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** A database of one spec: real, empty and migrated (or, on request, not even that). */
export interface TestDatabase {
  readonly url: string;
  /** The same by the server's socket, which costs less; the address itself where there is none. */
  readonly near: string;
  query<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>;
  /** Runs the statement in a transaction that stays open, its rows locked, until it is released. */
  lock(sql: string, values?: unknown[]): Promise<{ release(): Promise<void> }>;
  drop(): Promise<void>;
}

/** The name of a connection that holds a lock for a spec. */
export const LOCK = 'a lock of a spec';

/** Statements on a database of a spec. */
export type Queries = Pick<TestDatabase, 'query'>;

/** Makes a database on the run's PostgreSQL; the caller drops it. */
export async function createDatabase(options: { migrated?: boolean } = {}): Promise<TestDatabase> {
  const server = process.env['MASUK_TEST_POSTGRES'];
  if (!server) throw new Error('run the specs with npm test: its set-up starts PostgreSQL');
  const name = `spec_${randomBytes(6).toString('hex')}`;
  await once(
    server,
    `CREATE DATABASE ${name}${options.migrated === false ? '' : ' TEMPLATE masuk_template STRATEGY file_copy'}`,
  );
  const url = new URL(server);
  url.pathname = `/${name}`;
  const near = nearOf(url);
  const pool = new pg.Pool({ connectionString: near, max: 4 });
  pool.on('error', () => undefined);
  /** Clients of locks that are held; a test that failed left them so. */
  const held = new Set<pg.PoolClient>();
  return {
    url: url.href,
    near,
    query: async (sql, values) => (await pool.query(sql, values)).rows as never,
    lock: async (sql, values) => {
      const client = await pool.connect();
      held.add(client);
      await client.query(`BEGIN; SET LOCAL application_name = '${LOCK}'`);
      await client.query(sql, values);
      return {
        release: async () => {
          held.delete(client);
          await client.query('COMMIT');
          client.release();
        },
      };
    },
    drop: async () => {
      for (const client of held) client.release(true);
      await pool.end();
      await once(server, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

/** A database of the run's PostgreSQL by its socket. */
function nearOf(url: URL): string {
  const near = new URL(url);
  const folder = process.env['MASUK_TEST_SOCKET'];
  if (folder) near.searchParams.set('host', folder);
  return near.href;
}

async function once(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: nearOf(new URL(url)) });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

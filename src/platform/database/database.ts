import { setTimeout as pause } from 'node:timers/promises';
import { type Pool, type PoolClient, type QueryResultRow } from 'pg';
import { isConnectionError, isRepeatable } from '../errors/database-errors.js';
import { inOrder, type Statement, type StatementValues } from './statement.js';

/** Runs statements inside one transaction; handed down to rooms below by whoever opened it. */
export interface Transaction {
  run<Row>(prepared: Statement<Row>, values: StatementValues): Promise<Row[]>;
}

/** The service's way to PostgreSQL for hot paths: prepared statements on the pool that Prisma shares. */
export class Database implements Transaction {
  constructor(
    private readonly pool: Pool,
    private readonly poolBehind: Pool = pool,
  ) {}

  /**
   * Runs one statement by itself; it commits on its own. One that was rolled back because of others is run again.
   *
   * @throws the driver's error; the exception filter translates it
   */
  run<Row>(prepared: Statement<Row>, values: StatementValues): Promise<Row[]> {
    return again(() => this.onConnection((client) => runOn(client, prepared, values)));
  }

  /**
   * Runs one statement by itself that nobody waits for and that a crash of PostgreSQL may undo: its commit does not wait for
   * the disk, and it takes no connection that a request needs.
   */
  runBehind<Row>(prepared: Statement<Row>, values: StatementValues): Promise<Row[]> {
    return runOn(this.poolBehind, prepared, values);
  }

  /** Runs the SQL of a library (pg-boss), which may contain several statements. Our own SQL is a `Statement`. */
  executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> {
    return this.pool.query(text, values);
  }

  /**
   * Runs the steps in one READ COMMITTED transaction. No network call belongs inside, and nothing that is not undone with
   * the transaction: when it was rolled back because of others, the steps are run again from the first one on.
   */
  transaction<Result>(steps: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    return again(() =>
      this.onConnection(async (client) => {
        await client.query('BEGIN');
        try {
          const result = await steps({ run: (prepared, values) => runOn(client, prepared, values) });
          await client.query('COMMIT');
          return result;
        } catch (error) {
          // A connection that is gone needs no rollback, and one that hangs would not answer it.
          if (!isConnectionError(error)) await client.query('ROLLBACK');
          throw error;
        }
      }),
    );
  }

  /** Lends a connection. One that broke, or cannot even roll back, leaves the pool. */
  private async onConnection<Result>(work: (client: PoolClient) => Promise<Result>): Promise<Result> {
    const client = await this.pool.connect();
    let isBroken = false;
    try {
      return await work(client);
    } catch (error) {
      isBroken = isConnectionError(error);
      throw error;
    } finally {
      client.release(isBroken);
    }
  }
}

/** How often work is run at most that others undo, and the longest pause before it runs again, in ms. */
const TRIES = 3;
const PAUSE = 30;

/** Runs work again that did nothing because of others: of two that lock each other out, the server undoes one. */
async function again<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let left = TRIES - 1; ; left -= 1) {
    try {
      return await work();
    } catch (error) {
      if (left <= 0 || !isRepeatable(error)) throw error;
      // They meet again if both come back at the same time.
      await pause(Math.random() * PAUSE);
    }
  }
}

async function runOn<Row>(
  client: Pool | PoolClient,
  prepared: Statement<Row>,
  values: StatementValues,
): Promise<Row[]> {
  const query = { name: prepared.name, text: prepared.text, values: inOrder(prepared, values) };
  const result = await client.query<Row & QueryResultRow>(query);
  return result.rows;
}

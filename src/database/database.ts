import { type Pool, type PoolClient, type QueryResultRow } from 'pg';
import { inOrder, type Statement, type StatementValues } from './statement.js';

/** Runs statements inside one transaction; handed down to rooms below by whoever opened it. */
export interface Transaction {
  run<Row>(prepared: Statement<Row>, values: StatementValues): Promise<Row[]>;
}

/** The service's way to PostgreSQL for hot paths: prepared statements on the pool that Prisma shares. */
export class Database implements Transaction {
  constructor(private readonly pool: Pool) {}

  /**
   * Runs one statement by itself; it commits on its own.
   *
   * @throws the driver's error; the exception filter translates it
   */
  run<Row>(prepared: Statement<Row>, values: StatementValues): Promise<Row[]> {
    return runOn(this.pool, prepared, values);
  }

  /** Runs a text that a library brings along (pg-boss), of several statements perhaps. What is ours is a `Statement`. */
  executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> {
    return this.pool.query(text, values);
  }

  /** Runs the steps in one READ COMMITTED transaction. No network call belongs inside. */
  async transaction<Result>(steps: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    const client = await this.pool.connect();
    let failure: Error | undefined;
    try {
      await client.query('BEGIN');
      const result = await steps({ run: (prepared, values) => runOn(client, prepared, values) });
      await client.query('COMMIT');
      return result;
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
      await client.query('ROLLBACK').then(
        () => (failure = undefined),
        () => undefined,
      );
      throw error;
    } finally {
      // A connection whose rollback failed is in an unknown state: it leaves the pool.
      client.release(failure);
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

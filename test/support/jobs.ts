import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestDatabase } from './database.js';
import { pause, until } from './waits.js';

type Queries = Pick<TestDatabase, 'query'>;

/** The statement that docs/operations.md gives to operators, in its example for this job. */
const EXAMPLE = 'old-codes';

const OPERATIONS = join(import.meta.dirname, '..', '..', 'docs', 'operations.md');

/** The statement by which an operator has a job run now. */
function demand(): string {
  const [, sql] = /```sql\n(INSERT INTO pgboss\.job[^`]+)```/.exec(readFileSync(OPERATIONS, 'utf8')) ?? [];
  if (!sql?.includes(`'${EXAMPLE}'`)) throw new Error('docs/operations.md does not say how a job is run now');
  return sql.replace(`'${EXAMPLE}'`, '$1');
}

/** A run as pg-boss keeps it. */
export interface KeptRun {
  id: string;
  state: 'created' | 'retry' | 'active' | 'completed' | 'cancelled' | 'failed';
  retry_count: number;
  started_on: Date;
  completed_on: Date | null;
  output: Record<string, unknown> | null;
}

/** The runs of a job, the newest last. */
export function runsOf(database: Queries, name: string): Promise<KeptRun[]> {
  return database.query(
    `SELECT id, state, retry_count, started_on, completed_on, output FROM pgboss.job WHERE name = $1 ORDER BY created_on, id`,
    [name],
  );
}

/** Asks for a job to be run now, as an operator does; one that waits or runs already is not asked for a second time. */
export async function demandJob(database: Queries, name: string): Promise<void> {
  await database.query(demand(), [name]);
}

/** Waits until the services have told the database of their jobs, which they do after they listen. */
export async function untilScheduled(database: Queries): Promise<void> {
  let before = 0;
  await until('the schedules', async () => {
    const [row] = await database.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM pgboss.schedule s JOIN pgboss.queue USING (name)`,
    );
    // They are written one after the other: all are there when no more come.
    const settled = row!.count > 0 && row!.count === before;
    before = row!.count;
    if (!settled) await pause(300);
    return settled;
  });
}

/** Runs a job now, and waits until a run that began after this call has ended well. */
export async function runJob(database: Queries, name: string, patience = 60_000): Promise<void> {
  await untilScheduled(database);
  const [now] = await database.query<{ now: Date }>('SELECT clock_timestamp() AS now');
  // Asked again and again: a run that was under way may have seen an older state of the tables.
  for (const end = Date.now() + patience; Date.now() < end;) {
    await demandJob(database, name);
    const runs = await runsOf(database, name);
    if (runs.some(({ state, started_on }) => state === 'completed' && started_on > now!.now)) return;
    await pause(100);
  }
  throw new Error(`${name} did not run within ${patience} ms: ${JSON.stringify(await runsOf(database, name))}`);
}

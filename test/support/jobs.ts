import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from './clock.js';
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

/** What a run may take, in ms; on a slow machine it takes seconds. */
const PATIENCE = 60_000;

/**
 * Runs a job now, and waits until a run that began after this call has ended well.
 *
 * @param clock of the house, if it moves: nobody waits for an instance's next look
 */
export async function runJob(database: Queries, name: string, clock?: Clock): Promise<void> {
  await untilScheduled(database);
  const last = (await runsOf(database, name)).reduce((latest, { started_on }) => Math.max(latest, +started_on), 0);
  // Asked again and again: a run that was under way may have seen an older state of the tables.
  for (const end = Date.now() + PATIENCE; Date.now() < end;) {
    await demandJob(database, name);
    const runs = await runsOf(database, name);
    if (runs.some(({ state, started_on }) => state === 'completed' && +started_on > last)) return;
    await (clock ? clock.pass(1) : pause(100));
  }
  throw new Error(`${name} did not run within ${PATIENCE} ms: ${JSON.stringify(await runsOf(database, name))}`);
}

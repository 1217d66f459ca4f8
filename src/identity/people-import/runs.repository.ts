import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../../platform/database/database.js';
import { statement } from '../../platform/database/statement.js';

/** What is being done with the rows of a run. */
export type RunState = 'READING' | 'READ' | 'CHECKING' | 'CHECKED' | 'WRITING' | 'DONE' | 'STOPPED';

/** One import. */
export interface RunRow {
  id: string;
  origin: string;
  state: RunState;
  rows: number;
  position: number;
  /** How many rows came to what: `new`, `conflict.same_in_file`, `role.ADMIN`. */
  counts: Record<string, number>;
  created_by: string | null;
  created_at: Date;
  updated_at: Date;
}

const COLUMNS = 'id, origin, state, rows, position, counts, created_by, created_at, updated_at';

const BEGIN = statement(
  'import_runs_begin',
  `
  INSERT INTO import_runs (id, origin, state, created_by) VALUES (:id::uuid, :origin::text, 'READING', :created_by::uuid)`,
);

const FIND = statement<RunRow>('import_runs_find', `SELECT ${COLUMNS} FROM import_runs WHERE id = :id::uuid`);

const LOCK = statement<RunRow>(
  'import_runs_lock',
  `SELECT ${COLUMNS} FROM import_runs WHERE id = :id::uuid FOR UPDATE`,
);

const MOVE = statement<RunRow>(
  'import_runs_move',
  `UPDATE import_runs SET state = :state::text, updated_at = now(),
          position = CASE WHEN :anew::boolean THEN 0 ELSE position END,
          counts = CASE WHEN :anew::boolean THEN '{}' ELSE counts END
    WHERE id = :id::uuid AND state = ANY (:from::text[])
   RETURNING ${COLUMNS}`,
);

const READ_ON = statement<{ id: string }>(
  'import_runs_read_on',
  `UPDATE import_runs SET rows = greatest(rows, :rows::int), updated_at = now()
    WHERE id = :id::uuid AND state = 'READING'
   RETURNING id`,
);

const LIST = statement<RunRow>(
  'import_runs_list',
  `SELECT ${COLUMNS} FROM import_runs WHERE created_by IS NOT NULL ORDER BY updated_at DESC LIMIT 100`,
);

// What the command line began it goes on with itself, or nobody does.
const LEFT = statement<{ id: string }>(
  'import_runs_left',
  `SELECT id FROM import_runs
    WHERE updated_at < now() - interval '15 seconds' AND state IN ('CHECKING', 'WRITING') AND created_by IS NOT NULL
    ORDER BY updated_at LIMIT 1`,
);

const GO_ON = statement<RunRow>(
  'import_runs_go_on',
  `UPDATE import_runs SET state = :state::text, position = :position::int, counts = :counts::jsonb, updated_at = now()
    WHERE id = :id::uuid
   RETURNING ${COLUMNS}`,
);

// A run that was done keeps its report for a while; one that nobody goes on with was killed.
const OVER = statement<RunRow>(
  'import_runs_over',
  `SELECT ${COLUMNS} FROM import_runs WHERE updated_at < now() - interval '1 day' ORDER BY updated_at LIMIT 1`,
);

const DELETE = statement('import_runs_delete', `DELETE FROM import_runs WHERE id = :id::uuid`);

@Injectable()
export class RunsRepository {
  constructor(private readonly database: Database) {}

  async begin(id: string, origin: string, createdBy: string | null): Promise<void> {
    await this.database.run(BEGIN, { id, origin, created_by: createdBy });
  }

  async find(id: string, within: Transaction = this.database): Promise<RunRow | null> {
    const [row] = await within.run(FIND, { id });
    return row ?? null;
  }

  async lock(id: string, within: Transaction): Promise<RunRow | null> {
    const [row] = await within.run(LOCK, { id });
    return row ?? null;
  }

  /**
   * Another state, from one of these.
   *
   * @param anew whether the rows are decided from the first one on
   * @returns null where the run is in none of them
   */
  async move(
    id: string,
    { from, to, anew = false }: { from: readonly RunState[]; to: RunState; anew?: boolean },
    within: Transaction = this.database,
  ): Promise<RunRow | null> {
    const [row] = await within.run(MOVE, { id, state: to, anew, from });
    return row ?? null;
  }

  /** @returns false when the run is read no more */
  async readOn(id: string, rows: number, within: Transaction): Promise<boolean> {
    return (await within.run(READ_ON, { id, rows })).length > 0;
  }

  list(): Promise<RunRow[]> {
    return this.database.run(LIST, {});
  }

  /** One of an admin that nobody goes on with. */
  async left(): Promise<string | null> {
    const [row] = await this.database.run(LEFT, {});
    return row?.id ?? null;
  }

  async goOn({ id, state, position, counts }: RunRow, within: Transaction): Promise<RunRow> {
    const [row] = await within.run(GO_ON, { id, state, position, counts: JSON.stringify(counts) });
    if (!row) throw new Error('a locked run is gone');
    return row;
  }

  /** A run that nobody has touched for a day. */
  async over(): Promise<RunRow | null> {
    const [row] = await this.database.run(OVER, {});
    return row ?? null;
  }

  async delete(id: string): Promise<void> {
    await this.database.run(DELETE, { id });
  }
}

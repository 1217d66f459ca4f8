import { Inject, Injectable } from '@nestjs/common';
import { type Pool } from 'pg';
import { POOL } from './pool.js';

/** The histories, and the span of one partition. By day, where they are kept for days and not for months. */
const PARTITIONED = {
  audit_events: 'month',
  message_history: 'month',
  activity_log: 'day',
  activity_numbers: 'day',
} as const;
export type PartitionedTable = keyof typeof PARTITIONED;
type Span = (typeof PARTITIONED)[PartitionedTable];

/** Spans made ahead of time: some missed start-ups and long runs without a restart do not hurt. */
const AHEAD: Record<Span, number> = { month: 3, day: 7 };

/** Advisory lock held while partitions are made; nothing else in the service may use the number. */
const PARTITION_LOCK = 7_203_001;

interface Partition {
  readonly table: PartitionedTable;
  readonly name: string;
  readonly from: Date;
  readonly to: Date;
}

/**
 * Partitions of the histories, by month or day in UTC. They live in the schema `partitions`, so that a comparison of the
 * database with Prisma's model sees the parents only.
 */
@Injectable()
export class Partitions {
  constructor(@Inject(POOL) private readonly pool: Pool) {}

  /**
   * Makes what is missing of the present and the next spans. Safe from many instances at once.
   *
   * @param day within the present span; without one the database's, whose clock decides into which partition a row goes
   */
  async ensure(day?: Date): Promise<void> {
    const today = day ?? (await this.daysAgo(0));
    const wanted = Object.entries(PARTITIONED).flatMap(([table, span]) =>
      Array.from({ length: AHEAD[span] + 1 }, (_, ahead) => partitionAt(table as PartitionedTable, span, today, ahead)),
    );
    const { rows } = await this.pool.query<{ name: string }>(
      'SELECT name FROM unnest($1::text[]) AS name WHERE to_regclass(name) IS NULL',
      [wanted.map(({ name }) => name)],
    );
    const missing = wanted.filter(({ name }) => rows.some((row) => row.name === name));
    if (missing.length === 0) return;
    // One message, so one transaction: the second of two instances waits for the first and then finds the tables there.
    await this.pool.query(
      [`SELECT pg_advisory_xact_lock(${PARTITION_LOCK})`, ...missing.map((partition) => creation(partition))].join(
        ';\n',
      ),
    );
  }

  /** Drops the partitions whose rows are all older than so many days, by the database's clock. Returns their names. */
  async dropOlderThan(table: PartitionedTable, days: number): Promise<string[]> {
    return this.dropBefore(table, await this.daysAgo(days));
  }

  /** Drops the partitions that hold nothing younger than `before`: retention without a single DELETE. Returns their names. */
  async dropBefore(table: PartitionedTable, before: Date): Promise<string[]> {
    const { rows } = await this.pool.query<{ name: string }>(
      `SELECT child.relname AS name FROM pg_inherits
         JOIN pg_class child ON child.oid = inhrelid JOIN pg_class parent ON parent.oid = inhparent
        WHERE parent.relname = $1 ORDER BY child.relname`,
      [table],
    );
    const over = rows.map(({ name }) => name).filter((name) => endOf(name) <= before);
    for (const name of over) await this.pool.query(`DROP TABLE IF EXISTS partitions.${name}`);
    return over;
  }

  private async daysAgo(days: number): Promise<Date> {
    const { rows } = await this.pool.query<{ at: Date }>(`SELECT now() - $1::int * interval '24 hours' AS at`, [days]);
    if (!rows[0]) throw new Error('the database told no time');
    return rows[0].at;
  }
}

function partitionAt(table: PartitionedTable, span: Span, today: Date, ahead: number): Partition {
  const [year, month, day] = [today.getUTCFullYear(), today.getUTCMonth(), today.getUTCDate()];
  const start = (at: number) =>
    new Date(span === 'month' ? Date.UTC(year, month + at, 1) : Date.UTC(year, month, day + at));
  const from = start(ahead);
  const stamp = from
    .toISOString()
    .slice(0, span === 'month' ? 7 : 10)
    .replaceAll('-', '_');
  return { table, name: `partitions.${table}_${stamp}`, from, to: start(ahead + 1) };
}

function creation({ table, name, from, to }: Partition): string {
  return `CREATE TABLE IF NOT EXISTS ${name} PARTITION OF ${table}
    FOR VALUES FROM ('${from.toISOString()}') TO ('${to.toISOString()}')${table === 'audit_events' ? appendOnly(name) : ''}`;
}

/** What the parent's triggers do not hand down. */
function appendOnly(name: string): string {
  return `;
    CREATE OR REPLACE TRIGGER audit_events_not_truncated BEFORE TRUNCATE ON ${name}
      FOR EACH STATEMENT EXECUTE FUNCTION audit_events_guard()`;
}

/** The first instant after the month or day that a partition's name ends with; never for a table of another name. */
function endOf(name: string): Date {
  const [, year, month, day] = /_(\d{4})_(\d{2})(?:_(\d{2}))?$/.exec(name) ?? [];
  if (!year || !month) return new Date(8.64e15);
  return new Date(
    day ? Date.UTC(Number(year), Number(month) - 1, Number(day) + 1) : Date.UTC(Number(year), Number(month), 1),
  );
}

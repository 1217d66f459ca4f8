import { Inject, Injectable } from '@nestjs/common';
import { type Pool } from 'pg';
import { POOL } from './pool.js';

/** The histories that are partitioned by month. */
const PARTITIONED = ['audit_events', 'message_history'] as const;
export type PartitionedTable = (typeof PARTITIONED)[number];

/** Months made ahead of time: some missed start-ups and months of running without a restart do not hurt. */
const MONTHS_AHEAD = 3;

/** Advisory lock held while a partition is made; nothing else in the service may use the number. */
const PARTITION_LOCK = 7_203_001;

/**
 * Partitions of the histories, by month in UTC. They live in the schema `partitions`, so that a comparison of the
 * database with Prisma's model sees the parents only.
 */
@Injectable()
export class Partitions {
  constructor(@Inject(POOL) private readonly pool: Pool) {}

  /** Makes what is missing of this month and the next ones. Safe from many instances at once. */
  async ensure(today = new Date()): Promise<void> {
    for (const table of PARTITIONED) {
      for (let ahead = 0; ahead <= MONTHS_AHEAD; ahead++) {
        const from = new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + ahead, 1));
        await this.make(table, from);
      }
    }
  }

  /** Drops the partitions that hold nothing younger than `before`: retention without a single DELETE. Returns their names. */
  async dropBefore(table: PartitionedTable, before: Date): Promise<string[]> {
    const { rows } = await this.pool.query<{ name: string }>(
      `SELECT child.relname AS name FROM pg_inherits
         JOIN pg_class child ON child.oid = inhrelid JOIN pg_class parent ON parent.oid = inhparent
        WHERE parent.relname = $1 ORDER BY child.relname`,
      [table],
    );
    const over = rows.map(({ name }) => name).filter((name) => endOfMonth(name) <= before);
    for (const name of over) await this.pool.query(`DROP TABLE IF EXISTS partitions.${name}`);
    return over;
  }

  private async make(table: PartitionedTable, from: Date): Promise<void> {
    const to = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1, 1));
    const name = `partitions.${table}_${from.toISOString().slice(0, 7).replace('-', '_')}`;
    const { rows } = await this.pool.query<{ present: boolean }>('SELECT to_regclass($1) IS NOT NULL AS present', [
      name,
    ]);
    if (rows[0]?.present) return;
    // One message, so one transaction: the second of two instances waits for the first and then finds the table there.
    await this.pool.query(
      `SELECT pg_advisory_xact_lock(${PARTITION_LOCK});
       CREATE TABLE IF NOT EXISTS ${name} PARTITION OF ${table}
         FOR VALUES FROM ('${from.toISOString()}') TO ('${to.toISOString()}')`,
    );
  }
}

/** The first instant after the month that a partition's name ends with; never for a table of another name. */
function endOfMonth(name: string): Date {
  const [, year, month] = /_(\d{4})_(\d{2})$/.exec(name) ?? [];
  return year && month ? new Date(Date.UTC(Number(year), Number(month), 1)) : new Date(8.64e15);
}

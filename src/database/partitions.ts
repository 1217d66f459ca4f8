import { type Pool } from 'pg';

/** The histories that are partitioned by month, by the owner's column of time. */
const PARTITIONED = ['audit_events', 'message_history'] as const;
export type PartitionedTable = (typeof PARTITIONED)[number];

/** Months made ahead of time: two missed start-ups and a month of running without a restart do not hurt. */
const MONTHS_AHEAD = 3;

/**
 * Makes the partitions of this month and the next ones where they are missing. Safe from many instances at once.
 * They live in the schema `partitions`, so that the schema's comparison with Prisma's model sees the parents only.
 */
export async function ensurePartitions(pool: Pool, today = new Date()): Promise<void> {
  const client = await pool.connect();
  try {
    for (const table of PARTITIONED) {
      for (let ahead = 0; ahead <= MONTHS_AHEAD; ahead++) {
        const from = new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + ahead, 1));
        const to = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1, 1));
        const name = `partitions.${table}_${from.toISOString().slice(0, 7).replace('-', '_')}`;
        const { rows } = await client.query<{ present: boolean }>('SELECT to_regclass($1) IS NOT NULL AS present', [
          name,
        ]);
        if (rows[0]?.present) continue;
        await client.query(
          `BEGIN; SELECT pg_advisory_xact_lock(${PARTITION_LOCK});
           CREATE TABLE IF NOT EXISTS ${name} PARTITION OF ${table} FOR VALUES FROM ('${from.toISOString()}') TO ('${to.toISOString()}');
           COMMIT`,
        );
      }
    }
  } finally {
    client.release();
  }
}

/** Any number that nothing else in this database locks. */
const PARTITION_LOCK = 7_203_001;

/** Drops the partitions that hold nothing younger than `before`: retention without a single DELETE. */
export async function dropPartitionsBefore(pool: Pool, table: PartitionedTable, before: Date): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT child.relname AS name FROM pg_inherits
       JOIN pg_class child ON child.oid = inhrelid JOIN pg_class parent ON parent.oid = inhparent
      WHERE parent.relname = $1`,
    [table],
  );
  const dropped: string[] = [];
  for (const { name } of rows) {
    const month = /_(\d{4})_(\d{2})$/.exec(name);
    if (!month) continue;
    const end = new Date(Date.UTC(Number(month[1]), Number(month[2]), 1));
    if (end > before) continue;
    await pool.query(`DROP TABLE IF EXISTS partitions.${name}`);
    dropped.push(name);
  }
  return dropped;
}

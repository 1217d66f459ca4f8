import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.js';
import { statement } from '../../platform/database/statement.js';
import { IS_REFUSAL, REFUSED } from './refusal-counts.sql.js';

/** Counted hours are forgotten after this; nobody can ask for figures of them. */
const KEPT = `interval '92 days'`;

// Whoever counts holds this row. A refusal stands at the minute in which it happened, and is written within seconds: what is an
// hour old does not change any more.
const NEXT = statement<{ from: Date; to: Date }>(
  'refusal_counts_next',
  `SELECT until AS "from",
          least(until + :hours::int * interval '1 hour', date_bin('1 hour', now() - interval '1 hour', 'epoch'::timestamptz)) AS "to"
     FROM refusals_counted FOR UPDATE`,
);

const COUNT = statement(
  'refusal_counts_count',
  `INSERT INTO refusal_counts (quarter, place, type, code, refusals)
   SELECT quarter, row_number() OVER (PARTITION BY quarter), type, code, refusals
     FROM (SELECT date_bin('15 minutes', occurred_at, 'epoch'::timestamptz) AS quarter, ${REFUSED}
             FROM audit_events
            WHERE occurred_at >= :from::timestamptz AND occurred_at < :to::timestamptz AND ${IS_REFUSAL}
            GROUP BY 1, type, code) AS alike`,
);

const COUNTED = statement('refusal_counts_counted', `UPDATE refusals_counted SET until = :until::timestamptz`);

const FORGET_OLD = statement('refusal_counts_forget_old', `DELETE FROM refusal_counts WHERE quarter < now() - ${KEPT}`);

@Injectable()
export class RefusalCountsRepository {
  constructor(private readonly database: Database) {}

  /**
   * Counts the next hours.
   *
   * @param hours how many, at most
   * @returns whether there were any
   */
  async countNext(hours: number): Promise<boolean> {
    return this.database.transaction(async (transaction) => {
      const [next] = await transaction.run(NEXT, { hours });
      if (!next || next.to <= next.from) return false;
      await transaction.run(COUNT, { from: next.from, to: next.to });
      await transaction.run(COUNTED, { until: next.to });
      return true;
    });
  }

  async forgetOld(): Promise<void> {
    await this.database.run(FORGET_OLD, {});
  }
}

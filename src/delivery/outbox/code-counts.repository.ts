import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.js';
import { statement } from '../../platform/database/statement.js';
import { FATE_COLUMNS, FATE_OF_MESSAGE, hourOf, IS_CODE, quarterOf, TIMES_OF_MESSAGE } from './code-counts.sql.js';

/** Hours of which a recount takes so many at once, at most. */
const RECOUNTED_AT_ONCE = 12;

/** Counted hours are forgotten after this; nobody can ask for figures of them. */
const KEPT = `interval '92 days'`;

interface Hours {
  from: Date;
  to: Date;
}

// Whoever counts holds this row: what two instances count, they count one after the other.
const NEXT = statement<Hours>(
  'code_counts_next',
  `SELECT until AS "from", least(until + :hours::int * interval '1 hour', ${hourOf(`now() - interval '1 hour'`)}) AS "to"
     FROM codes_counted FOR UPDATE`,
);

const COUNTED = statement('code_counts_counted', `UPDATE codes_counted SET until = :until::timestamptz`);

const DUE = statement<{ hour: Date }>(
  'code_counts_due',
  `DELETE FROM code_recounts
    WHERE hour IN (SELECT hour FROM code_recounts WHERE hour < (SELECT until FROM codes_counted)
                    ORDER BY hour LIMIT ${RECOUNTED_AT_ONCE} FOR UPDATE SKIP LOCKED)
   RETURNING hour`,
);

const FORGET_COUNTS = statement(
  'code_counts_forget',
  `DELETE FROM code_counts WHERE quarter >= :from::timestamptz AND quarter < :to::timestamptz`,
);

const FORGET_TIMES = statement(
  'code_times_forget',
  `DELETE FROM code_times WHERE hour >= :from::timestamptz AND hour < :to::timestamptz`,
);

const FORGET_OLD_COUNTS = statement(
  'code_counts_forget_old',
  `DELETE FROM code_counts WHERE quarter < now() - ${KEPT}`,
);
const FORGET_OLD_TIMES = statement('code_times_forget_old', `DELETE FROM code_times WHERE hour < now() - ${KEPT}`);

const IN_HOURS = `created_at >= :from::timestamptz AND created_at < :to::timestamptz`;

const COUNT = statement(
  'code_counts_count',
  `INSERT INTO code_counts (quarter, place, ${FATE_COLUMNS}, messages)
   SELECT quarter, row_number() OVER (PARTITION BY quarter), ${FATE_COLUMNS}, messages
     FROM (SELECT quarter, ${FATE_COLUMNS}, count(*)::int AS messages
             FROM (SELECT ${quarterOf('created_at')} AS quarter, ${FATE_OF_MESSAGE}
                     FROM message_history WHERE ${IN_HOURS} AND ${IS_CODE}) AS code
            GROUP BY quarter, ${FATE_COLUMNS}) AS alike`,
);

const COUNT_TIMES = statement(
  'code_times_count',
  `INSERT INTO code_times (hour, provider, measure, ms, messages)
   SELECT ${hourOf('created_at')}, provider, measure, ms, count(*)::int
     FROM message_history, ${TIMES_OF_MESSAGE}
    WHERE ${IN_HOURS} AND ${IS_CODE}
    GROUP BY 1, 2, 3, 4`,
);

@Injectable()
export class CodeCountsRepository {
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
      const { from, to } = next;
      // An hour that was marked before the count is counted once more: it may have been counted here with what the mark tells of.
      await transaction.run(COUNT, { from, to });
      await transaction.run(COUNT_TIMES, { from, to });
      await transaction.run(COUNTED, { until: to });
      return true;
    });
  }

  /**
   * Counts hours anew whose rows have changed since they were counted.
   *
   * @returns whether there may be more
   */
  async recount(): Promise<boolean> {
    return this.database.transaction(async (transaction) => {
      const due = await transaction.run(DUE, {});
      // Each statement from here on sees what those have written whose marks were taken away.
      for (const { hour: from } of due) {
        const hour = { from, to: new Date(from.getTime() + 3_600_000) };
        await transaction.run(FORGET_COUNTS, hour);
        await transaction.run(FORGET_TIMES, hour);
        await transaction.run(COUNT, hour);
        await transaction.run(COUNT_TIMES, hour);
      }
      return due.length === RECOUNTED_AT_ONCE;
    });
  }

  async forgetOld(): Promise<void> {
    await this.database.run(FORGET_OLD_COUNTS, {});
    await this.database.run(FORGET_OLD_TIMES, {});
  }
}

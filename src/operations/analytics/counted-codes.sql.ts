import { hourOf, IS_CODE } from '../../delivery/outbox/code-counts.sql.js';

/*
 * Figures of codes are put together of two parts. Hours that the job has counted are taken from their counts. All else is read row by
 * row: the outbox, the hours behind the last count, those that were marked to be counted anew, and the beginning and the end of a range
 * that does not begin or end with an hour. It is one statement, so one snapshot: each row is in exactly one of the parts. Parameters:
 * `:from` and `:to`.
 */

export const FROM = ':from::timestamptz';
export const TO = ':to::timestamptz';

/** The first hour that lies whole in the range. */
export const WHOLE_FROM = hourOf(`${FROM} + interval '59 minutes 59.999 seconds'`);

/** The end of the last one. */
const WHOLE_TO = hourOf(TO);

const COUNTED_UNTIL = '(SELECT until FROM codes_counted)';

/**
 * The first counted hour of the range. Older ones are read row by row: counting begins with the last 32 days of a database that
 * had messages before, and counts are kept for 92 days. An hour before may have been counted because something came late: that
 * counts nothing here.
 */
const COUNTED_FROM = `greatest(${WHOLE_FROM}, (SELECT since FROM codes_counted), ${hourOf(`now() - interval '91 days'`)})`;

/**
 * What is read row by row. OFFSET 0 has PostgreSQL look for the rows of each marked hour by the index: it would rather join the marks
 * with the whole history, as it does not know how few there are.
 *
 * @param more what is joined to each row
 */
export const uncountedCodes = (columns: string, more = '') => `
     SELECT ${columns} FROM messages${more}
      WHERE created_at >= ${FROM} AND created_at < ${TO} AND ${IS_CODE}
      UNION ALL
     SELECT ${columns} FROM message_history${more}
      WHERE created_at >= greatest(${FROM}, ${COUNTED_UNTIL}) AND created_at < ${TO} AND ${IS_CODE}
      UNION ALL
     SELECT ${columns} FROM message_history${more}
      WHERE created_at >= ${FROM} AND created_at < least(${COUNTED_FROM}, ${COUNTED_UNTIL}, ${TO}) AND ${IS_CODE}
      UNION ALL
     SELECT ${columns} FROM message_history${more}
      WHERE created_at >= greatest(${COUNTED_FROM}, ${WHOLE_TO}) AND created_at < least(${COUNTED_UNTIL}, ${TO}) AND ${IS_CODE}
      UNION ALL
     SELECT ${columns}
       FROM code_recounts r
      CROSS JOIN LATERAL (SELECT * FROM message_history
                           WHERE created_at >= r.hour AND created_at < r.hour + interval '1 hour' OFFSET 0) AS h${more}
      WHERE r.hour >= ${COUNTED_FROM} AND r.hour < least(${COUNTED_UNTIL}, ${WHOLE_TO}) AND ${IS_CODE}`;

/** Counted hours that no mark says to count anew. @param at the column that has the time */
export const countedCodes = (at: string) => `
      WHERE ${at} >= ${COUNTED_FROM} AND ${at} < least(${COUNTED_UNTIL}, ${WHOLE_TO})
        AND NOT EXISTS (SELECT FROM code_recounts r WHERE r.hour = ${hourOf(at)})`;

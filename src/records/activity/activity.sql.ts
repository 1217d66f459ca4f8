import { DURATION_BOUNDS } from './durations.js';

/** The class of a duration in whole ms, 1 for the first: one more than there are bounds below it. */
const classOf = (ms: string) => `width_bucket(${ms} - 1, ARRAY[${DURATION_BOUNDS.join()}]) + 1`;

/** A number as `maskPhone` shows it. */
export const maskedNumber = (
  number: string,
) => `(CASE WHEN length(${number}) < 12 THEN left(${number}, 3) || '****' || right(${number}, 2)
    ELSE left(${number}, 6) || '****' || right(${number}, 3) END)`;

const hours = Array.from({ length: 24 }, (_, hour) => `count(*) FILTER (WHERE hour = ${hour})`);
const classes = [...DURATION_BOUNDS, Infinity].map((_, at) => `count(*) FILTER (WHERE class = ${at + 1})`);

/** Both counters' array, element by element. */
const added = (counts: string) =>
  `(SELECT array_agg(before + more ORDER BY at) FROM unnest(c.${counts}, excluded.${counts}) WITH ORDINALITY AS d (before, more, at))`;

/**
 * Log rows, written by the very statement that makes what they tell of true, together with what is counted of them. A
 * counter is a row a linked account, hour, action and status: a linked account sends one message after the other, so
 * nobody waits for it. CTEs, to be put behind `source`, the name of a CTE with these columns: `session_id`,
 * `session_name`, `api_key_id` (whose linked account it is), `action`, `status`, `error`, `number` (masked),
 * `number_hash` (null: not counted by number) and `ms`.
 */
export const recordActivityFrom = (source: string): string => `
  activity_logged AS (
    INSERT INTO activity_log (id, session_id, session_name, api_key_id, action, status, error, number, ms)
    SELECT gen_random_uuid(), session_id, session_name, api_key_id, action, status, error, number, ms FROM ${source}
  ), activity_counted AS (
    INSERT INTO activity_days AS c (day, session_id, action, status, api_key_id, hours, durations)
    SELECT (now() AT TIME ZONE 'UTC')::date, session_id, action, status, api_key_id,
           ARRAY[${hours.join()}]::int[], ARRAY[${classes.join()}]::int[]
      FROM (SELECT *,
                   CASE WHEN ms IS NOT NULL THEN ${classOf('ms')} END AS class,
                   extract(hour FROM now() AT TIME ZONE 'UTC') AS hour
              FROM ${source}) AS classed
     GROUP BY session_id, action, status, api_key_id ORDER BY session_id, action, status
    ON CONFLICT (day, session_id, action, status) DO UPDATE SET hours = ${added('hours')}, durations = ${added('durations')}
  ), activity_numbered AS (
    INSERT INTO activity_numbers AS n (day, session_id, number_hash, number, count)
    SELECT (now() AT TIME ZONE 'UTC')::date, session_id, number_hash, min(number), count(*)::int FROM ${source}
     WHERE number_hash IS NOT NULL GROUP BY session_id, number_hash ORDER BY session_id, number_hash
    ON CONFLICT (day, session_id, number_hash) DO UPDATE SET count = n.count + excluded.count
  )`;

/*
 * What is counted of codes (`code_counts`, `code_times`), and the same of rows that are not counted yet: those who read the
 * figures put both together.
 */

/** The rows that are codes; canaries, notices and texts are not. */
export const IS_CODE = `purpose IN ('login', 'reset', 'phone-change') AND state <> 'SUPPRESSED'`;

/** How a code fared: the columns of `code_counts` but for its place and its number. */
export const FATE_COLUMNS = `provider, refused_by, failed_provider, state, reason, accepted, reached, verified`;

/** The same of a message. A step that was reached counts those before it, whether their receipts came or not. */
export const FATE_OF_MESSAGE = `provider, refused_by, failed_provider, state, CASE WHEN state = 'FAILED' THEN last_error END AS reason,
          accept_ms IS NOT NULL AS accepted,
          CASE
            WHEN read_at IS NOT NULL THEN 3
            WHEN delivered_at IS NOT NULL THEN 2
            WHEN sent_at IS NOT NULL THEN 1
            ELSE 0
          END::smallint AS reached,
          verified_at IS NOT NULL AS verified`;

/**
 * Rounded up, by less than a tenth: to 1.0, 1.1 … 2.0, 2.2 … 5.0, 5.5 … 9.5 times a power of ten. There are few such numbers, and
 * whatever is the 95th of a hundred stays it.
 */
const rounded = (ms: string) => {
  const from = (least: number, step: number) => `WHEN ${ms} > ${least} THEN (${ms} + ${step - 1}) / ${step} * ${step}`;
  const decades = [1_000_000_000, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100];
  const steps = decades.flatMap((top) => [from(top / 2, top / 20), from(top / 5, top / 50), from(top / 10, top / 100)]);
  return `CASE ${steps.join('\n                  ')} ELSE ${ms} END`;
};

/** No code is delivered after so many ms; a clock of a provider that says so is wrong. */
const LONGEST = 1_000_000_000;

/** How long a code took until a provider took it, and until it arrived: of a row of messages one row each, as in `code_times`. */
export const TIMES_OF_MESSAGE = `LATERAL (
            SELECT measure, ${rounded('exact')} AS ms
              FROM (VALUES ('accept', accept_ms),
                           ('deliver', CASE WHEN delivered_at IS NOT NULL
                             THEN least(${LONGEST}, greatest(0, extract(epoch FROM delivered_at - created_at) * 1000))::int END))
                AS t (measure, exact)
             WHERE exact IS NOT NULL AND provider IS NOT NULL
          ) AS took`;

/** The hour that an instant lies in, as it is counted: of the epoch, whatever the zone of the session. */
export const hourOf = (instant: string) => `date_bin('1 hour', ${instant}, 'epoch'::timestamptz)`;

/** The quarter of an hour that an instant lies in. No zone of today is off by anything finer. */
export const quarterOf = (instant: string) => `date_bin('15 minutes', ${instant}, 'epoch'::timestamptz)`;

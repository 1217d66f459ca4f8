import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.js';
import { statement } from '../../platform/database/statement.js';
import { FATE_COLUMNS, FATE_OF_MESSAGE } from '../../delivery/outbox/code-counts.sql.js';
import { countedCodes, FROM, TO, uncountedCodes } from './counted-codes.sql.js';

/** Messages that were made in a span of time: those under way are in the outbox, all others in the history. */
const madeBetween = (columns: string, from: string, to: string, which = 'true') => `
  SELECT ${columns} FROM messages WHERE created_at >= ${from} AND created_at < ${to} AND state <> 'SUPPRESSED' AND ${which}
   UNION ALL
  SELECT ${columns} FROM message_history WHERE created_at >= ${from} AND created_at < ${to} AND state <> 'SUPPRESSED' AND ${which}`;

/** Messages that are no codes, and no tests of a provider. The first condition is that of an index. */
const IS_OTHER = `purpose NOT IN ('login', 'reset', 'phone-change') AND purpose <> 'canary'`;

/** Each step counts those who got at least so far: a receipt that was lost does not make the funnel widen again. */
const steps = (took: string) => `
  coalesce(sum(messages) FILTER (WHERE ${took}), 0)::int AS accepted,
  coalesce(sum(messages) FILTER (WHERE ${took} AND reached >= 1), 0)::int AS sent,
  coalesce(sum(messages) FILTER (WHERE ${took} AND reached >= 2), 0)::int AS delivered,
  coalesce(sum(messages) FILTER (WHERE ${took} AND reached = 3), 0)::int AS read,
  coalesce(sum(messages) FILTER (WHERE ${took} AND verified), 0)::int AS verified`;

// Messages that fared alike are put together first: there are few kinds of them. Codes are taken from the counts of each hour, as far as
// these reach; other messages, which are few, are read. A failure is counted to each provider that had it: a message that one
// refused and the next one took has failed with the first only, and one that nobody took has failed with all of them.
const FUNNEL = statement<FunnelRow>(
  'delivery_funnel',
  `WITH alike AS MATERIALIZED (
     SELECT provider, refused_by, failed_provider, state, accepted, reached, verified, sum(messages) AS messages
       FROM (SELECT ${FATE_COLUMNS}, messages FROM code_counts ${countedCodes('code_counts.quarter')}
              UNION ALL
             SELECT ${FATE_COLUMNS}, 1 FROM (${uncountedCodes(FATE_OF_MESSAGE)}) AS code
              UNION ALL
             SELECT ${FATE_COLUMNS}, 1 FROM (${madeBetween(FATE_OF_MESSAGE, FROM, TO, IS_OTHER)}) AS other
            ) AS each_kind
      GROUP BY 1, 2, 3, 4, 5, 6, 7
   )
   SELECT NULL AS provider, coalesce(sum(messages), 0)::int AS requested, ${steps('(accepted OR failed_provider IS NOT NULL)')},
          coalesce(sum(messages) FILTER (WHERE state = 'FAILED'), 0)::int AS failed
     FROM alike
    UNION ALL
   (SELECT asked.name, sum(messages)::int, ${steps('(provider = asked.name AND accepted OR failed_provider = asked.name)')},
           coalesce(sum(messages) FILTER (WHERE asked.name = ANY (refused_by) OR provider = asked.name AND state = 'FAILED'), 0)::int
      FROM alike
      CROSS JOIN LATERAL (SELECT DISTINCT unnest(array_remove(refused_by || provider, NULL)) AS name) asked
     GROUP BY asked.name ORDER BY asked.name)`,
);

// Nothing older than a day could be called "lately".
const MADE_LATELY = madeBetween(
  'provider, failed_provider, purpose, accept_ms, created_at, closed_at, delivered_at, read_at',
  `now() - interval '1 day'`,
  `'infinity'`,
);

const inHour = (column: string) => `${column} > now() - interval '1 hour'`;

// A message that a provider took and then failed went to the next rung and counts for both; of the first one no time is left
// but that of the request. The day's messages are read and counted, and kept nowhere; percentiles, which have to be sorted,
// are of the last hour alone.
const LATELY = statement<LatelyRow>(
  'delivery_lately',
  `WITH taken AS (
     SELECT provider, max(closed_at) AS last_accepted_at, max(delivered_at) AS last_delivered_at,
            max(closed_at) FILTER (WHERE purpose = 'canary') AS canary_accepted_at,
            max(delivered_at) FILTER (WHERE purpose = 'canary') AS canary_delivered_at,
            count(*) FILTER (WHERE ${inHour('closed_at')}) AS in_hour,
            count(*) FILTER (WHERE ${inHour('closed_at')} AND num_nonnulls(delivered_at, read_at) > 0) AS delivered_in_hour
       FROM (${MADE_LATELY}) m WHERE accept_ms IS NOT NULL GROUP BY provider
   ), failed AS (
     SELECT failed_provider AS provider, max(created_at) AS last_accepted_at,
            max(created_at) FILTER (WHERE purpose = 'canary') AS canary_accepted_at,
            count(*) FILTER (WHERE ${inHour('created_at')}) AS in_hour
       FROM (${MADE_LATELY}) m WHERE failed_provider IS NOT NULL GROUP BY failed_provider
   ), of_hour AS (
     SELECT provider,
            percentile_disc(0.95) WITHIN GROUP (ORDER BY accept_ms) FILTER (WHERE ${inHour('closed_at')}) AS p95_accept_ms,
            (percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM delivered_at - created_at) * 1000)
               FILTER (WHERE ${inHour('delivered_at')}))::int AS p95_deliver_ms
       FROM (${MADE_LATELY}) m
      WHERE accept_ms IS NOT NULL AND (${inHour('closed_at')} OR ${inHour('delivered_at')})
      GROUP BY provider
   )
   SELECT provider, greatest(taken.last_accepted_at, failed.last_accepted_at) AS last_accepted_at, taken.last_delivered_at,
          greatest(taken.canary_accepted_at, failed.canary_accepted_at) AS canary_accepted_at, taken.canary_delivered_at,
          of_hour.p95_accept_ms, of_hour.p95_deliver_ms,
          (coalesce(taken.in_hour, 0) + coalesce(failed.in_hour, 0))::int AS accepted_in_hour,
          coalesce(taken.delivered_in_hour, 0)::int AS delivered_in_hour
     FROM taken FULL JOIN failed USING (provider) LEFT JOIN of_hour USING (provider)`,
);

/** How far messages got; without a provider: all of them. */
export interface FunnelRow {
  provider: string | null;
  requested: number;
  accepted: number;
  sent: number;
  delivered: number;
  read: number;
  verified: number;
  failed: number;
}

/** What a provider did in the last day, and how fast in the last hour. */
export interface LatelyRow {
  provider: string;
  last_accepted_at: Date | null;
  last_delivered_at: Date | null;
  canary_accepted_at: Date | null;
  canary_delivered_at: Date | null;
  p95_accept_ms: number | null;
  p95_deliver_ms: number | null;
  accepted_in_hour: number;
  delivered_in_hour: number;
}

@Injectable()
export class DeliveryRepository {
  constructor(private readonly database: Database) {}

  /** The whole first, then each provider that was asked. */
  async funnel(from: Date, to: Date): Promise<FunnelRow[]> {
    return this.database.run(FUNNEL, { from, to });
  }

  async lately(): Promise<LatelyRow[]> {
    return this.database.run(LATELY, {});
  }
}

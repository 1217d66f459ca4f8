import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { statement } from '../database/statement.js';

const COLUMNS =
  'provider, refused_by, failed_provider, state, purpose, accept_ms, created_at, closed_at, sent_at, delivered_at, read_at, verified_at';

/** Messages that were made in a span of time: what is under way stands in the outbox, everything else in the history. */
const madeBetween = (from: string, to: string) => `
  SELECT ${COLUMNS} FROM messages WHERE created_at >= ${from} AND created_at < ${to} AND state <> 'SUPPRESSED'
   UNION ALL
  SELECT ${COLUMNS} FROM message_history WHERE created_at >= ${from} AND created_at < ${to} AND state <> 'SUPPRESSED'`;

const MESSAGES_BETWEEN = `
  SELECT * FROM (${madeBetween(':from::timestamptz', ':to::timestamptz')}) m WHERE purpose <> 'canary'`;

/** Each step counts those who got at least so far: a receipt that was lost does not make the funnel widen again. */
const steps = (took: string) => `
  count(*) FILTER (WHERE ${took})::int AS accepted,
  count(*) FILTER (WHERE ${took} AND num_nonnulls(sent_at, delivered_at, read_at) > 0)::int AS sent,
  count(*) FILTER (WHERE ${took} AND num_nonnulls(delivered_at, read_at) > 0)::int AS delivered,
  count(*) FILTER (WHERE ${took} AND read_at IS NOT NULL)::int AS read,
  count(*) FILTER (WHERE ${took} AND verified_at IS NOT NULL)::int AS verified`;

// A failure is counted to each provider that had it: a message that one refused and the next one took has failed with the
// first only, and one that nobody took has failed with all of them.
const FUNNEL = statement<FunnelRow>(
  'delivery_funnel',
  `WITH between_times AS MATERIALIZED (${MESSAGES_BETWEEN})
   SELECT NULL AS provider, count(*)::int AS requested, ${steps('(accept_ms IS NOT NULL OR failed_provider IS NOT NULL)')},
          count(*) FILTER (WHERE state = 'FAILED')::int AS failed
     FROM between_times
    UNION ALL
   (SELECT asked.name, count(*)::int, ${steps('(provider = asked.name AND accept_ms IS NOT NULL OR failed_provider = asked.name)')},
           count(*) FILTER (WHERE asked.name = ANY (refused_by) OR provider = asked.name AND state = 'FAILED')::int
      FROM between_times
      CROSS JOIN LATERAL (SELECT DISTINCT unnest(array_remove(refused_by || provider, NULL)) AS name) asked
     GROUP BY asked.name ORDER BY asked.name)`,
);

// Of the last day: nothing older could be called "lately". What a provider took and then failed went to the next rung and
// counts for both; of the first one no time is left but that of the request.
const LATELY = statement<LatelyRow>(
  'delivery_lately',
  `WITH made AS MATERIALIZED (${madeBetween(`now() - interval '1 day'`, `'infinity'`)}
   ), taken AS (
     SELECT provider, purpose, accept_ms, created_at, closed_at, delivered_at, read_at FROM made WHERE accept_ms IS NOT NULL
      UNION ALL
     SELECT failed_provider, purpose, NULL, created_at, created_at, NULL, NULL FROM made WHERE failed_provider IS NOT NULL
   )
   SELECT provider, max(closed_at) AS last_accepted_at, max(delivered_at) AS last_delivered_at,
          max(closed_at) FILTER (WHERE purpose = 'canary') AS canary_accepted_at,
          max(delivered_at) FILTER (WHERE purpose = 'canary') AS canary_delivered_at,
          percentile_disc(0.95) WITHIN GROUP (ORDER BY accept_ms) FILTER (WHERE closed_at > now() - interval '1 hour') AS p95_accept_ms,
          (percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM delivered_at - created_at) * 1000)
             FILTER (WHERE delivered_at > now() - interval '1 hour'))::int AS p95_deliver_ms,
          count(*) FILTER (WHERE closed_at > now() - interval '1 hour')::int AS accepted_in_hour,
          count(*) FILTER (WHERE closed_at > now() - interval '1 hour' AND num_nonnulls(delivered_at, read_at) > 0)::int AS delivered_in_hour
     FROM taken GROUP BY provider`,
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

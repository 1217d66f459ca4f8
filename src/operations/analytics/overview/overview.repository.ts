import { Injectable } from '@nestjs/common';
import { FATE_COLUMNS, FATE_OF_MESSAGE, TIMES_OF_MESSAGE } from '../../../delivery/outbox/code-counts.sql.js';
import { Database } from '../../../platform/database/database.js';
import { statement } from '../../../platform/database/statement.js';
import { IS_REFUSAL, REFUSED } from '../../../records/audit/refusal-counts.sql.js';
import { countedCodes, FROM, TO, uncountedCodes, WHOLE_FROM } from '../counted-codes.sql.js';

const REFUSALS_UNTIL = '(SELECT until FROM refusals_counted)';

/** The part of the range that an instant lies in, by the clocks of the zone. */
const partOf = (at: string) => `date_trunc(:part::text, ${at}, :zone::text)`;

// The first instant of the range, and of each of its parts, by the clocks of the zone.
const RANGE = statement<RangeRow>(
  'overview_range',
  `SELECT now() AS "to", r.from AT TIME ZONE :zone::text AS "from",
          CASE
            WHEN :part::text = 'hour'
            THEN ARRAY(SELECT generate_series(r.from AT TIME ZONE :zone::text, now(), interval '1 hour'))
            ELSE ARRAY(SELECT generate_series(r.from, now() AT TIME ZONE :zone::text, interval '1 day') AT TIME ZONE :zone::text)
          END AS parts
     FROM (SELECT date_trunc('day', now() AT TIME ZONE :zone::text) - :days::int * interval '1 day' AS "from") AS r`,
);

const CODES = statement<CodesRow>(
  'overview_codes',
  `SELECT part, ${FATE_COLUMNS}, sum(messages)::int AS messages
     FROM (SELECT ${partOf('quarter')} AS part, ${FATE_COLUMNS}, messages FROM code_counts ${countedCodes('code_counts.quarter')}
           UNION ALL
           SELECT ${partOf('created_at')} AS part, ${FATE_COLUMNS}, 1 FROM (${uncountedCodes(`created_at, ${FATE_OF_MESSAGE}`)}) AS code
          ) AS codes
    GROUP BY part, ${FATE_COLUMNS}`,
);

// The 95th percentile (the smallest time that 95 of 100 did not exceed) of each provider, and of all together.
const TIMES = statement<TimesRow>(
  'overview_times',
  `SELECT provider, measure, max(total)::int AS messages, min(ms) FILTER (WHERE up_to >= 0.95 * total) AS p95
     FROM (SELECT provider, measure, ms, sum(messages) OVER (PARTITION BY provider, measure ORDER BY ms) AS up_to,
                  sum(messages) OVER (PARTITION BY provider, measure) AS total
             FROM (SELECT provider, measure, ms, sum(messages) AS messages
                     FROM (SELECT provider, measure, ms, messages FROM code_times ${countedCodes('code_times.hour')}
                           UNION ALL
                           ${uncountedCodes('provider, measure, ms, 1', `, ${TIMES_OF_MESSAGE}`)}
                          ) AS times
                    GROUP BY GROUPING SETS ((provider, measure, ms), (measure, ms))) AS alike
          ) AS running
    GROUP BY provider, measure`,
);

const REFUSALS = statement<RefusalsRow>(
  'overview_refusals',
  `SELECT part, type, code, sum(refusals)::int AS refusals
     FROM (SELECT ${partOf('quarter')} AS part, type, code, refusals FROM refusal_counts
            WHERE quarter >= ${WHOLE_FROM} AND quarter < ${REFUSALS_UNTIL}
           UNION ALL
           SELECT ${partOf('occurred_at')} AS part, ${REFUSED} FROM audit_events
            WHERE occurred_at >= greatest(${FROM}, ${REFUSALS_UNTIL}) AND occurred_at < ${TO} AND ${IS_REFUSAL}
            GROUP BY 1, type, code
           UNION ALL
           SELECT ${partOf('occurred_at')} AS part, ${REFUSED} FROM audit_events
            WHERE occurred_at >= ${FROM} AND occurred_at < least(${WHOLE_FROM}, ${REFUSALS_UNTIL}) AND ${IS_REFUSAL}
            GROUP BY 1, type, code
          ) AS refused
    GROUP BY part, type, code`,
);

/** A range by the clocks of a zone. */
export interface RangeRow {
  from: Date;
  to: Date;
  /** When each of its parts begins. */
  parts: Date[];
}

/** Codes of one part of a range that fared alike. */
export interface CodesRow {
  part: Date;
  provider: string | null;
  refused_by: string[];
  failed_provider: string | null;
  state: 'PENDING' | 'UNKNOWN' | 'ACCEPTED' | 'SENT' | 'DELIVERED' | 'READ' | 'FAILED' | 'EXPIRED' | 'SUPPRESSED';
  reason: string | null;
  accepted: boolean;
  /** 1 sent, 2 delivered, 3 read. */
  reached: number;
  verified: boolean;
  messages: number;
}

export interface TimesRow {
  /** Null: all. */
  provider: string | null;
  measure: string;
  messages: number;
  p95: number;
}

export interface RefusalsRow {
  part: Date;
  type: string;
  code: string | null;
  refusals: number;
}

/** A range of time, cut into parts by the clocks of a zone. */
export interface Cut {
  readonly from: Date;
  readonly to: Date;
  readonly part: 'hour' | 'day';
  /** IANA. */
  readonly zone: string;
}

@Injectable()
export class OverviewRepository {
  constructor(private readonly database: Database) {}

  /**
   * From the begin of a day until now.
   *
   * @param days how many days before today
   * @throws the database's error of an unknown zone
   */
  async range(days: number, part: Cut['part'], zone: string): Promise<RangeRow> {
    const [row] = await this.database.run(RANGE, { days, part, zone });
    if (!row) throw new Error('the database told no time');
    return row;
  }

  codes(cut: Cut): Promise<CodesRow[]> {
    return this.database.run(CODES, { ...cut });
  }

  times({ from, to }: Cut): Promise<TimesRow[]> {
    return this.database.run(TIMES, { from, to });
  }

  refusals(cut: Cut): Promise<RefusalsRow[]> {
    return this.database.run(REFUSALS, { ...cut });
  }
}

import { Injectable } from '@nestjs/common';
import { DURATION_BOUNDS } from '../../records/activity/durations.js';
import { Database } from '../../platform/database/database.js';
import { statement } from '../../platform/database/statement.js';

/** Whose figures: everybody's, of one key's linked accounts, or of one alone. */
export type FigureScope =
  | { readonly of: 'all' }
  | { readonly of: 'key'; readonly apiKeyId: string }
  | { readonly of: 'session'; readonly sessionId: string };

/** Counters of a span, by what happened. */
export interface CountedRow {
  action: string;
  status: 'success' | 'failure' | 'unknown';
  /** By the hour of the day, in UTC. */
  hours: number[];
  /** By their classes, of the whole days that the span touches. */
  durations: number[];
}

/** How long linked accounts were observed in a span, and connected, in seconds. */
export interface UptimeRow {
  observed: number;
  connected: number;
}

const scopes = {
  all: { counters: 'true', numbers: '', sessions: 'true' },
  key: {
    counters: 'c.api_key_id = :scope::uuid',
    numbers: `CROSS JOIN (SELECT id FROM gateway_sessions WHERE api_key_id = :scope::uuid) AS own (session_id)`,
    sessions: 's.api_key_id = :scope::uuid',
  },
  session: {
    counters: 'c.session_id = :scope::uuid',
    numbers: `CROSS JOIN (SELECT :scope::uuid) AS own (session_id)`,
    sessions: 's.id = :scope::uuid',
  },
};
type Scope = (typeof scopes)[keyof typeof scopes];

const hourOf = (instant: string) =>
  `floor(extract(epoch FROM ${instant}::timestamptz - c.day::timestamp AT TIME ZONE 'UTC') / 3600)`;
const hours = Array.from(
  { length: 24 },
  (_, hour) => `coalesce(sum(c.hours[${hour + 1}]) FILTER (WHERE ${hour} >= c.first AND ${hour} < c.next), 0)`,
);
const classes = [...DURATION_BOUNDS, Infinity].map((_, at) => `sum(c.durations[${at + 1}])`);

// A month of twenty linked accounts is some thousand counters and never ten million lines: see docs/gateway.md.
const counted = (name: string, { counters }: Scope) =>
  statement<CountedRow>(
    `activity_counted_${name}`,
    `SELECT c.action, c.status, ARRAY[${hours.join()}]::float8[] AS hours, ARRAY[${classes.join()}]::float8[] AS durations
       FROM (SELECT c.*, ${hourOf(':from')} AS first, ${hourOf(':to')} AS next FROM activity_days c
              WHERE c.day >= (:from::timestamptz AT TIME ZONE 'UTC')::date
                AND c.day <= ((:to::timestamptz - interval '1 millisecond') AT TIME ZONE 'UTC')::date
                AND ${counters}
             OFFSET 0) AS c
      GROUP BY c.action, c.status`,
  );

// Of each day only those at its top are added up: exact for a day, and for more as near as anybody wants to know.
const busiest = (name: string, { numbers }: Scope) =>
  statement<{ number: string; count: number }>(
    `activity_busiest_${name}`,
    `SELECT top.number, sum(top.count)::float8 AS count
       FROM generate_series(date_trunc('day', :from::timestamptz AT TIME ZONE 'UTC'),
                            (:to::timestamptz - interval '1 millisecond') AT TIME ZONE 'UTC',
                            interval '1 day') AS d (day)
            ${numbers}
      CROSS JOIN LATERAL (
        SELECT n.number_hash, n.number, n.count FROM activity_numbers n
         WHERE n.day = d.day::date ${numbers === '' ? '' : 'AND n.session_id = own.session_id'} ORDER BY n.count DESC LIMIT 50
      ) top
      GROUP BY top.number_hash, top.number ORDER BY 2 DESC LIMIT 10`,
  );

// From one change of state to the next, within the span. A linked account that never changed is as it is now.
const uptime = (name: string, { sessions }: Scope) =>
  statement<UptimeRow>(
    `activity_uptime_${name}`,
    `WITH asked AS (
       SELECT s.id,
              s.state = 'CONNECTED' AND s.lease_until > now() AS up,
              greatest(s.created_at, :from::timestamptz) AS since
         FROM gateway_sessions s
        WHERE ${sessions}
     ), changes AS (
       SELECT l.session_id, l.action = 'session.connected' AS up, l.occurred_at AS since,
              lead(l.occurred_at, 1, :to::timestamptz) OVER (PARTITION BY l.session_id ORDER BY l.occurred_at, l.id) AS until
         FROM activity_log l JOIN asked ON asked.id = l.session_id WHERE l.action LIKE 'session.%' AND l.occurred_at < :to::timestamptz
     ), spans AS (
       SELECT up, greatest(since, :from::timestamptz) AS since, until FROM changes WHERE until > :from::timestamptz
        UNION ALL
       SELECT asked.up, asked.since, :to::timestamptz FROM asked WHERE NOT EXISTS (SELECT 1 FROM changes WHERE session_id = asked.id)
     )
     SELECT coalesce(sum(extract(epoch FROM until - since)), 0)::float8 AS observed,
            coalesce(sum(extract(epoch FROM until - since)) FILTER (WHERE up), 0)::float8 AS connected
       FROM spans WHERE until > since`,
  );

const ofEach = <Made>(make: (name: string, scope: Scope) => Made) => ({
  all: make('all', scopes.all),
  key: make('key', scopes.key),
  session: make('session', scopes.session),
});

const COUNTED = ofEach(counted);
const BUSIEST = ofEach(busiest);
const UPTIME = ofEach(uptime);

/** Figures of what linked accounts did, out of what was counted when it was logged. */
@Injectable()
export class ActivityFiguresRepository {
  constructor(private readonly database: Database) {}

  /** @param from whole hours */
  counted(scope: FigureScope, from: Date, to: Date): Promise<CountedRow[]> {
    return this.database.run(COUNTED[scope.of], { ...scopeValue(scope), from, to });
  }

  /** The ten numbers that were written to most, masked. */
  busiest(scope: FigureScope, from: Date, to: Date): Promise<{ number: string; count: number }[]> {
    return this.database.run(BUSIEST[scope.of], { ...scopeValue(scope), from, to });
  }

  async uptime(scope: FigureScope, from: Date, to: Date): Promise<UptimeRow> {
    const [row] = await this.database.run(UPTIME[scope.of], { ...scopeValue(scope), from, to });
    if (!row) throw new Error('an aggregate returned no row');
    return row;
  }
}

function scopeValue(scope: FigureScope): { scope: string | null } {
  if (scope.of === 'all') return { scope: null };
  return { scope: scope.of === 'key' ? scope.apiKeyId : scope.sessionId };
}

import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { statement } from '../database/statement.js';
import { ofTheFirst } from '../database/steps.js';

/** A window as the database sees it at the end of a statement. */
export interface LimitWindow {
  readonly startedAt: Date;
  /** Until it is over. */
  readonly secondsLeft: number;
  /** Blocks that instances hold included. */
  readonly used: number;
  /** With what the limit has grown by. */
  readonly cap: number;
  /** Until somebody else's block ends of which something is unused; null when there is none. */
  readonly secondsToReturn: number | null;
}

interface WindowRow {
  used: number;
  cap: number;
  window_started_at: Date;
  seconds_left: number;
  seconds_to_return: number | null;
}

/** A limit of something within a window of time, which begins with the first use. */
export interface Limit {
  readonly name: string;
  readonly cap: number;
  /** Length of the window. */
  readonly seconds: number;
  /** The share of the uses of the last day that proved good by which the cap grows; without it the cap stays as it is. */
  readonly growth?: number;
  /**
   * Told what was used before and after each block that an instance takes, and when the window began. Blocks also go
   * back: the same amount can be passed more than once.
   */
  readonly onUsed?: (before: number, after: number, windowStartedAt: Date) => void;
}

/** What an instance knows of a block that it holds of a limit. */
export interface Block {
  /** Its name; empty when the instance holds none. */
  readonly id: string;
  /** The window that it was leased in. */
  readonly window: Date;
  /** How many of it the database takes for unused. */
  readonly told: number;
  /** How many are unused. */
  readonly left: number;
}

/** What an instance tells of a block that it goes on holding. */
export interface Report extends Block {
  readonly name: string;
  readonly subject: string;
  /** Unused ones that go back, besides those that are left. */
  readonly returned: number;
  /** What counts for the present window, whichever that is; below 0 where more was used. */
  readonly owed: number;
  /** Uses that proved good. */
  readonly proved: number;
}

/** A report that was taken down. */
export interface Reported {
  readonly name: string;
  readonly subject: string;
  /** Whether the block was still held. If not, it had ended and come back: nothing of it is left. */
  readonly held: boolean;
}

/** Rows that one statement changes. */
const BATCH = 200;

const WINDOW = 'make_interval(secs => :seconds::int)';
const IS_OVER = `r.window_started_at <= now() - ${WINDOW}`;

const until = (block: string) => `(${block}.value->>'until')::timestamptz`;
const unused = (block: string) => `(${block}.value->>'unused')::int`;
const held = (left: string) =>
  `jsonb_build_object('unused', ${left}, 'until', now() + :hold_seconds::int * interval '1 second')`;

/** Uses that proved good in the last day: those of the day that runs, and of the one before as far as it lies within. */
const PROVED_IN_LAST_DAY = `(
     CASE WHEN r.proved_since > now() - interval '1 day' THEN r.proved + r.proved_before * (1 - extract(epoch FROM now() - r.proved_since) / 86400)
          WHEN r.proved_since > now() - interval '2 days' THEN r.proved * (2 - extract(epoch FROM now() - r.proved_since) / 86400)
          ELSE 0 END)`;
const CAP = `(:cap::int + floor(:growth::float8 * ${PROVED_IN_LAST_DAY}))::int`;

/** What others left of blocks that have ended: their instances died, or do not need them. */
const LEFT_BY_OTHERS = `(
     SELECT coalesce(sum(${unused('b')}), 0)::int FROM jsonb_each(r.leases) b WHERE b.key <> :block::text AND ${until('b')} <= now())`;
const HELD_BY_OTHERS = `(
     SELECT coalesce(jsonb_object_agg(b.key, b.value), '{}') FROM jsonb_each(r.leases) b WHERE b.key <> :block::text AND ${until('b')} > now())`;

/**
 * What is truly used of the window: without what is left of this instance's block, which goes back now. When somebody else
 * has taken that back already, because it had ended, what was used of it since the last report counts now.
 */
const USED = `greatest(0, r.used - ${LEFT_BY_OTHERS}
     - CASE WHEN r.window_started_at <> :window::timestamptz THEN 0
            WHEN r.leases ? :block::text THEN :left::int
            ELSE :left::int - :told::int END)`;

const ITS_WINDOW = `r.used, ${CAP} AS cap, r.window_started_at, extract(epoch FROM r.window_started_at + ${WINDOW} - now())::float8 AS seconds_left,
     extract(epoch FROM (SELECT min(${until('b')}) FROM jsonb_each(r.leases) b WHERE ${unused('b')} > 0 AND b.key <> :block::text) - now())::float8 AS seconds_to_return`;

/** The caller uses one unit of the block at once, so only the others are unused. */
const NEW_BLOCK = `CASE WHEN :size::int > 1 THEN jsonb_build_object(:next_block::text, ${held(':size::int - 1')}) ELSE '{}' END`;

// One row a subject and window, locked by its own update: blocks can be taken from any number of instances at once and
// `used` never passes the cap. What ended blocks have left comes back under the same lock, and is forgotten with them, so
// it comes back once. The insert covers the first use by a subject.
const LEASE = statement<WindowRow>(
  'rate_limits_lease',
  `INSERT INTO rate_limits AS r (name, subject, window_started_at, used, leases)
   VALUES (:name::text, :subject::text, now(), :size::int, ${NEW_BLOCK})
   ON CONFLICT (name, subject) DO UPDATE SET
     used = CASE WHEN ${IS_OVER} THEN 0 ELSE ${USED} END + :size::int,
     leases = CASE WHEN ${IS_OVER} THEN '{}' ELSE ${HELD_BY_OTHERS} END || ${NEW_BLOCK},
     window_started_at = CASE WHEN ${IS_OVER} THEN now() ELSE r.window_started_at END
   WHERE ${IS_OVER} OR ${USED} + :size::int <= ${CAP}
   RETURNING ${ITS_WINDOW}`,
);

const CURRENT = statement<WindowRow>(
  'rate_limits_current',
  `SELECT ${ITS_WINDOW} FROM rate_limits r WHERE name = :name::text AND subject = :subject::text`,
);

/** How many days lie between the beginning of the count and now, when a report has something to count. */
const DAY_BEGINS = (spans: string) => `t.proved > 0 AND r.proved_since <= now() - interval '${spans}'`;

// Many blocks in one statement. The rows are locked in the order of their keys, and one that somebody else holds is left
// for the next report, so that no two instances wait for each other.
const REPORT = statement<Reported>(
  'rate_limits_report',
  `WITH told AS (
     SELECT * FROM unnest(:names::text[], :subjects::text[], :ids::text[], :windows::timestamptz[], :told::int[], :left::int[],
                          :returned::int[], :owed::int[], :proved::int[])
         AS t (name, subject, id, window_started_at, told, left_of_it, returned, owed, proved)
   ), locked AS (
     SELECT r.name, r.subject, r.leases ? t.id AS held
       FROM told t JOIN rate_limits r ON r.name = t.name AND r.subject = t.subject
      ORDER BY r.name, r.subject FOR UPDATE OF r SKIP LOCKED
   )
   UPDATE rate_limits r SET
     used = greatest(0, r.used - t.owed
       - CASE WHEN r.window_started_at <> t.window_started_at THEN 0
              WHEN locked.held THEN t.returned
              ELSE t.left_of_it + t.returned - t.told END),
     leases = CASE WHEN NOT locked.held THEN r.leases
                   WHEN t.left_of_it = 0 THEN r.leases - t.id
                   ELSE r.leases || jsonb_build_object(t.id, ${held('t.left_of_it')}) END,
     proved = t.proved + CASE WHEN ${DAY_BEGINS('1 day')} THEN 0 ELSE r.proved END,
     proved_before = CASE WHEN ${DAY_BEGINS('2 days')} THEN 0 WHEN ${DAY_BEGINS('1 day')} THEN r.proved ELSE r.proved_before END,
     proved_since = CASE WHEN ${DAY_BEGINS('2 days')} THEN now() WHEN ${DAY_BEGINS('1 day')} THEN r.proved_since + interval '1 day'
                         ELSE r.proved_since END
     FROM told t JOIN locked ON locked.name = t.name AND locked.subject = t.subject
    WHERE r.name = t.name AND r.subject = t.subject
   RETURNING r.name, r.subject, locked.held`,
);

// No window is longer than a day, and a row without a lease for so long has proved nothing since.
const FORGET_OLD = statement<{ name: string }>(
  'rate_limits_forget_old',
  `DELETE FROM rate_limits WHERE ${ofTheFirst({ table: 'rate_limits', where: `window_started_at < now() - interval '25 hours'`, order: 'window_started_at', most: 500 })} RETURNING name`,
);

@Injectable()
export class LeasedLimitRepository {
  constructor(private readonly database: Database) {}

  /**
   * Takes a block of `size` in the place of the one before, if the window has room for all of it; an over one begins anew.
   *
   * @param nextBlock names the new block
   * @param holdSeconds when the block ends, unless it is told of before
   */
  async lease(
    { name, cap, seconds, growth = 0 }: Limit,
    subject: string,
    { id: block, window, told, left }: Block,
    { id: next_block, size }: { id: string; size: number },
    holdSeconds: number,
  ): Promise<LimitWindow | null> {
    const limit = { name, subject, cap, seconds, growth, hold_seconds: holdSeconds };
    const [row] = await this.database.run(LEASE, { ...limit, block, window, told, left, next_block, size });
    return row ? windowOf(row) : null;
  }

  async current(
    { name, cap, seconds, growth = 0 }: Limit,
    subject: string,
    { id: block }: Block,
  ): Promise<LimitWindow | null> {
    const [row] = await this.database.run(CURRENT, { name, subject, cap, seconds, growth, block });
    return row ? windowOf(row) : null;
  }

  /**
   * Takes reports down, and holds their blocks anew.
   *
   * @param reports of different limits or subjects
   * @returns those that were taken down; the others' rows were locked, or are gone
   */
  async report(reports: readonly Report[], holdSeconds: number): Promise<Reported[]> {
    const reported: Reported[] = [];
    for (let from = 0; from < reports.length; from += BATCH) {
      const batch = reports.slice(from, from + BATCH);
      const rows = await this.database.run(REPORT, {
        names: batch.map(({ name }) => name),
        subjects: batch.map(({ subject }) => subject),
        ids: batch.map(({ id }) => id),
        windows: batch.map(({ window }) => window),
        told: batch.map(({ told }) => told),
        left: batch.map(({ left }) => left),
        returned: batch.map(({ returned }) => returned),
        owed: batch.map(({ owed }) => owed),
        proved: batch.map(({ proved }) => proved),
        hold_seconds: holdSeconds,
      });
      reported.push(...rows);
    }
    return reported;
  }

  /** @returns whether there may be more */
  async forgetOld(): Promise<boolean> {
    return (await this.database.run(FORGET_OLD, {})).length > 0;
  }
}

function windowOf(row: WindowRow): LimitWindow {
  return {
    startedAt: row.window_started_at,
    secondsLeft: row.seconds_left,
    used: row.used,
    cap: row.cap,
    secondsToReturn: row.seconds_to_return,
  };
}

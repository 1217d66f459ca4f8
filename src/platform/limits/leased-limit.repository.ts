import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { FUNCTIONS } from '../database/migrations/functions.js';
import { BUSY, CallBatcher, type Busy } from '../database/call-batcher.js';
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
  /** When the first block of somebody else that is not used up ends; null when there is none. */
  readonly secondsToReturn: number | null;
}

/** What an instance wants of a limit, in place of the block that it holds. */
export interface LeaseCall {
  readonly limit: Limit;
  readonly subject: string;
  readonly block: Block;
  /** Names the new block. */
  readonly nextBlock: string;
  /** How much is wanted; it may become less. */
  readonly size: number;
  /** When the new block ends, in seconds, unless it is reported before. */
  readonly holdSeconds: number;
}

/** What `lease_limit` decided; see src/platform/limits/lease_limit.sql. */
export interface Leased {
  /** Of the new block; 0: the window has no room, and the block before is held as it was. */
  readonly size: number;
  readonly window: LimitWindow;
}

interface LeaseRow {
  o_verdict: 'leased' | 'full' | 'busy';
  o_size: number;
  o_used: number;
  o_cap: number;
  o_window: Date;
  o_seconds_left: number;
  o_seconds_to_return: number | null;
}

/** A limit of something within a window of time, which begins with the first use. */
export interface Limit {
  readonly name: string;
  readonly cap: number;
  /** Length of the window. */
  readonly seconds: number;
  /** The share of the uses verified in the last day by which the cap grows; without it the cap stays as it is. */
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
  readonly reportedUnused: number;
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
  readonly unreturned: number;
  /** Uses that were verified. */
  readonly verified: number;
}

/** A report that was taken down. */
export interface Reported {
  readonly name: string;
  readonly subject: string;
  /** Whether the block was still held. If not, it had ended and come back: nothing of it is left. */
  readonly held: boolean;
}

/** Rows that one report changes: so few that PostgreSQL finds them by the index, also where the table is not very large. */
const BATCH = 100;

const held = (left: string) =>
  `jsonb_build_object('unused', ${left}, 'until', now() + :hold_seconds::int * interval '1 second')`;

// Blocks of several limits or subjects in one statement.
const LEASE = statement<LeaseRow>(
  'rate_limits_lease',
  `SELECT l.*
     FROM unnest(:names::text[], :subjects::text[], :caps::int[], :seconds::int[], :growths::float8[],
                 :blocks::text[], :windows::timestamptz[], :reported_unused::int[], :left::int[],
                 :next_blocks::text[], :sizes::int[], :hold_seconds::int[])
          WITH ORDINALITY
          AS c (name, subject, cap, seconds, growth, block, window_started_at, reported_unused, left_of_it,
                next_block, size, hold_seconds, position),
          LATERAL ${FUNCTIONS}.lease_limit(
            c.name, c.subject, c.cap, c.seconds, c.growth, c.block, c.window_started_at, c.reported_unused, c.left_of_it,
            c.next_block, c.size, c.hold_seconds * interval '1 second', :waits::boolean
          ) AS l
    ORDER BY c.position`,
);

/** How many days lie between the beginning of the count and now, when a report has something to count. */
const DAY_BEGINS = (spans: string) => `t.verified > 0 AND r.proved_since <= now() - interval '${spans}'`;

// Many blocks in one statement. The rows are locked in the order of their keys, and one that somebody else holds is left
// for the next report, so that no two instances wait for each other.
const REPORT = statement<Reported>(
  'rate_limits_report',
  `WITH reports AS (
     SELECT * FROM unnest(:names::text[], :subjects::text[], :ids::text[], :windows::timestamptz[], :reported_unused::int[], :left::int[],
                          :returned::int[], :unreturned::int[], :verified::int[])
         AS t (name, subject, id, window_started_at, reported_unused, left_of_it, returned, unreturned, verified)
   ), locked AS (
     SELECT r.name, r.subject, r.leases ? t.id AS held
       FROM reports t JOIN rate_limits r ON r.name = t.name AND r.subject = t.subject
      ORDER BY r.name, r.subject FOR UPDATE OF r SKIP LOCKED
   )
   UPDATE rate_limits r SET
     used = greatest(0, r.used - t.unreturned
       - CASE WHEN r.window_started_at <> t.window_started_at THEN 0
              WHEN locked.held THEN t.returned
              ELSE t.left_of_it + t.returned - t.reported_unused END),
     leases = CASE WHEN NOT locked.held THEN r.leases
                   WHEN t.left_of_it = 0 THEN r.leases - t.id
                   ELSE r.leases || jsonb_build_object(t.id, ${held('t.left_of_it')}) END,
     proved = t.verified + CASE WHEN ${DAY_BEGINS('1 day')} THEN 0 ELSE r.proved END,
     proved_before = CASE WHEN ${DAY_BEGINS('2 days')} THEN 0 WHEN ${DAY_BEGINS('1 day')} THEN r.proved ELSE r.proved_before END,
     proved_since = CASE WHEN ${DAY_BEGINS('2 days')} THEN now() WHEN ${DAY_BEGINS('1 day')} THEN r.proved_since + interval '1 day'
                         ELSE r.proved_since END
     FROM reports t JOIN locked ON locked.name = t.name AND locked.subject = t.subject
    WHERE r.name = t.name AND r.subject = t.subject
   RETURNING r.name, r.subject, locked.held`,
);

// No window is longer than a day, and a row without a lease for so long has verified nothing since.
const FORGET_OLD = statement<{ name: string }>(
  'rate_limits_forget_old',
  `DELETE FROM rate_limits
    WHERE ${ofTheFirst({
      table: 'rate_limits',
      where: `window_started_at < now() - interval '25 hours'`,
      order: 'window_started_at',
      most: 500,
    })}
   RETURNING name`,
);

/** What is truly used of a window: what blocks have left comes back. */
export interface SpentRow {
  used: number;
  /** Null: no window runs, so nothing is used. */
  ends_at: Date | null;
}

const SPENT = statement<SpentRow>(
  'rate_limits_spent',
  `SELECT CASE WHEN w.runs THEN greatest(0, r.used - ${FUNCTIONS}.unused_of(r.leases)) ELSE 0 END AS used,
          CASE WHEN w.runs THEN w.ends_at END AS ends_at
     FROM rate_limits r,
          LATERAL (SELECT r.window_started_at + :seconds::int * interval '1 second' AS ends_at) AS e,
          LATERAL (SELECT e.ends_at, e.ends_at > now() AS runs) AS w
    WHERE r.name = :name::text AND r.subject = :subject::text`,
);

@Injectable()
export class LeasedLimitRepository {
  private readonly leases = new CallBatcher<LeaseCall, Leased>(
    (calls, waits) => this.leaseAll(calls, waits),
    ({ limit, subject }) => `${limit.name} ${subject}`,
  );

  constructor(private readonly database: Database) {}

  /** Takes a block; those that are wanted at the same time are taken by one statement. */
  lease(call: LeaseCall): Promise<Leased> {
    return this.leases.call(call);
  }

  private async leaseAll(calls: readonly LeaseCall[], waits: boolean): Promise<(Leased | Busy)[]> {
    const rows = await this.database.run(LEASE, {
      waits,
      names: calls.map(({ limit }) => limit.name),
      subjects: calls.map(({ subject }) => subject),
      caps: calls.map(({ limit }) => limit.cap),
      seconds: calls.map(({ limit }) => limit.seconds),
      growths: calls.map(({ limit }) => limit.growth ?? 0),
      blocks: calls.map(({ block }) => block.id),
      windows: calls.map(({ block }) => block.window),
      reported_unused: calls.map(({ block }) => block.reportedUnused),
      left: calls.map(({ block }) => block.left),
      next_blocks: calls.map(({ nextBlock }) => nextBlock),
      sizes: calls.map(({ size }) => size),
      hold_seconds: calls.map(({ holdSeconds }) => holdSeconds),
    });
    return rows.map((row) => (row.o_verdict === 'busy' ? BUSY : leasedOf(row)));
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
        reported_unused: batch.map(({ reportedUnused }) => reportedUnused),
        left: batch.map(({ left }) => left),
        returned: batch.map(({ returned }) => returned),
        unreturned: batch.map(({ unreturned }) => unreturned),
        verified: batch.map(({ verified }) => verified),
        hold_seconds: holdSeconds,
      });
      reported.push(...rows);
    }
    return reported;
  }

  /** @returns null when nobody has used it for long, or ever */
  async spent({ name, seconds }: Limit, subject: string): Promise<SpentRow | null> {
    const [row] = await this.database.run(SPENT, { name, seconds, subject });
    return row ?? null;
  }

  /** @returns whether there may be more */
  async forgetOld(): Promise<boolean> {
    return (await this.database.run(FORGET_OLD, {})).length > 0;
  }
}

function leasedOf(row: LeaseRow): Leased {
  return {
    size: row.o_size,
    window: {
      startedAt: row.o_window,
      secondsLeft: row.o_seconds_left,
      used: row.o_used,
      cap: row.o_cap,
      secondsToReturn: row.o_seconds_to_return,
    },
  };
}

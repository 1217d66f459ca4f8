import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { statement } from '../database/statement.js';

/** A window as the database sees it at the end of a statement. */
export interface LimitWindow {
  readonly startedAt: Date;
  /** Until it is over. */
  readonly secondsLeft: number;
  /** Blocks that instances hold included. */
  readonly used: number;
}

interface WindowRow {
  used: number;
  window_started_at: Date;
  seconds_left: number;
}

/** A limit of something within a window of time, which begins with the first use. */
export interface Limit {
  readonly name: string;
  readonly cap: number;
  /** Length of the window. */
  readonly seconds: number;
  /**
   * Told what was used before and after each block that an instance takes, and when the window began. Blocks also go
   * back: the same amount can be passed more than once.
   */
  readonly onUsed?: (before: number, after: number, windowStartedAt: Date) => void;
}

const WINDOW = 'make_interval(secs => :seconds::int)';
const IS_OVER = `r.window_started_at <= now() - ${WINDOW}`;
const ITS_WINDOW = `r.used, r.window_started_at, extract(epoch FROM r.window_started_at + ${WINDOW} - now())::float8 AS seconds_left`;

// One row a subject and window, locked by its own update: blocks can be taken from any number of instances at once and
// `used` never passes the cap. The insert covers the first use by a subject.
const LEASE = statement<WindowRow>(
  'rate_limits_lease',
  `INSERT INTO rate_limits AS r (name, subject, window_started_at, used)
   VALUES (:name::text, :subject::text, now(), :size::int)
   ON CONFLICT (name, subject) DO UPDATE SET
     used = CASE WHEN ${IS_OVER} THEN :size::int ELSE r.used + :size::int END,
     window_started_at = CASE WHEN ${IS_OVER} THEN now() ELSE r.window_started_at END
   WHERE ${IS_OVER} OR r.used + :size::int <= :cap::int
   RETURNING ${ITS_WINDOW}`,
);

const CURRENT = statement<WindowRow>(
  'rate_limits_current',
  `SELECT ${ITS_WINDOW} FROM rate_limits r WHERE name = :name::text AND subject = :subject::text`,
);

// What is left of a block belongs to the window that it was leased in: given to a later one, it would lift the cap.
const GIVE_BACK = statement(
  'rate_limits_give_back',
  `UPDATE rate_limits SET used = greatest(0, used - :owed::int
       - CASE WHEN window_started_at = :window::timestamptz THEN :unused::int ELSE 0 END)
    WHERE name = :name::text AND subject = :subject::text`,
);

const FORGET_OLD = statement(
  'rate_limits_forget_old',
  `DELETE FROM rate_limits WHERE (name, subject) IN
     (SELECT name, subject FROM rate_limits WHERE window_started_at < now() - interval '25 hours' LIMIT 500 FOR UPDATE SKIP LOCKED)`,
);

@Injectable()
export class LeasedLimitRepository {
  constructor(private readonly database: Database) {}

  /** Takes a block of `size` if the window has room for all of it; an over one begins anew. */
  async lease({ name, cap, seconds }: Limit, subject: string, size: number): Promise<LimitWindow | null> {
    const [row] = await this.database.run(LEASE, { name, subject, size, cap, seconds });
    return row ? windowOf(row) : null;
  }

  async current({ name, seconds }: Limit, subject: string): Promise<LimitWindow | null> {
    const [row] = await this.database.run(CURRENT, { name, subject, seconds });
    return row ? windowOf(row) : null;
  }

  /**
   * @param unused what is left of blocks leased in `window`
   * @param owed what counts for the present window, whichever that is
   */
  async giveBack({ name }: Limit, subject: string, unused: number, window: Date, owed: number): Promise<void> {
    await this.database.run(GIVE_BACK, { name, subject, unused, window, owed });
  }

  async forgetOld(): Promise<void> {
    await this.database.run(FORGET_OLD, {});
  }
}

function windowOf(row: WindowRow): LimitWindow {
  return { startedAt: row.window_started_at, secondsLeft: row.seconds_left, used: row.used };
}

import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { statement } from '../database/statement.js';

// One row an address and hour, locked by its own update: leases can be taken from any number of instances at once and
// `used` never passes the cap. The insert covers the first request of an address.
const LEASE = statement<{ seconds_left: number }>(
  'rate_limits_lease',
  `INSERT INTO rate_limits AS r (name, subject, window_started_at, used)
   VALUES (:name::text, :subject::text, now(), :size::int)
   ON CONFLICT (name, subject) DO UPDATE SET
     used = CASE WHEN r.window_started_at <= now() - interval '1 hour' THEN :size::int ELSE r.used + :size::int END,
     window_started_at = CASE WHEN r.window_started_at <= now() - interval '1 hour' THEN now() ELSE r.window_started_at END
   WHERE r.window_started_at <= now() - interval '1 hour' OR r.used + :size::int <= :cap::int
   RETURNING extract(epoch FROM r.window_started_at + interval '1 hour' - now())::float8 AS seconds_left`,
);

const SECONDS_LEFT = statement<{ seconds_left: number }>(
  'rate_limits_seconds_left',
  `SELECT extract(epoch FROM window_started_at + interval '1 hour' - now())::float8 AS seconds_left
     FROM rate_limits WHERE name = :name::text AND subject = :subject::text`,
);

const GIVE_BACK = statement(
  'rate_limits_give_back',
  `UPDATE rate_limits SET used = greatest(0, used - :count::int) WHERE name = :name::text AND subject = :subject::text`,
);

const FORGET_OLD = statement(
  'rate_limits_forget_old',
  `DELETE FROM rate_limits WHERE (name, subject) IN
     (SELECT name, subject FROM rate_limits WHERE window_started_at < now() - interval '2 hours' LIMIT 500 FOR UPDATE SKIP LOCKED)`,
);

@Injectable()
export class AddressLimitRepository {
  constructor(private readonly database: Database) {}

  /** Takes a block of `size` if the hour has room for all of it; says how long the hour lasts either way. */
  async lease(
    name: string,
    subject: string,
    size: number,
    cap: number,
  ): Promise<{ granted: boolean; secondsLeft: number }> {
    const [row] = await this.database.run(LEASE, { name, subject, size, cap });
    if (row) return { granted: true, secondsLeft: row.seconds_left };
    const [current] = await this.database.run(SECONDS_LEFT, { name, subject });
    return { granted: false, secondsLeft: Math.max(1, current?.seconds_left ?? 1) };
  }

  async giveBack(name: string, subject: string, count: number): Promise<void> {
    await this.database.run(GIVE_BACK, { name, subject, count });
  }

  async forgetOld(): Promise<void> {
    await this.database.run(FORGET_OLD, {});
  }
}

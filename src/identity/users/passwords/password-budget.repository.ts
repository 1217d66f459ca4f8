import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../../../platform/database/database.js';
import { statement } from '../../../platform/database/statement.js';
import { ofTheFirst } from '../../../platform/database/steps.js';
import { FORGET_PASSWORD_BUDGETS } from '../users.sql.js';

/** How long a wrong password counts. */
const WINDOW = `interval '15 minutes'`;

/** Whether the failure `f` still counts. */
const COUNTS = `f > now() - ${WINDOW}`;

/** When the oldest of the failures that count, which an aggregate runs over, counts no more. */
const ROOM_AT = `min(f) + ${WINDOW}`;

// Charged before the password is looked at, in one statement that commits by itself: a request that is cut off refunds
// nothing, and any number of parallel ones cannot pass the limit. The array keeps the window sliding.
const CHARGE = statement<{ at: string }>(
  'password_budgets_charge',
  `INSERT INTO password_budgets AS b (identifier_key, failures) VALUES (:identifier_key::bytea, ARRAY[now()])
   ON CONFLICT (identifier_key) DO UPDATE SET
     failures = ARRAY(SELECT f FROM unnest(b.failures) f WHERE ${COUNTS} ORDER BY f) || now(),
     updated_at = now()
   WHERE (SELECT count(*) FROM unnest(b.failures) f WHERE ${COUNTS}) < :allowed::int
   RETURNING b.failures[cardinality(b.failures)]::text AS at`,
);

// One failure of each budget, however many have the same instant. The row's newest version is searched, not the one that was
// found before the lock.
const GIVE_BACK = statement(
  'password_budgets_give_back',
  `UPDATE password_budgets b
      SET failures = b.failures[1 : array_position(b.failures, t.at) - 1] || b.failures[array_position(b.failures, t.at) + 1:]
     FROM (
       SELECT identifier_key, tried.at
         FROM password_budgets JOIN unnest(:keys::bytea[], :instants::timestamptz[]) AS tried (identifier_key, at) USING (identifier_key)
        ORDER BY identifier_key FOR UPDATE OF password_budgets
     ) AS t
    WHERE b.identifier_key = t.identifier_key AND t.at = ANY (b.failures)`,
);

const SECONDS_LEFT = statement<{ seconds_left: number | null }>(
  'password_budgets_seconds_left',
  `SELECT extract(epoch FROM ${ROOM_AT} - now())::float8 AS seconds_left
     FROM password_budgets, unnest(failures) f WHERE identifier_key = :identifier_key::bytea AND ${COUNTS}`,
);

const USED_UP = statement<UsedUpRow>(
  'password_budgets_used_up',
  `SELECT identifier_key, ${ROOM_AT} AS until
     FROM password_budgets, unnest(failures) f
    WHERE identifier_key = ANY (:identifier_keys::bytea[]) AND ${COUNTS}
    GROUP BY identifier_key
   HAVING count(*) >= :allowed::int`,
);

const FORGET = statement('password_budgets_forget', FORGET_PASSWORD_BUDGETS);

const FORGET_OLD = statement<{ identifier_key: Buffer }>(
  'password_budgets_forget_old',
  `DELETE FROM password_budgets
    WHERE ${ofTheFirst({ table: 'password_budgets', where: `updated_at < now() - interval '1 hour'`, order: 'updated_at', most: 500 })}
   RETURNING identifier_key`,
);

/** A try at a password, as it was charged to a budget. */
export interface PasswordTry {
  readonly key: Buffer;
  /** When, as the database wrote it. */
  readonly at: string;
}

/** A budget without a try left, and until when. */
interface UsedUpRow {
  identifier_key: Buffer;
  until: Date;
}

@Injectable()
export class PasswordBudgetRepository {
  constructor(private readonly database: Database) {}

  /** @returns the try, or the seconds until there is one */
  async charge(key: Buffer, allowed: number): Promise<PasswordTry | number> {
    const [charged] = await this.database.run(CHARGE, { identifier_key: key, allowed });
    if (charged) return { key, at: charged.at };
    const [row] = await this.database.run(SECONDS_LEFT, { identifier_key: key });
    return Math.max(1, row?.seconds_left ?? 1);
  }

  /** Gives back tries that nothing was decided by. */
  async giveBack(tries: readonly PasswordTry[]): Promise<void> {
    await this.database.run(GIVE_BACK, { keys: tries.map(({ key }) => key), instants: tries.map(({ at }) => at) });
  }

  /** @returns those of the budgets that have no try left */
  usedUp(keys: Buffer[], allowed: number): Promise<UsedUpRow[]> {
    return this.database.run(USED_UP, { identifier_keys: keys, allowed });
  }

  async forget(keys: Buffer[], within: Transaction): Promise<void> {
    await within.run(FORGET, { budget_keys: keys });
  }

  /** @returns whether there may be more */
  async forgetOld(): Promise<boolean> {
    return (await this.database.run(FORGET_OLD, {})).length > 0;
  }
}

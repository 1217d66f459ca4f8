import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../database/database.js';
import { statement, type StatementValues } from '../database/statement.js';
import { ofTheFirst } from '../database/steps.js';

/** A code as it stands. */
export interface VerificationRow {
  id: string;
  owner_id: string;
  session_id: string;
  session_name: string;
  phone: string;
  company: string;
  length: number;
  minutes: number;
  attempts: number;
  created_at: Date;
  expires_at: Date;
  ended_at: Date | null;
  ended_as: 'verified' | 'replaced' | 'failed' | 'expired' | null;
}

/** What the limits of a phone say; each owner stands at the place of its instant. */
export interface PhoneRow {
  sends: Date[];
  send_owners: string[];
  failed_sends: Date[];
  guesses: Date[];
  guess_owners: string[];
  now: Date;
}

/** A paid guess: the code to compare with, or null; guesses of the window, this one included. */
export interface ChargedRow {
  id: string | null;
  attempts: number | null;
  used: number;
  used_by_all: number;
}

const SHOWN =
  'id, owner_id, session_id, session_name, phone, company, length, minutes, attempts, created_at, expires_at, ended_at, ended_as';
const COLUMNS = SHOWN.split(', ')
  .map((column) => `v.${column}`)
  .join(', ');

/** The instants of an array that are younger than `span`, each with its owner. */
const recent = (at: string, owners: string, span: string) =>
  `unnest(b.${at}, b.${owners}) AS u (at, owner) WHERE u.at > now() - interval '${span}'`;
const mine = 'FILTER (WHERE u.owner = :owner_id::uuid)';
const mineInHour = `FILTER (WHERE u.owner = :owner_id::uuid AND u.at > now() - interval '1 hour')`;

// Rows of one phone and all keys wait for each other at its row: ON CONFLICT DO UPDATE sees the newest version of it and
// decides, for this key and for all of them, or changes nothing. What a send that failed took is given back elsewhere.
const ALLOWED = `
  (SELECT count(*) ${mineInHour} < :per_hour::int AND count(*) ${mine} < :per_day::int
          AND count(*) FILTER (WHERE u.at > now() - interval '1 hour') < :all_per_hour::int AND count(*) < :all_per_day::int
          AND coalesce(max(u.at) ${mine} + (:cooldowns::int[])[least(count(*) ${mineInHour}, cardinality(:cooldowns::int[]))] * interval '1 second' <= now(), true)
     FROM ${recent('sends', 'send_owners', '1 day')})
  AND (SELECT count(*) ${mine} < :budget::int AND count(*) < :all_budget::int FROM ${recent('guesses', 'guess_owners', '15 minutes')})
  AND (SELECT count(*) FROM unnest(b.failed_sends) AS f (at) WHERE f.at > now() - interval '10 minutes') < :failed_allowed::int`;

const ISSUE = statement<VerificationRow>(
  'verification_issue',
  `WITH gate AS (
     INSERT INTO verification_phones AS b (phone, sends, send_owners) VALUES (:phone::text, ARRAY[now()], ARRAY[:owner_id::uuid])
     ON CONFLICT (phone) DO UPDATE SET
       (sends, send_owners) = (SELECT array_agg(u.at ORDER BY u.at) || now(), array_agg(u.owner ORDER BY u.at) || :owner_id::uuid
                                 FROM ${recent('sends', 'send_owners', '1 day')}),
       updated_at = now()
     WHERE ${ALLOWED}
     RETURNING phone
   ), replaced AS (
     UPDATE verifications v SET ended_at = now(), ended_as = CASE WHEN v.expires_at <= now() THEN 'expired' ELSE 'replaced' END
       FROM gate WHERE v.owner_id = :owner_id::uuid AND v.phone = gate.phone AND v.ended_at IS NULL
     RETURNING v.id
   )
   INSERT INTO verifications AS v (id, owner_id, session_id, session_name, phone, company, code_hash, length, minutes, expires_at)
   SELECT :id::uuid, :owner_id::uuid, :session_id::uuid, :session_name::text, gate.phone, :company::text, :code_hash::bytea,
          :length::int, :minutes::int, now() + :minutes::int * interval '1 minute'
     -- Counting makes the old code's end come first, as the partial unique index wants it.
     FROM gate, (SELECT count(*) FROM replaced) AS ended
   RETURNING ${COLUMNS}`,
);

const LIMITS = statement<PhoneRow>(
  'verification_limits',
  `SELECT sends, send_owners, failed_sends, guesses, guess_owners, now() AS now FROM verification_phones WHERE phone = :phone::text`,
);

// A send that failed for certain: its code is over, the send does not count, the try does.
const CLOSE_UNSENT = statement<VerificationRow>(
  'verification_close_unsent',
  `WITH gate AS (
     SELECT phone FROM verification_phones WHERE phone = :phone::text FOR UPDATE
   ), failed AS (
     UPDATE verifications v SET ended_at = now(), ended_as = 'failed' FROM gate WHERE v.id = :id::uuid AND v.ended_at IS NULL
     RETURNING ${COLUMNS}
   ), given_back AS (
     UPDATE verification_phones b SET
       (sends, send_owners) = (SELECT coalesce(array_agg(u.at ORDER BY u.at), '{}'), coalesce(array_agg(u.owner ORDER BY u.at), '{}')
                                 FROM unnest(b.sends, b.send_owners) AS u (at, owner)
                                WHERE NOT (u.owner = failed.owner_id AND u.at = failed.created_at)),
       failed_sends = ARRAY(SELECT f.at FROM unnest(b.failed_sends) AS f (at) WHERE f.at > now() - interval '10 minutes' ORDER BY f.at) || now(),
       updated_at = now()
       FROM failed WHERE b.phone = failed.phone
   )
   SELECT * FROM failed`,
);

// Charge first: this commits before anything is compared. No row: a budget is used up. No code: there is nothing to
// compare, or its attempts are used up.
const CHARGE = statement<ChargedRow>(
  'verification_charge',
  `WITH charged AS (
     INSERT INTO verification_phones AS b (phone, guesses, guess_owners) VALUES (:phone::text, ARRAY[now()], ARRAY[:owner_id::uuid])
     ON CONFLICT (phone) DO UPDATE SET
       (guesses, guess_owners) = (SELECT array_agg(u.at ORDER BY u.at) || now(), array_agg(u.owner ORDER BY u.at) || :owner_id::uuid
                                    FROM ${recent('guesses', 'guess_owners', '15 minutes')}),
       updated_at = now()
     WHERE (SELECT count(*) ${mine} < :budget::int AND count(*) < :all_budget::int FROM ${recent('guesses', 'guess_owners', '15 minutes')})
     RETURNING phone, (SELECT count(*) ${mine} FROM unnest(b.guesses, b.guess_owners) AS u (at, owner))::int AS used,
               cardinality(b.guesses) AS used_by_all
   ), counted AS (
     UPDATE verifications v SET attempts = v.attempts + 1 FROM charged
      WHERE v.owner_id = :owner_id::uuid AND v.phone = charged.phone AND v.ended_at IS NULL AND v.expires_at > now()
        AND v.attempts < :max_attempts::int
     RETURNING v.id, v.attempts
   )
   SELECT counted.id, counted.attempts, charged.used, charged.used_by_all FROM charged LEFT JOIN counted ON true`,
);

// One use: the comparison is the WHERE of the statement that ends the code. The key's own guesses come back with it, others'
// do not.
const CONSUME = statement<VerificationRow>(
  'verification_consume',
  `WITH gate AS (
     SELECT phone FROM verification_phones WHERE phone = :phone::text FOR UPDATE
   ), won AS (
     UPDATE verifications v SET ended_at = now(), ended_as = 'verified' FROM gate
      WHERE v.id = :id::uuid AND v.owner_id = :owner_id::uuid AND v.code_hash = ANY (:code_hashes::bytea[])
        AND v.ended_at IS NULL AND v.expires_at > now()
     RETURNING ${COLUMNS}
   ), given_back AS (
     UPDATE verification_phones b SET
       (guesses, guess_owners) = (SELECT coalesce(array_agg(u.at ORDER BY u.at), '{}'), coalesce(array_agg(u.owner ORDER BY u.at), '{}')
                                    FROM unnest(b.guesses, b.guess_owners) AS u (at, owner) WHERE u.owner <> won.owner_id),
       updated_at = now()
       FROM won WHERE b.phone = won.phone
   )
   SELECT * FROM won`,
);

const NEWEST = statement<VerificationRow & { now: Date }>(
  'verification_newest',
  `SELECT ${SHOWN}, now() AS now FROM verifications WHERE phone = :phone::text AND owner_id = :owner_id::uuid ORDER BY created_at DESC, id DESC LIMIT 1`,
);

const EXPIRE = statement<VerificationRow>(
  'verification_expire',
  `UPDATE verifications SET ended_at = now(), ended_as = 'expired'
    WHERE phone = :phone::text AND owner_id = :owner_id::uuid AND ended_at IS NULL RETURNING ${SHOWN}`,
);

const EXPIRE_LATE = statement<VerificationRow>(
  'verification_expire_late',
  `UPDATE verifications SET ended_at = expires_at, ended_as = 'expired'
    WHERE ${ofTheFirst({ table: 'verifications', where: 'ended_at IS NULL AND expires_at <= now()', order: 'expires_at', most: 500 })}
   RETURNING ${SHOWN}`,
);

const END_LIVING = statement<{ id: string }>(
  'verification_end_living',
  `UPDATE verifications SET ended_at = now(), ended_as = 'expired'
    WHERE ${ofTheFirst({ table: 'verifications', where: 'ended_at IS NULL', order: 'expires_at', most: 500 })} RETURNING id`,
);

const OLD = `created_at < now() - :days::int * interval '1 day' AND ended_at IS NOT NULL`;
const forgetOld = (name: string, where: string) =>
  statement<{ id: string }>(
    name,
    `DELETE FROM verifications
      WHERE ${ofTheFirst({ table: 'verifications', where, order: 'created_at', most: ':most::int' })} RETURNING id`,
  );
const FORGET_OLD = forgetOld('verification_forget_old', OLD);
const FORGET_OLD_OF = forgetOld('verification_forget_old_of', `owner_id = :owner_id::uuid AND ${OLD}`);

// No window is longer than a day.
const FORGET_PHONES = statement<{ phone: string }>(
  'verification_forget_phones',
  `DELETE FROM verification_phones
    WHERE ${ofTheFirst({ table: 'verification_phones', where: `updated_at < now() - interval '25 hours'`, order: 'updated_at', most: 1_000 })}
   RETURNING phone`,
);

// The gate goes first, as everywhere.
const FORGET_PHONE = statement(
  'verification_forget_phone',
  `WITH gone AS (DELETE FROM verification_phones WHERE phone = :phone::text RETURNING phone)
   DELETE FROM verifications WHERE phone = :phone::text AND (SELECT count(*) FROM gone) >= 0`,
);

@Injectable()
export class VerificationRepository {
  constructor(private readonly database: Database) {}

  /** @returns null when a limit refuses it */
  async issue(values: StatementValues): Promise<VerificationRow | null> {
    const [row] = await this.database.run(ISSUE, values);
    return row ?? null;
  }

  async limits(phone: string): Promise<PhoneRow | null> {
    const [row] = await this.database.run(LIMITS, { phone });
    return row ?? null;
  }

  async closeUnsent(id: string, phone: string): Promise<void> {
    await this.database.run(CLOSE_UNSENT, { id, phone });
  }

  /** @returns null when the budget is used up */
  async charge(values: StatementValues): Promise<ChargedRow | null> {
    const [row] = await this.database.run(CHARGE, values);
    return row ?? null;
  }

  /** @returns null when the code did not win */
  async consume(values: StatementValues): Promise<VerificationRow | null> {
    const [row] = await this.database.run(CONSUME, values);
    return row ?? null;
  }

  /** @returns the owner's newest code for a number, and the time */
  async newest(phone: string, ownerId: string): Promise<(VerificationRow & { now: Date }) | null> {
    const [row] = await this.database.run(NEWEST, { phone, owner_id: ownerId });
    return row ?? null;
  }

  /** @returns the code that has lived until now */
  async expire(phone: string, ownerId: string): Promise<VerificationRow | null> {
    const [row] = await this.database.run(EXPIRE, { phone, owner_id: ownerId });
    return row ?? null;
  }

  /** Ends some codes, whosever. @returns how many; 0 when none lives any more */
  async endLiving(): Promise<number> {
    return (await this.database.run(END_LIVING, {})).length;
  }

  /** Ends up to 500 codes whose time has passed. */
  expireLate(): Promise<VerificationRow[]> {
    return this.database.run(EXPIRE_LATE, {});
  }

  /** Forgets at most so many ended ones. @param ownerId null: of all. @returns how many */
  async forgetOld(days: number, ownerId: string | null, most: number): Promise<number> {
    if (ownerId === null) return (await this.database.run(FORGET_OLD, { days, most })).length;
    return (await this.database.run(FORGET_OLD_OF, { days, owner_id: ownerId, most })).length;
  }

  async forgetPhones(): Promise<number> {
    return (await this.database.run(FORGET_PHONES, {})).length;
  }

  async forgetPhone(phone: string, within: Transaction): Promise<void> {
    await within.run(FORGET_PHONE, { phone });
  }
}

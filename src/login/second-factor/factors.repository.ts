import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../../platform/database/database.js';
import { statement } from '../../platform/database/statement.js';

/**
 * Wrong one-time passwords in a row, over all sessions, from which on each counts for longer, and at which no more are taken. Three
 * of a million are right at a time, so whoever uses up all guesses is right with a chance of 1 in 3,300.
 */
const LONGER_FROM = 10;
const CLOSED_AT = 100;

/** Guesses at one-time passwords that may count at a time. */
const ALLOWED = 5;

/**
 * Guesses at recovery codes that an account takes in an hour: a bound on the work, not on the chance. A code is one of 31^24 (118 bits),
 * ten of them work, and a year has 4.4 million such guesses (22 bits): a chance of 1 in 2^93. NIST 800-63B-4 (3.1.2.2) wants a limit
 * below 64 bits only. So this many may be let through that a single address, which has `ADDRESS_FAILURES_PER_HOUR`, cannot use them up
 * and lock the owner out; and they never close for good.
 */
const RECOVERY_GUESSES_AN_HOUR = 500;

/** How long a guess at a one-time password counts. */
const WINDOW = `CASE WHEN f.failures >= ${LONGER_FROM} THEN interval '1 hour' ELSE interval '15 minutes' END`;
const COUNTING = `SELECT g FROM unnest(f.guesses) g WHERE g > now() - ${WINDOW}`;

/** What is known of an account's factors, but for its passkeys. */
export interface FactorsRow {
  totp_since: Date | null;
  codes_left: number;
}

const STATE = statement<FactorsRow>(
  'second_factors_state',
  `SELECT f.totp_since,
          (SELECT count(*)::int FROM recovery_codes r WHERE r.user_id = f.user_id AND r.used_at IS NULL) AS codes_left
     FROM second_factors f WHERE f.user_id = :user_id::uuid`,
);

/** What a guess is at: each kind has guesses of its own, so that nobody locks one by guessing at the other. */
export type Guessed = 'TOTP' | 'RECOVERY_CODE';

/** A guess that was charged, with what a one-time password is compared with. */
export interface ChargedGuess {
  sealed_totp: Buffer | null;
  /** The database's clock, in seconds since 1970: all instances take the time step from it. */
  now_seconds: number;
}

// Charged before anything is compared, in one statement that commits by itself: any number of parallel guesses on any number of
// instances cannot pass the limit, and a request that is cut off refunds nothing.
const CHARGE_TOTP = statement<ChargedGuess>(
  'second_factors_charge_totp',
  `UPDATE second_factors f
      SET guesses = ARRAY(SELECT g FROM unnest(f.guesses) g WHERE g > now() - interval '1 hour' ORDER BY g) || now(),
          failures = f.failures + 1
    WHERE f.user_id = :user_id::uuid AND f.failures < ${CLOSED_AT} AND (SELECT count(*) FROM (${COUNTING}) c) < ${ALLOWED}
   RETURNING f.sealed_totp, extract(epoch FROM now())::float8 AS now_seconds`,
);

const RECOVERY_HOUR_OVER = `coalesce(f.recovery_guesses_since <= now() - interval '1 hour', true)`;

const CHARGE_RECOVERY = statement<ChargedGuess>(
  'second_factors_charge_recovery',
  `UPDATE second_factors f
      SET recovery_guesses = CASE WHEN ${RECOVERY_HOUR_OVER} THEN 1 ELSE f.recovery_guesses + 1 END,
          recovery_guesses_since = CASE WHEN ${RECOVERY_HOUR_OVER} THEN now() ELSE f.recovery_guesses_since END
    WHERE f.user_id = :user_id::uuid AND (${RECOVERY_HOUR_OVER} OR f.recovery_guesses < ${RECOVERY_GUESSES_AN_HOUR})
   RETURNING f.sealed_totp, extract(epoch FROM now())::float8 AS now_seconds`,
);

interface LockRow {
  closed: boolean;
  seconds_left: number | null;
}

const TOTP_LOCK = statement<LockRow>(
  'second_factors_totp_lock',
  `SELECT f.failures >= ${CLOSED_AT} AS closed,
          (SELECT extract(epoch FROM min(c.g) + ${WINDOW} - now())::float8 FROM (${COUNTING}) c) AS seconds_left
     FROM second_factors f WHERE f.user_id = :user_id::uuid`,
);

const RECOVERY_LOCK = statement<LockRow>(
  'second_factors_recovery_lock',
  `SELECT false AS closed,
          extract(epoch FROM f.recovery_guesses_since + interval '1 hour' - now())::float8 AS seconds_left
     FROM second_factors f WHERE f.user_id = :user_id::uuid`,
);

// Each time step works once (RFC 6238 section 5.2), and no older one after it.
const USE_STEP = statement<{ user_id: string }>(
  'second_factors_use_step',
  `UPDATE second_factors SET totp_step = :step::bigint, guesses = '{}', failures = 0
    WHERE user_id = :user_id::uuid AND sealed_totp = :sealed_totp::bytea AND (totp_step IS NULL OR totp_step < :step::bigint)
   RETURNING user_id`,
);

// Whoever has a recovery code is the owner, so one-time passwords open again, too.
const GIVE_GUESSES_BACK = statement<{ user_id: string }>(
  'second_factors_give_guesses_back',
  `UPDATE second_factors SET guesses = '{}', failures = 0, recovery_guesses = 0, recovery_guesses_since = NULL
    WHERE user_id = :user_id::uuid RETURNING user_id`,
);

const USE_CODE = statement<{ user_id: string }>(
  'recovery_codes_use',
  `UPDATE recovery_codes SET used_at = now()
    WHERE user_id = :user_id::uuid AND code_hash = :code_hash::bytea AND used_at IS NULL RETURNING user_id`,
);

const CODES_LEFT = statement<{ left: number }>(
  'recovery_codes_left',
  'SELECT count(*)::int AS left FROM recovery_codes WHERE user_id = :user_id::uuid AND used_at IS NULL',
);

const OPEN = statement(
  'second_factors_open',
  'INSERT INTO second_factors (user_id) VALUES (:user_id::uuid) ON CONFLICT DO NOTHING',
);

const SET_TOTP = statement(
  'second_factors_set_totp',
  `UPDATE second_factors SET sealed_totp = :sealed_totp::bytea, totp_since = now(), totp_step = :step::bigint, guesses = '{}', failures = 0
    WHERE user_id = :user_id::uuid`,
);

const REMOVE_TOTP = statement<{ user_id: string }>(
  'second_factors_remove_totp',
  `UPDATE second_factors SET sealed_totp = NULL, totp_since = NULL, totp_step = NULL
    WHERE user_id = :user_id::uuid AND sealed_totp IS NOT NULL RETURNING user_id`,
);

const FORGET_CODES = statement('recovery_codes_forget', 'DELETE FROM recovery_codes WHERE user_id = :user_id::uuid');

const PUT_CODES = statement(
  'recovery_codes_put',
  `INSERT INTO recovery_codes (user_id, code_hash) SELECT :user_id::uuid, c.code_hash FROM unnest(:code_hashes::bytea[]) AS c (code_hash)`,
);

const IS_LAST = statement<{ user_id: string }>(
  'second_factors_is_last',
  `SELECT f.user_id FROM second_factors f
    WHERE f.user_id = :user_id::uuid AND f.sealed_totp IS NULL
      AND NOT EXISTS (SELECT 1 FROM passkeys p WHERE p.user_id = f.user_id)`,
);

// Recovery codes and passkeys go with the row.
const FORGET = statement<{ user_id: string }>(
  'second_factors_forget',
  'DELETE FROM second_factors WHERE user_id = :user_id::uuid RETURNING user_id',
);

const SEALED_AFTER = statement<{ user_id: string; sealed_totp: Buffer }>(
  'second_factors_sealed_after',
  `SELECT user_id, sealed_totp FROM second_factors
    WHERE user_id > :after::uuid AND sealed_totp IS NOT NULL ORDER BY user_id LIMIT 200`,
);

const RESEAL = statement(
  'second_factors_reseal',
  'UPDATE second_factors SET sealed_totp = :sealed_totp::bytea WHERE user_id = :user_id::uuid AND sealed_totp = :before::bytea',
);

/** One-time passwords and recovery codes of accounts, and the guesses at them. */
@Injectable()
export class FactorsRepository {
  constructor(private readonly database: Database) {}

  /** @returns null of an account that has, and has had, no factor */
  async state(userId: string): Promise<FactorsRow | null> {
    const [row] = await this.database.run(STATE, { user_id: userId });
    return row ?? null;
  }

  /** @returns null when no guess is left, or there is nothing to guess at */
  async charge(userId: string, guessed: Guessed): Promise<ChargedGuess | null> {
    const [row] = await this.database.run(guessed === 'TOTP' ? CHARGE_TOTP : CHARGE_RECOVERY, { user_id: userId });
    return row ?? null;
  }

  /** Why no guess is left; null where there is nothing to guess at. */
  async lockState(userId: string, guessed: Guessed): Promise<LockRow | null> {
    const [row] = await this.database.run(guessed === 'TOTP' ? TOTP_LOCK : RECOVERY_LOCK, { user_id: userId });
    return row ?? null;
  }

  /** @returns false when the step, or a later one, was used, or the secret is another one now */
  async useStep(userId: string, sealed: Buffer, step: number, within: Transaction): Promise<boolean> {
    return (await within.run(USE_STEP, { user_id: userId, sealed_totp: sealed, step })).length > 0;
  }

  /** Gives all guesses back. @returns false when the account's factors are gone */
  async giveGuessesBack(userId: string, within: Transaction): Promise<boolean> {
    return (await within.run(GIVE_GUESSES_BACK, { user_id: userId })).length > 0;
  }

  /** @returns how many are left, or null when there is no such code, or it was used */
  async useCode(userId: string, codeHash: Buffer, within: Transaction): Promise<number | null> {
    const used = await within.run(USE_CODE, { user_id: userId, code_hash: codeHash });
    if (used.length === 0) return null;
    const [row] = await within.run(CODES_LEFT, { user_id: userId });
    return row?.left ?? 0;
  }

  async open(userId: string, within: Transaction): Promise<void> {
    await within.run(OPEN, { user_id: userId });
  }

  async setTotp(userId: string, sealed: Buffer, step: number, within: Transaction): Promise<void> {
    await within.run(SET_TOTP, { user_id: userId, sealed_totp: sealed, step });
  }

  /** @returns whether there was one */
  async removeTotp(userId: string, within: Transaction): Promise<boolean> {
    return (await within.run(REMOVE_TOTP, { user_id: userId })).length > 0;
  }

  /** Replaces all recovery codes; those of before are worth nothing. */
  async replaceCodes(userId: string, hashes: readonly Buffer[], within: Transaction): Promise<void> {
    await within.run(FORGET_CODES, { user_id: userId });
    await within.run(PUT_CODES, { user_id: userId, code_hashes: hashes });
  }

  /** Whether what was removed in this transaction was the last factor; recovery codes are none. */
  async isLast(userId: string, within: Transaction): Promise<boolean> {
    return (await within.run(IS_LAST, { user_id: userId })).length > 0;
  }

  /** @returns whether there was anything */
  async forget(userId: string, within: Transaction): Promise<boolean> {
    return (await within.run(FORGET, { user_id: userId })).length > 0;
  }

  sealedAfter(userId: string): Promise<{ user_id: string; sealed_totp: Buffer }[]> {
    return this.database.run(SEALED_AFTER, { after: userId });
  }

  async reseal(userId: string, before: Buffer, sealed: Buffer): Promise<void> {
    await this.database.run(RESEAL, { user_id: userId, before, sealed_totp: sealed });
  }
}

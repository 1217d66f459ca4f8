import { Injectable } from '@nestjs/common';
import { CodeSettings } from '../../../platform/config/groups/codes.js';
import { Database, type Transaction } from '../../../platform/database/database.js';
import { FUNCTIONS } from '../../../platform/database/migrations/functions.js';
import { statement } from '../../../platform/database/statement.js';
import { ofTheFirst } from '../../../platform/database/steps.js';
import { type LegacyGuess } from '../guess-call.js';

/** A code for another application, in its current state. */
export interface VerificationRow {
  id: string;
  /** The API key that sent it; the nil UUID: an admin. */
  owner_id: string;
  session_id: string;
  session_name: string;
  /** E.164. */
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

/** A code that is to be sent. */
export interface VerificationDraft {
  readonly id: string;
  readonly ownerId: string;
  readonly session: { readonly id: string; readonly name: string };
  /** E.164. */
  readonly phone: string;
  readonly company: string;
  readonly length: number;
  readonly minutes: number;
  /** What is stored of the code; see `storedHash`. */
  readonly hash: Buffer;
}

/** What `issue_verification` decided. */
export type IssuedVerification =
  { readonly row: VerificationRow; readonly resendAt: Date } | { readonly row: null; readonly retryAfter: number };

/** What `judge_verification` decided. */
export interface JudgedVerification {
  readonly verdict: 'right' | 'wrong' | 'locked' | 'legacy';
  /** Seconds. */
  readonly retryAfter: number;
  readonly attemptsLeft: number;
  /** The code that the guess was compared with. */
  readonly row: VerificationRow | null;
}

/** The newest code of an owner for a number. */
export interface NewestVerification {
  readonly row: VerificationRow;
  /** Whether its life is over, however. */
  readonly over: boolean;
  readonly attemptsLeft: number;
}

const COLUMNS =
  'id owner_id session_id session_name phone company length minutes attempts created_at expires_at ended_at ended_as'.split(
    ' ',
  );

/** The columns of a code, out of a table or a composite; never what is stored of its digits. */
const columnsOf = (source: string) => COLUMNS.map((column) => `${source}.${column}`).join(', ');

const NOW = `${FUNCTIONS}.moment()`;

const ISSUE = statement<VerificationRow & { o_verdict: string; o_retry_after: number; o_resend_at: Date }>(
  'verification_issue',
  `SELECT i.o_verdict, i.o_retry_after, i.o_resend_at, ${columnsOf('(i.o_code)')}
     FROM ${FUNCTIONS}.issue_verification(
            :phone::text, :owner_id::uuid, :id::uuid, :hash::bytea,
            :session_id::uuid, :session_name::text, :company::text, :length::int, :minutes::int,
            :per_hour::int, :per_day::int, :cooldowns::int[], :budget::int) i`,
);

interface JudgedRow {
  o_verdict: JudgedVerification['verdict'];
  o_retry_after: number | null;
  o_attempts_left: number | null;
}

const JUDGE = statement<JudgedRow & { [Column in keyof VerificationRow]: VerificationRow[Column] | null }>(
  'verification_judge',
  `SELECT j.o_verdict, j.o_retry_after, j.o_attempts_left, ${columnsOf('(j.o_code)')}
     FROM ${FUNCTIONS}.judge_verification(
            :phone::text, :owner_id::uuid, :guess_macs::bytea[], :legacy_code::uuid, :legacy_hashes::bytea[],
            :max_attempts::int, :budget::int) j`,
);

const NEWEST = statement<VerificationRow & { is_over: boolean; attempts_left: number }>(
  'verification_newest',
  `SELECT n.is_over, n.attempts_left, ${columnsOf('(n.code)')}
     FROM ${FUNCTIONS}.newest_verification(:phone::text, :owner_id::uuid, :max_attempts::int, :budget::int) n`,
);

const CLOSE_UNSENT = statement(
  'verification_close_unsent',
  `SELECT ${FUNCTIONS}.close_unsent_verification(:phone::text, :id::uuid)`,
);

const EXPIRE = statement<VerificationRow>(
  'verification_expire',
  `SELECT ${columnsOf('e')} FROM ${FUNCTIONS}.expire_verification(:phone::text, :owner_id::uuid) e`,
);

const EXPIRE_LATE = statement<VerificationRow>(
  'verification_expire_late',
  `UPDATE verifications SET ended_at = expires_at, ended_as = 'expired'
    WHERE ${ofTheFirst({ table: 'verifications', where: `ended_at IS NULL AND expires_at <= ${NOW}`, order: 'expires_at', most: 500 })}
   RETURNING ${columnsOf('verifications')}`,
);

const END_LIVING = statement<{ id: string }>(
  'verification_end_living',
  `UPDATE verifications SET ended_at = ${NOW}, ended_as = 'expired'
    WHERE ${ofTheFirst({ table: 'verifications', where: 'ended_at IS NULL', order: 'expires_at', most: 500 })} RETURNING id`,
);

const OLD = `created_at < ${NOW} - :days::int * interval '1 day' AND ended_at IS NOT NULL`;
const forget = (where: string) => `
  DELETE FROM verifications
   WHERE ${ofTheFirst({ table: 'verifications', where, order: 'created_at', most: ':most::int' })}
  RETURNING id`;
const FORGET_OLD = statement<{ id: string }>('verification_forget_old', forget(OLD));
const FORGET_OLD_OF = statement<{ id: string }>(
  'verification_forget_old_of',
  forget(`owner_id = :owner_id::uuid AND ${OLD}`),
);

const FORGET_PHONES = statement<{ phone: string }>(
  'verification_forget_phones',
  `DELETE FROM verification_phones
    WHERE ${ofTheFirst({
      table: 'verification_phones',
      where: `updated_at < ${FUNCTIONS}.budgets_kept_since(${NOW})`,
      order: 'updated_at',
      most: 1_000,
    })}
   RETURNING phone`,
);

const FORGET_PHONE = statement('verification_forget_phone', `SELECT ${FUNCTIONS}.forget_verifications(:phone::text)`);

/** What the settings say of guesses and sends. */
interface Rules {
  readonly max_attempts: number;
  readonly budget: number;
  readonly per_hour: number;
  readonly per_day: number;
  readonly cooldowns: readonly number[];
}

/** The tables of codes for other applications: what decides about them are the functions beside this file. */
@Injectable()
export class VerificationsRepository {
  private readonly guessRules: Pick<Rules, 'max_attempts' | 'budget'>;
  private readonly sendRules: Omit<Rules, 'max_attempts'>;

  constructor(
    private readonly database: Database,
    settings: CodeSettings,
  ) {
    this.guessRules = { max_attempts: settings.otpMaxAttempts, budget: settings.guessBudget };
    this.sendRules = {
      per_hour: settings.sendsPerHour,
      per_day: settings.sendsPerDay,
      cooldowns: settings.resendCooldowns,
      budget: settings.guessBudget,
    };
  }

  /** Decides whether a number gets the code, and writes it down; see src/login/codes/sql/issue_verification.sql. */
  async issue({ ownerId: owner_id, session, ...draft }: VerificationDraft): Promise<IssuedVerification> {
    const values = { ...draft, owner_id, session_id: session.id, session_name: session.name };
    const [decided] = await this.database.run(ISSUE, { ...values, ...this.sendRules });
    if (!decided) throw new Error('issue_verification returned no row');
    const { o_verdict, o_retry_after, o_resend_at, ...row } = decided;
    return o_verdict === 'issued' ? { row, resendAt: o_resend_at } : { row: null, retryAfter: o_retry_after };
  }

  /**
   * Judges a guess, and uses a right code up; see src/login/codes/sql/judge_verification.sql.
   *
   * @param guessMacs of the typed code, one under each secret in force
   * @param legacy what the release before may have stored of it
   */
  async judge(
    phone: string,
    ownerId: string,
    guessMacs: readonly Buffer[],
    legacy: LegacyGuess | null,
  ): Promise<JudgedVerification> {
    const [judged] = await this.database.run(JUDGE, {
      ...{ phone, owner_id: ownerId, guess_macs: guessMacs, ...this.guessRules },
      legacy_code: legacy?.code ?? null,
      legacy_hashes: legacy?.hashes ?? [],
    });
    if (!judged) throw new Error('judge_verification returned no row');
    const { o_verdict: verdict, o_retry_after, o_attempts_left, ...row } = judged;
    return {
      verdict,
      retryAfter: o_retry_after ?? 0,
      attemptsLeft: o_attempts_left ?? 0,
      row: row.id === null ? null : (row as VerificationRow),
    };
  }

  async newest(phone: string, ownerId: string): Promise<NewestVerification | null> {
    const [found] = await this.database.run(NEWEST, { phone, owner_id: ownerId, ...this.guessRules });
    if (!found) return null;
    const { is_over: over, attempts_left: attemptsLeft, ...row } = found;
    return { row, over, attemptsLeft };
  }

  async closeUnsent(id: string, phone: string): Promise<void> {
    await this.database.run(CLOSE_UNSENT, { id, phone });
  }

  /** @returns the code that has lived until now */
  async expire(phone: string, ownerId: string): Promise<VerificationRow | null> {
    const [row] = await this.database.run(EXPIRE, { phone, owner_id: ownerId });
    return row ?? null;
  }

  /** Ends some codes, of whatever number and key. @returns how many; 0 when none lives any more */
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

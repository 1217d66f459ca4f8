import { type KnownDevice } from '../../identity/sessions/device-tokens.js';

/** One guess at a code, as the statements want it. */
export interface GuessCall {
  /** E.164. */
  readonly phone: string;
  readonly purpose: string;
  /** The challenge that the caller believes to answer; null: the newest. */
  readonly code: string | null;
  /** Of the typed code, one under each secret in force; none fits nothing. */
  readonly guessMacs: readonly Buffer[];
  /** Client id of the application that the code must have been asked for by; null: the service itself. */
  readonly application: string | null;
  readonly legacy: LegacyGuess | null;
  /** Of a checked device token; null without one. */
  readonly device: KnownDevice | null;
}

/** A guess at a code that the release before has made. */
export interface LegacyGuess {
  readonly code: string;
  readonly hashes: readonly Buffer[];
}

/** What `judge_guess` decided; see src/login/codes/sql/judge_guess.sql. */
export interface GuessRow {
  readonly o_verdict: 'right' | 'wrong' | 'locked' | 'closed' | 'legacy';
  readonly o_code: string | null;
  readonly o_account: string | null;
  readonly o_attempts_left: number | null;
  /** Seconds. */
  readonly o_retry_after: number | null;
  /** Who asked for the code, when it was right. */
  readonly o_address: string | null;
  readonly o_issued_at: Date | null;
  /** Whether it was shown before. */
  readonly o_verified: boolean | null;
}

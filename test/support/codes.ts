import type pg from 'pg';
import type { Queries } from './database.js';

/** What is remembered of a phone's codes for a purpose; all zero and false where it has no row. */
export interface KeptCode {
  /** Whether it has a code that is neither used nor ended. */
  readonly living: boolean;
  /** Guesses by unknown devices that were paid for since that code was sent, those over its attempts included. */
  readonly guesses: number;
  /** The same of known devices. */
  readonly knownGuesses: number;
  /** Whether it was shown to be right, and waits for the step that uses it. */
  readonly shown: boolean;
  /** Codes that were ever made for it, by its messages. */
  readonly made: number;
}

export async function keptCodeOf(database: Queries, phone: string, purpose = 'login'): Promise<KeptCode> {
  const [row] = await database.query<KeptCode & pg.QueryResultRow>(
    `SELECT coalesce(c.current_session_id IS NOT NULL, false) AS living,
            (SELECT count(*)::int FROM unnest(c.guesses) g WHERE g > c.current_issued_at) AS guesses,
            (SELECT count(*)::int FROM unnest(c.known_guesses) g WHERE g > c.current_issued_at) AS "knownGuesses",
            c.current_verified_at IS NOT NULL AS shown,
            (SELECT count(DISTINCT m.otp_session_id)::int
               FROM (SELECT otp_session_id, recipient, purpose FROM messages
                      UNION ALL SELECT otp_session_id, recipient, purpose FROM message_history) m
              WHERE m.recipient = $1 AND m.purpose = $2) AS made
       FROM (SELECT $1::text AS phone, $2::text AS purpose) asked LEFT JOIN otp_codes c USING (phone, purpose)`,
    [phone, purpose],
  );
  return row!;
}

/**
 * Rows that no code may leave behind. The CHECK constraints of the table that held codes before said most of this; they
 * went for speed, and the functions that write the rows keep it instead.
 */
export function brokenCodesOf(database: Queries): Promise<{ current_session_id: string | null }[]> {
  return database.query(
    `SELECT phone, purpose, current_session_id, current_issued_at, current_expires_at, current_resend_at
       FROM otp_codes c
      WHERE num_nulls(current_session_id, current_hash, current_address, current_issued_at, current_expires_at, current_resend_at)
            NOT IN (0, 6)
         OR octet_length(current_hash) <> 32
         OR current_expires_at NOT BETWEEN current_issued_at + interval '1 millisecond' AND current_issued_at + interval '15 minutes 1 second'
         OR current_session_id IS NULL
            AND (num_nonnulls(current_user_id, current_application, current_verified_at) > 0 OR current_legacy)
         OR least(failures, known_failures) < 0
         OR EXISTS (SELECT 1
                      FROM (VALUES (sends), (known_sends), (failed_sends), (guesses), (known_guesses)) a (instants)
                     WHERE instants IS DISTINCT FROM ARRAY(SELECT i FROM unnest(instants) i ORDER BY i))`,
  );
}

/** Ends the cooldown of a phone's codes, as time would. */
export async function endCooldown(database: Queries, phone: string): Promise<void> {
  await database.query(
    `UPDATE otp_codes SET current_resend_at = now() - interval '1 second' WHERE phone = $1 AND current_session_id IS NOT NULL`,
    [phone],
  );
}

/** A wrong code of the same length. */
export function wrong(code: string, by = 1): string {
  return String((Number(code) + by) % 10 ** code.length).padStart(code.length, '0');
}

/** So many codes, each different and none of them `right`. */
export function wrongCodes(right: string, count: number): string[] {
  return Array.from({ length: count }, (_, at) => wrong(right, at + 1));
}

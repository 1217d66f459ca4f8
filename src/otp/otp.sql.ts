import { withdrawMessagesOf } from '../messaging/messages.sql.js';

/**
 * Whether the code of a row of otp_sessions that was found by its id has not ended. Not said column by column, because
 * that is the condition of the partial unique index over (phone, purpose): while few codes live PostgreSQL takes it for
 * the shortest way to an id, and then reads all of it.
 */
export const notEnded = (session: string) =>
  `num_nonnulls(${session}.consumed_at, ${session}.replaced_at, ${session}.failed_at) = 0`;

/** Wrong guesses in a row, by unknown devices, that close a number's codes to them (NIST SP 800-63B-4 section 3.2.2). */
export const CLOSING_FAILURES = 100;

/**
 * What a right guess does to its budget row `b`: all guesses are there again. That a number is closed to unknown devices
 * a known one's success does not change; see `CLOSING_FAILURES`. Parameter: `:known`.
 */
const GIVE_GUESSES_BACK = `guesses = '{}', known_guesses = '{}', known_failures = 0, succeeded_at = now(),
           failures = CASE WHEN :known::boolean AND b.failures >= ${CLOSING_FAILURES} THEN b.failures ELSE 0 END`;

/**
 * Consumes a code, as CTEs of the statement that acts on it (`won` has its id and user_id): one row is a win, none is
 * the one failure answer. The budget of (phone, purpose) is given back with it. Parameters: `:phone`,
 * `:purpose`, `:known` (whether a known device guessed), `:otp_session_id`, `:code_hashes` (more than one while
 * AUTH_SECRET is being replaced). The budget's row is locked first, as everywhere, so that no two
 * statements wait for each other.
 */
export const CONSUME_CODE = `
  won AS (
    UPDATE otp_sessions SET consumed_at = now()
      FROM (SELECT 1 FROM otp_budgets WHERE phone = :phone::text AND purpose = :purpose::text FOR UPDATE) AS gate
     WHERE id = :otp_session_id::uuid AND code_hash = ANY (:code_hashes::bytea[])
       AND ${notEnded('otp_sessions')} AND expires_at > now()
    RETURNING otp_sessions.id, user_id, phone, purpose, client_address
  ), budget_given_back AS (
    UPDATE otp_budgets b SET ${GIVE_GUESSES_BACK}, updated_at = now(),
           current_session_id = NULL, current_issued_at = NULL, current_expires_at = NULL, current_resend_at = NULL
      FROM won WHERE b.phone = won.phone AND b.purpose = won.purpose
  ), message_withdrawn AS (${withdrawMessagesOf('won')})`;

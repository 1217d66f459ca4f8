import { withdrawMessagesOf } from '../messaging/messages.sql.js';

/**
 * Consumes a code, as CTEs of the statement that acts on it (`won` has its id and user_id): one row is a win, none is
 * the one failure answer. The budget of (phone, purpose) is given back with it. Parameters: `:phone`,
 * `:purpose`, `:otp_session_id`, `:code_hash`. The budget's row is locked first, as everywhere, so that no two
 * statements wait for each other.
 */
export const CONSUME_CODE = `
  won AS (
    UPDATE otp_sessions SET consumed_at = now()
      FROM (SELECT 1 FROM otp_budgets WHERE phone = :phone::text AND purpose = :purpose::text FOR UPDATE) AS gate
     WHERE id = :otp_session_id::uuid AND code_hash = :code_hash::bytea
       AND consumed_at IS NULL AND replaced_at IS NULL AND failed_at IS NULL AND expires_at > now()
    RETURNING otp_sessions.id, user_id, phone, purpose, client_address
  ), budget_given_back AS (
    UPDATE otp_budgets b SET guesses = '{}', known_guesses = '{}', updated_at = now(),
           current_session_id = NULL, current_issued_at = NULL, current_expires_at = NULL, current_resend_at = NULL
      FROM won WHERE b.phone = won.phone AND b.purpose = won.purpose
  ), message_withdrawn AS (${withdrawMessagesOf('won')})`;

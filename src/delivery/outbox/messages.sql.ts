import { TO_MAILBOXES } from '../providers/providers.js';

/** SQL: the providers that write to mailboxes. */
const MAILBOXES = `'{${TO_MAILBOXES.join(',')}}'::text[]`;

/**
 * Puts the messages of codes into the outbox, already claimed by this instance, for each row of `source`. Where there is no
 * account the row is a decoy: never sent, so that it costs the same work. Parameter: `:claim_seconds`.
 *
 * @param source a CTE of calls that `issue_code` has judged
 */
export const queueMessagesFrom = (source: string) => `
  INSERT INTO messages (id, purpose, recipient, recipient_name, user_id, sealed_content, state, claimed_until,
                        created_at, expires_at, otp_session_id)
  SELECT q.o_code, q.purpose, q.phone, q.o_full_name, q.o_account,
         CASE WHEN q.o_account IS NULL THEN NULL ELSE q.sealed_content END,
         CASE WHEN q.o_account IS NULL THEN 'SUPPRESSED' ELSE 'PENDING' END::message_state,
         CASE WHEN q.o_account IS NULL THEN NULL ELSE now() + :claim_seconds::int * interval '1 second' END,
         q.o_issued_at, q.o_expires_at, q.o_code
    FROM ${source} q`;

/**
 * Whether a message reached a phone and, for certain, no mailbox. Which rung took it is written down behind the answer: until
 * then it may have gone to either. Parameter: `:mail_is_rung`, whether the ladder has a rung that writes to mailboxes.
 *
 * @param id SQL: the message's id
 * @param createdAt SQL: the instant it was made
 */
export const reachedPhone = (id: string, createdAt: string) => `
  (NOT :mail_is_rung::boolean OR EXISTS (
     SELECT 1
       FROM (SELECT provider, refused_by FROM messages WHERE id = ${id}
              UNION ALL
             SELECT provider, refused_by FROM message_history WHERE created_at = ${createdAt} AND id = ${id}) m
      WHERE NOT m.provider = ANY (${MAILBOXES}) AND NOT m.refused_by && ${MAILBOXES}))`;

/**
 * Puts a notice into the outbox, already claimed by this instance, for each row of `source`, a CTE with the columns of an
 * account. Parameters: `:notice_id`, `:notice_purpose`, `:sealed_notice`, `:claim_seconds`, `:notice_seconds`.
 */
export const queueNoticeFrom = (source: string) => `
  INSERT INTO messages (id, purpose, recipient, recipient_name, user_id, sealed_content, claimed_until, expires_at)
  SELECT :notice_id::uuid, :notice_purpose::text, n.phone, n.full_name, n.id, :sealed_notice::bytea,
         now() + :claim_seconds::int * interval '1 second', now() + :notice_seconds::int * interval '1 second'
    FROM ${source} n`;

/** The numbers that messages of the account `:user_id` went to, one row each. */
export const RECIPIENTS_OF_ACCOUNT = `
  SELECT recipient AS phone FROM messages WHERE user_id = :user_id::uuid
   UNION SELECT recipient FROM message_history WHERE user_id = :user_id::uuid`;

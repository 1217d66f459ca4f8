/**
 * Puts the message of a code into the outbox, already claimed by this instance, for each row of `source`. Where there
 * is no account the row is a decoy: never sent, so that it costs the same work. Parameters: `:phone`, `:purpose`,
 * `:sealed_content`, `:claim_seconds`.
 *
 * @param source a CTE with the columns id, expires_at, user_id and full_name
 */
export const queueMessageFrom = (source: string) => `
  INSERT INTO messages (id, purpose, recipient, recipient_name, user_id, sealed_content, state, claimed_until, expires_at, otp_session_id)
  SELECT q.id, :purpose::text, :phone::text, q.full_name, q.user_id, CASE WHEN q.user_id IS NULL THEN NULL ELSE :sealed_content::bytea END,
         CASE WHEN q.user_id IS NULL THEN 'SUPPRESSED' ELSE 'PENDING' END::message_state,
         CASE WHEN q.user_id IS NULL THEN NULL ELSE now() + :claim_seconds::int * interval '1 second' END,
         q.expires_at, q.id
    FROM ${source} q`;

/**
 * Whether a message that was found by its id is still pending. A pending one, and no other, has a claim
 * (`messages_claim_check`). Not said as `state = 'PENDING'`, because that is the condition of the partial index for
 * recovery: while few messages are pending PostgreSQL takes it for the shortest way to an id, and then reads all of it,
 * with the dead entries of all that were pending since the last vacuum.
 */
export const IS_PENDING = 'claimed_until IS NOT NULL';

/**
 * Ends the delivery of messages whose code is dead: recovery marks them EXPIRED instead of sending them, and a failure
 * that is reported later moves them to no other rung.
 */
export const withdrawMessagesOf = (source: string) => `
  UPDATE messages SET expires_at = now() FROM ${source} w
   WHERE messages.id = w.id AND (messages.${IS_PENDING} OR messages.sealed_content IS NOT NULL)`;

/**
 * Notes in the history that the codes of `source` were used (columns id, created_at and consumed_at); a message has
 * the id and the time of its code, and has been in the history since before the code is forgotten.
 */
export const noteVerifiedMessages = (source: string) =>
  `
  UPDATE message_history SET verified_at = v.consumed_at FROM ${source} v
   WHERE message_history.created_at = v.created_at AND message_history.id = v.id AND v.consumed_at IS NOT NULL`;

/** Which rung took a message (null: none yet), for the id in `column`. */
export const providerOfMessage = (column: string) => `(SELECT provider FROM messages WHERE messages.id = ${column})`;

/**
 * Whether the message with the id in `column` reached a phone and, for certain, no mailbox. Which rung took a message is
 * written down behind the answer: until then a message may have gone to either. Parameter: `:mail_is_rung`, whether the ladder
 * has a rung that writes to mailboxes.
 */
export const reachedPhone = (column: string) => `
  (NOT :mail_is_rung::boolean OR EXISTS (
     SELECT 1 FROM messages m WHERE m.id = ${column} AND m.provider <> 'email' AND NOT 'email' = ANY (m.refused_by)))`;

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

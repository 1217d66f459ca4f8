import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../../platform/database/database.js';
import { FUNCTIONS } from '../../platform/database/migrations/functions.js';
import { statement } from '../../platform/database/statement.js';
import { mailboxOf } from '../../identity/users/users.sql.js';

/** A send that a provider took over. */
export interface Acceptance {
  messageId: string;
  fence: number;
  provider: string;
  providerMessageId: string | null;
  /** Milliseconds that it took to take it. */
  ms: number;
  /** Whether the provider may yet report a failure, after which the next rung gets the same content. */
  keepsContent: boolean;
  refusedBy: readonly string[];
}

/** A message and the number that says whose claim it is. */
export interface Claim {
  readonly id: string;
  readonly fence: number;
}

/** A message that a provider took at once. */
export interface SentMessage {
  id: string;
  purpose: string;
  recipient: string;
  provider: string;
  providerMessageId: string | null;
  ms: number;
}

/** A message without a code. */
export interface QueuedMessage {
  id: string;
  purpose: string;
  recipient: string;
  recipientName: string | null;
  /** Null for a conversation with a number that has no account. */
  userId: string | null;
  sealedContent: Buffer;
  /** How long it is worth sending. */
  lifeSeconds: number;
}

/** A message whose claim ran out, claimed anew by this instance. */
export interface RecoveredMessage {
  id: string;
  fence: number;
  recipient: string;
  recipient_name: string | null;
  sealed_content: Buffer;
  attempts: number;
  email: string | null;
  failed_provider: string | null;
}

/** What must be known of a message to send it. */
export const RECOVERED = `id, fence, recipient, recipient_name, sealed_content, attempts, failed_provider,
             (${mailboxOf('messages.user_id')}) AS email`;

const QUEUE = statement(
  'messages_queue',
  `INSERT INTO messages (id, purpose, recipient, recipient_name, user_id, sealed_content, claimed_until, expires_at)
   VALUES (:id::uuid, :purpose::text, :recipient::text, :recipient_name::text, :user_id::uuid, :sealed_content::bytea,
           now() + :claim_seconds::int * interval '1 second', now() + :life_seconds::int * interval '1 second')`,
);

/** Notices of one kind that an account gets at a number in an hour: whoever changes something again and again sends no more. */
const NOTICES_AN_HOUR = 5;

const noticesIn = (table: string) =>
  `SELECT 1 FROM ${table} n WHERE n.user_id = :user_id::uuid AND n.purpose = :purpose::text AND n.recipient = :recipient::text
      AND n.created_at > now() - interval '1 hour'`;

// The account's row is locked: what another request has queued is seen here.
const QUEUE_NOTICE = statement<{ id: string }>(
  'messages_queue_notice',
  `INSERT INTO messages (id, purpose, recipient, recipient_name, user_id, sealed_content, claimed_until, expires_at)
   SELECT :id::uuid, :purpose::text, :recipient::text, :recipient_name::text, :user_id::uuid, :sealed_content::bytea,
          now() + :claim_seconds::int * interval '1 second', now() + :life_seconds::int * interval '1 second'
    WHERE (SELECT count(*) FROM (${noticesIn('messages')} UNION ALL ${noticesIn('message_history')}) told) < ${NOTICES_AN_HOUR}
   RETURNING id`,
);

/** The columns that a message takes along into the history. */
const KEPT_IN_HISTORY = `id, purpose, recipient, user_id, state, otp_session_id, provider, provider_message_id, last_error, attempts,
          created_at, closed_at, accept_ms, sent_at, delivered_at, read_at, refused_by, failed_provider, verified_at`;

const INSERT_ACCEPTED = statement(
  'messages_insert_accepted',
  `INSERT INTO message_history (id, purpose, recipient, state, provider, provider_message_id,
                                accept_ms, attempts, created_at, closed_at)
   VALUES (:id::uuid, :purpose::text, :recipient::text, 'ACCEPTED', :provider::text, :provider_message_id::text,
           :ms::int, 1, now(), now())`,
);

// Many acceptances in one statement: while one is under way the next ones gather (see outcome-writer.ts). The fence must
// still match, else another instance has taken the message over and its outcome counts. What a provider has taken leaves the
// outbox for the history; a message that a next rung may still need stays until its time is over.
const ACCEPT = statement(
  'messages_accept',
  `WITH outcome AS (
     SELECT * FROM unnest(:ids::uuid[], :fences::int[], :providers::text[], :provider_message_ids::text[], :ms::int[],
                          :keep_content::boolean[], :refused_by::text[])
       AS o (id, fence, provider, provider_message_id, ms, keeps_content, refused_by)
   ), taken AS (
     DELETE FROM messages m USING outcome o
      WHERE m.id = o.id AND m.fence = o.fence AND m.state = 'PENDING' AND NOT o.keeps_content
     RETURNING m.id, m.purpose, m.recipient, m.user_id, m.otp_session_id, m.last_error, m.attempts, m.created_at, m.failed_provider,
               m.verified_at, m.refused_by || string_to_array(o.refused_by, ',') AS refused_by, o.provider, o.provider_message_id, o.ms
   ), kept AS (
     UPDATE messages m
        SET state = 'ACCEPTED', provider = o.provider, provider_message_id = o.provider_message_id, attempts = m.attempts + 1,
            claimed_until = NULL, closed_at = now(), accept_ms = o.ms, refused_by = m.refused_by || string_to_array(o.refused_by, ',')
       FROM outcome o
      WHERE m.id = o.id AND m.fence = o.fence AND m.state = 'PENDING' AND o.keeps_content
   )
   INSERT INTO message_history (id, purpose, recipient, user_id, state, otp_session_id, provider, provider_message_id, last_error,
                                attempts, created_at, closed_at, accept_ms, refused_by, failed_provider, verified_at)
   SELECT id, purpose, recipient, user_id, 'ACCEPTED', otp_session_id, provider, provider_message_id, last_error,
          attempts + 1, created_at, now(), ms, refused_by, failed_provider, verified_at
     FROM taken`,
);

// The codes of these messages were used; a message has the id and the instant of its code. One that another instance moves to
// the history at this moment is found in neither place: it is gone from the outbox, and this statement began before it was
// in the history.
const NOTE_VERIFIED = statement<{ id: string }>(
  'messages_note_verified',
  `WITH used AS (
     SELECT * FROM unnest(:ids::uuid[], :instants::timestamptz[]) AS u (id, created_at)
   ), under_way AS (
     UPDATE messages m SET verified_at = now() FROM used u WHERE m.id = u.id RETURNING m.id
   ), closed AS (
     UPDATE message_history h SET verified_at = now() FROM used u WHERE h.created_at = u.created_at AND h.id = u.id RETURNING h.id
   )
   SELECT id FROM under_way UNION ALL SELECT id FROM closed`,
);

const CLOSE = statement<{ id: string }>(
  'messages_close',
  `UPDATE messages SET state = :state::message_state, last_error = :last_error::text, attempts = attempts + 1, claimed_until = NULL,
          refused_by = refused_by || :refused_by::text[], closed_at = now(), sealed_content = NULL, recipient_name = NULL
    WHERE id = :id::uuid AND fence = :fence::int AND state = 'PENDING' RETURNING id`,
);

// Stays PENDING: recovery takes it up again when the pause is over, if its code is still active then.
const POSTPONE = statement(
  'messages_postpone',
  `UPDATE messages SET last_error = :last_error::text, attempts = attempts + 1, refused_by = refused_by || :refused_by::text[],
          claimed_until = now() + :pause::int * interval '1 second'
    WHERE id = :id::uuid AND fence = :fence::int AND state = 'PENDING'`,
);

/** Whether a message is still worth sending: its time is not over, and its code, where it has one, is still active. */
const WORTH_SENDING = `(m.expires_at > now()
    AND (m.otp_session_id IS NULL OR ${FUNCTIONS}.code_lives(m.recipient, m.purpose, m.otp_session_id)))`;

// The outbox holds what is under way and little more, so it is read whole.
const EXPIRE = statement(
  'messages_expire',
  `UPDATE messages SET state = 'EXPIRED', claimed_until = NULL, closed_at = now(), sealed_content = NULL, recipient_name = NULL
    WHERE id IN (SELECT m.id FROM messages m WHERE m.state = 'PENDING' AND m.claimed_until < now() AND NOT ${WORTH_SENDING}
                  LIMIT 500 FOR UPDATE SKIP LOCKED)`,
);

// Newest first: an old code is worth less than a fresh one when a queue has built up.
const RECLAIM = statement<RecoveredMessage>(
  'messages_reclaim',
  `UPDATE messages SET fence = fence + 1, claimed_until = now() + :claim_seconds::int * interval '1 second'
    WHERE id IN (SELECT m.id FROM messages m WHERE m.state = 'PENDING' AND m.claimed_until < now() AND ${WORTH_SENDING}
                  ORDER BY m.created_at DESC LIMIT :count::int FOR UPDATE SKIP LOCKED)
   RETURNING ${RECOVERED}`,
);

// Asked again just before a recovered message leaves: its code may have died while earlier ones of the batch were sent.
const LIFE_LEFT = statement<{ ms: number }>(
  'messages_life_left',
  `SELECT (extract(epoch FROM m.expires_at - now()) * 1000)::int AS ms FROM messages m
    WHERE m.id = :id::uuid AND m.fence = :fence::int AND m.state = 'PENDING' AND ${WORTH_SENDING}`,
);

// Closed messages leave the outbox in batches; one that a next rung may still need stays until its time is over.
const MOVE_TO_HISTORY = statement<{ id: string }>(
  'messages_move_to_history',
  `WITH closed AS (
     DELETE FROM messages
      WHERE id IN (SELECT m.id FROM messages m
                    WHERE m.state <> 'PENDING' AND (m.sealed_content IS NULL OR m.expires_at <= now())
                    LIMIT 500 FOR UPDATE SKIP LOCKED)
     RETURNING ${KEPT_IN_HISTORY}
   )
   INSERT INTO message_history (${KEPT_IN_HISTORY})
   SELECT ${KEPT_IN_HISTORY} FROM closed
   RETURNING id`,
);

@Injectable()
export class MessagesRepository {
  constructor(private readonly database: Database) {}

  /** The message is born claimed by this instance. */
  async queue(message: QueuedMessage, claimSeconds: number, within: Transaction): Promise<void> {
    await within.run(QUEUE, { ...columnsOf(message), claim_seconds: claimSeconds });
  }

  /**
   * As `queue`, for an account whose row the transaction has locked.
   *
   * @returns false when the account has had as many notices of this kind lately as it may
   */
  async queueNotice(message: QueuedMessage, claimSeconds: number, within: Transaction): Promise<boolean> {
    return (await within.run(QUEUE_NOTICE, { ...columnsOf(message), claim_seconds: claimSeconds })).length > 0;
  }

  /** A message that was never in the outbox: nobody waits for it, so nobody sends it again. */
  async insertAccepted(sent: SentMessage): Promise<void> {
    const { providerMessageId: provider_message_id, ...rest } = sent;
    await this.database.run(INSERT_ACCEPTED, { ...rest, provider_message_id });
  }

  async accept(acceptances: readonly Acceptance[]): Promise<void> {
    await this.database.runBehind(ACCEPT, {
      ids: acceptances.map(({ messageId }) => messageId),
      fences: acceptances.map(({ fence }) => fence),
      providers: acceptances.map(({ provider }) => provider),
      provider_message_ids: acceptances.map(({ providerMessageId }) => providerMessageId),
      ms: acceptances.map(({ ms }) => ms),
      keep_content: acceptances.map(({ keepsContent }) => keepsContent),
      refused_by: acceptances.map(({ refusedBy }) => refusedBy.join(',')),
    });
  }

  /** @returns whether the claim still held; if not, another instance has the message and its outcome counts */
  async close(
    { id, fence }: Claim,
    state: 'FAILED' | 'UNKNOWN',
    lastError: string | null,
    refusedBy: readonly string[],
  ): Promise<boolean> {
    const values = { id, fence, state, last_error: lastError, refused_by: refusedBy };
    return (await this.database.run(CLOSE, values)).length > 0;
  }

  async postpone(
    { id, fence }: Claim,
    lastError: string,
    pauseSeconds: number,
    refusedBy: readonly string[],
  ): Promise<void> {
    const values = { id, fence, last_error: lastError, pause: pauseSeconds, refused_by: refusedBy };
    await this.database.run(POSTPONE, values);
  }

  /**
   * @param codes the messages whose codes were used, by id and the instant of their making
   * @returns the ids of those that were found; one that is being moved to the history is found a moment later
   */
  async noteVerified(codes: readonly { id: string; createdAt: Date }[]): Promise<Set<string>> {
    const values = { ids: codes.map(({ id }) => id), instants: codes.map(({ createdAt }) => createdAt) };
    return new Set((await this.database.runBehind(NOTE_VERIFIED, values)).map(({ id }) => id));
  }

  async expireLate(): Promise<void> {
    await this.database.run(EXPIRE, {});
  }

  async reclaim(count: number, claimSeconds: number): Promise<RecoveredMessage[]> {
    return this.database.run(RECLAIM, { count, claim_seconds: claimSeconds });
  }

  /** @returns the milliseconds for which it is worth sending; null when it is not, or when it is another's by now */
  async lifeLeft({ id, fence }: Claim): Promise<number | null> {
    const [row] = await this.database.run(LIFE_LEFT, { id, fence });
    return row?.ms ?? null;
  }

  /** @returns whether there may be more */
  async moveToHistory(): Promise<boolean> {
    return (await this.database.run(MOVE_TO_HISTORY, {})).length > 0;
  }
}

function columnsOf({ id, purpose, recipient, recipientName, userId, sealedContent, lifeSeconds }: QueuedMessage) {
  return {
    id,
    purpose,
    recipient,
    recipient_name: recipientName,
    user_id: userId,
    sealed_content: sealedContent,
    life_seconds: lifeSeconds,
  };
}

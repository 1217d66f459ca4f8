import { Injectable } from '@nestjs/common';
import { maskedNumber, recordActivityFrom } from '../../records/activity/activity.sql.js';
import { Database, type Transaction } from '../../platform/database/database.js';
import { statement } from '../../platform/database/statement.js';
import { ofTheFirst } from '../../platform/database/steps.js';
import { type AccountLease } from '../link/linked-account-state.js';
import { type MessageError, type SendEnd } from '../link/sending.js';

export type MessageState = 'QUEUED' | 'SENDING' | 'SENT' | 'DELIVERED' | 'READ' | 'FAILED' | 'UNKNOWN' | 'CANCELLED';

/** A message to be queued. */
export interface NewMessage {
  readonly id: string;
  readonly sessionId: string;
  readonly kind: string;
  /** E.164. */
  readonly recipient: string;
  readonly sealedContent: Buffer;
  readonly fromLadder: boolean;
  readonly whatsappId: string;
  /** After so many ms it is not sent any more. */
  readonly lifeMs: number;
}

/** A message that this instance is to send now. */
export interface ClaimedRow {
  id: string;
  session_id: string;
  kind: string;
  recipient: string;
  sealed_content: Buffer;
  whatsapp_id: string;
  fence: number;
  /** Whether WhatsApp lets the linked account write only to people that it has heard from. */
  restricted: boolean;
  /** After so many ms nobody waits for it any more. */
  life_ms: number;
}

/** What has become of a message. */
export interface MessageFate {
  id: string;
  state: MessageState;
  error: MessageError | null;
  sent_at: Date | null;
}

// The count makes a full queue refuse; a few too many in one instant do no harm.
const INSERT = statement<{ id: string }>(
  'gateway_messages_insert',
  `INSERT INTO gateway_messages (id, session_id, kind, recipient, sealed_content, from_ladder, whatsapp_id, expires_at)
   SELECT :id::uuid, s.id, :kind::text, :recipient::text, :sealed_content::bytea, :from_ladder::boolean, :whatsapp_id::text,
          now() + :life_ms::int * interval '1 millisecond'
     FROM gateway_sessions s
    WHERE s.id = :session_id::uuid
      AND (SELECT count(*) FROM gateway_messages w WHERE w.session_id = s.id AND w.state IN ('QUEUED', 'SENDING')) < :most::int
   RETURNING id`,
);

// One message for each linked account that is free: codes of the ladder first, then in their order. What an owner that
// is gone was sending is sent again, with the same id. The join with the lease keeps an instance out that has lost it.
const CLAIM = statement<ClaimedRow>(
  'gateway_messages_claim',
  `WITH next AS (
     SELECT m.id, f.fence, coalesce(s.restricted_until > now(), false) AS restricted
       FROM unnest(:ids::uuid[], :fences::int[], :with_media::boolean[]) AS f (session_id, fence, with_media)
       JOIN gateway_sessions s ON s.id = f.session_id AND s.fence = f.fence AND s.owner = :owner::uuid
      CROSS JOIN LATERAL (
        SELECT w.id FROM gateway_messages w
         WHERE w.session_id = f.session_id AND (w.state = 'QUEUED' OR (w.state = 'SENDING' AND w.fence < f.fence))
           AND w.expires_at > now() AND (f.with_media OR w.kind NOT IN ('image', 'video', 'audio', 'document'))
         ORDER BY w.from_ladder DESC, w.id LIMIT 1 FOR UPDATE SKIP LOCKED
      ) m
   )
   UPDATE gateway_messages g SET state = 'SENDING', fence = next.fence FROM next WHERE g.id = next.id
   RETURNING g.id, g.session_id, g.kind, g.recipient, g.sealed_content, g.whatsapp_id, g.fence, next.restricted,
             (extract(epoch FROM g.expires_at - now()) * 1000)::float8 AS life_ms`,
);

/** Ended messages (`gateway_messages` joined with its linked account) as the log of activities wants them. */
const activityOf = (ended: string, numberHash: string) => `
     SELECT session_id, session_name, api_key_id, 'message.' || kind AS action,
            CASE state WHEN 'FAILED' THEN 'failure' WHEN 'CANCELLED' THEN 'failure' WHEN 'UNKNOWN' THEN 'unknown'
                       ELSE 'success' END AS status,
            CASE state WHEN 'CANCELLED' THEN 'not_sent_in_time' WHEN 'UNKNOWN' THEN 'unconfirmed' ELSE error END AS error,
            ${maskedNumber('recipient')} AS number,
            CASE WHEN sent_at IS NOT NULL THEN ${numberHash} END AS number_hash,
            CASE WHEN sent_at IS NOT NULL THEN (extract(epoch FROM sent_at - created_at) * 1000)::int END AS ms
       FROM ${ended} WHERE state NOT IN ('QUEUED', 'SENDING')`;

const ENDED = `g.id, g.session_id, s.name AS session_name, s.api_key_id, g.kind, g.recipient, g.state, g.error, g.sent_at, g.created_at`;

// Only who holds the claim may end it. A receipt can be faster than this, and is not taken back. What became of it is
// logged and counted by the same statement, or it would be lost with an instance that dies in between.
const FINISH = statement<{ session_id: string; sent_at: Date | null }>(
  'gateway_messages_finish',
  `WITH ended AS (
     UPDATE gateway_messages g
        SET state = CASE WHEN :state::text <> 'SENT' THEN :state::gateway_message_state
                         WHEN read_at IS NOT NULL THEN 'READ'
                         WHEN delivered_at IS NOT NULL THEN 'DELIVERED'
                         ELSE 'SENT' END::gateway_message_state,
            error = :error::text, sent_at = CASE WHEN :state::text = 'SENT' THEN now() END,
            sealed_content = CASE WHEN :state::text = 'QUEUED' THEN g.sealed_content END
       FROM gateway_sessions s
      WHERE g.id = :id::uuid AND g.state = 'SENDING' AND g.fence = :fence::int AND s.id = g.session_id
     RETURNING ${ENDED}
   ), told AS (${activityOf('ended', ':contact_hash::bytea')}), ${recordActivityFrom('told')}, contact AS (
     INSERT INTO gateway_contacts (contact_hash, session_id, wrote_at, began_at)
     SELECT :contact_hash::bytea, session_id, now(), now() FROM ended WHERE sent_at IS NOT NULL
         ON CONFLICT (contact_hash, session_id) DO UPDATE SET wrote_at = EXCLUDED.wrote_at
   )
   , media AS (
     DELETE FROM gateway_media WHERE message_id IN (SELECT id FROM ended WHERE state <> 'QUEUED')
   )
   SELECT session_id, sent_at FROM ended`,
);

// One that an owner was sending when its connection ended may have left, and waits to be sent again.
const GIVEN_UP = `CASE WHEN g.state = 'QUEUED' AND g.fence = 0 THEN 'CANCELLED' ELSE 'UNKNOWN' END::gateway_message_state`;

const CANCEL = statement<MessageFate>(
  'gateway_messages_cancel',
  `WITH ended AS (
     UPDATE gateway_messages g SET state = ${GIVEN_UP}, sealed_content = NULL FROM gateway_sessions s
      WHERE g.id = :id::uuid AND g.state = 'QUEUED' AND s.id = g.session_id RETURNING ${ENDED}
   ), told AS (${activityOf('ended', 'NULL::bytea')}), ${recordActivityFrom('told')}, media AS (
     DELETE FROM gateway_media WHERE message_id IN (SELECT id FROM ended)
   )
   SELECT id, state, error, sent_at FROM ended`,
);

const FATES = statement<MessageFate>(
  'gateway_messages_fates',
  `SELECT id, state, error, sent_at FROM gateway_messages
    WHERE id = ANY (:ids::uuid[]) AND state NOT IN ('QUEUED', 'SENDING')`,
);

// Receipts come more than once and in any order: times stay as they were first told, and the state only moves forward.
// A message that is still being sent gets its state when that is written.
const RECEIPT = statement<{ from_ladder: boolean }>(
  'gateway_messages_receipt',
  `UPDATE gateway_messages
      SET delivered_at = coalesce(delivered_at, least(:at::timestamptz, now())),
          read_at = CASE WHEN :read::boolean THEN coalesce(read_at, least(:at::timestamptz, now())) ELSE read_at END,
          state = CASE WHEN state IN ('QUEUED', 'SENDING') THEN state WHEN state = 'READ' OR :read::boolean THEN 'READ'
                       ELSE 'DELIVERED' END::gateway_message_state
    WHERE session_id = :session_id::uuid AND whatsapp_id = :whatsapp_id::text
      AND state IN ('QUEUED', 'SENDING', 'SENT', 'DELIVERED', 'READ', 'UNKNOWN')
   RETURNING from_ladder`,
);

// What nobody has sent in its time; of what an owner was sending nobody can say whether it left.
const EXPIRE = statement<{ id: string }>(
  'gateway_messages_expire',
  `WITH ended AS (
     UPDATE gateway_messages g SET state = ${GIVEN_UP}, sealed_content = NULL
       FROM gateway_sessions s
      WHERE g.ctid = ANY (ARRAY(
              SELECT ctid FROM gateway_messages
               WHERE state IN ('QUEUED', 'SENDING') AND expires_at < now() - :grace_seconds::int * interval '1 second'
               ORDER BY expires_at LIMIT 500 FOR UPDATE SKIP LOCKED))
        AND s.id = g.session_id
     RETURNING ${ENDED}
   ), told AS (${activityOf('ended', 'NULL::bytea')}), ${recordActivityFrom('told')}
   SELECT id FROM ended`,
);

const FORGET_OLD = statement<{ id: string }>(
  'gateway_messages_forget_old',
  `DELETE FROM gateway_messages WHERE ${ofTheFirst({
    table: 'gateway_messages',
    where: `created_at < now() - :days::int * interval '1 day' AND state NOT IN ('QUEUED', 'SENDING')`,
    order: 'created_at',
    most: 1_000,
  })} RETURNING id`,
);

const FORGET_RECIPIENT = statement(
  'gateway_messages_forget_recipient',
  `WITH contacts AS (
     DELETE FROM gateway_contacts WHERE contact_hash = ANY (:contact_hashes::bytea[])
   ), menus AS (
     DELETE FROM gateway_menus WHERE contact_hash = ANY (:contact_hashes::bytea[])
   ), media AS (
     DELETE FROM gateway_media WHERE message_id IN (SELECT id FROM gateway_messages WHERE recipient = :recipient::text)
   )
   DELETE FROM gateway_messages WHERE recipient = :recipient::text`,
);

@Injectable()
export class GatewayMessagesRepository {
  constructor(private readonly database: Database) {}

  /**
   * @param most as many may wait in the linked account's queue
   * @returns whether it was queued; not in a full queue, or when the linked account is gone
   */
  async insert(message: NewMessage, most: number): Promise<boolean> {
    const rows = await this.database.run(INSERT, {
      id: message.id,
      session_id: message.sessionId,
      kind: message.kind,
      recipient: message.recipient,
      sealed_content: message.sealedContent,
      from_ladder: message.fromLadder,
      whatsapp_id: message.whatsappId,
      life_ms: message.lifeMs,
      most,
    });
    return rows.length > 0;
  }

  /** The next message of each of these accounts of one owner, at most one each; without a file where it says so. */
  claim(sessions: readonly { readonly lease: AccountLease; readonly withMedia: boolean }[]): Promise<ClaimedRow[]> {
    return this.database.run(CLAIM, {
      owner: sessions[0]?.lease.owner ?? null,
      ids: sessions.map(({ lease }) => lease.sessionId),
      fences: sessions.map(({ lease }) => lease.fence),
      with_media: sessions.map(({ withMedia }) => withMedia),
    });
  }

  /** @returns when it was sent, if it was; null when the claim was lost or it was not sent */
  async finish(message: Pick<ClaimedRow, 'id' | 'fence'>, end: SendEnd, contactHash: Buffer): Promise<Date | null> {
    const [row] = await this.database.run(FINISH, {
      id: message.id,
      fence: message.fence,
      state: end.state,
      error: end.error ?? null,
      contact_hash: contactHash,
    });
    return row?.sent_at ?? null;
  }

  /** Sends it no more. @returns whether it may have left all the same; null when it is being sent or over */
  async cancel(id: string): Promise<MessageFate | null> {
    const [row] = await this.database.run(CANCEL, { id });
    return row ?? null;
  }

  /** Of these messages, those that are over. */
  fates(ids: readonly string[]): Promise<MessageFate[]> {
    return this.database.run(FATES, { ids });
  }

  /** @returns whether it is a message of the ladder; null when it is not our message */
  async noteReceipt(
    sessionId: string,
    { whatsappId, status, at }: { whatsappId: string; status: 'delivered' | 'read'; at: Date | null },
  ): Promise<{ fromLadder: boolean } | null> {
    const values = { session_id: sessionId, whatsapp_id: whatsappId, read: status === 'read', at: at ?? new Date() };
    const [row] = await this.database.run(RECEIPT, values);
    return row ? { fromLadder: row.from_ladder } : null;
  }

  /** Ends up to 500. @returns how many */
  async expire(graceSeconds: number): Promise<number> {
    return (await this.database.run(EXPIRE, { grace_seconds: graceSeconds })).length;
  }

  /** Forgets up to a thousand. @returns whether there may be more */
  async forgetOld(days: number): Promise<boolean> {
    return (await this.database.run(FORGET_OLD, { days })).length === 1000;
  }

  async forgetRecipient(recipient: string, contactHashes: readonly Buffer[], within: Transaction): Promise<void> {
    await within.run(FORGET_RECIPIENT, { recipient, contact_hashes: contactHashes });
  }
}

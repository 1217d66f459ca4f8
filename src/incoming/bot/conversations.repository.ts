import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../../platform/database/database.js';
import { statement } from '../../platform/database/statement.js';
import { type ConversationState } from './menu.js';

/** The most answers of the bot that a sender gets in an hour: docs/contract/dashboard.md#the-bot. */
const ANSWERS_PER_HOUR = 20;

/** A conversation whose row this transaction has locked. */
export interface LockedConversation {
  phone: string;
  state: ConversationState;
  last_position: number;
  last_provider: string | null;
}

/** A message on its way into a conversation. */
export interface ReceivedMessage {
  readonly id: string;
  readonly phone: string;
  readonly position: number;
  readonly kind: string;
  readonly sealedContent: Buffer;
  readonly provider: string;
  readonly providerMessageId: string | null;
  /** Keys that say what was said, the first one to be written; none where two such messages may be two. */
  readonly repeatKeys: readonly Buffer[];
}

/** What has just been said by or for the service. */
export interface SaidMessage {
  /** Also its id in the outbox. */
  readonly id: string;
  readonly phone: string;
  readonly position: number;
  readonly kind: string;
  readonly sealedContent: Buffer;
  /** Account of who answered; null for the bot. */
  readonly sentBy: string | null;
}

const LOCK = statement<LockedConversation>(
  'conversations_lock',
  `SELECT phone, state, last_position, last_provider FROM conversations WHERE phone = :phone::text FOR UPDATE`,
);

const OPEN = statement(
  'conversations_open',
  `INSERT INTO conversations (phone) VALUES (:phone::text) ON CONFLICT (phone) DO NOTHING`,
);

// Of a message that is delivered again and again, at once and to several instances, one delivery inserts a row: the
// unique indexes decide. What the previous AUTH_SECRET knows it by can only be looked for, which the lock of the
// conversation makes exact.
const KEEP = statement<{ id: string }>(
  'conversation_messages_keep',
  `INSERT INTO conversation_messages (id, phone, position, direction, kind, sealed_content, provider, provider_message_id, repeat_key)
   SELECT :id::uuid, :phone::text, :position::int, 'IN', :kind::text, :sealed_content::bytea, :provider::text, :provider_message_id::text,
          (:repeat_keys::bytea[])[1]
    WHERE NOT EXISTS (SELECT 1 FROM conversation_messages WHERE repeat_key = ANY (:repeat_keys::bytea[]))
   ON CONFLICT DO NOTHING RETURNING id`,
);

// By the clock and not by the transaction's beginning: it waited for the lock.
const NOTE_RECEIVED = statement(
  'conversations_note_received',
  `UPDATE conversations SET state = :state::conversation_state, last_provider = :provider::text, last_position = :position::int,
          unread = unread + 1, last_activity_at = clock_timestamp(), sealed_name = coalesce(:sealed_name::bytea, sealed_name)
    WHERE phone = :phone::text`,
);

const RECENT_ANSWERS = `ARRAY(SELECT t FROM unnest(answered_at) t WHERE t > clock_timestamp() - interval '1 hour' ORDER BY t)`;

// The limit: no row means that it is used up.
const ALLOW_ANSWER = statement<{ last_position: number }>(
  'conversations_allow_answer',
  `UPDATE conversations SET answered_at = ${RECENT_ANSWERS} || clock_timestamp(), last_position = last_position + 1
    WHERE phone = :phone::text AND cardinality(${RECENT_ANSWERS}) < ${ANSWERS_PER_HOUR}
   RETURNING last_position`,
);

const SAY = statement(
  'conversation_messages_say',
  `INSERT INTO conversation_messages (id, phone, position, direction, kind, sealed_content, sent_by)
   VALUES (:id::uuid, :phone::text, :position::int, 'OUT', :kind::text, :sealed_content::bytea, :sent_by::uuid)`,
);

// A person who answers takes the conversation over, and has read what was written.
const NOTE_REPLIED = statement<{ last_position: number }>(
  'conversations_note_replied',
  `UPDATE conversations SET state = 'AGENT', unread = 0, last_position = last_position + 1, last_activity_at = clock_timestamp()
    WHERE phone = :phone::text RETURNING last_position`,
);

// Read up to a message, what came in after it stays unread. It cannot become more than it was, and without a position it
// stays: `least` looks at no NULL.
const CHANGE = statement(
  'conversations_change',
  `UPDATE conversations c
      SET state = coalesce(:state::conversation_state, state),
          unread = least(unread, CASE WHEN :read_to::int IS NOT NULL THEN (
            SELECT count(*)::int FROM conversation_messages m
             WHERE m.phone = c.phone AND m.direction = 'IN' AND m.position > :read_to::int) END)
    WHERE c.phone = :phone::text`,
);

/** What changes a conversation; each method within the transaction that has locked its row. */
@Injectable()
export class ConversationsRepository {
  constructor(private readonly database: Database) {}

  transaction<Result>(steps: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    return this.database.transaction(steps);
  }

  /** Null when there is none. */
  async lock(phone: string, within: Transaction): Promise<LockedConversation | null> {
    const [row] = await within.run(LOCK, { phone });
    return row ?? null;
  }

  /** Opens one where there is none. */
  async lockOrOpen(phone: string, within: Transaction): Promise<LockedConversation> {
    // Once more than it takes: retention or an erasure may take away what was just found.
    for (let attempt = 1; attempt <= 3; attempt++) {
      const found = await this.lock(phone, within);
      if (found) return found;
      await within.run(OPEN, { phone });
    }
    throw new Error('a conversation was taken away again and again');
  }

  /** @returns whether it is new; a message that was delivered before is not kept again */
  async keep(message: ReceivedMessage, within: Transaction): Promise<boolean> {
    const { id, phone, position, kind, provider } = message;
    const kept = await within.run(KEEP, {
      ...{ id, phone, position, kind, provider },
      sealed_content: message.sealedContent,
      provider_message_id: message.providerMessageId,
      repeat_keys: message.repeatKeys,
    });
    return kept.length > 0;
  }

  /** @param sealedName null leaves the name as it is */
  async noteReceived(
    message: ReceivedMessage,
    state: ConversationState,
    sealedName: Buffer | null,
    within: Transaction,
  ): Promise<void> {
    const { phone, position, provider } = message;
    await within.run(NOTE_RECEIVED, { phone, position, provider, state, sealed_name: sealedName });
  }

  /** Takes one of the sender's answers of this hour. @returns the answer's position; null when all are used up */
  async allowAnswer(phone: string, within: Transaction): Promise<number | null> {
    const [row] = await within.run(ALLOW_ANSWER, { phone });
    return row?.last_position ?? null;
  }

  async say({ id, phone, position, kind, sealedContent, sentBy }: SaidMessage, within: Transaction): Promise<void> {
    await within.run(SAY, { id, phone, position, kind, sealed_content: sealedContent, sent_by: sentBy });
  }

  /** @returns the reply's position; null when there is no such conversation */
  async noteReplied(phone: string, within: Transaction): Promise<number | null> {
    const [row] = await within.run(NOTE_REPLIED, { phone });
    return row?.last_position ?? null;
  }

  /** @param change `readTo`: position of the last message that was read; null: nothing more is */
  async change(
    phone: string,
    { state, readTo }: { state: ConversationState | null; readTo: number | null },
    within: Transaction,
  ): Promise<void> {
    await within.run(CHANGE, { phone, state, read_to: readTo });
  }
}

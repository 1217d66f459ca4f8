import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../../platform/database/database.js';
import { statement } from '../../platform/database/statement.js';
import { ofTheFirst } from '../../platform/database/steps.js';
import { RECIPIENTS_OF_ACCOUNT } from './messages.sql.js';
import { type RejectionReason } from '../providers/message-provider.js';

const OF_ACCOUNT = statement<PersonalMessageRow>(
  'messages_of_account',
  `SELECT id, purpose, recipient, state, provider, created_at, closed_at, verified_at
     FROM messages WHERE user_id = :user_id::uuid
   UNION ALL
   SELECT id, purpose, recipient, state, provider, created_at, closed_at, verified_at
     FROM message_history WHERE user_id = :user_id::uuid
   ORDER BY created_at, id`,
);

const LAST_COLUMNS = 'purpose, state, provider, refused_by, last_error, created_at, delivered_at, read_at, verified_at';
const lastIn = (table: string) =>
  `(SELECT ${LAST_COLUMNS} FROM ${table} WHERE user_id = :user_id::uuid ORDER BY created_at DESC, id DESC LIMIT :count::int)`;

const LAST_OF_ACCOUNT = statement<LastMessageRow>(
  'messages_last_of_account',
  `SELECT * FROM (${lastIn('messages')} UNION ALL ${lastIn('message_history')}) m ORDER BY created_at DESC LIMIT :count::int`,
);

// In this order: the inbox is found through the other two, and what is moved into the history meanwhile is found there.
const FORGET_INBOX = statement(
  'developer_inbox_forget',
  `DELETE FROM developer_inbox WHERE recipient IN (${RECIPIENTS_OF_ACCOUNT})`,
);
const FORGET_LIVE = statement('messages_forget', `DELETE FROM messages WHERE user_id = :user_id::uuid`);
const FORGET_HISTORY = statement(
  'message_history_forget',
  `UPDATE message_history SET recipient = 'erased', user_id = NULL, provider_message_id = NULL, otp_session_id = NULL
    WHERE user_id = :user_id::uuid`,
);

// Nobody's messages to a number: answers in its conversation, and decoys.
const FORGET_INBOX_OF_NUMBER = statement(
  'developer_inbox_forget_number',
  `DELETE FROM developer_inbox WHERE recipient = :phone::text`,
);
const FORGET_LIVE_OF_NUMBER = statement(
  'messages_forget_number',
  `DELETE FROM messages WHERE recipient = :phone::text AND user_id IS NULL`,
);
const FORGET_HISTORY_OF_NUMBER = statement(
  'message_history_forget_number',
  `UPDATE message_history SET recipient = 'erased', provider_message_id = NULL, otp_session_id = NULL
    WHERE recipient = :phone::text AND user_id IS NULL`,
);

const END_PENDING = statement<{ id: string }>(
  'messages_end_pending',
  `UPDATE messages
      SET state = 'EXPIRED', fence = fence + 1, claimed_until = NULL, closed_at = now(),
          sealed_content = NULL, recipient_name = NULL
    WHERE ${ofTheFirst({ table: 'messages', where: `state = 'PENDING'`, order: 'claimed_until', most: 500 })} RETURNING id`,
);
const BLANK = statement<{ id: string }>(
  'messages_blank',
  `UPDATE messages SET sealed_content = NULL, recipient_name = NULL
    WHERE ${ofTheFirst({
      table: 'messages',
      where: `sealed_content IS NOT NULL AND state <> 'PENDING'`,
      order: 'expires_at',
      most: 500,
    })}
   RETURNING id`,
);

// By the exact instant, too: it leads to the one partition and its key.
const STATES = statement<MessageStateRow>(
  'messages_states',
  `SELECT m.id, m.state, m.last_error FROM messages m WHERE m.id = ANY (:ids::uuid[])
   UNION ALL
   SELECT h.id, h.state, h.last_error FROM unnest(:ids::uuid[], :instants::timestamptz[]) AS asked(id, created_at)
     JOIN message_history h ON h.created_at = asked.created_at AND h.id = asked.id`,
);

// The exact instant leads to the one partition and its key.
const PROVIDER_OF = statement<{ provider: string | null }>(
  'messages_provider_of',
  `SELECT m.provider FROM messages m WHERE m.id = :id::uuid AND m.provider IS NOT NULL
   UNION ALL
   SELECT h.provider FROM message_history h WHERE h.created_at = :created_at::timestamptz AND h.id = :id::uuid
   LIMIT 1`,
);

/** What became of a message. */
export interface MessageStateRow {
  id: string;
  state: 'PENDING' | 'UNKNOWN' | 'ACCEPTED' | 'SENT' | 'DELIVERED' | 'READ' | 'FAILED' | 'EXPIRED' | 'SUPPRESSED';
  /** Why the last try that failed did, from our own list; null: none failed. */
  last_error: RejectionReason | null;
}

/** A message without its content, which is kept until it is sent and no longer. */
export interface PersonalMessageRow {
  id: string;
  purpose: string;
  recipient: string;
  state: string;
  provider: string | null;
  created_at: Date;
  closed_at: Date | null;
  /** When the code in it was used. */
  verified_at: Date | null;
}

/** What became of one of an account's last messages. */
export interface LastMessageRow {
  purpose: string;
  state: MessageStateRow['state'];
  /** The rung that took it; null: none. */
  provider: string | null;
  /** Rungs that were asked and did not take it, or did not say whether they did. */
  refused_by: string[];
  /** Why the last try that failed did, from our own list; null: none failed. */
  last_error: RejectionReason | null;
  created_at: Date;
  delivered_at: Date | null;
  read_at: Date | null;
  /** When the code in it was used. */
  verified_at: Date | null;
}

/** What the room holds of an account: to show it, to forget it. */
@Injectable()
export class MessageRecordsRepository {
  constructor(private readonly database: Database) {}

  async messagesOf(userId: string): Promise<PersonalMessageRow[]> {
    return this.database.run(OF_ACCOUNT, { user_id: userId });
  }

  /** Newest first. */
  async lastOf(userId: string, count: number): Promise<LastMessageRow[]> {
    return this.database.run(LAST_OF_ACCOUNT, { user_id: userId, count });
  }

  /** The history keeps the message for counting, but no longer says who got it. */
  async forget(userId: string, within: Transaction): Promise<void> {
    for (const step of [FORGET_INBOX, FORGET_LIVE, FORGET_HISTORY]) await within.run(step, { user_id: userId });
  }

  /** In the same order, for the same reason. */
  async forgetNumber(phone: string, within: Transaction): Promise<void> {
    for (const step of [FORGET_INBOX_OF_NUMBER, FORGET_LIVE_OF_NUMBER, FORGET_HISTORY_OF_NUMBER])
      await within.run(step, { phone });
  }

  /** Ends some waiting messages of any recipient. @returns how many; 0 when none is left */
  async endPending(): Promise<number> {
    return (await this.database.run(END_PENDING, {})).length;
  }

  /** Empties some of the sent messages that are kept for a next rung. @returns how many; 0 when none is left */
  async blank(): Promise<number> {
    return (await this.database.run(BLANK, {})).length;
  }

  async statesOf(messages: readonly { id: string; createdAt: Date }[]): Promise<MessageStateRow[]> {
    if (messages.length === 0) return [];
    const values = { ids: messages.map(({ id }) => id), instants: messages.map(({ createdAt }) => createdAt) };
    return this.database.run(STATES, values);
  }

  /** @returns the rung that took a message; null: none yet */
  async providerOf({ id, createdAt }: { id: string; createdAt: Date }): Promise<string | null> {
    const [row] = await this.database.run(PROVIDER_OF, { id, created_at: createdAt });
    return row?.provider ?? null;
  }
}

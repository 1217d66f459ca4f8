import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../database/database.js';
import { statement } from '../database/statement.js';
import { RECIPIENTS_OF_ACCOUNT } from './messages.sql.js';

const OF_ACCOUNT = statement<HeldMessageRow>(
  'messages_of_account',
  `SELECT id, purpose, recipient, state, provider, created_at, closed_at FROM messages WHERE user_id = :user_id::uuid
   UNION ALL
   SELECT id, purpose, recipient, state, provider, created_at, closed_at FROM message_history WHERE user_id = :user_id::uuid
   ORDER BY created_at, id`,
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

/** A message without its content, which is kept until it is sent and no longer. */
export interface HeldMessageRow {
  id: string;
  purpose: string;
  recipient: string;
  state: string;
  provider: string | null;
  created_at: Date;
  closed_at: Date | null;
}

/** What the room holds of an account: to show it, to forget it. */
@Injectable()
export class HeldMessagesRepository {
  constructor(private readonly database: Database) {}

  async of(userId: string): Promise<HeldMessageRow[]> {
    return this.database.run(OF_ACCOUNT, { user_id: userId });
  }

  /** The history keeps the message for counting, but no longer says who got it. */
  async forget(userId: string, within: Transaction): Promise<void> {
    for (const step of [FORGET_INBOX, FORGET_LIVE, FORGET_HISTORY]) await within.run(step, { user_id: userId });
  }
}

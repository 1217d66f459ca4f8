import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../database/database.js';
import { statement } from '../database/statement.js';

const TO = statement<HeldMessageRow>(
  'messages_to',
  `SELECT id, purpose, recipient, state, provider, created_at, closed_at FROM messages
    WHERE recipient = ANY(:phones::text[]) AND created_at >= :since::timestamptz
   UNION ALL
   SELECT id, purpose, recipient, state, provider, created_at, closed_at FROM message_history
    WHERE recipient = ANY(:phones::text[]) AND created_at >= :since::timestamptz
   ORDER BY created_at, id`,
);

// In this order: what is moved into the history meanwhile is found there.
const FORGET_LIVE = statement('messages_forget', `DELETE FROM messages WHERE recipient = ANY(:phones::text[])`);
const FORGET_HISTORY = statement(
  'message_history_forget',
  `UPDATE message_history SET recipient = 'erased', provider_message_id = NULL, otp_session_id = NULL
    WHERE recipient = ANY(:phones::text[])`,
);
const FORGET_INBOX = statement(
  'developer_inbox_forget',
  `DELETE FROM developer_inbox WHERE recipient = ANY(:phones::text[])`,
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

/** What the room holds of a number: to show it, to forget it. */
@Injectable()
export class HeldMessagesRepository {
  constructor(private readonly database: Database) {}

  async to(phones: readonly string[], since: Date): Promise<HeldMessageRow[]> {
    return this.database.run(TO, { phones, since });
  }

  /** The history keeps the message for counting, but no longer says who got it. */
  async forget(phones: readonly string[], within: Transaction): Promise<void> {
    for (const step of [FORGET_LIVE, FORGET_HISTORY, FORGET_INBOX]) await within.run(step, { phones });
  }
}

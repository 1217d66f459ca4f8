import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.js';
import { statement } from '../../platform/database/statement.js';
import { ofTheFirst } from '../../platform/database/steps.js';

// The count makes a full store refuse; a few too many in one instant do no harm.
const BEGIN = statement<{ message_id: string }>(
  'gateway_media_begin',
  `INSERT INTO gateway_media (message_id, session_id)
   SELECT :message_id::uuid, s.id FROM gateway_sessions s
    WHERE s.id = :session_id::uuid AND (SELECT count(*) FROM gateway_media m WHERE m.session_id = s.id) < :most::int
   RETURNING message_id`,
);

const ADD = statement(
  'gateway_media_add',
  `INSERT INTO gateway_media_chunks (message_id, position, bytes) VALUES (:message_id::uuid, :position::int, :bytes::bytea)`,
);

const CHUNK = statement<{ bytes: Buffer }>(
  'gateway_media_chunk',
  `SELECT bytes FROM gateway_media_chunks WHERE message_id = :message_id::uuid AND position = :position::int`,
);

// Of a message that is still to be sent nothing is thrown away.
const FORGET = statement(
  'gateway_media_forget',
  `DELETE FROM gateway_media m WHERE m.message_id = :message_id::uuid AND NOT EXISTS (
     SELECT 1 FROM gateway_messages g WHERE g.id = m.message_id AND g.state IN ('QUEUED', 'SENDING'))`,
);

const FORGET_LEFT = statement<{ message_id: string }>(
  'gateway_media_forget_left',
  `DELETE FROM gateway_media WHERE ${ofTheFirst({
    table: 'gateway_media',
    where: `created_at < now() - :minutes::int * interval '1 minute' AND NOT EXISTS (
        SELECT 1 FROM gateway_messages g WHERE g.id = gateway_media.message_id AND g.state IN ('QUEUED', 'SENDING'))`,
    order: 'created_at',
    most: 20,
  })} RETURNING message_id`,
);

/** Files of queued messages, encrypted, in pieces. */
@Injectable()
export class GatewayMediaRepository {
  constructor(private readonly database: Database) {}

  /** @param most files that a linked account may have here @returns whether it may have one more */
  async begin(messageId: string, sessionId: string, most: number): Promise<boolean> {
    const rows = await this.database.run(BEGIN, { message_id: messageId, session_id: sessionId, most });
    return rows.length > 0;
  }

  async add(messageId: string, position: number, bytes: Buffer): Promise<void> {
    await this.database.run(ADD, { message_id: messageId, position, bytes });
  }

  /** @returns null behind the last one, and when the message is over */
  async chunk(messageId: string, position: number): Promise<Buffer | null> {
    const [row] = await this.database.run(CHUNK, { message_id: messageId, position });
    return row?.bytes ?? null;
  }

  /** Forgets the file of a message that is not in the queue. */
  async forget(messageId: string): Promise<void> {
    await this.database.run(FORGET, { message_id: messageId });
  }

  /** Forgets some that belong to no message: their instance died while they came in. @returns whether there may be more */
  async forgetLeft(minutes: number): Promise<boolean> {
    return (await this.database.run(FORGET_LEFT, { minutes })).length === 20;
  }
}

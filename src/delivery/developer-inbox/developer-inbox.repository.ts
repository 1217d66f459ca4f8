import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.js';
import { statement } from '../../platform/database/statement.js';

export interface InboxRow {
  id: string;
  recipient: string;
  sealed_content: Buffer;
  created_at: Date;
}

/** Newest messages that are kept and shown. */
const KEPT = 200;

const INSERT = statement(
  'developer_inbox_insert',
  `INSERT INTO developer_inbox (id, recipient, sealed_content) VALUES (:id::uuid, :recipient::text, :sealed_content::bytea)`,
);

const NEWEST = statement<InboxRow>(
  'developer_inbox_newest',
  `SELECT id, recipient, sealed_content, created_at FROM developer_inbox ORDER BY created_at DESC, id DESC LIMIT ${KEPT}`,
);

const TRIM = statement(
  'developer_inbox_trim',
  `DELETE FROM developer_inbox WHERE created_at < (SELECT created_at FROM developer_inbox ORDER BY created_at DESC OFFSET ${KEPT} LIMIT 1)`,
);

@Injectable()
export class DeveloperInboxRepository {
  constructor(private readonly database: Database) {}

  async insert(id: string, recipient: string, sealedContent: Buffer): Promise<void> {
    await this.database.run(INSERT, { id, recipient, sealed_content: sealedContent });
  }

  async newest(): Promise<InboxRow[]> {
    return this.database.run(NEWEST, {});
  }

  async trim(): Promise<void> {
    await this.database.run(TRIM, {});
  }
}

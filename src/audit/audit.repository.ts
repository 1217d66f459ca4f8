import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../database/database.js';
import { statement } from '../database/statement.js';

const RECORD = statement(
  'audit_record',
  `INSERT INTO audit_events (id, type, outcome, user_id, subject_id, address, request_id, detail)
   VALUES (:id::uuid, :type::text, :outcome::text, :user_id::uuid, :subject_id::uuid, :address::text, :request_id::text, :detail::jsonb)`,
);

export interface AuditRow {
  id: string;
  type: string;
  outcome: string;
  userId: string | null;
  subjectId: string | null;
  address: string | null;
  requestId: string | null;
  detail: unknown;
}

@Injectable()
export class AuditRepository {
  constructor(private readonly database: Database) {}

  async insert(row: AuditRow, within: Transaction = this.database): Promise<void> {
    await within.run(RECORD, {
      id: row.id,
      type: row.type,
      outcome: row.outcome,
      user_id: row.userId,
      subject_id: row.subjectId,
      address: row.address,
      request_id: row.requestId,
      detail: row.detail === undefined ? null : JSON.stringify(row.detail),
    });
  }
}

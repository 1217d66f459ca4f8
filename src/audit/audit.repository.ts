import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../database/database.js';
import { statement } from '../database/statement.js';

const RECORD = statement(
  'audit_record',
  `INSERT INTO audit_events (id, type, outcome, user_id, subject_id, address, request_id, detail)
   VALUES (:id::uuid, :type::text, :outcome::text, :user_id::uuid, :subject_id::uuid, :address::text, :request_id::text, :detail::jsonb)`,
);

const OF = statement<RecordedEventRow>(
  'audit_of',
  `SELECT id, occurred_at, type, outcome, count, address FROM audit_events WHERE user_id = :user_id::uuid
   UNION ALL
   SELECT id, occurred_at, type, outcome, count, NULL FROM audit_events
    WHERE subject_id = :user_id::uuid AND type LIKE 'user.%' AND user_id IS DISTINCT FROM :user_id::uuid
   ORDER BY occurred_at, id`,
);

// What was done to accounts stays told: those events name nobody but by id. Refusals have a masked number.
const FORGET = statement(
  'audit_forget',
  `UPDATE audit_events SET address = NULL, request_id = NULL, last_request_id = NULL,
          detail = CASE WHEN type LIKE 'user.%' AND outcome = 'success' THEN detail END
    WHERE user_id = :user_id::uuid
      AND num_nonnulls(address, request_id, last_request_id, CASE WHEN type LIKE 'user.%' AND outcome = 'success' THEN NULL ELSE detail END) > 0`,
);

/** An event as the person whom it is about may see it; others' addresses are theirs. */
export interface RecordedEventRow {
  id: string;
  occurred_at: Date;
  type: string;
  outcome: string;
  /** How many there were in the minute, of a refusal; null in events that stand for themselves. */
  count: number | null;
  address: string | null;
}

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

  async of(userId: string): Promise<RecordedEventRow[]> {
    return this.database.run(OF, { user_id: userId });
  }

  async forget(userId: string, within: Transaction): Promise<void> {
    await within.run(FORGET, { user_id: userId });
  }
}

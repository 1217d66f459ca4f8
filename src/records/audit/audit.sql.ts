/** What a fused statement says about an event: SQL expressions over the CTE that it tells of. */
interface RecordedFrom {
  /** CTE whose rows each become an event; none, no event. */
  readonly source: string;
  readonly type: string;
  readonly outcome: 'success' | 'failure';
  readonly userId: string;
  readonly subjectId: string;
  /** Of the type jsonb. */
  readonly detail?: string;
  /** Where the source has many rows; otherwise the statement's parameters `:audit_id`, `:address` and `:request_id`. */
  readonly auditId?: string;
  readonly address?: string;
  readonly requestId?: string;
  /** Whether it is about a number: `Audit.phoneKey`, in the parameter `:phone_key`; or in the source's column phone_key. */
  readonly aboutPhone?: boolean | 'column';
}

/**
 * An event written by the very statement that makes the change it reports: either both are stored or neither.
 *
 * @returns the body of a data-modifying CTE
 */
export function recordEventFrom({
  source,
  type,
  outcome,
  userId,
  subjectId,
  detail = 'NULL',
  aboutPhone = false,
  ...from
}: RecordedFrom): string {
  const { auditId = ':audit_id::uuid', address = ':address::text', requestId = ':request_id::text' } = from;
  const phoneKey = aboutPhone === 'column' ? 'phone_key' : aboutPhone ? ':phone_key::bytea' : 'NULL';
  return `INSERT INTO audit_events (id, type, outcome, user_id, subject_id, address, request_id, detail, phone_key)
     SELECT ${auditId}, '${type}', '${outcome}', ${userId}, ${subjectId}, ${address}, ${requestId}, ${detail}, ${phoneKey}
       FROM ${source}`;
}

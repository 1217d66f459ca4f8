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
  /** The event's own id, where one statement records several. */
  readonly id?: string;
}

/**
 * An event written by the very statement that makes the change it tells of: either both stand or neither. Parameters:
 * `:audit_id`, `:address`, `:request_id`.
 *
 * @returns the body of a data-modifying CTE
 */
export function recordEventFrom(event: RecordedFrom): string {
  const { source, type, outcome, userId, subjectId, detail = 'NULL', id = ':audit_id::uuid' } = event;
  return `INSERT INTO audit_events (id, type, outcome, user_id, subject_id, address, request_id, detail)
     SELECT ${id}, '${type}', '${outcome}', ${userId}, ${subjectId}, :address::text, :request_id::text, ${detail}
       FROM ${source}`;
}

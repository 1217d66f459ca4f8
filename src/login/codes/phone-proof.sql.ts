import { recordEventFrom } from '../../records/audit/audit.sql.js';
import { queueNoticeFrom } from '../../delivery/outbox/messages.sql.js';
import { endSessionsOf } from '../../identity/sessions/sessions.sql.js';
import { noteProof } from '../../identity/users/users.sql.js';

/**
 * What follows from the first proof of a number, as CTEs of the statement that has `prover` (`accountProvenBy` in
 * users.sql.ts): the account is its prover's. What somebody else set who registered the number is cleared, their
 * sessions end, the owner is told, and the event is recorded; all of it or nothing. Without a first proof nothing
 * happens. Reasons: docs/decisions/0018-whoever-proves-a-number-owns-it.md. Parameters: `:purpose`, `:proof_audit_id`, `:address`, `:request_id`, and those of `queueNoticeFrom`.
 */
export const PROVE_PHONE = `
  claim_ended AS (SELECT * FROM prover WHERE was_claimed),
  taken_over AS (SELECT * FROM claim_ended WHERE is_taken_over),
  proof_noted AS (${noteProof('prover')} RETURNING users.id),
  former_sessions AS (${endSessionsOf('taken_over', 'phone_proven')}),
  owner_told AS (${queueNoticeFrom('taken_over')}),
  proof_recorded AS (${recordEventFrom({
    source: 'claim_ended',
    type: 'user.phone_proven',
    outcome: 'success',
    userId: 'id',
    subjectId: 'id',
    detail: `jsonb_build_object('by', :purpose::text, 'takenOver', is_taken_over, 'sessionsEnded', (SELECT count(*) FROM former_sessions))`,
    auditId: ':proof_audit_id::uuid',
  })})`;

import { Injectable } from '@nestjs/common';
import { type Transaction } from '../../platform/database/database.js';
import { statement } from '../../platform/database/statement.js';
import { reachedPhone } from '../../delivery/outbox/messages.sql.js';
import { accountProvenBy } from '../../identity/users/users.sql.js';
import { type NoticeDraft } from '../../delivery/outbox/messaging.service.js';
import { PROVE_PHONE } from './phone-proof.sql.js';

/** What a first proof needs, whichever code it is made by. */
export type ProofDraftValues = NoticeDraft['values'] & {
  readonly registrant: string | null;
  readonly proof_audit_id: string;
  readonly address: string;
  readonly request_id: string;
  readonly mail_is_rung: boolean;
};

/** The same, and the code that proves the number. */
export type ProofValues = ProofDraftValues & {
  readonly code: string;
  readonly issued_at: Date;
  readonly phone: string;
  readonly purpose: string;
  readonly user_id: string;
};

// One statement for the same reason as a login by code: no moment in which the number is proven and the password of
// whoever registered it still fits.
const PROVE = statement<{ is_taken_over: boolean }>(
  'phone_prove',
  `WITH code AS (SELECT :user_id::uuid AS user_id, :phone::text AS phone),
   prover AS (${accountProvenBy('code', reachedPhone(':code::uuid', ':issued_at::timestamptz'))}),
   ${PROVE_PHONE}
   SELECT is_taken_over FROM prover`,
);

@Injectable()
export class PhoneProofRepository {
  /** @returns whether the account was taken over from whoever registered its number */
  async prove(values: ProofValues, within: Transaction): Promise<boolean> {
    const [row] = await within.run(PROVE, values);
    return row?.is_taken_over ?? false;
  }
}

import { Injectable } from '@nestjs/common';
import { type Transaction } from '../../platform/database/database.js';
import { newId } from '../../platform/database/new-id.js';
import { type RequestContext } from '../../platform/http/request-context.js';
import { Messaging, type NoticeDraft } from '../../delivery/outbox/messaging.service.js';
import { RegistrationTokens } from '../../identity/users/registration-tokens.js';
import { type RightGuess, type TypedGuess } from './codes.service.js';
import { PhoneProofRepository, type ProofDraftValues } from './phone-proof.repository.js';

/** What a statement that consumes a code needs, in case the code is the first proof of its number. */
export interface ProofDraft {
  readonly values: ProofDraftValues;
  readonly notice: NoticeDraft;
}

/**
 * The first proof of a number: whoever reads a code that went to it owns the account that has it. What somebody else had
 * set who registered the number ends in the very statement that the proof is made by (`PROVE_PHONE`).
 */
@Injectable()
export class PhoneProof {
  constructor(
    private readonly messaging: Messaging,
    private readonly registrations: RegistrationTokens,
    private readonly repository: PhoneProofRepository,
  ) {}

  /**
   * Reads what shows that this client registered the account; before the guess is judged, so that an unknown token costs none.
   *
   * @param registrationToken what the registration had answered to this client, if it made the account
   * @returns the account that the client registered; null without a token
   * @throws AppError `validation_failed` for an invalid token
   */
  registrant(registrationToken: string | null | undefined): string | null {
    return this.registrations.read(registrationToken);
  }

  /** What a first proof needs; a login by a number that was proven before has no use for it. */
  draft(registrant: string | null, context: RequestContext): ProofDraft {
    const { language } = context;
    const notice = this.messaging.draftNotice({ template: 'notice.phone_proven', language });
    return {
      values: {
        registrant,
        proof_audit_id: newId(),
        address: context.address,
        request_id: context.id,
        mail_is_rung: this.messaging.hasMailRung,
        ...notice.values,
      },
      notice,
    };
  }

  /**
   * Proves the number of a code that this transaction has used up.
   *
   * @returns whether the account was taken over; `tell` its owner after the commit
   */
  prove(draft: ProofDraft, { phone, purpose }: TypedGuess, used: RightGuess, within: Transaction): Promise<boolean> {
    const code = {
      code: used.challengeId,
      issued_at: used.issuedAt,
      phone,
      purpose: purpose.name,
      user_id: used.accountId,
    };
    return this.repository.prove({ ...draft.values, ...code }, within);
  }

  /** Delivers the notice that the statement has queued. */
  tell({ notice }: ProofDraft, owner: { phone: string; fullName: string }, context: RequestContext): void {
    this.messaging.deliverBehind(notice.to(owner), context.id);
  }
}

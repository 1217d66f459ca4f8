import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../../platform/database/database.js';
import { AppError } from '../../platform/errors/app-error.js';
import { type CurrentCaller } from '../../platform/http/access.decorators.js';
import { type RequestContext } from '../../platform/http/request-context.js';
import { Messaging, type ClaimedMessage } from '../../delivery/outbox/messaging.service.js';
import { Accounts } from '../../identity/users/accounts.service.js';
import { type SecondFactor } from '../../identity/sessions/proof/authentication.js';
import { Sessions, type ProvedSession } from '../../identity/sessions/sessions.service.js';
import { Audit } from '../../records/audit/audit.service.js';
import { FactorsRepository, type ChargedGuess, type Guessed } from './factors.repository.js';
import { isRecoveryCode, recoveryCodeHash } from './recovery-codes.js';
import { SecondFactors } from './second-factors.service.js';
import { TotpSeal } from './totp-seal.js';
import { stepOf } from './totp.js';

/** Seconds that an account waits whose guesses at one-time passwords are used up for good: an admin's reset ends it. */
const CLOSED_SECONDS = 3_600;

/** The event of a proof, and of a refused one. */
const PROVED = 'second_factor.proved';

/** What the use of a proof has come to, beside the session that it lifts. */
interface Used {
  readonly detail?: { readonly codesLeft: number };
  readonly notice?: ClaimedMessage | null;
}

/** Proofs of a second factor: each lifts the session that it is made in. */
@Injectable()
export class SecondFactorProofs {
  constructor(
    private readonly database: Database,
    private readonly sessions: Sessions,
    private readonly accounts: Accounts,
    private readonly factors: SecondFactors,
    private readonly repository: FactorsRepository,
    private readonly seal: TotpSeal,
    private readonly messaging: Messaging,
    private readonly audit: Audit,
  ) {}

  /**
   * Takes a one-time password, which works once. A guess is charged to the account before it is looked at.
   *
   * @throws AppError `invalid_second_factor`, `second_factor_locked`, `second_factor_not_enrolled`
   */
  async byTotp(code: string, caller: CurrentCaller, context: RequestContext): Promise<ProvedSession> {
    const { sealed_totp: sealed, now_seconds: now } = await this.charge('TOTP', caller, context);
    const step = sealed && stepOf(this.seal.open(sealed, caller.userId), code, now);
    if (!sealed || step === null) return this.refuse(caller, context);
    return this.proved('TOTP', caller, context, async (transaction) =>
      (await this.repository.useStep(caller.userId, sealed, step, transaction)) ? {} : null,
    );
  }

  /** The same with a recovery code, of which the owner is told. */
  async byRecoveryCode(code: string, caller: CurrentCaller, context: RequestContext): Promise<ProvedSession> {
    await this.charge('RECOVERY_CODE', caller, context);
    if (!isRecoveryCode(code)) return this.refuse(caller, context);
    const { userId } = caller;
    return this.proved('RECOVERY_CODE', caller, context, async (transaction) => {
      const account = await this.accounts.lockForSecondFactor(userId, transaction);
      if (!(await this.repository.giveGuessesBack(userId, transaction))) return null;
      const codesLeft = await this.repository.useCode(userId, recoveryCodeHash(code), transaction);
      if (codesLeft === null) return null;
      const content = { template: 'notice.recovery_code_used', language: context.language, codesLeft } as const;
      return { detail: { codesLeft }, notice: await this.factors.queueNotice(account, content, transaction) };
    });
  }

  /**
   * Lifts the session, in the transaction that uses the proof up.
   *
   * @param use uses it up; null where it was not there any more
   */
  async proved(
    factor: SecondFactor,
    caller: CurrentCaller,
    context: RequestContext,
    use: (transaction: Transaction) => Promise<Used | null>,
  ): Promise<ProvedSession> {
    const { userId, sessionId } = caller;
    const proved = await this.database
      .transaction(async (transaction) => {
        // Thrown, so that nothing stays of a use that proved nothing.
        const used = await use(transaction);
        if (!used) throw new Unused();
        const { address, id: requestId } = context;
        const detail = { factor, ...used.detail };
        const event = { type: PROVED, outcome: 'success', userId, subjectId: sessionId, detail } as const;
        await this.audit.record({ ...event, address, requestId }, transaction);
        return { session: await this.sessions.prove(caller, factor, transaction), notice: used.notice };
      })
      .catch((error: unknown) => {
        if (error instanceof Unused) return null;
        throw error;
      });
    if (!proved) return this.refuse(caller, context);
    if (proved.notice) this.messaging.deliverBehind(proved.notice, context.id);
    return proved.session;
  }

  /** Refuses a proof, and records that somebody tried who has the session. */
  async refuse({ userId, sessionId }: CurrentCaller, context: RequestContext): Promise<never> {
    context.addressReservations.confirm('failures');
    const error = new AppError('invalid_second_factor', { concerns: { userId, subjectId: sessionId } });
    await this.audit.recordRefusal(PROVED, error, { ...context, userId });
    throw error;
  }

  private async charge(guessed: Guessed, caller: CurrentCaller, context: RequestContext): Promise<ChargedGuess> {
    const { userId, sessionId } = caller;
    const charged = await this.repository.charge(userId, guessed);
    if (charged) return charged;
    const lock = await this.repository.lockState(userId, guessed);
    if (!lock) throw new AppError('second_factor_not_enrolled');
    context.addressReservations.confirm('failures');
    const retryAfter = lock.closed ? CLOSED_SECONDS : Math.max(1, lock.seconds_left ?? 1);
    const reason = lock.closed ? { reason: 'closed' } : {};
    const error = new AppError('second_factor_locked', {
      retryAfter,
      ...(lock.closed ? { details: { closed: true } } : {}),
      concerns: { userId, subjectId: sessionId, ...reason },
    });
    await this.audit.recordRefusal(PROVED, error, { ...context, userId });
    throw error;
  }
}

/** What was to prove something had been used. */
class Unused extends Error {}

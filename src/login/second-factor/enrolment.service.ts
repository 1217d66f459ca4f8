import { Injectable } from '@nestjs/common';
import { NameSettings } from '../../platform/config/groups/names.js';
import { Database, type Transaction } from '../../platform/database/database.js';
import { AppError } from '../../platform/errors/app-error.js';
import { type CurrentCaller } from '../../platform/http/access.decorators.js';
import { type RequestContext } from '../../platform/http/request-context.js';
import { Messaging } from '../../delivery/outbox/messaging.service.js';
import { nationalPhone } from '../../platform/phone/phone.js';
import { type ManagedAccountRow } from '../../identity/users/account.js';
import { Accounts } from '../../identity/users/accounts.service.js';
import { type SecondFactor } from '../../identity/sessions/proof/authentication.js';
import { Sessions, type ProvedSession } from '../../identity/sessions/sessions.service.js';
import { Audit } from '../../records/audit/audit.service.js';
import { ChallengesRepository } from './challenges.repository.js';
import { FactorsRepository } from './factors.repository.js';
import { PasskeysRepository } from './passkeys.repository.js';
import { newRecoveryCodes, recoveryCodeHash } from './recovery-codes.js';
import { SecondFactors } from './second-factors.service.js';
import { TotpSeal } from './totp-seal.js';
import { newTotpSecret, stepOf, totpKey } from './totp.js';

/** Seconds for which an enrolment that was begun can be confirmed. */
const SETUP_SECONDS = 600;

/** A key for an authenticator app: shown once, when it is made. */
export interface TotpSetup {
  readonly secret: string;
  readonly uri: string;
  /** A PNG as a data URL. */
  readonly qr: string;
  readonly expiresIn: number;
}

/** A factor that was enrolled, in a session that has proved it. */
export interface Enrolled {
  readonly session: ProvedSession;
  /** Those of the first factor; null where the account has some. */
  readonly recoveryCodes: readonly string[] | null;
}

/** What the owner of an account does with its second factors. */
@Injectable()
export class SecondFactorEnrolment {
  constructor(
    private readonly names: NameSettings,
    private readonly database: Database,
    private readonly accounts: Accounts,
    private readonly sessions: Sessions,
    private readonly factors: SecondFactors,
    private readonly repository: FactorsRepository,
    private readonly passkeys: PasskeysRepository,
    private readonly challenges: ChallengesRepository,
    private readonly seal: TotpSeal,
    private readonly messaging: Messaging,
    private readonly audit: Audit,
  ) {}

  /**
   * Makes a key for an authenticator app. Nothing of the account changes before it is confirmed.
   *
   * @throws AppError `second_factor_off`, `second_factor_required`
   */
  async beginTotp(caller: CurrentCaller): Promise<TotpSetup> {
    this.refuseWhere(caller);
    const account = await this.accounts.get(caller.userId);
    const totp = newTotpSecret();
    const sealed = this.seal.seal(totp, caller.sessionId);
    await this.challenges.put(caller.sessionId, 'totp-enrolment', sealed, SETUP_SECONDS);
    const key = totpKey(totp, this.names.appName, labelOf(account));
    const { toDataURL } = await import('qrcode');
    return { ...key, qr: await toDataURL(key.uri), expiresIn: SETUP_SECONDS };
  }

  /**
   * Enrols the key that was made, once an app has shown a password of it. One that the account had before is worth nothing any more.
   *
   * @throws AppError `second_factor_off`, `second_factor_required`, `second_factor_setup_expired`, `invalid_second_factor`
   */
  async confirmTotp(code: string, caller: CurrentCaller, context: RequestContext): Promise<Enrolled> {
    this.refuseWhere(caller);
    const begun = await this.challenges.look(caller.sessionId, 'totp-enrolment');
    if (!begun) throw new AppError('second_factor_setup_expired');
    const totp = this.seal.open(begun.content, caller.sessionId);
    const step = stepOf(totp, code, begun.now_seconds);
    if (step === null) {
      context.addressReservations.confirm('failures');
      throw new AppError('invalid_second_factor');
    }
    const sealed = this.seal.seal(totp, caller.userId);
    return this.enrol('TOTP', caller, context, async (transaction) => {
      const taken = await this.challenges.take(caller.sessionId, 'totp-enrolment', transaction);
      if (!taken?.equals(begun.content)) throw new AppError('second_factor_setup_expired');
      await this.repository.setTotp(caller.userId, sealed, step, transaction);
    });
  }

  /**
   * Enrols a factor, which the session that does has then proved. Others of the account prove one again, also after new recovery codes
   * and the removal of a factor: what they proved may be what a thief had.
   *
   * @param write the factor; the account's row of factors is there
   */
  async enrol(
    factor: Exclude<SecondFactor, 'RECOVERY_CODE'>,
    caller: CurrentCaller,
    context: RequestContext,
    write: (transaction: Transaction) => Promise<void>,
  ): Promise<Enrolled> {
    const codes = newRecoveryCodes();
    const { notice, ...enrolled } = await this.database.transaction(async (transaction) => {
      const account = await this.lock(caller, transaction);
      await this.repository.open(caller.userId, transaction);
      await write(transaction);
      const isFirst = !account.has_second_factor;
      if (isFirst) {
        await this.accounts.noteSecondFactor(caller.userId, true, transaction);
        await this.repository.replaceCodes(caller.userId, codes.map(recoveryCodeHash), transaction);
      }
      await this.record('second_factor.enrolled', { factor }, caller, context, transaction);
      await this.sessions.forgetProofsOfOthers(caller, transaction);
      const session = await this.sessions.prove(caller, factor, transaction);
      const content = { template: 'notice.second_factor_added', language: context.language } as const;
      const told = await this.factors.queueNotice(account, content, transaction);
      return { session, recoveryCodes: isFirst ? codes : null, notice: told };
    });
    if (notice) this.messaging.deliverBehind(notice, context.id);
    return enrolled;
  }

  /**
   * New recovery codes; those of before are worth nothing any more, and the owner is told.
   *
   * @throws AppError `second_factor_required`, `second_factor_not_enrolled`
   */
  async newCodes(caller: CurrentCaller, context: RequestContext): Promise<readonly string[]> {
    const codes = newRecoveryCodes();
    const notice = await this.database.transaction(async (transaction) => {
      const account = await this.lock(caller, transaction);
      if (!account.has_second_factor) throw new AppError('second_factor_not_enrolled');
      await this.repository.replaceCodes(caller.userId, codes.map(recoveryCodeHash), transaction);
      await this.sessions.forgetProofsOfOthers(caller, transaction);
      await this.record('second_factor.codes_made', undefined, caller, context, transaction);
      const content = { template: 'notice.recovery_codes_made', language: context.language } as const;
      return this.factors.queueNotice(account, content, transaction);
    });
    if (notice) this.messaging.deliverBehind(notice, context.id);
    return codes;
  }

  /** @throws AppError `second_factor_required`, `last_second_factor`, `second_factor_not_enrolled` */
  removeTotp(caller: CurrentCaller, context: RequestContext): Promise<void> {
    return this.remove('TOTP', caller, context, (transaction) =>
      this.repository.removeTotp(caller.userId, transaction),
    );
  }

  /** @throws AppError `second_factor_required`, `last_second_factor`, `passkey_not_found` */
  removePasskey(id: string, caller: CurrentCaller, context: RequestContext): Promise<void> {
    return this.remove('PASSKEY', caller, context, (transaction) =>
      this.passkeys.remove(id, caller.userId, transaction),
    );
  }

  private async remove(
    factor: Exclude<SecondFactor, 'RECOVERY_CODE'>,
    caller: CurrentCaller,
    context: RequestContext,
    deleteFactor: (transaction: Transaction) => Promise<boolean>,
  ): Promise<void> {
    const { userId } = caller;
    const notice = await this.database.transaction(async (transaction) => {
      const account = await this.lock(caller, transaction);
      if (!(await deleteFactor(transaction)))
        throw new AppError(factor === 'TOTP' ? 'second_factor_not_enrolled' : 'passkey_not_found');
      const isLast = await this.repository.isLast(userId, transaction);
      if (isLast && this.factors.mode === 'require') throw new AppError('last_second_factor');
      if (isLast) {
        await this.repository.forget(userId, transaction);
        await this.accounts.noteSecondFactor(userId, false, transaction);
      }
      await this.sessions.forgetProofsOfOthers(caller, transaction);
      await this.record('second_factor.removed', { factor }, caller, context, transaction);
      const content = { template: 'notice.second_factor_removed', language: context.language } as const;
      return this.factors.queueNotice(account, content, transaction);
    });
    if (notice) this.messaging.deliverBehind(notice, context.id);
  }

  /** @throws AppError where the caller may not begin to enrol one */
  refuseWhere({ isAskedForSecondFactor, provedSecondFactor }: CurrentCaller): void {
    if (this.factors.mode === 'off') throw new AppError('second_factor_off');
    if (isAskedForSecondFactor && !provedSecondFactor) throw new AppError('second_factor_required');
  }

  /** The account, locked. Another session may have enrolled a factor since the guard looked: then this one proves it first. */
  private async lock({ userId, provedSecondFactor }: CurrentCaller, within: Transaction): Promise<ManagedAccountRow> {
    const account = await this.accounts.lockForSecondFactor(userId, within);
    if (account.has_second_factor && !provedSecondFactor) throw new AppError('second_factor_required');
    return account;
  }

  private record(
    type: string,
    detail: { factor: SecondFactor } | undefined,
    { userId }: CurrentCaller,
    { address, id: requestId }: RequestContext,
    within: Transaction,
  ): Promise<void> {
    const event = { type, outcome: 'success', userId, subjectId: userId, address, requestId } as const;
    return this.audit.record(detail ? { ...event, detail } : event, within);
  }
}

/** What an authenticator app calls the account. */
function labelOf({ email, username, phone, full_name: name }: ManagedAccountRow): string {
  return email ?? username ?? (phone === null ? name : nationalPhone(phone));
}

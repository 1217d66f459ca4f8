import { Injectable } from '@nestjs/common';
import { Audit } from '../../../records/audit/audit.service.js';
import { CodeSettings } from '../../../platform/config/groups/codes.js';
import { RegionSettings } from '../../../platform/config/groups/region.js';
import { Database, type Transaction } from '../../../platform/database/database.js';
import { AppError } from '../../../platform/errors/app-error.js';
import { type ErrorCode } from '../../../platform/errors/catalogue.js';
import { requireOwner, type CurrentCaller } from '../../../platform/http/access.decorators.js';
import { AddressLimits } from '../../../platform/limits/address-limits.js';
import { type RequestContext } from '../../../platform/http/request-context.js';
import { Messaging, type ClaimedMessage } from '../../../delivery/outbox/messaging.service.js';
import { CodeIssuer, type IssuedOtp } from '../../codes/code-issuer.js';
import { type CodePurpose } from '../../codes/code-purpose.js';
import { Codes, type RightGuess, type TypedGuess } from '../../codes/codes.service.js';
import { SendLimits } from '../../codes/send-limits.js';
import { parsePhone } from '../../../platform/phone/phone.js';
import { Sessions } from '../../../identity/sessions/sessions.service.js';
import { type TypedCode } from '../auth.service.js';
import { type AccountRow } from '../../../identity/users/account.js';
import { Accounts, type AccountChange } from '../../../identity/users/accounts.service.js';

/** So old the newest proof may be, in seconds, where the number by which one logs in is changed. */
const NUMBER_CHANGE_SECONDS = 10 * 60;

/** Refusals of a guess that are recorded. */
const GUESSES: readonly ErrorCode[] = ['invalid_otp', 'otp_locked'];

/** Changing one's own number: a fresh login, a code to the new number, and both numbers are told. */
@Injectable()
export class PhoneChange {
  private readonly purpose: CodePurpose;

  constructor(
    codeSettings: CodeSettings,
    private readonly regionSettings: RegionSettings,
    private readonly database: Database,
    private readonly issuer: CodeIssuer,
    private readonly codes: Codes,
    private readonly accounts: Accounts,
    private readonly sessions: Sessions,
    private readonly messaging: Messaging,
    private readonly addresses: AddressLimits,
    private readonly sendLimits: SendLimits,
    private readonly audit: Audit,
  ) {
    this.purpose = {
      name: 'phone-change',
      template: 'otp.phone_change',
      minutes: codeSettings.otpExpiresInMinutes,
      isForApplications: false,
    };
  }

  /**
   * Sends a code to the new number.
   *
   * @throws AppError `second_factor_required`, `fresh_login_required`, `invalid_phone`, `phone_taken` (not while unknown numbers are concealed:
   *   then the answer is the same and nothing is sent), and what `CodeIssuer.issue` throws
   */
  async request(phone: string, caller: CurrentCaller, context: RequestContext): Promise<IssuedOtp> {
    const e164 = this.newPhone(phone, caller);
    try {
      const owner = { newOwner: caller.userId };
      return await this.issuer.issue({ purpose: this.purpose, phone: e164, device: null, owner }, context);
    } catch (error) {
      if (error instanceof AppError && error.code === 'phone_not_registered')
        throw new AppError('phone_taken', { details: { field: 'phone' }, concerns: error.concerns ?? {} });
      throw error;
    }
  }

  /**
   * Changes the number with the code that was sent to it. The caller's other sessions end, and codes to the old number
   * with them.
   *
   * @throws AppError `second_factor_required`, `fresh_login_required`, `invalid_phone`, `otp_locked`, `invalid_otp`
   */
  async verify(
    typed: Omit<TypedCode, 'registrationToken'>,
    caller: CurrentCaller,
    context: RequestContext,
  ): Promise<AccountRow> {
    const phone = this.newPhone(typed.phone, caller);
    const { otpCode: code, challengeId } = typed;
    const guess = { purpose: this.purpose, phone, code, challengeId: challengeId ?? undefined, device: null };
    const change = await this.change(guess, caller, context).catch(this.recordRefusal(caller, context));
    if (change instanceof AppError) return this.recordRefusal(caller, context)(change);
    this.addresses.giveBack('sends', change.code.address);
    this.sendLimits.verifiedSend(phone);
    this.messaging.noteVerified({ id: change.code.challengeId, createdAt: change.code.issuedAt });
    for (const notice of change.notices) this.messaging.deliverBehind(notice, context.id);
    return change.account;
  }

  /** @returns a refused guess instead of throwing it: the commit keeps what the guess has cost */
  private async change(guess: TypedGuess, caller: CurrentCaller, context: RequestContext) {
    const { phone } = guess;
    const { phone: oldPhone } = await this.accounts.get(caller.userId);
    return this.database.transaction(async (transaction) => {
      await this.codes.lock(oldPhone === null ? [phone] : [phone, oldPhone], transaction);
      const code = await this.codes.guess(guess, 'use', context, transaction);
      if (code instanceof AppError) return code;
      // A code that was made for somebody else stays theirs: the refusal takes its use back.
      if (code.accountId !== caller.userId) throw this.notTheirs(code, phone, context);
      if (oldPhone !== null) await this.codes.voidCodes(oldPhone, transaction);
      const change = await this.accounts.change(caller.userId, { phone }, transaction, true);
      if (!change.before.is_active) throw new AppError('invalid_token');
      await this.sessions.endAll(caller.userId, 'phone_changed', context, caller.sessionId, transaction);
      await this.record(phone, caller, context, transaction);
      const notices = await this.queueNotices(change, context, transaction);
      return { account: change.after, notices, code };
    });
  }

  private newPhone(typed: string, caller: CurrentCaller): string {
    requireOwner(caller);
    const { proofAge, application = null } = caller;
    // A code for an application was not meant for the account itself.
    if (proofAge > NUMBER_CHANGE_SECONDS || application !== null) throw new AppError('fresh_login_required');
    const phone = parsePhone(typed, this.regionSettings.allowedCountries);
    if (!phone) throw new AppError('invalid_phone');
    return phone;
  }

  private notTheirs({ accountId, challengeId }: RightGuess, phone: string, context: RequestContext): AppError {
    const row = { o_code: challengeId, o_account: accountId, o_attempts_left: 0, o_retry_after: null };
    return this.codes.refusal({ ...row, o_verdict: 'wrong' }, phone, context);
  }

  /** A refused guess is an event of its own. */
  private recordRefusal({ userId }: CurrentCaller, { id, address }: RequestContext) {
    return async (error: unknown): Promise<never> => {
      if (error instanceof AppError && GUESSES.includes(error.code))
        await this.audit.recordRefusal('user.changed', error, { id, address, userId });
      throw error;
    };
  }

  private record(
    phone: string,
    { userId }: CurrentCaller,
    { address, id }: RequestContext,
    within: Transaction,
  ): Promise<void> {
    const event = { type: 'user.changed', outcome: 'success', userId, subjectId: userId, phone } as const;
    return this.audit.record({ ...event, address, requestId: id, detail: { fields: ['phone'] } }, within);
  }

  private async queueNotices(
    { before, after }: AccountChange,
    context: RequestContext,
    within: Transaction,
  ): Promise<ClaimedMessage[]> {
    const { language } = context;
    const notices: ClaimedMessage[] = [];
    for (const phone of new Set([before.phone, after.phone])) {
      if (phone === null) continue;
      const content = { template: 'notice.phone_changed', language } as const;
      const notice = await this.messaging.queueNotice(phone, after, content, within);
      if (notice) notices.push(notice);
    }
    return notices;
  }
}

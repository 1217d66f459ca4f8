import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit.service.js';
import { Settings } from '../config/settings.js';
import { Database, type Transaction } from '../database/database.js';
import { AppError } from '../errors/app-error.js';
import { type ErrorCode } from '../errors/catalogue.js';
import { answerLanguage } from '../errors/language.js';
import { type CurrentCaller } from '../http/access.decorators.js';
import { AddressLimits } from '../http/address-limits.js';
import { type RequestContext } from '../http/request-context.js';
import { Messaging, type ClaimedMessage } from '../messaging/messaging.service.js';
import { CodeIssuer, type IssuedOtp } from '../otp/code-issuer.js';
import { type OtpPurpose } from '../otp/otp-purpose.js';
import { SendLimits } from '../otp/send-limits.js';
import { Otp, type ChargedGuess } from '../otp/otp.service.js';
import { parsePhone } from '../phone/phone.js';
import { Sessions } from '../sessions/sessions.service.js';
import { type AccountRow } from '../users/account.js';
import { Accounts, type AccountChange } from '../users/accounts.service.js';

/** A login may be so old, in seconds, that the number by which one logs in is changed from it. */
const FRESH = 10 * 60;

/** Refusals of a guess that are recorded. */
const GUESSES: readonly ErrorCode[] = ['invalid_otp', 'otp_locked'];

/** Changing one's own number: a fresh login, a code to the new number, and both numbers are told. */
@Injectable()
export class PhoneChange {
  private readonly purpose: OtpPurpose;

  constructor(
    private readonly settings: Settings,
    private readonly database: Database,
    private readonly codes: CodeIssuer,
    private readonly otp: Otp,
    private readonly accounts: Accounts,
    private readonly sessions: Sessions,
    private readonly messaging: Messaging,
    private readonly addresses: AddressLimits,
    private readonly sendLimits: SendLimits,
    private readonly audit: Audit,
  ) {
    this.purpose = { name: 'phone-change', template: 'otp.phone_change', minutes: settings.otpExpiresInMinutes };
  }

  /**
   * Sends a code to the new number.
   *
   * @throws AppError `fresh_login_required`, `invalid_phone`, `phone_taken` (not while unknown numbers are concealed:
   *   then the answer is the same and nothing is sent), and what `CodeIssuer.issue` throws
   */
  async request(phone: string, caller: CurrentCaller, context: RequestContext): Promise<IssuedOtp> {
    const e164 = this.newPhone(phone, caller);
    try {
      const owner = { newOwner: caller.userId };
      return await this.codes.issue({ purpose: this.purpose, phone: e164, device: null, owner }, context);
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
   * @throws AppError `fresh_login_required`, `invalid_phone`, `otp_locked`, `invalid_otp`
   */
  async verify(
    typed: { phone: string; otpCode: string; sessionId?: string | null },
    caller: CurrentCaller,
    context: RequestContext,
  ): Promise<AccountRow> {
    const phone = this.newPhone(typed.phone, caller);
    const { otpCode, sessionId } = typed;
    const guess = await this.otp
      .charge(this.purpose, phone, otpCode, sessionId ?? undefined, null, context)
      .catch(this.recordRefusal(caller, context));
    const change = await this.change(guess, caller, context).catch(this.recordRefusal(caller, context));
    this.addresses.giveBack('sends', change.codeAddress);
    this.sendLimits.verifiedSend(phone);
    for (const notice of change.notices) this.messaging.deliverBehind(notice, context.id);
    return change.account;
  }

  private async change(guess: ChargedGuess, caller: CurrentCaller, context: RequestContext) {
    const { phone } = guess;
    const { phone: oldPhone } = await this.accounts.get(caller.userId);
    return this.database.transaction(async (transaction) => {
      const codeAddress = await this.consume(guess, caller, context, transaction);
      if (oldPhone !== null) await this.otp.voidCodes(oldPhone, transaction);
      const change = await this.accounts.change(caller.userId, { phone }, transaction, true);
      if (!change.before.is_active) throw new AppError('invalid_token');
      await this.sessions.endAll(caller.userId, 'phone_changed', context, caller.sessionId, transaction);
      await this.record(caller, context, transaction);
      const notices = await this.queueNotices(change, context, transaction);
      return { account: change.after, notices, codeAddress };
    });
  }

  private newPhone(typed: string, { loginAge }: CurrentCaller): string {
    if (loginAge > FRESH) throw new AppError('fresh_login_required');
    const phone = parsePhone(typed, this.settings.allowedCountries);
    if (!phone) throw new AppError('invalid_phone');
    return phone;
  }

  /** A code that was made for somebody else stays theirs: the refusal takes the consumption back. */
  private async consume(guess: ChargedGuess, caller: CurrentCaller, context: RequestContext, within: Transaction) {
    const code = await this.otp.consume(guess, within);
    if (code?.user_id !== caller.userId) throw this.otp.wrong(guess, context);
    return code.client_address;
  }

  /** A refused guess is an event of its own. */
  private recordRefusal({ userId }: CurrentCaller, { id, address }: RequestContext) {
    return async (error: unknown): Promise<never> => {
      if (error instanceof AppError && GUESSES.includes(error.code))
        await this.audit.recordRefusal('user.changed', error, { id, address, userId });
      throw error;
    };
  }

  private record({ userId }: CurrentCaller, { address, id }: RequestContext, within: Transaction): Promise<void> {
    const event = { type: 'user.changed', outcome: 'success', userId, subjectId: userId } as const;
    return this.audit.record({ ...event, address, requestId: id, detail: { fields: ['phone'] } }, within);
  }

  private async queueNotices(
    { before, after }: AccountChange,
    context: RequestContext,
    within: Transaction,
  ): Promise<ClaimedMessage[]> {
    const language = answerLanguage(this.settings.messageLanguage, context.acceptLanguage);
    const notices: ClaimedMessage[] = [];
    for (const phone of new Set([before.phone, after.phone])) {
      if (phone === null) continue;
      const content = { template: 'notice.phone_changed', language } as const;
      notices.push(await this.messaging.queueNotice(phone, after, content, within));
    }
    return notices;
  }
}

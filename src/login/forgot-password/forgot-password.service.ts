import { Injectable } from '@nestjs/common';
import { Audit } from '../../records/audit/audit.service.js';
import { CodeSettings } from '../../platform/config/groups/codes.js';
import { RegionSettings } from '../../platform/config/groups/region.js';
import { Database } from '../../platform/database/database.js';
import { AppError } from '../../platform/errors/app-error.js';
import { type ErrorCode } from '../../platform/errors/catalogue.js';
import { AddressLimits } from '../../platform/limits/address-limits.js';
import { type RequestContext } from '../../platform/http/request-context.js';
import { Messaging } from '../../delivery/outbox/messaging.service.js';
import { CodeIssuer, type IssuedOtp } from '../codes/code-issuer.js';
import { type CodePurpose } from '../codes/code-purpose.js';
import { Codes, type RightGuess, type TypedGuess } from '../codes/codes.service.js';
import { PhoneProof, type ProofDraft } from '../codes/phone-proof.js';
import { SendLimits } from '../codes/send-limits.js';
import { parsePhone } from '../../platform/phone/phone.js';
import { DeviceTokens } from '../../identity/sessions/device-tokens.js';
import { Sessions } from '../../identity/sessions/sessions.service.js';
import { type ManagedAccountRow } from '../../identity/users/account.js';
import { Accounts } from '../../identity/users/accounts.service.js';
import { Users } from '../../identity/users/users.service.js';

/** A code that was asked for, and the number it went to. */
export type ResetCode = IssuedOtp & { readonly phone: string };

/** What a person types at the last step. */
export interface TypedReset {
  readonly phone: string;
  readonly code: string;
  readonly otpId: string | undefined;
  readonly newPassword: string;
  readonly confirmPassword: string;
  /** What the registration answered, where this client made the account. */
  readonly registrationToken?: string | null | undefined;
}

/** Refusals of a guess that are recorded. */
const GUESSES: readonly ErrorCode[] = ['invalid_otp', 'otp_locked', 'otp_not_verified'];

/** A forgotten password in three steps: docs/contract/ticketing.md#the-three-steps. */
@Injectable()
export class ForgotPassword {
  private readonly purpose: CodePurpose;

  constructor(
    private readonly codeSettings: CodeSettings,
    private readonly regionSettings: RegionSettings,
    private readonly database: Database,
    private readonly issuer: CodeIssuer,
    private readonly codes: Codes,
    private readonly proof: PhoneProof,
    private readonly accounts: Accounts,
    private readonly users: Users,
    private readonly sessions: Sessions,
    private readonly devices: DeviceTokens,
    private readonly messaging: Messaging,
    private readonly addresses: AddressLimits,
    private readonly sendLimits: SendLimits,
    private readonly audit: Audit,
  ) {
    this.purpose = {
      name: 'reset',
      template: 'otp.reset',
      minutes: codeSettings.resetOtpExpiresInMinutes,
      // A password is for all applications.
      isForApplications: false,
    };
  }

  /**
   * Sends a code to the number of the account with this name.
   *
   * @throws AppError `name_required`, `invalid_phone`, `user_not_found` (not while unknown numbers are concealed),
   *   `otp_active`, `otp_rate_limited`, `whatsapp_unavailable`
   */
  async request(typed: { name: string; phone: string }, context: RequestContext): Promise<ResetCode> {
    // PostgreSQL has no text with the character zero; no name has a control character.
    const name = typed.name
      .normalize('NFC')
      .replace(/[\s\p{C}]+/gu, ' ')
      .trim();
    if (name === '') throw new AppError('name_required');
    const phone = this.phone(typed.phone);
    // Asked before anybody is looked up, so that it tells nothing of the number.
    const ready = await this.messaging.reachesPeople();
    if (!ready && !this.codeSettings.otpEcho) throw new AppError('whatsapp_unavailable', { retryAfter: 30 });
    const request = { purpose: this.purpose, phone, device: this.device(context), owner: { name }, echo: !ready };
    const issued = await this.issuer
      .issue(request, context)
      .catch(retold('phone_not_registered', () => new AppError('user_not_found', { concerns: { phone } })));
    if (issued.alreadySent) throw otpActive(issued);
    return { ...issued, phone };
  }

  /**
   * Takes a code for shown: the reset wants that. The code stays, until the reset uses it up or its time is over.
   *
   * @returns the code's id
   * @throws AppError `invalid_phone`, `otp_locked`, `invalid_otp`
   */
  async verify(typed: { phone: string; code: string }, context: RequestContext): Promise<string> {
    const { right } = await this.recorded(context, () => this.shown(typed, 'show', context));
    return right.challengeId;
  }

  /**
   * Sets the new password with a code that was verified. It ends the code and every other one of the number, every
   * session of the account and its known devices; the owner is told. As any code that went to the number, it proves it.
   *
   * @throws AppError `invalid_phone`, `passwords_differ`, `password_refused`, `validation_failed` (registration token),
   *   `otp_locked`, `invalid_otp`, `otp_not_verified`, `busy`
   */
  async reset(typed: TypedReset, context: RequestContext): Promise<void> {
    if (typed.newPassword !== typed.confirmPassword) throw new AppError('passwords_differ');
    // What is wrong with it for anybody is said before a guess is paid for; hashing waits until the code was right.
    this.accounts.checkNewPassword(typed.newPassword, {});
    const proof = this.proof.draft(this.proof.registrant(typed.registrationToken), context);
    await this.recorded(context, async () => {
      const { guess, right } = await this.shown(typed, 'nothing', context);
      const concerns = { phone: guess.phone, userId: right.accountId, subjectId: right.challengeId };
      if (!right.verified) throw new AppError('otp_not_verified', { concerns });
      // Erased since the code was verified: the account is gone.
      const owner = await this.accounts
        .get(right.accountId)
        .catch(retold('user_not_found', () => this.lost(right, guess, context)));
      const passwordHash = await this.accounts.hashNewPassword(typed.newPassword, ownerOf(owner));
      await this.change({ guess, shown: right, proof }, passwordHash, context);
    });
  }

  /** Judges a guess. A right one costs nothing. @param then `show`: notes that the right code was shown */
  private async shown(
    typed: { phone: string; code: string; otpId?: string | undefined },
    then: 'show' | 'nothing',
    context: RequestContext,
  ): Promise<{ guess: TypedGuess; right: RightGuess }> {
    const phone = this.phone(typed.phone);
    const { code, otpId: challengeId } = typed;
    const guess = { purpose: this.purpose, phone, code, challengeId, device: this.device(context) };
    const right = await this.codes.guess(guess, then, context);
    if (right instanceof AppError) throw right;
    return { guess, right };
  }

  /** A right code that opens nothing any more: refused as a wrong one. */
  private lost({ accountId, challengeId }: RightGuess, { phone }: TypedGuess, context: RequestContext): AppError {
    const row = { o_code: challengeId, o_account: accountId, o_attempts_left: 0, o_retry_after: null };
    return this.codes.refusal({ ...row, o_verdict: 'wrong' }, phone, context);
  }

  private async change(
    { guess, shown, proof }: { guess: TypedGuess; shown: RightGuess; proof: ProofDraft },
    passwordHash: string,
    context: RequestContext,
  ): Promise<void> {
    const { phone } = guess;
    const { accountId: userId } = shown;
    const { account, notice, code, isTakenOver } = await this.database.transaction(async (transaction) => {
      await this.codes.lock([phone], transaction);
      const used = await this.codes.guess(guess, 'use', context, transaction);
      // It was right a moment ago; another request has used it, or another code has replaced it.
      if (used instanceof AppError) throw used;
      if (used.accountId !== userId) throw this.lost(shown, guess, context);
      await this.codes.voidCodes(phone, transaction);
      const isTakenOver = await this.proof.prove(proof, guess, used, transaction);
      const account = await this.accounts.setPassword(userId, passwordHash, transaction);
      // Disabled, or given another number, since the code was sent: then it is not this number's to decide.
      if (!account.is_active || account.phone !== phone) throw this.lost(shown, guess, context);
      await this.sessions.endAll(userId, 'reset', context, null, transaction);
      await this.users.forgetFailures(account, transaction);
      const { address, id: requestId } = context;
      const event = { type: 'user.password_reset', outcome: 'success', userId, subjectId: userId } as const;
      await this.audit.record({ ...event, phone: guess.phone, address, requestId }, transaction);
      const { language } = context;
      const content = { template: 'notice.password_changed', language } as const;
      const notice = await this.messaging.queueNotice(phone, account, content, transaction);
      return { account, notice, code: used, isTakenOver };
    });
    this.addresses.giveBack('sends', code.address);
    this.sendLimits.verifiedSend(phone);
    this.messaging.noteVerified({ id: code.challengeId, createdAt: code.issuedAt });
    if (isTakenOver) this.proof.tell(proof, { phone, fullName: account.full_name }, context);
    if (notice) this.messaging.deliverBehind(notice, context.id);
  }

  /** Does a step, and writes down when its guess is refused. */
  private async recorded<Result>(context: RequestContext, step: () => Promise<Result>): Promise<Result> {
    try {
      return await step();
    } catch (error) {
      if (error instanceof AppError && GUESSES.includes(error.code))
        await this.audit.recordRefusal('user.password_reset', error, context);
      throw error;
    }
  }

  private phone(typed: string): string {
    const phone = parsePhone(typed, this.regionSettings.allowedCountries);
    if (!phone) throw new AppError('invalid_phone');
    return phone;
  }

  private device(context: RequestContext) {
    return this.devices.read(context.deviceToken);
  }
}

function otpActive({ expiresAt, resendAt }: IssuedOtp): AppError {
  return new AppError('otp_active', {
    details: { expiresAt: expiresAt.toISOString(), resendAt: resendAt.toISOString() },
  });
}

/** Says what another room refused in this flow's own words. */
function retold(code: ErrorCode, refusal: () => AppError) {
  return (error: unknown): never => {
    throw error instanceof AppError && error.code === code ? refusal() : error;
  };
}

function ownerOf({ full_name: fullName, email, username, phone }: ManagedAccountRow) {
  return { fullName, email, username, phone };
}

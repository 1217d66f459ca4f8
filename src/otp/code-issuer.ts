import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { Audit } from '../audit/audit.service.js';
import { AuthSecret } from '../config/auth-secret.js';
import { Settings } from '../config/settings.js';
import { type TestOutcome } from '../config/test-phones.js';
import { AppError } from '../errors/app-error.js';
import { answerLanguage } from '../errors/language.js';
import { type RequestContext } from '../http/request-context.js';
import { Messaging, type ClaimedMessage } from '../messaging/messaging.service.js';
import { knownWords } from '../messaging/providers/known-words.js';
import { type CodeContent } from '../messaging/templates.js';
import { TestNumbers } from '../messaging/test-numbers.js';
import { maskPhone } from '../phone/phone.js';
import { type KnownDevice } from '../sessions/device-tokens.js';
import { APPLICATION_NAMES, type ApplicationNames } from './application-names.js';
import { codeHash, newCode } from './code.js';
import { LOCKED_FOR } from './otp.service.js';
import { OtpRepository, type CodeOwner, type IssueRow } from './otp.repository.js';
import { type OtpPurpose } from './otp-purpose.js';
import { SendLimits, type SendDraws } from './send-limits.js';
import { secondsUntilAllowed } from './send-allowance.js';

/** What a code is wanted for. */
export interface CodeRequest {
  readonly purpose: OtpPurpose;
  /** E.164. */
  readonly phone: string;
  /** Of a checked device token, for the allowance of known devices. */
  readonly device: KnownDevice | null;
  /** True for a resend: while the cooldown runs it is refused instead of answered with the living code. */
  readonly again?: boolean;
  /** Which account it must be; without it the one that has the number. */
  readonly owner?: CodeOwner;
  /** Hands the code back to the caller and keeps it valid whether it could be sent or not: `OTP_ECHO`, never in production. */
  readonly echo?: boolean;
}

/** A code that is on its way or lives already. */
export interface IssuedOtp {
  readonly sessionId: string;
  readonly expiresAt: Date;
  readonly resendAt: Date;
  /** The rung that took it. */
  readonly channel: string;
  readonly alreadySent: boolean;
  /** The code itself, where it was to be echoed. */
  readonly echoed?: string;
}

/** Tries that failed for certain that a phone and purpose may have in ten minutes (architecture, "How a code is sent"). */
const FAILED_SENDS_ALLOWED = 10;

/** Makes codes and sends them. */
@Injectable()
export class CodeIssuer {
  constructor(
    private readonly settings: Settings,
    private readonly secret: AuthSecret,
    private readonly repository: OtpRepository,
    private readonly messaging: Messaging,
    private readonly testNumbers: TestNumbers,
    private readonly sendLimits: SendLimits,
    private readonly audit: Audit,
    @Inject(APPLICATION_NAMES) private readonly applications: ApplicationNames,
  ) {}

  /**
   * Makes a code and sends it, or says that the newest one lives.
   *
   * @throws AppError `phone_not_registered` when no active account fits, `otp_rate_limited`, `whatsapp_unavailable`
   */
  async issue(request: CodeRequest, context: RequestContext): Promise<IssuedOtp> {
    const conceal = this.settings.concealUnknownPhones;
    if (conceal && !request.echo && !(await this.messaging.anyReady()))
      throw new AppError('whatsapp_unavailable', { retryAfter: 30 });
    const test = await this.testOutcome(request, context);
    const application = context.clientId === undefined ? null : await this.applications.of(context.clientId);
    const content: CodeContent = {
      template: request.purpose.template,
      code: test?.kind === 'fixed-code' ? test.code : newCode(this.settings.otpLength),
      minutes: request.purpose.minutes,
      language: answerLanguage(this.settings.messageLanguage, context.acceptLanguage),
      ...(application === null ? {} : { application }),
    };
    const id = uuidv7();
    const draws = await this.sendLimits.reserve(request.phone, request.device, context);
    const unspent = (error: unknown): never => {
      this.sendLimits.giveBack(draws);
      throw error;
    };
    const row = await this.write(id, request, content, context).catch(unspent);
    if (!row) {
      context.charges.confirm('failures');
      return unspent(new AppError('phone_not_registered', { concerns: { phone: request.phone } }));
    }
    if (row.current_session_id !== id) {
      this.sendLimits.giveBack(draws);
      return this.livingOr429(row, request);
    }
    if (test) await this.recordTest(test, request, context);
    const message = { id, fence: 1, recipient: request.phone, recipientName: row.full_name, email: row.email, content };
    if (!conceal) return this.sendNow(request, message, row, draws, context);
    context.charges.confirm('sends');
    if (row.user_id) this.messaging.deliverBehind(message, context.id);
    return issued(row, this.messaging.firstRung, request.echo ? content.code : undefined);
  }

  /** What happens with a code for a test number. */
  private async testOutcome({ phone }: CodeRequest, context: RequestContext): Promise<TestOutcome | null> {
    const outcome = await this.testNumbers.outcome(phone);
    if (outcome?.kind !== 'locked') return outcome;
    const refusal = new AppError('otp_rate_limited', { retryAfter: LOCKED_FOR, concerns: { phone } });
    const { id, address } = context;
    await this.audit.recordRefusal('otp.test_phone', refusal, { id, address, detail: { outcome: outcome.kind } });
    throw refusal;
  }

  /** That a test number got a code that nobody was sent. */
  private recordTest({ kind }: TestOutcome, { phone }: CodeRequest, context: RequestContext): Promise<void> {
    const { address, id: requestId } = context;
    const detail = { phone: maskPhone(phone), outcome: kind };
    return this.audit.record({ type: 'otp.test_phone', outcome: 'success', address, requestId, detail });
  }

  private async write(
    id: string,
    request: CodeRequest,
    content: CodeContent,
    context: RequestContext,
  ): Promise<IssueRow | null> {
    const { purpose, phone, device } = request;
    const values = {
      phone,
      purpose: purpose.name,
      otp_session_id: id,
      code_hash: codeHash(this.secret, { purpose: purpose.name, phone, otpSessionId: id, code: content.code }),
      sealed_content: this.messaging.seal(content, id),
      ttl: purpose.minutes * 60,
      conceal: this.settings.concealUnknownPhones,
      device_user: device?.userId ?? null,
      device_issued: device?.issuedAt ?? null,
      cooldowns: this.settings.resendCooldowns,
      per_hour: this.settings.sendsPerHour,
      per_day: this.settings.sendsPerDay,
      failed_allowed: FAILED_SENDS_ALLOWED,
      max_attempts: this.settings.otpMaxAttempts,
      budget: this.settings.guessBudget,
      claim_seconds: this.messaging.claimSeconds,
      address: context.address,
      request_id: context.id,
      audit_id: uuidv7(),
    };
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.repository.issue(values, request.owner);
      } catch (error) {
        // Another request's code came to life between our snapshot and our insert: look again.
        if (!isLiveCodeConflict(error)) throw error;
        if (attempt === 3) throw new AppError('busy', { cause: error, retryAfter: 1 });
      }
    }
  }

  private livingOr429(row: IssueRow, { phone, again = false }: CodeRequest): IssuedOtp {
    // Which rung took a real one would tell it from a decoy.
    const provider = this.settings.concealUnknownPhones ? null : row.provider;
    if (row.cooling && !again)
      return { ...issued(row, provider ?? this.messaging.firstRung, undefined), alreadySent: true };
    const cooldown =
      row.cooling && row.current_resend_at ? (row.current_resend_at.getTime() - row.now.getTime()) / 1000 : 0;
    const allowance = secondsUntilAllowed(row, this.settings, FAILED_SENDS_ALLOWED);
    const concerns = { phone, userId: row.user_id, ...(row.closed ? { reason: 'closed' } : {}) };
    throw new AppError('otp_rate_limited', { retryAfter: Math.max(1, cooldown, allowance), concerns });
  }

  private async sendNow(
    { purpose, echo }: CodeRequest,
    message: ClaimedMessage & { content: CodeContent },
    row: IssueRow,
    draws: SendDraws,
    context: RequestContext,
  ): Promise<IssuedOtp> {
    const delivery = await this.messaging.deliver(message, context.id, 'close');
    if (echo) {
      context.charges.confirm('sends');
      const channel = delivery.kind === 'accepted' ? delivery.provider : this.messaging.firstRung;
      return issued(row, channel, message.content.code);
    }
    if (delivery.kind === 'failed') {
      this.sendLimits.giveBack(draws);
      await this.repository.closeUnsent(message.id, message.recipient, purpose.name, !delivery.heldBack);
      throw new AppError('whatsapp_unavailable', {
        details: knownWords(delivery.words),
        retryAfter: delivery.retryAfter,
      });
    }
    context.charges.confirm('sends');
    // It may arrive all the same: the code stays valid and the send counts.
    if (delivery.kind === 'unknown') throw new AppError('whatsapp_unavailable', { retryAfter: 30 });
    return issued(row, delivery.provider, undefined);
  }
}

function issued(row: IssueRow, channel: string, echoed: string | undefined): IssuedOtp {
  if (!row.current_session_id || !row.current_expires_at || !row.current_resend_at)
    throw new Error('the gate holds no code');
  return {
    sessionId: row.current_session_id,
    expiresAt: row.current_expires_at,
    resendAt: row.current_resend_at,
    channel,
    alreadySent: false,
    ...(echoed === undefined ? {} : { echoed }),
  };
}

function isLiveCodeConflict(error: unknown): boolean {
  return error instanceof Error && (error as { constraint?: unknown }).constraint === 'otp_sessions_live_key';
}

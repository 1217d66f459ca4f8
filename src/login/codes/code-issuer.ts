import { Injectable } from '@nestjs/common';
import { Audit } from '../../records/audit/audit.service.js';
import { AuthSecret } from '../../platform/secrets/auth-secret.js';
import { AccountSettings } from '../../platform/config/groups/accounts.js';
import { CodeSettings } from '../../platform/config/groups/codes.js';
import { type TestOutcome } from '../../platform/config/test-phones.js';
import { newId } from '../../platform/database/new-id.js';
import { AppError } from '../../platform/errors/app-error.js';
import { type RequestContext } from '../../platform/http/request-context.js';
import { Messaging, type ClaimedMessage } from '../../delivery/outbox/messaging.service.js';
import { safeProviderText } from '../../delivery/providers/providers.js';
import { type CodeContent } from '../../delivery/templates/templates.js';
import { TestNumbers } from '../../delivery/outbox/test-numbers.js';
import { maskPhone } from '../../platform/phone/phone.js';
import { type KnownDevice } from '../../identity/sessions/device-tokens.js';
import { Applications, type Application } from './applications.js';
import { newCode, storedHash } from './code.js';
import { type CodePurpose } from './code-purpose.js';
import { CodesRepository, type IssueCall, type IssueRow } from './codes.repository.js';
import { LOCKED_FOR } from './codes.service.js';
import { SendLimits, type SendReservations } from './send-limits.js';

/** Which account a code is for, where its number alone does not say so. */
export type CodeOwner =
  /** The account that has the number, if this is its name; in NFC and with single spaces. */
  | { readonly name: string }
  /** The account that wants the number, which nobody must have yet. */
  | { readonly newOwner: string };

/** What a code is wanted for. */
export interface CodeRequest {
  readonly purpose: CodePurpose;
  /** E.164. */
  readonly phone: string;
  /** Of a checked device token, for the allowance of known devices. */
  readonly device: KnownDevice | null;
  /** True for a resend: while the cooldown runs it is refused instead of answered with the active code. */
  readonly again?: boolean;
  /** Which account it must be; without it the one that has the number. */
  readonly owner?: CodeOwner;
  /** Hands the code back to the caller and keeps it valid whether it could be sent or not: `OTP_ECHO`, never in production. */
  readonly echo?: boolean;
}

/** A code that is on its way or lives already. */
export interface IssuedOtp {
  readonly challengeId: string;
  readonly expiresAt: Date;
  readonly resendAt: Date;
  /** The rung that took it. */
  readonly channel: string;
  readonly alreadySent: boolean;
  /** The code itself, where it was to be echoed. */
  readonly echoed?: string;
}

/** Makes codes and sends them. */
@Injectable()
export class CodeIssuer {
  constructor(
    private readonly accountSettings: AccountSettings,
    private readonly codeSettings: CodeSettings,
    private readonly secret: AuthSecret,
    private readonly repository: CodesRepository,
    private readonly messaging: Messaging,
    private readonly testNumbers: TestNumbers,
    private readonly sendLimits: SendLimits,
    private readonly audit: Audit,
    private readonly applications: Applications,
  ) {}

  /**
   * Makes a code and sends it, or says that the newest one lives.
   *
   * @throws AppError `phone_not_registered` when no active account fits, `otp_rate_limited`, `whatsapp_unavailable`
   */
  async issue(request: CodeRequest, context: RequestContext): Promise<IssuedOtp> {
    const conceal = this.accountSettings.concealUnknownPhones;
    if (conceal && !request.echo && !(await this.messaging.anyReady()))
      throw new AppError('whatsapp_unavailable', { retryAfter: 30 });
    const test = await this.testOutcome(request, context);
    const application = await this.applications.applicationFor(request.purpose, context);
    const content = this.content(request, test, application, context);
    const id = newId();
    const reservations = await this.sendLimits.reserve(request.phone, request.device, context);
    const unspent = (error: unknown): never => {
      this.sendLimits.giveBack(reservations);
      throw error;
    };
    const row = await this.repository.issue(this.call(id, request, content, application, context)).catch(unspent);
    if (row.o_verdict === 'nobody') {
      context.addressReservations.confirm('failures');
      return unspent(new AppError('phone_not_registered', { concerns: { phone: request.phone } }));
    }
    if (row.o_verdict !== 'issued') {
      this.sendLimits.giveBack(reservations);
      return this.livingOr429(row, request);
    }
    if (test) await this.recordTest(test, request, context);
    const { o_full_name: recipientName, o_email: email } = row;
    const message = { id, fence: 1, recipient: request.phone, recipientName, email, content };
    if (!conceal) return this.sendNow(request, message, row, reservations, context);
    context.addressReservations.confirm('sends');
    if (row.o_account) this.messaging.deliverBehind(message, context.id);
    return issued(row, this.messaging.firstRung, request.echo ? content.code : undefined);
  }

  private content(
    request: CodeRequest,
    test: TestOutcome | null,
    application: Application | null,
    context: RequestContext,
  ): CodeContent {
    return {
      template: request.purpose.template,
      code: test?.kind === 'fixed-code' ? test.code : newCode(this.codeSettings.otpLength),
      minutes: request.purpose.minutes,
      language: context.language,
      ...(application === null ? {} : { application: application.name }),
    };
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
    return this.audit.record({ type: 'otp.test_phone', outcome: 'success', phone, address, requestId, detail });
  }

  private call(
    id: string,
    request: CodeRequest,
    content: CodeContent,
    application: Application | null,
    context: RequestContext,
  ): IssueCall {
    const { purpose, phone, device, owner } = request;
    const placed = { purpose: purpose.name, phone, application: application?.id ?? null };
    return {
      phone,
      purpose: purpose.name,
      code: id,
      hash: storedHash(this.secret, id, { ...placed, code: content.code }),
      application: placed.application,
      sealedContent: this.messaging.seal(content, id),
      lifeSeconds: purpose.minutes * 60,
      claimSeconds: this.messaging.claimSeconds,
      address: context.address,
      name: owner && 'name' in owner ? owner.name : null,
      newOwner: owner && 'newOwner' in owner ? owner.newOwner : null,
      device,
      requestId: context.id,
      auditId: newId(),
      phoneKey: this.audit.phoneKey(phone),
    };
  }

  private async livingOr429(row: IssueRow, { phone, again = false }: CodeRequest): Promise<IssuedOtp> {
    if (row.o_verdict === 'living' && !again)
      return { ...issued(row, await this.rungOf(row), undefined), alreadySent: true };
    const concerns = { phone, userId: row.o_account, ...(row.o_closed ? { reason: 'closed' } : {}) };
    throw new AppError('otp_rate_limited', { retryAfter: Math.max(1, row.o_retry_after ?? 1), concerns });
  }

  /** Which rung took the message of an active code; under conceal not told, since it would tell a real one from a decoy. */
  private async rungOf({ o_code: id, o_issued_at: createdAt }: IssueRow): Promise<string> {
    const isHidden = this.accountSettings.concealUnknownPhones || !id || !createdAt;
    return (isHidden ? null : await this.messaging.providerOf({ id, createdAt })) ?? this.messaging.firstRung;
  }

  private async sendNow(
    { purpose, echo }: CodeRequest,
    message: ClaimedMessage & { content: CodeContent },
    row: IssueRow,
    reservations: SendReservations,
    context: RequestContext,
  ): Promise<IssuedOtp> {
    const delivery = await this.messaging.deliver(message, context.id, 'close');
    if (echo) {
      context.addressReservations.confirm('sends');
      const channel = delivery.kind === 'accepted' ? delivery.provider : this.messaging.firstRung;
      return issued(row, channel, message.content.code);
    }
    if (delivery.kind === 'failed') {
      this.sendLimits.giveBack(reservations);
      await this.repository.closeUnsent(message.recipient, purpose.name, message.id, !delivery.heldBack);
      throw new AppError('whatsapp_unavailable', {
        details: safeProviderText(delivery.words),
        retryAfter: delivery.retryAfter,
      });
    }
    context.addressReservations.confirm('sends');
    // It may arrive all the same: the code stays valid and the send counts.
    if (delivery.kind === 'unknown') throw new AppError('whatsapp_unavailable', { retryAfter: 30 });
    return issued(row, delivery.provider, undefined);
  }
}

function issued(row: IssueRow, channel: string, echoed: string | undefined): IssuedOtp {
  if (!row.o_code || !row.o_expires_at || !row.o_resend_at) throw new Error('the number holds no code');
  return {
    challengeId: row.o_code,
    expiresAt: row.o_expires_at,
    resendAt: row.o_resend_at,
    channel,
    alreadySent: false,
    ...(echoed === undefined ? {} : { echoed }),
  };
}

import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { AuthSecret } from '../config/auth-secret.js';
import { Settings } from '../config/settings.js';
import { type Transaction } from '../database/database.js';
import { AppError, type Concerned } from '../errors/app-error.js';
import { answerLanguage } from '../errors/language.js';
import { LOGGER, type ServiceLogger } from '../http/logger.js';
import { every, type Recurring } from '../http/recurring.js';
import { type RequestContext } from '../http/request-context.js';
import { Messaging, type ClaimedMessage } from '../messaging/messaging.service.js';
import { type CodeContent } from '../messaging/templates.js';
import { knownWords } from '../messaging/providers/known-words.js';
import { type KnownDevice } from '../sessions/device-tokens.js';
import { acceptedCodeHashes, codeHash, newCode } from './code.js';
import { HeldCodesRepository, type HeldBudgetRow, type HeldCodeRow } from './held-codes.repository.js';
import { OtpRepository, type ConsumedRow, type IssueRow } from './otp.repository.js';
import { secondsUntilAllowed } from './send-allowance.js';

/** What a code is for: it is asked for, sent, guessed and limited under this name, and fits nothing else. */
export interface OtpPurpose {
  readonly name: string;
  readonly template: CodeContent['template'];
  readonly minutes: number;
}

/** A code that is on its way or lives already. */
export interface IssuedOtp {
  readonly sessionId: string;
  readonly expiresAt: Date;
  readonly resendAt: Date;
  /** The rung that took it. */
  readonly channel: string;
  readonly alreadySent: boolean;
}

/** A guess that has been paid for: with it, and only with it, a code may be compared. */
export interface ChargedGuess {
  readonly purpose: string;
  readonly phone: string;
  readonly otpSessionId: string;
  readonly codeHashes: Buffer[];
  /** What a failure tells the caller. */
  readonly attemptsLeft: number;
  /** Whose code it is, for the audit log. */
  readonly concerns: Concerned;
}

/** Tries that failed for certain that a phone and purpose may have in ten minutes (architecture, "How a code is sent"). */
const FAILED_SENDS_ALLOWED = 10;

const FORGET_EVERY = 60_000;

/** One-time codes: issued, charged for, expired. What a right code opens is the caller's business. */
@Injectable()
export class Otp implements OnModuleInit, OnApplicationShutdown {
  private forgetting: Recurring | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly secret: AuthSecret,
    private readonly repository: OtpRepository,
    private readonly held: HeldCodesRepository,
    private readonly messaging: Messaging,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  onModuleInit(): void {
    this.forgetting = every(
      FORGET_EVERY,
      () => this.repository.forgetOld(),
      (err) => this.logger.warn({ err }, 'old codes not dropped'),
    );
  }

  async onApplicationShutdown(): Promise<void> {
    await this.forgetting?.stop();
  }

  /**
   * Makes a code and sends it, or says that the newest one lives.
   *
   * @param phone E.164
   * @param device of a checked device token, for the allowance of known devices
   * @param again true for a resend: while the cooldown runs it is refused instead of answered with the living code
   * @param newOwner the account that wants this number, when it is to become its own; without it the number's account is
   *   meant. That somebody has the number already is as good as an unknown number.
   * @throws AppError `phone_not_registered`, `otp_rate_limited`, `whatsapp_unavailable`
   */
  async issue(
    purpose: OtpPurpose,
    phone: string,
    device: KnownDevice | null,
    again: boolean,
    context: RequestContext,
    newOwner: string | null = null,
  ): Promise<IssuedOtp> {
    const conceal = this.settings.concealUnknownPhones;
    if (conceal && !(await this.messaging.anyReady())) throw new AppError('whatsapp_unavailable', { retryAfter: 30 });
    const content: CodeContent = {
      template: purpose.template,
      code: newCode(this.settings.otpLength),
      minutes: purpose.minutes,
      language: answerLanguage(this.settings.messageLanguage, context.acceptLanguage),
    };
    const id = uuidv7();
    const row = await this.write(id, purpose, phone, device, content, newOwner, context);
    if (!row) {
      context.charges.confirm('failures');
      throw new AppError('phone_not_registered');
    }
    if (row.current_session_id !== id) return this.livingOr429(row, again);
    const message = { id, fence: 1, recipient: phone, recipientName: row.full_name, content };
    if (!conceal) return this.sendNow(purpose, message, row, context);
    context.charges.confirm('sends');
    if (row.user_id) this.messaging.deliverBehind(message, context.id);
    return issued(row, this.messaging.firstRung, false);
  }

  /**
   * Pays for one guess, before anything is compared; whatever happens next refunds nothing but a win.
   *
   * @param code digits
   * @param sessionId the challenge the caller believes to answer, if it says so; another one than the newest compares nothing
   * @throws AppError `otp_locked` when the budget of phone and purpose is used up, `invalid_otp` when no code lives
   */
  async charge(
    purpose: OtpPurpose,
    phone: string,
    code: string,
    sessionId: string | undefined,
    device: KnownDevice | null,
    context: RequestContext,
  ): Promise<ChargedGuess> {
    const lane = {
      phone,
      purpose: purpose.name,
      device_user: device?.userId ?? null,
      device_issued: device?.issuedAt ?? null,
    };
    const charged = await this.repository.charge({
      ...lane,
      budget: this.settings.guessBudget,
      max_attempts: this.settings.otpMaxAttempts,
    });
    if (!charged) {
      context.charges.confirm('failures');
      throw new AppError('otp_locked', { retryAfter: await this.repository.secondsLocked(lane), concerns: { phone } });
    }
    // Told from the budget alone, so that it is the same for a wrong, used, expired, replaced and never sent code.
    const attemptsLeft = Math.max(
      0,
      Math.min(this.settings.guessBudget - charged.used, this.settings.otpMaxAttempts - charged.used_since_issue),
    );
    const { otp_session_id: otpSessionId } = charged;
    const concerns = { phone, userId: charged.user_id, subjectId: otpSessionId };
    if (!otpSessionId || (sessionId !== undefined && sessionId.toLowerCase() !== otpSessionId))
      throw this.wrong({ attemptsLeft, concerns }, context);
    return {
      purpose: purpose.name,
      phone,
      otpSessionId,
      codeHashes: acceptedCodeHashes(this.secret, { purpose: purpose.name, phone, otpSessionId, code }),
      attemptsLeft,
      concerns,
    };
  }

  /**
   * Consumes the code of a guess that was paid for, in the caller's transaction and before anything else in it.
   *
   * @returns the account it was made for, and the address that asked for it; null: it was wrong, or is not valid any more
   */
  consume(guess: ChargedGuess, within: Transaction): Promise<ConsumedRow | null> {
    const { phone, purpose, otpSessionId, codeHashes } = guess;
    return this.repository.consume({ phone, purpose, otp_session_id: otpSessionId, code_hashes: codeHashes }, within);
  }

  /** The one failure of a code that was compared, or could not be. */
  wrong(
    { attemptsLeft, concerns }: Pick<ChargedGuess, 'attemptsLeft' | 'concerns'>,
    context: RequestContext,
  ): AppError {
    context.charges.confirm('failures');
    return new AppError('invalid_otp', { details: { attemptsLeft }, concerns });
  }

  /** Ends the living codes of a number. Comes before anything else of the transaction is locked. */
  async voidCodes(phone: string, within: Transaction): Promise<void> {
    await this.held.void(phone, within);
  }

  /** Gives a number its sends and guesses back. Its living code ends, so that a new one can be asked for at once. */
  async unlock(phone: string, within: Transaction): Promise<void> {
    await this.held.unlock(phone, within);
  }

  /** What is held of an account and its number: codes and the instants of sends and guesses. */
  async heldOf(userId: string, phone: string | null): Promise<{ codes: HeldCodeRow[]; budgets: HeldBudgetRow[] }> {
    return {
      codes: await this.held.codesOf(userId),
      budgets: phone === null ? [] : await this.held.budgetsOf(phone),
    };
  }

  /**
   * Forgets the codes of an account and number, and their budgets. Comes before anything else of the transaction is
   * locked.
   *
   * @returns the numbers that codes went to
   */
  forget(userId: string, phone: string | null, within: Transaction): Promise<void> {
    return this.held.forget(userId, phone, within);
  }

  private async write(
    id: string,
    purpose: OtpPurpose,
    phone: string,
    device: KnownDevice | null,
    content: CodeContent,
    newOwner: string | null,
    context: RequestContext,
  ): Promise<IssueRow | null> {
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
      account_id: newOwner,
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
        return await this.repository.issue(values, newOwner !== null);
      } catch (error) {
        // Another request's code came to life between our snapshot and our insert: look again.
        if (!isLiveCodeConflict(error)) throw error;
        if (attempt === 3) throw new AppError('busy', { cause: error, retryAfter: 1 });
      }
    }
  }

  private livingOr429(row: IssueRow, again: boolean): IssuedOtp {
    // Which rung took a real one would tell it from a decoy.
    const provider = this.settings.concealUnknownPhones ? null : row.provider;
    if (row.cooling && !again) return issued(row, provider ?? this.messaging.firstRung, true);
    const cooldown =
      row.cooling && row.current_resend_at ? (row.current_resend_at.getTime() - row.now.getTime()) / 1000 : 0;
    const allowance = secondsUntilAllowed(row, this.settings, FAILED_SENDS_ALLOWED);
    throw new AppError('otp_rate_limited', { retryAfter: Math.max(1, cooldown, allowance) });
  }

  private async sendNow(
    purpose: OtpPurpose,
    message: ClaimedMessage,
    row: IssueRow,
    context: RequestContext,
  ): Promise<IssuedOtp> {
    const delivery = await this.messaging.deliver(message, context.id, 'close');
    if (delivery.kind === 'failed') {
      await this.repository.closeUnsent(message.id, message.recipient, purpose.name);
      throw new AppError('whatsapp_unavailable', { details: knownWords(delivery.words), retryAfter: 30 });
    }
    context.charges.confirm('sends');
    // It may arrive all the same: the code stays valid and the send counts.
    if (delivery.kind === 'unknown') throw new AppError('whatsapp_unavailable', { retryAfter: 30 });
    return issued(row, delivery.provider, false);
  }
}

function issued(row: IssueRow, channel: string, alreadySent: boolean): IssuedOtp {
  if (!row.current_session_id || !row.current_expires_at || !row.current_resend_at)
    throw new Error('the gate holds no code');
  return {
    sessionId: row.current_session_id,
    expiresAt: row.current_expires_at,
    resendAt: row.current_resend_at,
    channel,
    alreadySent,
  };
}

function isLiveCodeConflict(error: unknown): boolean {
  return error instanceof Error && (error as { constraint?: unknown }).constraint === 'otp_sessions_live_key';
}

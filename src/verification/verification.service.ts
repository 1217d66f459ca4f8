import { Injectable, type OnModuleInit } from '@nestjs/common';
import { NIL, v7 as uuidv7 } from 'uuid';
import { Activity } from '../activity/activity.service.js';
import { type Calling } from '../api-keys/api-key.guard.js';
import { AuthSecret } from '../config/auth-secret.js';
import { Settings, type Language } from '../config/settings.js';
import { type Transaction } from '../database/database.js';
import { AppError } from '../errors/app-error.js';
import { GatewayMessages, type SentMessage } from '../gateway/gateway-messages.service.js';
import { GatewaySessions } from '../gateway/gateway-sessions.service.js';
import { Jobs } from '../jobs/jobs.service.js';
import { verificationText } from '../messaging/verification-template.js';
import { newCode } from '../codes/code.js';
import { maskPhone, whatsappId } from '../phone/phone.js';
import { Webhooks } from '../webhooks/webhooks.service.js';
import { guessValues, limitValues, secondsUntilGuess, secondsUntilSend } from './phone-limits.js';
import { VerificationRepository, type ChargedRow, type VerificationRow } from './verification.repository.js';

/** A code that shall be sent. */
export interface WantedVerification {
  /** E.164. */
  readonly phone: string;
  /** Whom the message names. */
  readonly company: string;
  /** Digits, 4 to 8. */
  readonly length: number;
  /** How long it is valid, at most 10. */
  readonly minutes: number;
  readonly language: Language;
}

/** A code that WhatsApp has taken. */
export interface SentVerification extends SentMessage {
  readonly code: string;
  readonly expiresAt: Date;
  readonly resendAt: Date;
}

export interface VerificationState {
  readonly row: VerificationRow;
  /** Whether its life is over, however. */
  readonly over: boolean;
  readonly attemptsLeft: number;
}

/** Codes that nobody asks about any more are forgotten in such batches. */
const BATCH = 1_000;

/** Codes for other applications: sent by a session of theirs, checked by their key. A key knows only its own. */
@Injectable()
export class Verification implements OnModuleInit {
  constructor(
    private readonly settings: Settings,
    private readonly secret: AuthSecret,
    private readonly repository: VerificationRepository,
    private readonly sessions: GatewaySessions,
    private readonly messages: GatewayMessages,
    private readonly activity: Activity,
    private readonly jobs: Jobs,
    private readonly webhooks: Webhooks,
  ) {}

  onModuleInit(): void {
    this.jobs.schedule('late-verifications', '* * * * *', () => this.expireLate());
    this.jobs.schedule('old-verifications', '41 * * * *', () => this.forgetOld());
  }

  /**
   * Makes a code and sends it by a session of the caller's; the one before it dies.
   *
   * @throws AppError `otp_rate_limited`, and what `GatewayMessages.send` throws
   */
  async send(sessionName: string, wanted: WantedVerification, caller: Calling): Promise<SentVerification> {
    const session = await this.sessions.get(sessionName, caller);
    const code = newCode(wanted.length);
    const row = await this.issue({ id: session.id, name: session.name }, wanted, code, caller);
    try {
      const content = { text: verificationText({ ...wanted, code }) };
      const sent = await this.messages.send(sessionName, caller, wanted.phone, { kind: 'text', content });
      await this.tell(row, 'sent');
      return { ...sent, code, expiresAt: row.expires_at, resendAt: await this.resendAt(row) };
    } catch (error) {
      // It may arrive all the same: the code stays valid, and the send counts.
      if (!(error instanceof AppError) || error.code === 'message_unconfirmed') throw error;
      await this.repository.closeUnsent(row.id, row.phone);
      await this.tell({ ...row, ended_as: 'failed' }, 'failed', error.code);
      throw error;
    }
  }

  /**
   * As `send`, to whom the caller's newest code went, by the same session and in the same name. Refills no budget.
   *
   * @throws AppError `verification_not_found` where no code waits, and as `send` does
   */
  async resend(phone: string, language: Language, caller: Calling): Promise<SentVerification> {
    const last = await this.newest(phone, caller);
    if (last.ended_as === 'verified') throw new AppError('verification_not_found');
    const { company, length, minutes } = last;
    return this.send(last.session_name, { phone, company, length, minutes, language }, caller);
  }

  /**
   * Checks a code, once. A guess is paid for before anything is compared, whatever happens next.
   *
   * @throws AppError `invalid_otp` with the attempts that are left, `otp_locked`
   */
  async verify(phone: string, code: string, caller: Calling): Promise<void> {
    const owner = ownerOf(caller);
    const values = {
      phone,
      owner_id: owner,
      max_attempts: this.settings.otpMaxAttempts,
      ...guessValues(this.settings),
    };
    const charged = await this.repository.charge(values);
    if (!charged) throw await this.locked(phone, owner);
    const won =
      charged.id && (await this.repository.consume({ ...this.guess(charged.id, phone, code), owner_id: owner }));
    if (won) return this.tell(won, 'verified');
    const attemptsLeft = this.attemptsLeft(charged.attempts, charged);
    if (charged.id) {
      const row = await this.repository.newest(phone, owner);
      if (row) await this.tell(row, 'refused', 'wrong_code');
    }
    throw new AppError('invalid_otp', { details: { attemptsLeft }, concerns: { phone, subjectId: charged.id } });
  }

  /** The caller's newest code for a number. @throws AppError `verification_not_found` */
  async status(phone: string, caller: Calling): Promise<VerificationState> {
    const row = await this.newest(phone, caller);
    const limits = await this.repository.limits(phone);
    const since = row.now.getTime() - 15 * 60_000;
    const recent = limits?.guesses.map((at, index) => ({ at, owner: limits.guess_owners[index] })) ?? [];
    const young = recent.filter(({ at }) => at.getTime() > since);
    const used = { used: young.filter(({ owner }) => owner === row.owner_id).length, used_by_all: young.length };
    const over = row.ended_at !== null || row.expires_at <= row.now;
    return { row, over, attemptsLeft: over ? 0 : this.attemptsLeft(row.attempts, used) };
  }

  /** Ends the caller's living code for a number. @throws AppError `verification_not_found` where none lives */
  async expire(phone: string, caller: Calling): Promise<VerificationState> {
    const row = await this.repository.expire(phone, ownerOf(caller));
    if (!row) throw new AppError('verification_not_found');
    await this.tell(row, 'expired');
    return { row, over: true, attemptsLeft: 0 };
  }

  /** Ends every code, whosever, and tells nobody; for a database that was restored. @returns how many there were */
  async endAll(): Promise<number> {
    let ended = 0;
    for (let step = 1; step > 0; ended += step) step = await this.repository.endLiving();
    return ended;
  }

  /** Forgets ended codes before their time, in small batches. @param apiKeyId of this key; null: of all. @returns how many */
  async clean(days: number, apiKeyId: string | null, most: number): Promise<number> {
    let gone = 0;
    for (;;) {
      const batch = Math.min(BATCH, most - gone);
      const last = batch > 0 ? await this.repository.forgetOld(days, apiKeyId, batch) : 0;
      gone += last;
      if (last < BATCH) return gone;
    }
  }

  /** Forgets a number. */
  forget(phone: string, within: Transaction): Promise<void> {
    return this.repository.forgetPhone(phone, within);
  }

  private async issue(
    session: { id: string; name: string },
    { phone, company, length, minutes }: WantedVerification,
    code: string,
    caller: Calling,
  ): Promise<VerificationRow> {
    const [id, owner] = [uuidv7(), ownerOf(caller)];
    const values = {
      ...{ id, owner_id: owner, session_id: session.id, session_name: session.name, phone, company, length, minutes },
      code_hash: this.secret.mac('verification-code', macInput(id, phone, code)),
      ...limitValues(this.settings),
    };
    for (let attempt = 1; ; attempt++) {
      try {
        const row = await this.repository.issue(values);
        if (row) return row;
        break;
      } catch (error) {
        // Another request's code came to life between our snapshot and our insert: look again.
        if ((error as { constraint?: unknown }).constraint !== 'verifications_live_key') throw error;
        if (attempt === 3) throw new AppError('busy', { cause: error, retryAfter: 1 });
      }
    }
    const limits = await this.repository.limits(phone);
    const wait = limits ? secondsUntilSend(limits, owner, this.settings) : 1;
    throw new AppError('otp_rate_limited', { retryAfter: Math.max(1, wait), concerns: { phone } });
  }

  private async resendAt({ phone, owner_id: owner }: VerificationRow): Promise<Date> {
    const limits = await this.repository.limits(phone);
    const now = limits?.now ?? new Date();
    return new Date(now.getTime() + (limits ? secondsUntilSend(limits, owner, this.settings) * 1000 : 0));
  }

  private async newest(phone: string, caller: Calling): Promise<VerificationRow & { now: Date }> {
    const row = await this.repository.newest(phone, ownerOf(caller));
    if (!row) throw new AppError('verification_not_found');
    return row;
  }

  private async locked(phone: string, owner: string): Promise<AppError> {
    const limits = await this.repository.limits(phone);
    const wait = limits ? secondsUntilGuess(limits, owner, this.settings) : 1;
    return new AppError('otp_locked', { retryAfter: Math.max(1, wait), concerns: { phone } });
  }

  private guess(id: string, phone: string, code: string) {
    return { id, phone, code_hashes: this.secret.acceptedMacs('verification-code', macInput(id, phone, code)) };
  }

  /** @param attempts of the living code; null: none lives, and only the budgets count */
  private attemptsLeft(
    attempts: number | null,
    { used, used_by_all }: Pick<ChargedRow, 'used' | 'used_by_all'>,
  ): number {
    const { budget, all_budget } = guessValues(this.settings);
    const ofCode = attempts === null ? 0 : this.settings.otpMaxAttempts - attempts;
    return Math.max(0, Math.min(ofCode, budget - used, all_budget - used_by_all));
  }

  private async expireLate(): Promise<boolean> {
    const late = await this.repository.expireLate();
    for (const row of late) await this.tell(row, 'expired');
    return late.length === 500;
  }

  private async forgetOld(): Promise<boolean> {
    const codes = await this.repository.forgetOld(this.settings.otpRetentionDays, null, BATCH);
    const phones = await this.repository.forgetPhones();
    return codes === BATCH || phones === BATCH;
  }

  /** Writes down what happened to a code, and tells who wants to know. */
  private async tell(row: VerificationRow, what: OtpEvent, error?: string): Promise<void> {
    const status = what === 'failed' || what === 'refused' ? 'failure' : 'success';
    const apiKeyId = apiKeyOf(row);
    const session = { sessionId: row.session_id, sessionName: row.session_name, apiKeyId };
    await this.activity.record({ ...session, action: `otp.${what}`, status, error, number: maskPhone(row.phone) });
    const data = { sessionId: row.session_name, phone: whatsappId(row.phone), status: what };
    await this.webhooks.emit('otp.status', apiKeyId, { ...data, expiresAt: row.expires_at.toISOString(), error });
  }
}

/** What happens to a code. */
export type OtpEvent = 'sent' | 'failed' | 'verified' | 'refused' | 'expired';

/** Whose codes a caller sees: a key its own, admins those of admins. */
function ownerOf({ apiKeyId }: Calling): string {
  return apiKeyId ?? NIL;
}

const apiKeyOf = ({ owner_id }: VerificationRow) => (owner_id === NIL ? null : owner_id);

/** A code belongs to its challenge and number. */
function macInput(id: string, phone: string, code: string): string {
  return `${id}\n${phone}\n${code}`;
}

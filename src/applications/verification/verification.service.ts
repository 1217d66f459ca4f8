import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { NIL } from 'uuid';
import { Activity } from '../../records/activity/activity.service.js';
import { type Calling } from '../../identity/api-keys/api-key.guard.js';
import {
  VerificationCodes,
  type NewestVerification,
  type VerificationRow,
} from '../../login/codes/verifications/verification-codes.js';
import { type Language } from '../../platform/config/languages.js';
import { type Transaction } from '../../platform/database/database.js';
import { AppError } from '../../platform/errors/app-error.js';
import { GatewayMessages, type SentMessage } from '../../gateway/messages/gateway-messages.service.js';
import { LinkedAccounts } from '../../gateway/accounts/linked-accounts.service.js';
import { Jobs } from '../../platform/jobs/jobs.service.js';
import { verificationText } from '../../delivery/templates/verification-template.js';
import { maskPhone, whatsappId } from '../../platform/phone/phone.js';
import { Webhooks } from '../webhooks/webhooks.service.js';

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

/** A refused guess is told so long after its answer, in ms: the work for it must not be felt in the answer's time. */
const TOLD_AFTER = 20;

/**
 * Codes for other applications: sent by a linked account of theirs, checked by their key, told to their webhooks. A key
 * knows only its own. What decides about them is `VerificationCodes`.
 */
@Injectable()
export class Verification implements OnModuleInit, OnApplicationShutdown {
  /** What is being told of a code, by its id. */
  private readonly telling = new Map<string, Promise<void>>();

  constructor(
    private readonly codes: VerificationCodes,
    private readonly sessions: LinkedAccounts,
    private readonly messages: GatewayMessages,
    private readonly activity: Activity,
    private readonly jobs: Jobs,
    private readonly webhooks: Webhooks,
  ) {}

  onModuleInit(): void {
    this.jobs.schedule('late-verifications', '* * * * *', () => this.expireLate());
    this.jobs.schedule('old-verifications', '41 * * * *', () => this.codes.forgetOld());
  }

  async onApplicationShutdown(): Promise<void> {
    while (this.telling.size > 0) await Promise.all(this.telling.values());
  }

  /**
   * Makes a code and sends it by a linked account of the caller's; the one before it dies.
   *
   * @throws AppError `otp_rate_limited`, and what `GatewayMessages.send` throws
   */
  async send(sessionName: string, wanted: WantedVerification, caller: Calling): Promise<SentVerification> {
    const { language, ...rest } = wanted;
    const { id, name } = await this.sessions.get(sessionName, caller);
    const owner = { ownerId: ownerOf(caller), session: { id, name } };
    const { row, code, resendAt } = await this.codes.issue({ ...rest, ...owner });
    try {
      const content = { text: verificationText({ ...wanted, code }) };
      const sent = await this.messages.send(sessionName, caller, wanted.phone, { kind: 'text', content });
      await this.tell(row, 'sent');
      return { ...sent, code, expiresAt: row.expires_at, resendAt };
    } catch (error) {
      // It may arrive all the same: the code stays valid, and the send counts.
      if (!(error instanceof AppError) || error.code === 'message_unconfirmed') throw error;
      await this.codes.closeUnsent(row);
      await this.tell(row, 'failed', error.code);
      throw error;
    }
  }

  /**
   * As `send`, to whom the caller's newest code went, by the same account and in the same name. Refills no budget.
   *
   * @throws AppError `verification_not_found` where no code waits, and as `send` does
   */
  async resend(phone: string, language: Language, caller: Calling): Promise<SentVerification> {
    const { row: last } = await this.status(phone, caller);
    if (last.ended_as === 'verified') throw new AppError('verification_not_found');
    const { company, length, minutes } = last;
    return this.send(last.session_name, { phone, company, length, minutes, language }, caller);
  }

  /**
   * Checks a code, once. A wrong guess is paid for in the commit that tells it.
   *
   * @throws AppError `invalid_otp` with the attempts that are left, `otp_locked`
   */
  async verify(phone: string, code: string, caller: Calling): Promise<void> {
    const { refusal, row } = await this.codes.guess(phone, code, ownerOf(caller));
    if (refusal === null) return this.tell(row, 'verified');
    // Behind the answer: whether there was a code to compare with is not told by the time that it takes.
    if (row) void this.tell(row, 'refused', 'wrong_code', TOLD_AFTER);
    throw refusal;
  }

  /** The caller's newest code for a number. @throws AppError `verification_not_found` */
  async status(phone: string, caller: Calling): Promise<NewestVerification> {
    const newest = await this.codes.newest(phone, ownerOf(caller));
    if (!newest) throw new AppError('verification_not_found');
    return newest;
  }

  /** Ends the caller's active code for a number. @throws AppError `verification_not_found` where none is active */
  async expire(phone: string, caller: Calling): Promise<NewestVerification> {
    const row = await this.codes.expire(phone, ownerOf(caller));
    if (!row) throw new AppError('verification_not_found');
    await this.tell(row, 'expired');
    return { row, over: true, attemptsLeft: 0 };
  }

  /** Ends the codes of all keys and reports no event; for a database that was restored. @returns how many there were */
  endAll(): Promise<number> {
    return this.codes.endAll();
  }

  /** Forgets ended codes before their time, in small batches. @param apiKeyId of this key; null: of all. @returns how many */
  clean(days: number, apiKeyId: string | null, most: number): Promise<number> {
    return this.codes.clean(days, apiKeyId, most);
  }

  /** Forgets a number. */
  forget(phone: string, within: Transaction): Promise<void> {
    return this.codes.forget(phone, within);
  }

  private async expireLate(): Promise<boolean> {
    const late = await this.codes.expireLate();
    for (const row of late) await this.tell(row, 'expired');
    return late.length === 500;
  }

  /**
   * Tells what happened to a code, one thing after the other. It never fails.
   *
   * @param later ms to wait before it
   */
  private tell(row: VerificationRow, what: OtpEvent, error?: string, later = 0): Promise<void> {
    const before = this.telling.get(row.id) ?? Promise.resolve();
    const written = before
      .then(() => (later > 0 ? pause(later) : undefined))
      .then(() => this.writeAndEmit(row, what, error))
      .finally(() => {
        if (this.telling.get(row.id) === written) this.telling.delete(row.id);
      });
    this.telling.set(row.id, written);
    return written;
  }

  /** Writes down what happened to a code, and tells who wants to know. */
  private async writeAndEmit(row: VerificationRow, what: OtpEvent, error?: string): Promise<void> {
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

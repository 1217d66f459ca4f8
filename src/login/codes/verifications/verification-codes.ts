import { Injectable } from '@nestjs/common';
import { AuthSecret } from '../../../platform/secrets/auth-secret.js';
import { RetentionSettings } from '../../../platform/config/groups/retention.js';
import { type Transaction } from '../../../platform/database/database.js';
import { newId } from '../../../platform/database/new-id.js';
import { AppError } from '../../../platform/errors/app-error.js';
import { legacyVerificationHashes, newCode, guessMacsOf, storedHash } from '../code.js';
import {
  VerificationsRepository,
  type NewestVerification,
  type VerificationDraft,
  type VerificationRow,
} from './verifications.repository.js';

export { type NewestVerification, type VerificationRow };

/** A code that is wanted for an application, and by which linked account of its API key it goes out. */
export type WantedCode = Pick<VerificationDraft, 'ownerId' | 'session' | 'phone' | 'company' | 'length' | 'minutes'>;

/** A code that was written down, and may be sent now. */
export interface MadeCode {
  readonly row: VerificationRow;
  readonly code: string;
  /** When the next one may be sent. */
  readonly resendAt: Date;
}

/** How a guess ended. `row` is the code that it was compared with, if there was one. */
export type GuessedCode =
  | { readonly refusal: null; readonly row: VerificationRow }
  | { readonly refusal: AppError; readonly row: VerificationRow | null };

/** Rows that one statement forgets. */
const BATCH = 1_000;

/** The purpose to which these codes are bound; none of the service's own. */
const PURPOSE = 'verification';

/**
 * Codes for other applications: issued, guessed, ended, under the same rules as the service's own. A code belongs to its
 * owner, the API key that sent it, and is bound to owner and number; the nil UUID means admins. How one is sent, and
 * who is told of it, is the business of the room `verification`.
 */
@Injectable()
export class VerificationCodes {
  constructor(
    private readonly settings: RetentionSettings,
    private readonly secret: AuthSecret,
    private readonly repository: VerificationsRepository,
  ) {}

  /**
   * Makes a code; the owner's code for this number before it dies.
   *
   * @throws AppError `otp_rate_limited`
   */
  async issue(wanted: WantedCode): Promise<MadeCode> {
    const [id, code] = [newId(), newCode(wanted.length)];
    const hash = storedHash(this.secret, id, placed(wanted.phone, wanted.ownerId, code));
    const issued = await this.repository.issue({ ...wanted, id, hash });
    if (issued.row) return { row: issued.row, code, resendAt: issued.resendAt };
    const retryAfter = Math.max(1, issued.retryAfter);
    throw new AppError('otp_rate_limited', { retryAfter, concerns: { phone: wanted.phone } });
  }

  /**
   * Judges a guess. A wrong one is paid for in the commit that tells it; a right one uses the code up.
   *
   * @param phone E.164
   * @param code digits
   * @returns with the refusal `invalid_otp` or `otp_locked`
   */
  async guess(phone: string, code: string, ownerId: string): Promise<GuessedCode> {
    const guessMacs = guessMacsOf(this.secret, placed(phone, ownerId, code));
    let judged = await this.repository.judge(phone, ownerId, guessMacs, null);
    if (judged.verdict === 'legacy' && judged.row) {
      const { id } = judged.row;
      const hashes = legacyVerificationHashes(this.secret, id, phone, code);
      judged = await this.repository.judge(phone, ownerId, guessMacs, { code: id, hashes });
    }
    const { verdict, row, attemptsLeft } = judged;
    if (verdict === 'right' && row) return { refusal: null, row };
    if (verdict === 'locked') {
      const retryAfter = Math.max(1, judged.retryAfter);
      return { refusal: new AppError('otp_locked', { retryAfter, concerns: { phone } }), row: null };
    }
    const concerns = { phone, subjectId: row?.id ?? null };
    return { refusal: new AppError('invalid_otp', { details: { attemptsLeft }, concerns }), row };
  }

  /** @returns the owner's newest code for a number, whatever became of it */
  newest(phone: string, ownerId: string): Promise<NewestVerification | null> {
    return this.repository.newest(phone, ownerId);
  }

  /** Ends a code that was not sent, for certain: the send does not count, the try does. */
  closeUnsent({ id, phone }: VerificationRow): Promise<void> {
    return this.repository.closeUnsent(id, phone);
  }

  /** Ends the owner's active code for a number. @returns it; null where none is active */
  expire(phone: string, ownerId: string): Promise<VerificationRow | null> {
    return this.repository.expire(phone, ownerId);
  }

  /** Ends some codes whose time has passed. @returns them; there may be more after 500 */
  expireLate(): Promise<VerificationRow[]> {
    return this.repository.expireLate();
  }

  /** Ends the codes of everybody, for a database that was restored. @returns how many there were */
  async endAll(): Promise<number> {
    let ended = 0;
    for (let step = 1; step > 0; ended += step) step = await this.repository.endLiving();
    return ended;
  }

  /** Forgets some codes and limits whose time has passed. @returns whether there may be more */
  async forgetOld(): Promise<boolean> {
    const codes = await this.repository.forgetOld(this.settings.otpRetentionDays, null, BATCH);
    const phones = await this.repository.forgetPhones();
    return codes === BATCH || phones === BATCH;
  }

  /** Forgets ended codes before their time, in small batches. @param ownerId null: of all. @returns how many */
  async clean(days: number, ownerId: string | null, most: number): Promise<number> {
    let gone = 0;
    for (;;) {
      const batch = Math.min(BATCH, most - gone);
      const last = batch > 0 ? await this.repository.forgetOld(days, ownerId, batch) : 0;
      gone += last;
      if (last < BATCH) return gone;
    }
  }

  /** Forgets a number's codes and limits. */
  forget(phone: string, within: Transaction): Promise<void> {
    return this.repository.forgetPhone(phone, within);
  }
}

const placed = (phone: string, ownerId: string, code: string) => ({
  purpose: PURPOSE,
  phone,
  application: ownerId,
  code,
});

import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Audit } from '../audit/audit.service.js';
import { AuthSecret } from '../config/auth-secret.js';
import { Settings } from '../config/settings.js';
import { type Transaction } from '../database/database.js';
import { AppError, type Concerned } from '../errors/app-error.js';
import { type RequestContext } from '../http/request-context.js';
import { Jobs } from '../jobs/jobs.service.js';
import { TestNumbers } from '../messaging/test-numbers.js';
import { maskPhone } from '../phone/phone.js';
import { type KnownDevice } from '../sessions/device-tokens.js';
import { acceptedCodeHashes } from './code.js';
import { HeldCodesRepository, type HeldBudgetRow, type HeldCodeRow } from './held-codes.repository.js';
import { type OtpPurpose } from './otp-purpose.js';
import { CLOSED_FOR } from './send-allowance.js';
import { OtpRepository, type ConfirmedRow, type ConsumedRow } from './otp.repository.js';

export { type ConfirmedRow };

/** A guess that has been paid for: with it, and only with it, a code may be compared. */
export interface ChargedGuess {
  readonly purpose: string;
  readonly phone: string;
  /** Whether a known device guessed. */
  readonly known: boolean;
  readonly otpSessionId: string;
  readonly codeHashes: Buffer[];
  /** What a failure tells the caller. */
  readonly attemptsLeft: number;
  /** Whose code it is, for the audit log. */
  readonly concerns: Concerned;
}

/** Seconds that a number whose guesses are used up waits for the next one. */
export const LOCKED_FOR = 15 * 60;

/** Steps of a thousand budgets that are looked at each minute: some millions in a day. */
const BUDGET_STEPS = 5;

/** One-time codes once they are out: charged for, confirmed, consumed, ended. What a right code opens is the caller's business. */
@Injectable()
export class Otp implements OnModuleInit {
  constructor(
    private readonly settings: Settings,
    private readonly secret: AuthSecret,
    private readonly repository: OtpRepository,
    private readonly held: HeldCodesRepository,
    private readonly testNumbers: TestNumbers,
    private readonly jobs: Jobs,
    private readonly audit: Audit,
  ) {}

  onModuleInit(): void {
    this.jobs.schedule('old-codes', '* * * * *', () => this.forgetOld());
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
    if ((await this.testNumbers.outcome(phone))?.kind === 'locked')
      throw new AppError('otp_locked', { retryAfter: LOCKED_FOR, concerns: { phone } });
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
      throw lockedError(await this.repository.lock({ ...lane, budget: this.settings.guessBudget }), phone);
    }
    // Told from the budget alone, so that it is the same for a wrong, used, expired, replaced and never sent code.
    const attemptsLeft = Math.max(
      0,
      Math.min(this.settings.guessBudget - charged.used, this.settings.otpMaxAttempts - charged.used_since_issue),
    );
    const { otp_session_id: otpSessionId } = charged;
    const concerns = { phone, userId: charged.user_id, subjectId: otpSessionId };
    const stale = await this.testNumbers.isStale(phone, code);
    if (stale || !otpSessionId || (sessionId !== undefined && sessionId.toLowerCase() !== otpSessionId))
      throw this.wrong({ attemptsLeft, concerns }, context);
    return {
      purpose: purpose.name,
      phone,
      known: charged.known,
      otpSessionId,
      codeHashes: acceptedCodeHashes(this.secret, { purpose: purpose.name, phone, otpSessionId, code }),
      attemptsLeft,
      concerns,
    };
  }

  /**
   * Whether a guess that was paid for is right, for flows that use the code up later. A right one costs nothing; the
   * wrong ones before it stay paid for until the code is used up.
   *
   * @param mark notes that the right code was shown; the flow's later steps can ask for that
   * @returns whose code it is and whether it was shown before; null: it was wrong, or is not valid any more
   */
  confirm(guess: ChargedGuess, mark: boolean): Promise<ConfirmedRow | null> {
    return this.repository.confirm({ ...guessValues(guess), mark });
  }

  /**
   * Locks what decides about codes of a number. For transactions that consume one code and void the others: both in one
   * order, so that no two of them wait for each other.
   */
  async lock(phone: string, within: Transaction): Promise<void> {
    await this.held.lock(phone, within);
  }

  /**
   * Consumes the code of a guess that was paid for, in the caller's transaction and before anything else in it.
   *
   * @returns the account it was made for, and the address that asked for it; null: it was wrong, or is not valid any more
   */
  consume(guess: ChargedGuess, within: Transaction): Promise<ConsumedRow | null> {
    return this.repository.consume(guessValues(guess), within);
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

  /** Ends every code, whosever: in a database that was restored, used ones live again. @returns how many there were */
  async endAll(): Promise<number> {
    let ended = 0;
    for (let step = 1; step > 0; ended += step) step = await this.held.endLiving();
    return ended;
  }

  /**
   * Forgets the wrong guesses in a row at a number's codes, and with them that it is closed to unknown devices: its
   * owner has been proven in another way.
   *
   * @param phone E.164
   */
  async reopen(phone: string): Promise<void> {
    await this.held.reopen(phone);
  }

  /** Gives a number its sends and guesses back. Its living code ends, so that a new one can be asked for at once. */
  async unlock(phone: string, within: Transaction): Promise<void> {
    await this.held.unlock(phone, within);
  }

  /**
   * Opens a number that too many wrong guesses closed: its owner has written to us from it. What is not closed stays as
   * it is, so that messages refill no budget (NIST SP 800-63B-4 section 3.2.2). The caller has locked the number.
   *
   * @param proof the provider that the message came by, and the request that brought it, for the audit log
   * @returns whether it was closed
   */
  async openClosed(
    phone: string,
    { provider, requestId }: { provider: string; requestId: string },
    within: Transaction,
  ): Promise<boolean> {
    if (!(await this.held.isClosed(phone, within))) return false;
    await this.held.unlock(phone, within);
    const detail = { phone: maskPhone(phone), by: 'message', provider };
    await this.audit.record({ type: 'otp.opened', outcome: 'success', requestId, detail }, within);
    return true;
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

  private async forgetOld(): Promise<boolean> {
    if (await this.repository.forgetCodes()) return true;
    await this.jobs.walk('otp-budgets', BUDGET_STEPS, (after) => this.repository.forgetBudgets(after));
    return false;
  }
}

/** The values that `CONSUME_CODE` and its kind want of a guess. */
export function guessValues({ phone, purpose, known, otpSessionId, codeHashes }: ChargedGuess) {
  return { phone, purpose, known, otp_session_id: otpSessionId, code_hashes: codeHashes };
}

/** A number that is closed stays so until somebody opens it: an hour is only a polite time to ask again. */
function lockedError({ closed, seconds }: { closed: boolean; seconds: number }, phone: string): AppError {
  if (!closed) return new AppError('otp_locked', { retryAfter: seconds, concerns: { phone } });
  const concerns = { phone, reason: 'closed' };
  return new AppError('otp_locked', { retryAfter: CLOSED_FOR, details: { closed: true }, concerns });
}

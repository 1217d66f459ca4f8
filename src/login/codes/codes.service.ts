import { Injectable, type OnModuleInit } from '@nestjs/common';
import { NIL, validate } from 'uuid';
import { Audit } from '../../records/audit/audit.service.js';
import { AuthSecret } from '../../platform/secrets/auth-secret.js';
import { SessionSettings } from '../../platform/config/groups/sessions.js';
import { type Transaction } from '../../platform/database/database.js';
import { AppError } from '../../platform/errors/app-error.js';
import { type RequestContext } from '../../platform/http/request-context.js';
import { Jobs } from '../../platform/jobs/jobs.service.js';
import { TestNumbers } from '../../delivery/outbox/test-numbers.js';
import { maskPhone } from '../../platform/phone/phone.js';
import { type KnownDevice } from '../../identity/sessions/device-tokens.js';
import { Applications } from './applications.js';
import { legacyHashes, guessMacsOf } from './code.js';
import { type CodePurpose } from './code-purpose.js';
import { CodesRepository, type NumberLockRow } from './codes.repository.js';
import { DeviceGuessesRepository } from './device-guesses.repository.js';
import { type GuessCall, type GuessRow, type LegacyGuess } from './guess-call.js';
import { CodeRecordsRepository, type PersonalBudgetRow, type PersonalCodeRow } from './code-records.repository.js';
import { NumberLocksRepository } from './number-locks.repository.js';

/** Seconds that a number whose guesses are used up waits for the next one. */
export const LOCKED_FOR = 15 * 60;

/** Steps of a thousand rows that the clean-up takes each minute. */
const STEPS_A_RUN = 5;

/** A code as it was typed, and whose it may be. */
export interface TypedGuess {
  readonly purpose: CodePurpose;
  /** E.164. */
  readonly phone: string;
  /** Digits. */
  readonly code: string;
  /** The challenge that the caller believes to answer, if it says so; another one than the newest compares nothing. */
  readonly challengeId: string | undefined;
  readonly device: KnownDevice | null;
}

/** A right code: whose it is, who asked for it, and whether it was shown before. */
export interface RightGuess {
  readonly challengeId: string;
  readonly accountId: string;
  readonly address: string;
  readonly issuedAt: Date;
  readonly verified: boolean;
}

/** How a judged guess looks, whichever statement judged it. */
export type JudgedGuess = Pick<GuessRow, 'o_verdict' | 'o_code' | 'o_account' | 'o_attempts_left' | 'o_retry_after'>;

/** One-time codes once they are out: guessed, used up, ended. What a right code opens is the caller's business. */
@Injectable()
export class Codes implements OnModuleInit {
  constructor(
    private readonly settings: SessionSettings,
    private readonly secret: AuthSecret,
    private readonly repository: CodesRepository,
    private readonly records: CodeRecordsRepository,
    private readonly locks: NumberLocksRepository,
    private readonly devices: DeviceGuessesRepository,
    private readonly testNumbers: TestNumbers,
    private readonly applications: Applications,
    private readonly jobs: Jobs,
    private readonly audit: Audit,
  ) {}

  onModuleInit(): void {
    this.jobs.schedule('old-codes', '* * * * *', () => this.forgetOld());
  }

  /**
   * Judges a guess. A wrong one is paid for in the commit that tells it; a right one costs nothing.
   *
   * @param then `use`: the right code is used up; `show`: it stays, and a later step of the flow can ask whether it was
   *   shown; `nothing`: it stays as it is
   * @returns the right code; or the refusal, which the caller throws after the transaction's commit: a refusal that rolled
   *   the transaction back would take back what the guess has cost
   */
  async guess(
    typed: TypedGuess,
    then: 'use' | 'show' | 'nothing',
    context: RequestContext,
    within?: Transaction,
  ): Promise<RightGuess | AppError> {
    const call = await this.prepareGuess(typed, context);
    let row = await this.repository.guess(call, then, within);
    if (row.o_verdict === 'legacy')
      row = await this.repository.guess({ ...call, legacy: this.legacyGuess(typed, row) }, then, within);
    if (row.o_verdict !== 'right') return this.refusal(row, typed.phone, context);
    const { o_code: challengeId, o_account: accountId, o_address: address, o_issued_at: issuedAt, o_verified } = row;
    if (!challengeId || !accountId || address === null || !issuedAt) throw new Error('a right code lacks its columns');
    return { challengeId, accountId, address, issuedAt, verified: o_verified ?? false };
  }

  /**
   * A guess as a statement wants it. The code must have been asked for by the application that this request is made for.
   *
   * @throws AppError `otp_locked` for a test number that is always locked
   */
  async prepareGuess(
    { purpose, phone, code, challengeId, device }: TypedGuess,
    context: RequestContext,
  ): Promise<GuessCall> {
    if ((await this.testNumbers.outcome(phone))?.kind === 'locked')
      throw new AppError('otp_locked', { retryAfter: LOCKED_FOR, concerns: { phone } });
    const application = (await this.applications.applicationFor(purpose, context))?.id ?? null;
    const placed = { purpose: purpose.name, phone, application, code };
    return {
      phone,
      purpose: purpose.name,
      code: challengeId === undefined ? null : idOf(challengeId),
      // The fixed code of a number that is no longer a test number fits nothing.
      guessMacs: (await this.testNumbers.isStale(phone, code)) ? [] : guessMacsOf(this.secret, placed),
      application,
      legacy: null,
      device,
    };
  }

  /** The second look at a guess whose code the release before has made. */
  legacyGuess({ purpose, phone, code }: TypedGuess, { o_code }: Pick<JudgedGuess, 'o_code'>): LegacyGuess {
    if (!o_code) throw new Error('a legacy code has an id');
    return { code: o_code, hashes: legacyHashes(this.secret, o_code, { purpose: purpose.name, phone, code }) };
  }

  /** What the caller is told of a guess that was not right: the same for a wrong, used, expired and never sent code. */
  refusal(row: JudgedGuess, phone: string, context: RequestContext): AppError {
    context.addressReservations.confirm('failures');
    const retryAfter = Math.max(1, row.o_retry_after ?? 1);
    if (row.o_verdict === 'closed')
      return new AppError('otp_locked', {
        retryAfter,
        details: { closed: true },
        concerns: { phone, reason: 'closed' },
      });
    if (row.o_verdict === 'locked') return new AppError('otp_locked', { retryAfter, concerns: { phone } });
    const concerns = { phone, userId: row.o_account, subjectId: row.o_code };
    return new AppError('invalid_otp', { details: { attemptsLeft: row.o_attempts_left ?? 0 }, concerns });
  }

  /**
   * Locks what decides about codes of these numbers. For transactions that act on several codes or numbers: in one order,
   * and before anything else, so that no two of them wait for each other.
   *
   * @param phones E.164
   */
  async lock(phones: readonly string[], within: Transaction): Promise<void> {
    await this.locks.lock(phones, within);
  }

  /** Ends the active codes of a number. Comes before anything else of the transaction is locked. */
  async voidCodes(phone: string, within: Transaction): Promise<void> {
    await this.locks.void(phone, within);
  }

  /** Ends the codes of all numbers: in a database that was restored, used ones are valid again. @returns how many there were */
  endAll(): Promise<number> {
    return this.locks.endLiving();
  }

  /**
   * Forgets the wrong guesses in a row at a number's codes, and with them that it is closed to unknown devices: its
   * owner has been proven in another way.
   *
   * @param phone E.164
   */
  async reopen(phone: string): Promise<void> {
    await this.locks.reopen(phone);
  }

  /** Gives a number its sends and guesses back. Its active code ends, so that a new one can be asked for at once. */
  async unlock(phone: string, within: Transaction): Promise<void> {
    await this.locks.unlock(phone, within);
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
    if (!(await this.locks.isClosed(phone, within))) return false;
    await this.locks.unlock(phone, within);
    const detail = { phone: maskPhone(phone), by: 'message', provider };
    await this.audit.record({ type: 'otp.opened', outcome: 'success', phone, requestId, detail }, within);
    return true;
  }

  /**
   * What keeps codes of a number away at the moment, whoever asked for them.
   *
   * @param phone E.164
   */
  locksOf(phone: string): Promise<NumberLockRow[]> {
    return this.repository.locksOf(phone);
  }

  /** What is held of an account and its number: active codes, and the instants of sends and guesses. */
  async personalDataOf(
    userId: string,
    phone: string | null,
  ): Promise<{ codes: PersonalCodeRow[]; budgets: PersonalBudgetRow[] }> {
    if (phone === null) return { codes: [], budgets: [] };
    return { codes: await this.records.codesOf(userId, phone), budgets: await this.records.budgetsOf(phone) };
  }

  /**
   * Forgets the codes of an account and number, and their budgets. Comes before anything else of the transaction is
   * locked.
   */
  async forget(userId: string, phone: string | null, within: Transaction): Promise<void> {
    await this.records.forget(userId, phone, within);
    await this.devices.forgetOf(userId, within);
  }

  /** Walks over some thousand rows a minute: a million in some hours. */
  private async forgetOld(): Promise<boolean> {
    if (await this.devices.forgetExpired(this.settings.deviceTokenExpiresIn)) return true;
    await this.jobs.walk('otp-codes', STEPS_A_RUN, (after) => this.repository.forgetOld(after));
    return false;
  }
}

/** What is no UUID is the id of no challenge: it fits none, and raises no error in the statement. */
function idOf(challenge: string): string {
  return validate(challenge) ? challenge : NIL;
}

import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { AuthSecret } from '../config/auth-secret.js';
import { Settings } from '../config/settings.js';
import { type Transaction } from '../database/database.js';
import { AppError } from '../errors/app-error.js';
import { LOGGER, type ServiceLogger } from '../http/logger.js';
import { every, type Recurring } from '../http/recurring.js';
import { Jobs } from '../jobs/jobs.service.js';
import { parsePhone } from '../phone/phone.js';
import { canonicalName } from './identifiers.js';
import { PasswordBudgetRepository } from './password-budget.repository.js';
import { Passwords } from './passwords.js';
import { UsersRepository, type FoundAccountRow } from './users.repository.js';
import { type AccountRow } from './account.js';

/** Wrong passwords an identifier may have in 15 minutes (contract A). */
const FAILURES_ALLOWED = 10;

const LOOK_EVERY = 60_000;

type Fitting = Pick<CheckedPassword, 'userId' | 'passwordHash'>;

/** A password that fitted, and what the statement that opens the session needs to make sure that it still does. */
export interface CheckedPassword {
  readonly userId: string;
  readonly passwordHash: string;
  readonly identifierKey: Buffer;
}

@Injectable()
export class Users implements OnModuleInit, OnApplicationShutdown {
  private looking: Recurring | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly secret: AuthSecret,
    private readonly repository: UsersRepository,
    private readonly passwords: Passwords,
    private readonly budget: PasswordBudgetRepository,
    private readonly jobs: Jobs,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  async onModuleInit(): Promise<void> {
    const onError = (err: unknown) => {
      this.logger.warn({ err }, 'not looked for bcrypt hashes');
    };
    await this.lookForBcrypt();
    this.looking = every(LOOK_EVERY, () => this.lookForBcrypt(), onError);
    this.jobs.schedule('old-password-budgets', '*/10 * * * *', () => this.budget.forgetOld());
  }

  async onApplicationShutdown(): Promise<void> {
    await this.looking?.stop();
  }

  /**
   * Checks a password; charged before it is compared, in the same time whether the account exists or not.
   *
   * @param identifier e-mail, username or phone number, as typed
   * @throws AppError `login_locked` after ten failures in 15 minutes, `invalid_credentials` otherwise
   */
  async checkPassword(identifier: string, password: string): Promise<CheckedPassword> {
    const phone = parsePhone(identifier, this.settings.allowedCountries);
    const name = canonicalName(identifier);
    const identifierKey = this.identifierKey(phone ?? name);
    // A try that would not be compared must not be paid for.
    this.passwords.refuseWhenFull();
    const secondsLeft = await this.budget.charge(identifierKey, FAILURES_ALLOWED);
    if (secondsLeft !== null) throw new AppError('login_locked', { retryAfter: secondsLeft });
    return { ...(await this.fittingPassword(name, phone, password)), identifierKey };
  }

  /** Gives all identifiers of an account their tries back. */
  async forgetFailures(account: AccountRow, within: Transaction): Promise<void> {
    const identifiers = [account.email, account.username, account.phone].filter((identifier) => identifier !== null);
    await this.budget.forget(
      identifiers.map((identifier) => this.identifierKey(identifier)),
      within,
    );
  }

  /**
   * Makes every device token strange, whosever: in a database that was restored, those that a reset had ended are known
   * again.
   *
   * @returns of how many accounts
   */
  async forgetDevices(): Promise<number> {
    let accounts = 0;
    let place: string | null = null;
    do {
      const step: { accounts: number; end: string | null } = await this.repository.forgetDevices(place);
      accounts += step.accounts;
      place = step.end;
    } while (place !== null);
    return accounts;
  }

  /** The role of the active account with a number, E.164; null where there is none. */
  roleByPhone(phone: string): Promise<AccountRow['role'] | null> {
    return this.repository.roleByPhone(phone);
  }

  /** @returns the active account, or null */
  async findActive(id: string): Promise<FoundAccountRow | null> {
    const account = await this.repository.findById(id);
    return account?.is_active ? account : null;
  }

  /**
   * The account whose password this is, and its hash as it stands now. A hash that is weaker than today's is replaced
   * on the way; of two logins that do so at once the second one finds another hash, and compares with that.
   */
  private async fittingPassword(name: string, phone: string | null, password: string, again = true): Promise<Fitting> {
    const account = await this.repository.findByIdentifier(name, phone);
    const compared = account?.password_hash ?? null;
    const { matched, stronger } = await this.passwords.compare(compared, password);
    const refusal = new AppError('invalid_credentials', { concerns: { userId: account?.id ?? null } });
    if (!matched || !account || compared === null) throw refusal;
    if (stronger === null) return { userId: account.id, passwordHash: compared };
    if (await this.repository.strengthenPassword(account.id, compared, stronger))
      return { userId: account.id, passwordHash: stronger };
    if (!again) throw refusal;
    return this.fittingPassword(name, phone, password, false);
  }

  private identifierKey(identifier: string): Buffer {
    return this.secret.mac('login-identifier', identifier);
  }

  private async lookForBcrypt(): Promise<void> {
    this.passwords.expectBcrypt(await this.repository.bcryptCost());
  }
}

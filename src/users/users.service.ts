import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { AuthSecret } from '../config/auth-secret.js';
import { Settings } from '../config/settings.js';
import { AppError } from '../errors/app-error.js';
import { LOGGER, type ServiceLogger } from '../http/logger.js';
import { every, type Recurring } from '../http/recurring.js';
import { parsePhone } from '../phone/phone.js';
import { PasswordBudgetRepository } from './password-budget.repository.js';
import { Passwords } from './passwords.js';
import { UsersRepository } from './users.repository.js';
import { type AccountRow } from './account.js';

/** Wrong passwords an identifier may have in 15 minutes (contract A). */
const FAILURES_ALLOWED = 10;

const FORGET_EVERY = 60_000;

/** A password that fitted, and what the statement that opens the session needs to make sure that it still does. */
export interface CheckedPassword {
  readonly userId: string;
  readonly passwordHash: string;
  readonly identifierKey: Buffer;
}

@Injectable()
export class Users implements OnModuleInit, OnApplicationShutdown {
  private forgetting: Recurring | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly secret: AuthSecret,
    private readonly repository: UsersRepository,
    private readonly passwords: Passwords,
    private readonly budget: PasswordBudgetRepository,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  onModuleInit(): void {
    const onError = (err: unknown) => {
      this.logger.warn({ err }, 'old password failures not dropped');
    };
    this.forgetting = every(FORGET_EVERY, () => this.budget.forgetOld(), onError);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.forgetting?.stop();
  }

  /**
   * Checks a password; charged before it is compared, in the same time whether the account exists or not.
   *
   * @param identifier e-mail, username or phone number, as typed
   * @throws AppError `login_locked` after ten failures in 15 minutes, `invalid_credentials` otherwise
   */
  async checkPassword(identifier: string, password: string): Promise<CheckedPassword> {
    const phone = parsePhone(identifier, this.settings.allowedCountries);
    const name = identifier.normalize('NFKC').trim().toLowerCase();
    const identifierKey = this.secret.mac('login-identifier', phone ?? name);
    // A try that would not be compared must not be paid for.
    this.passwords.refuseWhenFull();
    const secondsLeft = await this.budget.charge(identifierKey, FAILURES_ALLOWED);
    if (secondsLeft !== null) throw new AppError('login_locked', { retryAfter: secondsLeft });
    const account = await this.repository.findByIdentifier(name, phone);
    const matched = await this.passwords.matches(account?.password_hash ?? null, password);
    if (!matched || !account?.password_hash) {
      throw new AppError('invalid_credentials', { concerns: { userId: account?.id ?? null } });
    }
    return { userId: account.id, passwordHash: account.password_hash, identifierKey };
  }

  /** @returns the active account, or null */
  async findActive(id: string): Promise<(AccountRow & { created_at: Date }) | null> {
    const account = await this.repository.findById(id);
    return account?.is_active ? account : null;
  }
}

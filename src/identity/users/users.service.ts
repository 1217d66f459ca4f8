import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { AuthSecret } from '../../platform/secrets/auth-secret.js';
import { AccountSettings } from '../../platform/config/groups/accounts.js';
import { RegionSettings } from '../../platform/config/groups/region.js';
import { type Transaction } from '../../platform/database/database.js';
import { AppError } from '../../platform/errors/app-error.js';
import { LOGGER, type ServiceLogger } from '../../platform/log/logger.js';
import { every, type Recurring } from '../../platform/background/timers.js';
import { Jobs } from '../../platform/jobs/jobs.service.js';
import { canonicalName, readIdentifier, type Identifier } from './identifiers.js';
import { PasswordBudgetRepository, type PasswordTry } from './passwords/password-budget.repository.js';
import { Passwords } from './passwords/passwords.js';
import { UsersRepository, type FoundAccountRow } from './users.repository.js';
import { type AccountRow } from './account.js';

/** Wrong passwords allowed in 15 minutes for an identifier, and for an account: docs/contract/sikeskoja.md#password-login. */
const FAILURES_ALLOWED = 10;

const LOOK_EVERY = 60_000;

type FoundAccount = AccountRow & { readonly password_hash: string | null };
type Fitting = Pick<CheckedPassword, 'userId' | 'passwordHash'>;

/** A password that fitted, and what the statement that opens the session needs to make sure that it still does. */
export interface CheckedPassword {
  readonly userId: string;
  readonly passwordHash: string;
  /** What the try was charged to. */
  readonly tries: readonly PasswordTry[];
}

/** Refusals that say something about the password: they stay paid for. */
const DECIDED: ReadonlySet<string> = new Set(['invalid_credentials', 'login_locked', 'current_password_wrong']);

/** Wrong passwords that keep an account from its password. */
export interface PasswordLock {
  /** What was typed to name the account; null: whatever is typed. */
  readonly identifier: Identifier['column'] | null;
  readonly until: Date;
}

@Injectable()
export class Users implements OnModuleInit, OnApplicationShutdown {
  private looking: Recurring | undefined;

  constructor(
    private readonly regionSettings: RegionSettings,
    private readonly accountSettings: AccountSettings,
    private readonly secret: AuthSecret,
    private readonly repository: UsersRepository,
    private readonly passwords: Passwords,
    private readonly budget: PasswordBudgetRepository,
    private readonly jobs: Jobs,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  async onModuleInit(): Promise<void> {
    const onError = (err: unknown) => {
      this.logger.warn({ err }, 'the check for hashes of other systems failed');
    };
    await this.lookForForeignHashes();
    this.looking = every(LOOK_EVERY, () => this.lookForForeignHashes(), onError);
    this.jobs.schedule('old-password-budgets', '*/10 * * * *', () => this.budget.forgetOld());
  }

  async onApplicationShutdown(): Promise<void> {
    await this.looking?.stop();
  }

  /**
   * Checks a password; charged before it is compared, in the same time whether the account exists or not. The charge is to
   * the spelling, and to the account by whatever spelling. It is given back when the check fails before it decides.
   *
   * @param typed e-mail, username or phone number
   * @throws AppError `login_locked` after ten failures in 15 minutes, `invalid_credentials` otherwise
   */
  async checkPassword(typed: string, password: string): Promise<CheckedPassword> {
    const identifier = readIdentifier(typed, this.regionSettings.allowedCountries);
    const spelling = this.spellingKey(identifier);
    // A try that would not be compared must not be paid for.
    this.passwords.refuseWhenFull();
    const ofSpelling = await this.charge(spelling);
    const tries = [ofSpelling];
    return this.unlessUndecided(tries, async () => {
      const account = await this.repository.findByIdentifier(identifier);
      const owner = account ? this.accountKey(account) : this.nobodysKey(identifier);
      const ofOwner = await this.budget.charge(owner, FAILURES_ALLOWED);
      if (typeof ofOwner === 'number') return this.refuseAccount(account, password, ofOwner);
      tries.push(ofOwner);
      return { ...(await this.fittingPassword(identifier, account, password)), tries };
    });
  }

  /**
   * Does what a try at a password is for. The try is given back when this fails without saying anything about the password:
   * the database is away, or too many wait.
   */
  async unlessUndecided<Result>(tries: readonly PasswordTry[], work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof AppError && DECIDED.has(error.code)))
        await this.budget
          .giveBack(tries)
          .catch((err: unknown) => this.logger.warn({ err }, 'could not refund password attempts'));
      throw error;
    }
  }

  /**
   * Checks the present password of somebody who is logged in; charged to the account before it is compared.
   *
   * @returns the hash that it fitted, and the try
   * @throws AppError `password_not_set`, `login_locked` after ten failures in 15 minutes, `current_password_wrong`, `busy`
   */
  async checkOwnPassword(id: string, password: string): Promise<Pick<CheckedPassword, 'passwordHash' | 'tries'>> {
    this.passwords.refuseWhenFull();
    const passwordHash = await this.repository.passwordOf(id);
    if (passwordHash === null) throw new AppError('password_not_set');
    const tries = [await this.charge(this.accountKey({ id }))];
    return this.unlessUndecided(tries, async () => {
      const { matched } = await this.passwords.compare(passwordHash, password);
      if (!matched) throw new AppError('current_password_wrong');
      return { passwordHash, tries };
    });
  }

  /** Gives an account, and all its identifiers, their tries back. */
  async forgetFailures(account: AccountRow, within: Transaction): Promise<void> {
    await this.budget.forget(
      this.budgetsOf(account).map(({ key }) => key),
      within,
    );
  }

  /** What of an account has no try at its password left at the moment. */
  async passwordLocks(account: AccountRow): Promise<PasswordLock[]> {
    const budgets = this.budgetsOf(account);
    const usedUp = await this.budget.usedUp(
      budgets.map(({ key }) => key),
      FAILURES_ALLOWED,
    );
    return budgets.flatMap(({ identifier, key }) => {
      const until = usedUp.find(({ identifier_key: used }) => used.equals(key))?.until;
      return until === undefined ? [] : [{ identifier, until }];
    });
  }

  /**
   * Makes the device tokens of all accounts unknown: in a database that was restored, those that a reset had ended are
   * known again.
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

  /**
   * Whose these are, of accounts in any state.
   *
   * @param named numbers in E.164, and e-mails and usernames as they were typed
   * @returns ids of accounts by what was named; unknown names are left out
   */
  async ownersOf(named: readonly string[]): Promise<Map<string, string>> {
    const spelling = new Map(named.map((name) => [name, name.startsWith('+') ? name : canonicalName(name)]));
    const phones = named.filter((name) => name.startsWith('+'));
    const names = named.filter((name) => !name.startsWith('+')).map(canonicalName);
    const owners = await this.repository.owners(phones, names);
    return new Map([...spelling].flatMap(([name, known]) => [[name, owners.get(known)] as const]).filter(isKnown));
  }

  /** The role of the active account with a number, E.164; null where there is none. */
  roleByPhone(phone: string): Promise<AccountRow['role'] | null> {
    return this.repository.roleByPhone(phone);
  }

  /** Names by the ids of accounts, in any state; who has none, or was erased, is left out. */
  async namesOf(ids: readonly string[]): Promise<Map<string, string>> {
    return ids.length === 0 ? new Map() : this.repository.names(ids);
  }

  /** @returns the active account, or null */
  async findActive(id: string): Promise<FoundAccountRow | null> {
    const account = await this.repository.findById(id);
    return account?.is_active ? account : null;
  }

  /** @throws AppError `login_locked` when no try is left */
  private async charge(key: Buffer): Promise<PasswordTry> {
    const charged = await this.budget.charge(key, FAILURES_ALLOWED);
    if (typeof charged === 'number') throw new AppError('login_locked', { retryAfter: charged });
    return charged;
  }

  /**
   * The account whose password this is, and its current hash. A hash that is weaker than today's is replaced
   * on the way; of two logins that do so at once the second one finds another hash, and compares with that.
   */
  private async fittingPassword(
    identifier: Identifier,
    account: FoundAccount | null,
    password: string,
    again = true,
  ): Promise<Fitting> {
    const compared = account?.password_hash ?? null;
    const { matched, stronger } = await this.passwords.compare(compared, password);
    const refusal = new AppError('invalid_credentials', { concerns: { userId: account?.id ?? null } });
    if (!matched || !account || compared === null) throw refusal;
    if (stronger === null) return { userId: account.id, passwordHash: compared };
    if (await this.repository.strengthenPassword(account.id, compared, stronger))
      return { userId: account.id, passwordHash: stronger };
    const now = again ? await this.repository.findByIdentifier(identifier) : null;
    if (now?.id !== account.id) throw refusal;
    return this.fittingPassword(identifier, now, password, false);
  }

  /**
   * Refuses a try at an account that has had too many by its other identifiers. Where nobody may learn who exists, it is
   * answered as a wrong password, after the same work: that two identifiers wait together would tell that both are one
   * person's.
   */
  private async refuseAccount(account: FoundAccount | null, password: string, secondsLeft: number): Promise<never> {
    const concerns = { userId: account?.id ?? null };
    if (!this.accountSettings.concealUnknownPhones)
      throw new AppError('login_locked', { retryAfter: secondsLeft, concerns });
    await this.passwords.compare(null, password);
    throw new AppError('invalid_credentials', { concerns });
  }

  /** Where tries at an account's password are counted: at itself, and at each of its identifiers. */
  private budgetsOf(account: AccountRow): { identifier: Identifier['column'] | null; key: Buffer }[] {
    const identifiers = (['email', 'username', 'phone'] as const).flatMap((column) => {
      const value = account[column];
      return value === null ? [] : [{ identifier: column, key: this.spellingKey({ column, value }) }];
    });
    return [{ identifier: null, key: this.accountKey(account) }, ...identifiers];
  }

  private spellingKey({ column, value }: Identifier): Buffer {
    return this.secret.mac('login-identifier', `${column}:${value}`);
  }

  private accountKey({ id }: Pick<AccountRow, 'id'>): Buffer {
    return this.secret.mac('login-identifier', `account:${id}`);
  }

  /** Charged in place of an account's, so that a try costs the same where there is none. */
  private nobodysKey({ column, value }: Identifier): Buffer {
    return this.secret.mac('login-identifier', `nobody:${column}:${value}`);
  }

  private async lookForForeignHashes(): Promise<void> {
    this.passwords.expectForeign(await this.repository.dearestForeignHashes());
  }
}

function isKnown(entry: readonly [string, string | undefined]): entry is [string, string] {
  return entry[1] !== undefined;
}

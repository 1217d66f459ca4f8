import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { RegionSettings } from '../../platform/config/groups/region.js';
import { type Transaction } from '../../platform/database/database.js';
import { AppError } from '../../platform/errors/app-error.js';
import { readAccountFields, requireEssentials, type AccountFields, type TypedFields } from './account-fields.js';
import { type AccountRow, type ManagedAccountRow } from './account.js';
import { cursorAfter, readCursor, searchPatterns } from './accounts-query.js';
import { AccountsRepository, type PersonalAccountRow } from './accounts.repository.js';
import { PasswordPolicy, type PasswordOwner } from './passwords/password-policy.js';
import { Passwords } from './passwords/passwords.js';

/** Accounts a page where nobody says how many. */
const PAGE = 20;

/** What a new account is where nobody says otherwise. */
const BLANK: AccountFields = { fullName: '', email: null, username: null, phone: null, role: 'USER', isActive: true };

/** Which accounts are asked for. */
export interface AccountsQuery {
  readonly search?: string | undefined;
  readonly role?: AccountFields['role'] | undefined;
  readonly isActive?: boolean | undefined;
  /** At most 100, which is the caller's to check. */
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

/** A change that was written. */
export interface AccountChange {
  readonly before: ManagedAccountRow;
  readonly after: ManagedAccountRow;
  /** Fields that are not as they were. */
  readonly fields: readonly (keyof AccountFields)[];
  /** A password that its registrant had set, and that nobody had vouched for, is gone. */
  readonly endsPassword: boolean;
}

/** Accounts as those see them who make and keep them. What else must happen with a change is the caller's business. */
@Injectable()
export class Accounts {
  constructor(
    private readonly settings: RegionSettings,
    private readonly repository: AccountsRepository,
    private readonly policy: PasswordPolicy,
    private readonly passwords: Passwords,
  ) {}

  /** @throws AppError `validation_failed`, `invalid_phone`; see `readAccountFields` */
  read(typed: TypedFields): Partial<AccountFields> {
    return readAccountFields(typed, this.settings.allowedCountries);
  }

  /**
   * Whether a password may be one at all.
   *
   * @param present the password that it is to replace, where its owner has typed it
   * @throws AppError `password_refused` with the rules that it breaks
   */
  checkNewPassword(password: string, owner: PasswordOwner, present?: string): void {
    this.policy.check(password, owner, present);
  }

  /**
   * Hashes a new password; before a transaction, not in it, since it takes its time.
   *
   * @throws AppError `password_refused` with the rules that it breaks
   */
  async hashNewPassword(password: string, owner: PasswordOwner): Promise<string> {
    this.policy.check(password, owner);
    return this.passwords.hash(password);
  }

  /**
   * Makes an account; whether its e-mail, username and phone are free the database decides.
   *
   * @param passwordHash null: the account logs in by code
   * @param claimed whether these data were only claimed at registration: until a code to the number was used, nothing else
   *   lets anybody in
   * @throws AppError `validation_failed` without a name or an identity; the driver's error for a name that is taken
   */
  async create(
    given: Partial<AccountFields>,
    passwordHash: string | null,
    within?: Transaction,
    claimed = false,
  ): Promise<ManagedAccountRow> {
    const fields = { ...BLANK, ...given };
    requireEssentials(fields);
    return this.repository.insert(uuidv7(), fields, { passwordHash, claimed }, within);
  }

  /**
   * Makes an account for a number as `create` does, without telling what is taken: an e-mail or username that somebody has is
   * left out, and where somebody has the number nothing is made. The answer is the account as it was asked for.
   *
   * @returns `numberOwner`: whose number it is; the account's own id if it was made
   * @throws AppError `validation_failed` without a name; `busy` when others took the same names at the same moment, again and again
   */
  async createQuietly(
    given: Partial<AccountFields>,
    passwordHash: string | null,
    within: Transaction,
  ): Promise<{ account: AccountRow & { created_at: Date }; numberOwner: string }> {
    const fields = { ...BLANK, ...given };
    requireEssentials(fields);
    const { fullName: full_name, email, username, phone, role } = fields;
    const account = { id: uuidv7(), full_name, email, username, phone, role, created_at: new Date() };
    for (let tries = 0; tries < 3; tries++) {
      const { made, numberOwner } = await this.repository.insertQuietly(account.id, fields, passwordHash, within);
      const owner = made ?? numberOwner;
      if (owner !== null) return { account, numberOwner: owner };
    }
    throw new AppError('busy', { retryAfter: 1 });
  }

  /** @throws AppError `user_not_found`, also for an erased account */
  async get(id: string): Promise<ManagedAccountRow> {
    return orNotFound(await this.repository.find(id));
  }

  /** Everything that is held of the account itself. @throws AppError `user_not_found` */
  async personalDataOf(id: string): Promise<PersonalAccountRow> {
    return orNotFound(await this.repository.personalData(id));
  }

  /** The accounts that have this e-mail, username or phone. */
  byIdentity(identity: Pick<AccountFields, 'email' | 'username' | 'phone'>): Promise<ManagedAccountRow[]> {
    return this.repository.byIdentity(identity);
  }

  /** A page of accounts, newest first. */
  async list(query: AccountsQuery): Promise<{ accounts: ManagedAccountRow[]; nextCursor: string | null }> {
    const limit = query.limit ?? PAGE;
    const rows = await this.repository.list({
      ...searchPatterns(query.search ?? '', this.settings.allowedCountries),
      role: query.role ?? null,
      isActive: query.isActive ?? null,
      after: query.cursor === undefined ? null : readCursor(query.cursor),
      count: limit + 1,
    });
    const accounts = rows.slice(0, limit);
    const last = accounts.at(-1);
    return { accounts, nextCursor: last && rows.length > limit ? cursorAfter(last) : null };
  }

  /**
   * Writes the given fields, in the caller's transaction. Whoever else than the account's owner writes a number or an
   * e-mail vouches for it. With a number, or with a role that may do more, a password goes that somebody set who registered
   * and that nobody has vouched for: docs/decisions/0018-whoever-proves-a-number-owns-it.md.
   *
   * @param isPhoneProven whether the owner has just used a code that went to the given phone
   * @throws AppError `user_not_found`, `validation_failed` when no identity is left, `last_admin`; the driver's error
   *   for a name that is taken
   */
  async change(
    id: string,
    given: Partial<AccountFields>,
    within: Transaction,
    isPhoneProven = false,
  ): Promise<AccountChange> {
    const mayLoseAdmin = given.isActive === false || (given.role !== undefined && given.role !== 'ADMIN');
    const before = await this.lock(id, mayLoseAdmin, within);
    const old = fieldsOf(before);
    const fields = { ...old, ...given };
    requireEssentials(fields);
    const changed = (Object.keys(old) as (keyof AccountFields)[]).filter((field) => fields[field] !== old[field]);
    const isSame = changed.length === 0 && !isPhoneProven;
    const after = isSame ? before : await this.repository.write(id, fields, isPhoneProven, within);
    return { before, after, fields: changed, endsPassword: before.has_password && !after.has_password };
  }

  /** Vouches for an account that somebody registered; a password that they set before the number was proven goes. */
  vouch(id: string, within: Transaction): Promise<void> {
    return this.repository.vouch(id, within);
  }

  /**
   * Gives an account another password, or takes it away (null): its owner then logs in by code. Known devices are
   * forgotten with it.
   *
   * @throws AppError `user_not_found`
   */
  async setPassword(id: string, passwordHash: string | null, within: Transaction): Promise<ManagedAccountRow> {
    const account = orNotFound(await this.repository.lock(id, within));
    await this.repository.setPassword(id, passwordHash, within);
    return account;
  }

  /**
   * Gives an account another password in place of the one whose hash was compared. Known devices are forgotten with it.
   *
   * @throws AppError `current_password_wrong` when it is not the account's password any more, or the account is disabled
   */
  async changePassword(
    id: string,
    compared: string,
    passwordHash: string,
    within: Transaction,
  ): Promise<ManagedAccountRow> {
    const account = await this.repository.changePassword(id, compared, passwordHash, within);
    if (!account) throw new AppError('current_password_wrong');
    return account;
  }

  /** Locks an account whose second factors change. @throws AppError `user_not_found` */
  async lockForSecondFactor(id: string, within: Transaction): Promise<ManagedAccountRow> {
    return orNotFound(await this.repository.lock(id, within));
  }

  /** Notes whether an account has a second factor: what the guard asks at each call. The account is locked. */
  noteSecondFactor(id: string, has: boolean, within: Transaction): Promise<void> {
    return this.repository.noteSecondFactor(id, has, within);
  }

  /**
   * Takes everything personal out of an account; its id stays for the audit log.
   *
   * @returns the account as it was
   * @throws AppError `user_not_found`, `last_admin`
   */
  async erase(id: string, within: Transaction): Promise<ManagedAccountRow> {
    const before = await this.lock(id, true, within);
    await this.repository.erase(id, within);
    return before;
  }

  /** Whether the database has no admin at all; until the transaction ends nobody else is told so. */
  noAdminYet(within: Transaction): Promise<boolean> {
    return this.repository.noAdminYet(within);
  }

  /** Locks an account, and makes sure that it is not the last active admin if it may cease to be one. */
  private async lock(id: string, mayLoseAdmin: boolean, within: Transaction): Promise<ManagedAccountRow> {
    const admins = mayLoseAdmin ? await this.repository.lockActiveAdmins(within) : [];
    const account = orNotFound(await this.repository.lock(id, within));
    if (admins.length === 1 && admins[0] === id) throw new AppError('last_admin');
    return account;
  }
}

function fieldsOf(row: ManagedAccountRow): AccountFields {
  const { full_name: fullName, email, username, phone, role, is_active: isActive } = row;
  return { fullName, email, username, phone, role, isActive };
}

function orNotFound<Row>(row: Row | null): Row {
  if (!row) throw new AppError('user_not_found');
  return row;
}

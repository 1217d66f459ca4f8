import { Injectable } from '@nestjs/common';
import { Audit, type AuditEvent } from '../../records/audit/audit.service.js';
import { Database, type Transaction } from '../../platform/database/database.js';
import { AppError } from '../../platform/errors/app-error.js';
import { Sessions } from '../../identity/sessions/sessions.service.js';
import { type AccountFields, type TypedFields } from '../../identity/users/account-fields.js';
import { type ManagedAccountRow } from '../../identity/users/account.js';
import { Accounts } from '../../identity/users/accounts.service.js';
import { invalidField } from '../../platform/errors/invalid-field.js';

/** An admin, and whether the account is new. */
export interface MadeAdmin {
  readonly account: ManagedAccountRow;
  readonly isNew: boolean;
  /** The password that was set at the registration was removed. */
  readonly endsPassword: boolean;
}

/** Admins made by whoever can run commands on the machine: the first one of a production database comes from here. */
@Injectable()
export class AdminCreation {
  constructor(
    private readonly database: Database,
    private readonly accounts: Accounts,
    private readonly sessions: Sessions,
    private readonly audit: Audit,
  ) {}

  /**
   * Makes an account with the role ADMIN, or gives the role to the one that has one of these identities. Of an account that
   * somebody registered, the operator has to name the number or give it a password: e-mail and username are only what the
   * registrant typed.
   *
   * @param mayPromote whether an account that has all of these identities already gets the role
   * @param password null: the admin logs in by code, or with the password the account has
   * @throws AppError `validation_failed` (also when the number or the password is missing), `invalid_phone`, `password_refused`; `conflict` when one of the identities
   *   belongs to an account that may not be promoted, or to another than the rest; `phone_required` when there would be no way to log in
   */
  async create(typed: TypedFields, password: string | null, mayPromote: boolean): Promise<MadeAdmin> {
    const fields = this.accounts.read(typed);
    const { email = null, username = null, phone = null } = fields;
    const [existing, ...others] = await this.accounts.byIdentity({ email, username, phone });
    if (others.length > 0) throw new AppError('conflict');
    // E-mails and usernames are as people typed them: a stranger may have taken the one that an admin is to have.
    if (existing && (!mayPromote || !isSame(existing, { email, username, phone }))) throw new AppError('conflict');
    if (existing) return this.promote(existing.id, password, phone !== null);
    if (phone === null && password === null) throw new AppError('phone_required');
    return { account: await this.make(fields, password), isNew: true, endsPassword: false };
  }

  private async make(fields: Partial<AccountFields>, password: string | null): Promise<ManagedAccountRow> {
    const hash = password === null ? null : await this.accounts.hashNewPassword(password, fields);
    return this.database.transaction(async (transaction) => {
      const account = await this.accounts.create({ ...fields, role: 'ADMIN' }, hash, transaction);
      await this.record('user.created', account.id, { role: 'ADMIN' }, transaction);
      return account;
    });
  }

  private async promote(id: string, password: string | null, isPhoneNamed: boolean): Promise<MadeAdmin> {
    const account = await this.accounts.personalDataOf(id);
    requireVouched(account, password, isPhoneNamed);
    if (account.phone === null && !account.has_password && password === null) throw new AppError('phone_required');
    const owner = { ...account, fullName: account.full_name };
    const hash = password === null ? null : await this.accounts.hashNewPassword(password, owner);
    return this.database.transaction(async (transaction) => {
      const { before, after, fields } = await this.accounts.change(id, { role: 'ADMIN', isActive: true }, transaction);
      requireVouched(before, password, isPhoneNamed);
      await this.accounts.vouch(id, transaction);
      if (hash !== null) await this.accounts.setPassword(id, hash, transaction);
      // Whoever is logged in to the account now has to show again that it is theirs, before it can do more.
      await this.sessions.endAll(id, 'role_changed', { id: null, address: null }, null, transaction);
      const endsPassword = hasStrangersPassword(before);
      const changed = hash === null && !endsPassword ? fields : [...fields, 'password'];
      await this.record('user.changed', id, { fields: changed, role: 'ADMIN' }, transaction);
      return { account: after, isNew: false, endsPassword };
    });
  }

  private record(
    type: string,
    id: string,
    detail: NonNullable<AuditEvent['detail']>,
    within: Transaction,
  ): Promise<void> {
    return this.audit.record(
      { type, outcome: 'success', subjectId: id, detail: { ...detail, by: 'admin:create' } },
      within,
    );
  }
}

/** Whether whoever registered the account set its password, and nobody has proven or vouched for its number since. */
function hasStrangersPassword({ has_password, self_registered, phone_proven }: ManagedAccountRow): boolean {
  return has_password && self_registered && !phone_proven;
}

/** @throws AppError `validation_failed` when a stranger may hold a way in to the account that nobody has named */
function requireVouched(account: ManagedAccountRow, password: string | null, isPhoneNamed: boolean): void {
  if (!account.self_registered) return;
  if (account.phone !== null && !isPhoneNamed) throw invalidField('phone', 'unnamedNumber');
  if (account.phone === null && password === null) throw invalidField('password', 'unknownPassword');
}

/** Whether an account has every identity that was given. */
function isSame(account: ManagedAccountRow, given: Pick<AccountFields, 'email' | 'username' | 'phone'>): boolean {
  return (['email', 'username', 'phone'] as const).every(
    (name) => given[name] === null || given[name] === account[name],
  );
}

import { Injectable } from '@nestjs/common';
import { Audit, type AuditEvent } from '../../records/audit/audit.service.js';
import { AccountSettings } from '../../platform/config/groups/accounts.js';
import { ServerSettings } from '../../platform/config/groups/server.js';
import { Database, type Transaction } from '../../platform/database/database.js';
import { AppError } from '../../platform/errors/app-error.js';
import { requireFresh, STAFF, type CurrentCaller } from '../../platform/http/access.decorators.js';
import { type RequestContext } from '../../platform/http/request-context.js';
import { type AccountFields, type TypedFields } from '../../identity/users/account-fields.js';
import { type AccountRow } from '../../identity/users/account.js';
import { Accounts } from '../../identity/users/accounts.service.js';
import { RegistrationTokens } from '../../identity/users/registration-tokens.js';

/** What somebody who registers says of themself; `password` is left out by those who log in by code only. */
export interface Registrant extends Pick<TypedFields, 'fullName' | 'email' | 'username' | 'phone'> {
  readonly role?: TypedFields['role'] | null;
  readonly password?: string | null | undefined;
}

/** An account that was made. */
export interface Registered {
  readonly account: AccountRow & { created_at: Date };
  /** Shown with the code that proves the number, it keeps what was set here; null where nobody has to prove one. */
  readonly token: string | null;
}

/** Roles that people may give themselves where registration is open; the others are an admin's to give. */
const OPEN_ROLES: readonly Registrant['role'][] = [undefined, null, 'USER', 'KARYAWAN'];

/** What is to be made, read and checked. */
interface Draft {
  readonly fields: Partial<AccountFields>;
  readonly passwordHash: string | null;
}

/** New accounts made by their owners (`REGISTRATION=open`) or by an admin. */
@Injectable()
export class Registration {
  constructor(
    private readonly serverSettings: ServerSettings,
    private readonly accountSettings: AccountSettings,
    private readonly database: Database,
    private readonly accounts: Accounts,
    private readonly tokens: RegistrationTokens,
    private readonly audit: Audit,
  ) {}

  /**
   * Makes an account. Who is free to do so, and with which role: an ADMIN always and with any; everybody with an open
   * role where registration is open; outside production the first ADMIN of a database that has none, decided under a
   * lock.
   *
   * An admin vouches for what they register. Of anybody else a number is a claim: until a code to it was used, nothing but a
   * code lets anybody in (docs/decisions/0018-whoever-proves-a-number-owns-it.md).
   *
   * While unknown numbers are concealed, a stranger gets the same answer for a number, an e-mail and a username that is
   * known, and an account is made where the number is free. So it takes a number: a password without one would log in at
   * once or not, and tell.
   *
   * @throws AppError `registration_closed`, `registration_by_phone_only`, `forbidden`, `validation_failed`, `invalid_phone`,
   *   `password_refused`; the driver's error for a name that is taken
   */
  async register(
    registrant: Registrant,
    caller: CurrentCaller | undefined,
    context: RequestContext,
  ): Promise<Registered> {
    const byAdmin = caller?.role === 'ADMIN';
    // Every account made by a stranger counts, refused or not: nobody fills the table from one address.
    if (!byAdmin) context.addressReservations.confirm('failures');
    const wantsFirstAdmin = registrant.role === 'ADMIN' && !byAdmin && this.serverSettings.firstAdminRegisters;
    if (!byAdmin) this.refuseUnlessOpen(registrant.role, caller, wantsFirstAdmin);
    // A role is given away: as when an admin changes one.
    if (byAdmin && STAFF.includes(registrant.role ?? 'USER')) requireFresh(caller);
    const isQuiet = this.accountSettings.concealUnknownPhones && !byAdmin && !wantsFirstAdmin;
    const { password, ...typed } = withoutNulls(registrant);
    const fields = this.accounts.read(typed);
    if (isQuiet && !fields.phone) throw new AppError('registration_by_phone_only');
    const passwordHash = password === undefined ? null : await this.accounts.hashNewPassword(password, fields);
    if (isQuiet) return this.makeQuietly({ fields, passwordHash }, caller, context);
    const account = await this.database.transaction(async (transaction) => {
      if (wantsFirstAdmin && !(await this.accounts.noAdminYet(transaction))) throw new AppError('forbidden');
      const made = await this.accounts.create(fields, passwordHash, transaction, !byAdmin);
      const event = { outcome: 'success', userId: caller?.userId ?? made.id, detail: { role: made.role } } as const;
      await this.record({ ...event, subjectId: made.id }, context, transaction);
      return made;
    });
    return { account, token: account.phone_claimed ? this.tokens.issue(account.id) : null };
  }

  /** The same answer, and the same work, whatever of it is known already. */
  private async makeQuietly(
    { fields, passwordHash }: Draft,
    caller: CurrentCaller | undefined,
    context: RequestContext,
  ): Promise<Registered> {
    const account = await this.database.transaction(async (transaction) => {
      const { account: asked, numberOwner } = await this.accounts.createQuietly(fields, passwordHash, transaction);
      const isMade = numberOwner === asked.id;
      const userId = caller?.userId ?? (isMade ? asked.id : null);
      const event = isMade
        ? ({ outcome: 'success', detail: { role: asked.role } } as const)
        : ({ outcome: 'failure', detail: { code: 'phone_taken' } } as const);
      await this.record({ ...event, userId, subjectId: numberOwner }, context, transaction);
      return asked;
    });
    return { account, token: this.tokens.issue(account.id) };
  }

  private record(
    event: Omit<AuditEvent, 'type'>,
    { address, id: requestId }: RequestContext,
    within: Transaction,
  ): Promise<void> {
    return this.audit.record({ ...event, type: 'user.registered', address, requestId }, within);
  }

  private refuseUnlessOpen(
    role: Registrant['role'],
    caller: CurrentCaller | undefined,
    wantsFirstAdmin: boolean,
  ): void {
    const isOpen = this.accountSettings.registration === 'open';
    if (OPEN_ROLES.includes(role) && isOpen) return;
    if (caller?.roleRefusal && caller.accountRole === 'ADMIN') throw new AppError(caller.roleRefusal);
    if (wantsFirstAdmin) return;
    throw new AppError(OPEN_ROLES.includes(role) ? 'registration_closed' : 'forbidden');
  }
}

/** JSON's null says as much as a field that is left out. */
function withoutNulls({ role, password, ...names }: Registrant): TypedFields & { password?: string } {
  return { ...names, ...(role ? { role } : {}), ...(password === null || password === undefined ? {} : { password }) };
}

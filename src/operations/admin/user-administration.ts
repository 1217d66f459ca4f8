import { Injectable } from '@nestjs/common';
import { Audit, type AuditEvent } from '../../records/audit/audit.service.js';
import { Database, type Transaction } from '../../platform/database/database.js';
import { AppError } from '../../platform/errors/app-error.js';
import { AccountChanged, matches } from './account-tag.js';
import { requireFresh, STAFF, type CurrentCaller } from '../../platform/http/access.decorators.js';
import { type RequestContext } from '../../platform/http/request-context.js';
import { Codes } from '../../login/codes/codes.service.js';
import { Messaging } from '../../delivery/outbox/messaging.service.js';
import { SecondFactors, type HeldFactors } from '../../login/second-factor/second-factors.service.js';
import { Sessions, type SessionRow } from '../../identity/sessions/sessions.service.js';
import { type TypedFields } from '../../identity/users/account-fields.js';
import { type ManagedAccountRow } from '../../identity/users/account.js';
import { Accounts, type AccountChange, type AccountsQuery } from '../../identity/users/accounts.service.js';
import { Users, type PasswordLock } from '../../identity/users/users.service.js';

/** An account as the admin console shows it. */
export interface ManagedUser {
  readonly account: ManagedAccountRow;
  readonly lastLogin: Date | null;
}

type NumberLock = Awaited<ReturnType<Codes['locksOf']>>[number];

/** What keeps an account's owner from logging in, and until when; null: until somebody acts. */
export interface Lock {
  readonly reason: 'disabled' | 'wrong_passwords' | NumberLock['reason'];
  readonly until: Date | null;
  readonly purpose?: NumberLock['purpose'];
  readonly devices?: NumberLock['devices'];
  readonly identifier?: PasswordLock['identifier'];
}

/** An account with what somebody must know who helps its owner. */
export interface UserDetail extends ManagedUser {
  readonly locks: readonly Lock[];
  readonly lastSends: Awaited<ReturnType<Messaging['lastOf']>>;
  readonly factors: HeldFactors;
}

/** Messages that are shown of an account. */
const LAST_SENDS = 10;

/** Fields by which somebody logs in: whoever changes them for somebody of staff could take the account over. */
const LOGIN_NAMES = ['phone', 'email', 'username'] as const;

/** Who acts, and in which request. */
export interface Actor {
  readonly userId: string;
  readonly login: CurrentCaller;
  readonly context: RequestContext;
}

/**
 * What admins do with accounts. In each transaction codes come first and the account's row after them, as when
 * somebody logs in: the other way round a login and a change could wait for each other.
 */
@Injectable()
export class UserAdministration {
  constructor(
    private readonly database: Database,
    private readonly accounts: Accounts,
    private readonly users: Users,
    private readonly sessions: Sessions,
    private readonly secondFactors: SecondFactors,
    private readonly codes: Codes,
    private readonly messaging: Messaging,
    private readonly audit: Audit,
  ) {}

  async list(query: AccountsQuery): Promise<{ users: ManagedUser[]; nextCursor: string | null }> {
    const { accounts, nextCursor } = await this.accounts.list(query);
    const lastLogins = await this.sessions.lastLogins(accounts.map(({ id }) => id));
    return {
      users: accounts.map((account) => ({ account, lastLogin: lastLogins.get(account.id) ?? null })),
      nextCursor,
    };
  }

  /** @throws AppError `user_not_found` */
  async show(id: string): Promise<UserDetail> {
    const account = await this.accounts.get(id);
    const [managed, locks, lastSends, factors] = await Promise.all([
      this.withLastLogin(account),
      this.locksOf(account),
      this.messaging.lastOf(id, LAST_SENDS),
      this.secondFactors.of(id),
    ]);
    return { ...managed, locks, lastSends, factors };
  }

  /** @throws AppError `validation_failed`, `invalid_phone`; the driver's error for a name that is taken */
  async create(typed: TypedFields, actor: Actor): Promise<ManagedUser> {
    const fields = this.accounts.read(typed);
    if (STAFF.includes(fields.role ?? 'USER')) requireFresh(actor.login);
    const account = await this.database.transaction(async (transaction) => {
      const created = await this.accounts.create(fields, null, transaction);
      await this.record('user.created', created.id, { role: created.role }, actor, transaction);
      return created;
    });
    return { account, lastLogin: null };
  }

  /**
   * The login sessions of an account.
   *
   * @throws AppError `user_not_found`
   */
  async sessionsOf(id: string): Promise<SessionRow[]> {
    await this.accounts.get(id);
    return this.sessions.list(id);
  }

  /** Ends all login sessions of an account. @returns how many there were @throws AppError `user_not_found` */
  async endSessions(id: string, actor: Actor): Promise<number> {
    await this.accounts.get(id);
    return this.database.transaction(async (transaction) => {
      const ended = await this.sessions.endAll(id, 'revoked', from(actor, id), null, transaction);
      await this.record('user.sessions_ended', id, { count: ended }, actor, transaction);
      return ended;
    });
  }

  /**
   * Changes the given fields. Disabling an account and giving it another number ends its sessions and its codes. A role is
   * read at each call and ends nothing, unless it ends a password that nobody has vouched for (see `Accounts.change`).
   *
   * @param seen which state of the account was changed (`tagOf`), as `If-Match` says it; null: whichever there is
   * @throws AppError `user_not_found`, `validation_failed`, `invalid_phone`, `last_admin`, `phone_required` when that
   *   password was the only way in, `fresh_login_required` for a role, and for what staff log in by, `account_changed` when the account is not as it was seen; the driver's error for a name
   *   that is taken
   */
  async change(id: string, typed: TypedFields, actor: Actor, seen: string | null = null): Promise<ManagedUser> {
    const fields = this.accounts.read(typed);
    const { phone } = await this.accounts.get(id);
    const change = await this.database.transaction(async (transaction) => {
      const endsCodes = fields.isActive === false || (fields.phone !== undefined && fields.phone !== phone);
      if (endsCodes && phone !== null) await this.codes.voidCodes(phone, transaction);
      const written = await this.accounts.change(id, fields, transaction);
      // The row is locked since: nobody changes it between this look and the commit.
      if (!matches(seen, written.before)) throw new AccountChanged(written.before);
      if (isRisky(written)) requireFresh(actor.login);
      const reason = reasonToEndSessions(written);
      if (written.endsPassword && written.after.phone === null) throw new AppError('phone_required');
      if (reason) await this.sessions.endAll(id, reason, from(actor, id), null, transaction);
      if (written.fields.length > 0) {
        const role = written.fields.includes('role') ? { role: written.after.role } : {};
        const fields = written.endsPassword ? [...written.fields, 'password'] : written.fields;
        await this.record('user.changed', id, { fields, ...role }, actor, transaction);
      }
      return written;
    });
    return this.withLastLogin(change.after);
  }

  /** Gives an account its guesses, passwords and codes back. @throws AppError `user_not_found` */
  async unlock(id: string, actor: Actor): Promise<void> {
    const account = await this.accounts.get(id);
    await this.database.transaction(async (transaction) => {
      if (account.phone !== null) await this.codes.unlock(account.phone, transaction);
      await this.users.forgetFailures(account, transaction);
      await this.record('user.unlocked', id, undefined, actor, transaction);
    });
  }

  /**
   * Takes the password away and ends all sessions: the owner logs in by code and sets a new one when there is a way.
   *
   * @throws AppError `user_not_found`, `phone_required` without a number that a code could go to, `fresh_login_required` for staff
   */
  async removePassword(id: string, actor: Actor): Promise<void> {
    const { phone, role } = await this.accounts.get(id);
    if (STAFF.includes(role)) requireFresh(actor.login);
    if (phone === null) throw new AppError('phone_required');
    await this.database.transaction(async (transaction) => {
      await this.codes.voidCodes(phone, transaction);
      const account = await this.accounts.setPassword(id, null, transaction);
      if (account.phone === null) throw new AppError('phone_required');
      await this.sessions.endAll(id, 'reset', from(actor, id), null, transaction);
      await this.users.forgetFailures(account, transaction);
      await this.record('user.password_removed', id, undefined, actor, transaction);
    });
  }

  private async locksOf(account: ManagedAccountRow): Promise<Lock[]> {
    const [ofNumber, ofPassword] = await Promise.all([
      account.phone === null ? [] : this.codes.locksOf(account.phone),
      this.users.passwordLocks(account),
    ]);
    return [
      ...(account.is_active ? [] : [{ reason: 'disabled', until: null } as const]),
      ...ofNumber,
      ...ofPassword.map((lock) => ({ reason: 'wrong_passwords', ...lock }) as const),
    ];
  }

  private async withLastLogin(account: ManagedAccountRow): Promise<ManagedUser> {
    const lastLogins = await this.sessions.lastLogins([account.id]);
    return { account, lastLogin: lastLogins.get(account.id) ?? null };
  }

  private record(
    type: string,
    id: string,
    detail: AuditEvent['detail'],
    { userId, context }: Actor,
    within: Transaction,
  ): Promise<void> {
    const { address, id: requestId } = context;
    const event = { type, outcome: 'success', userId, subjectId: id, address, requestId } as const;
    return this.audit.record(detail ? { ...event, detail } : event, within);
  }
}

/** Whether a change gives or takes rights, or lets somebody else in to an account that has them. */
function isRisky({ before, after, fields }: AccountChange): boolean {
  const isStaff = STAFF.includes(before.role) || STAFF.includes(after.role);
  const isStaffsAccess = fields.includes('isActive') || LOGIN_NAMES.some((field) => fields.includes(field));
  return fields.includes('role') || (isStaff && isStaffsAccess);
}

/** Sessions that stayed over from a moment of disabling end when the account comes back, too. */
function reasonToEndSessions({
  fields,
  endsPassword,
}: AccountChange): 'disabled' | 'phone_changed' | 'role_changed' | null {
  if (fields.includes('isActive')) return 'disabled';
  if (fields.includes('phone')) return 'phone_changed';
  return endsPassword ? 'role_changed' : null;
}

/** An admin's address does not become part of what is held about others. */
function from({ userId, context }: Actor, subject: string): { id: string; address: string | null } {
  return { id: context.id, address: userId === subject ? context.address : null };
}

import { AppError } from '../../platform/errors/app-error.js';
import { namesState, stateTag } from '../../platform/http/state-tags.js';
import { nationalPhone } from '../../platform/phone/phone.js';
import { type ManagedAccountRow } from '../../identity/users/account.js';

/** A state of what admins can change of an account. */
export function tagOf({ full_name, email, username, phone, role, is_active }: ManagedAccountRow): string {
  return stateTag([full_name, email, username, phone, role, is_active]);
}

/** Whether an account is as `If-Match` says. @param header null: any state */
export function matches(header: string | null, account: ManagedAccountRow): boolean {
  return namesState(header, tagOf(account));
}

/** Somebody else has changed the account meanwhile; the answer says how it is now. */
export class AccountChanged extends AppError {
  constructor(account: ManagedAccountRow) {
    const { full_name: fullName, email, username, role, is_active: isActive } = account;
    const phone = account.phone === null ? null : nationalPhone(account.phone);
    super('account_changed', { details: { fullName, email, username, phone, role, isActive } });
  }
}

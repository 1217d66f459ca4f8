import { createHash } from 'node:crypto';
import { AppError } from '../../platform/errors/app-error.js';
import { nationalPhone } from '../../platform/phone/phone.js';
import { type ManagedAccountRow } from '../../identity/users/account.js';

/** A state of what admins can change of an account, as an entity tag (RFC 9110 section 8.8.3). */
export function tagOf({ full_name, email, username, phone, role, is_active }: ManagedAccountRow): string {
  const state = JSON.stringify([full_name, email, username, phone, role, is_active]);
  return `"${createHash('sha256').update(state).digest('base64url').slice(0, 22)}"`;
}

/**
 * Whether an account is as `If-Match` says (RFC 9110 section 13.1.1). A proxy that packs answers makes `W/"x"` of `"x"`:
 * the same state.
 *
 * @param header null, or `*`: any state
 */
export function matches(header: string | null, account: ManagedAccountRow): boolean {
  if (header === null) return true;
  const tags = header
    .slice(0, 500)
    .split(',')
    .map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.some((tag) => tag === '*' || tag === tagOf(account));
}

/** Somebody else has changed the account meanwhile; the answer says how it is now. */
export class AccountChanged extends AppError {
  constructor(account: ManagedAccountRow) {
    const { full_name: fullName, email, username, role, is_active: isActive } = account;
    const phone = account.phone === null ? null : nationalPhone(account.phone);
    super('account_changed', { details: { fullName, email, username, phone, role, isActive } });
  }
}

import { parsePhone } from '../../platform/phone/phone.js';

/** What somebody logs in by: the one column of an account that it fits, and its spelling there. */
export interface Identifier {
  readonly column: 'phone' | 'email' | 'username';
  readonly value: string;
}

/**
 * The one spelling of an e-mail address or username: people type them with capitals, spaces around them and characters
 * of other widths, and mean the same account.
 */
export function canonicalName(typed: string): string {
  return typed.normalize('NFKC').trim().toLowerCase();
}

/**
 * Reads what was typed for an e-mail address, a username or a phone number. It is one of them and never two: what reads
 * as a phone number is one, of the rest an e-mail address has an `@` and a username has none. `account-fields.ts` lets
 * no account have anything that would be read as something else.
 */
export function readIdentifier(typed: string, allowedCountries: readonly string[]): Identifier {
  const phone = parsePhone(typed, allowedCountries);
  if (phone !== null) return { column: 'phone', value: phone };
  const value = canonicalName(typed);
  return { column: value.includes('@') ? 'email' : 'username', value };
}

import { groupsDigits, parsePhone } from '../../platform/phone/phone.js';
import { type ManagedAccountRow } from './account.js';
import { type AccountsFilter } from './accounts.repository.js';
import { invalidField } from '../../platform/errors/invalid-field.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A part of a phone number, in any of its spellings. */
const PHONE_PART = /^[+0-9 ().\-/]+$/;

/** What a search looks for: words in names, digits in phones. */
export function searchPatterns(
  typed: string,
  allowedCountries: readonly string[],
): Pick<AccountsFilter, 'words' | 'digits'> {
  // PostgreSQL has no text with the character zero; no name has a control character.
  const term = typed
    .normalize('NFKC')
    .replace(/\p{Cc}/gu, ' ')
    .trim()
    .toLowerCase();
  if (term === '') return { words: null, digits: null };
  const whole = parsePhone(term, allowedCountries)?.slice(1);
  // The table has a beginning such as 0812 as 62812: without the zero it is found in both.
  const isPart = PHONE_PART.test(term) && groupsDigits(term);
  const digits = whole ?? (isPart ? term.replace(/\D/g, '').replace(/^0+/, '') : '');
  return { words: containing(term), digits: digits === '' ? null : containing(digits) };
}

function containing(term: string): string {
  return `%${term.replace(/[\\%_]/g, '\\$&')}%`;
}

/** Where the next page begins; opaque to the caller. */
export function cursorAfter({ created_at, id }: ManagedAccountRow): string {
  return Buffer.from(`${created_at.getTime()} ${id}`).toString('base64url');
}

/** @throws AppError `validation_failed` for an invalid cursor */
export function readCursor(cursor: string): NonNullable<AccountsFilter['after']> {
  const [time = '', id = ''] = Buffer.from(cursor, 'base64url').toString().split(' ');
  if (!/^\d{1,14}$/.test(time) || !UUID.test(id)) {
    throw invalidField('cursor', 'unknownCursor');
  }
  return { createdAt: new Date(Number(time)), id };
}

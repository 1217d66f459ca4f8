import { type Language } from '../../platform/config/languages.js';
import { AppError } from '../../platform/errors/app-error.js';
import { TEXTS, type Texts } from '../../platform/texts/texts.js';
import { isWhatsappId, parsePhone } from '../../platform/phone/phone.js';
import { type AccountRow } from './account.js';
import { canonicalName } from './identifiers.js';

/** What can be said about an account, in the service's own spelling: names canonical, the phone E.164. */
export interface AccountFields {
  fullName: string;
  email: string | null;
  username: string | null;
  phone: string | null;
  role: AccountRow['role'];
  isActive: boolean;
}

/** Fields as people type them; what is absent is not spoken of. */
export type TypedFields = { [Field in keyof AccountFields]?: AccountFields[Field] | undefined };

/** The limits of the table, which the database holds too. */
const LONGEST_NAME = 200;
const LONGEST_EMAIL = 254;
const LONGEST_USERNAME = 64;

// \p{DI}: characters that are not shown at all, with which a name would look like another's.
const EMAIL = /^[^@\s\p{C}\p{DI}]+@[^@\s\p{C}\p{DI}.]+(?:\.[^@\s\p{C}\p{DI}.]+)+$/u;
/** Holds a letter and no `@`: so it can be neither a phone number nor an e-mail address. */
const USERNAME = /^(?=.*[a-z])[^@\s\p{C}\p{DI}]+$/u;

type Problem = keyof Texts['problems']['account'] | 'phone';

/**
 * Reads typed fields into the service's own spelling.
 *
 * @throws AppError `invalid_phone` when only the phone is at fault, else `validation_failed` naming the fields
 */
export function readAccountFields(typed: TypedFields, allowedCountries: readonly string[]): Partial<AccountFields> {
  const read: Partial<AccountFields> = {};
  const problems: Problem[] = [];
  if (typed.fullName !== undefined) {
    read.fullName = typed.fullName.normalize('NFC').replace(/\s+/gu, ' ').trim();
    if (
      read.fullName === '' ||
      [...read.fullName].length > LONGEST_NAME ||
      /[\p{Cc}\p{Cf}\p{Cs}]/u.test(read.fullName) ||
      !/[\p{L}\p{N}]/u.test(read.fullName)
    )
      problems.push('fullName');
  }
  if (typed.email !== undefined) {
    read.email = typed.email === null ? null : canonicalName(typed.email);
    if (read.email !== null && (read.email.length > LONGEST_EMAIL || !EMAIL.test(read.email))) problems.push('email');
    // Whoever logs in with it would be looked for by that number, and be charged to it.
    else if (read.email !== null && isWhatsappId(read.email)) problems.push('emailIsPhone');
  }
  if (typed.username !== undefined) {
    read.username = typed.username === null ? null : canonicalName(typed.username);
    if (read.username !== null && (read.username.length > LONGEST_USERNAME || !USERNAME.test(read.username)))
      problems.push('username');
  }
  if (typed.phone !== undefined) {
    read.phone = typed.phone === null ? null : parsePhone(typed.phone, allowedCountries);
    if (read.phone === null && typed.phone !== null) problems.push('phone');
  }
  if (typed.role !== undefined) read.role = typed.role;
  if (typed.isActive !== undefined) read.isActive = typed.isActive;
  if (problems.length === 1 && problems[0] === 'phone') throw new AppError('invalid_phone');
  if (problems.length > 0) throw refusal(problems);
  return read;
}

/** @throws AppError `validation_failed` without a name, or when nothing tells the account from others */
export function requireEssentials({ fullName, email, username, phone }: AccountFields): void {
  const problems: Problem[] = [];
  if (fullName === '') problems.push('fullName');
  if (email === null && username === null && phone === null) problems.push('identity');
  if (problems.length > 0) throw refusal(problems);
}

function refusal(problems: Problem[]): AppError {
  const problemOf = (problem: Problem, language: Language) => ({
    field: problem === 'emailIsPhone' ? 'email' : problem,
    problem: sentences(language)[problem],
  });
  return new AppError('validation_failed', {
    details: (language) => problems.map((problem) => problemOf(problem, language)),
  });
}

function sentences(language: Language): Record<Problem, string> {
  const { account, field } = TEXTS[language].problems;
  return {
    ...account,
    fullName: account.fullName(LONGEST_NAME),
    username: account.username(LONGEST_USERNAME),
    phone: field.noPhone,
  };
}

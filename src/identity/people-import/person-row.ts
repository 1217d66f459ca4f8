import { type AccountRow } from '../users/account.js';
import { type ImportedAccounts } from '../users/imported/imported-accounts.js';
import { readForeignHash, type HashProblem } from '../users/passwords/foreign-hashes.js';
import { type ForeignPerson } from './sources/source.js';

/** Why a row cannot be imported, whatever is in the database. */
export type RowProblem =
  | 'unreadable'
  | 'id_invalid'
  | 'name_missing'
  | 'name_invalid'
  | 'email_invalid'
  | 'username_invalid'
  | 'phone_invalid'
  | 'identity_missing'
  | 'role_unknown'
  | 'active_invalid';

/** Why a password was not taken over. */
export type PasswordNote = HashProblem | 'password_too_long';

type Role = AccountRow['role'];

/** A person in the service's spelling. */
export interface PersonRow {
  readonly legacyId: string | null;
  readonly fullName: string;
  readonly email: string | null;
  readonly username: string | null;
  readonly phone: string | null;
  readonly role: Role;
  readonly isActive: boolean;
  /** Plain, or a hash that can be verified here; never both. */
  readonly password: string | null;
  readonly passwordHash: string | null;
  readonly passwordNote: PasswordNote | null;
  /** Fields that cannot be read, and that the person does without. */
  readonly leftOut: readonly ('email' | 'username')[];
}

/** What is meant by an import. */
export interface ReadingOptions {
  /** Whether people get the roles that the source gives them; else they are all USER. */
  readonly withRoles: boolean;
  /** What people without a name are called. */
  readonly defaultName?: string | undefined;
}

/** The row cannot be imported. */
class Refused extends Error {
  constructor(readonly problem: RowProblem) {
    super(problem);
  }
}

const LONGEST_ID = 200;
/** The dashboard calls its staff agents: docs/contract/dashboard.md#accounts-and-tokens. */
const ROLES = new Map<string, Role>([
  ['ADMIN', 'ADMIN'],
  ['SUPERVISOR', 'SUPERVISOR'],
  ['OPERATOR', 'OPERATOR'],
  ['KARYAWAN', 'KARYAWAN'],
  ['AGENT', 'KARYAWAN'],
  ['USER', 'USER'],
]);
const YES = new Set(['true', 't', '1', 'yes', 'y', 'ya']);
const NO = new Set(['false', 'f', '0', 'no', 'n', 'tidak']);

/** Reads a person as another system tells of them; a `RowProblem` when they cannot be imported. */
export function readPerson(
  given: ForeignPerson,
  options: ReadingOptions,
  accounts: Pick<ImportedAccounts, 'read'>,
): PersonRow | RowProblem {
  try {
    return read(given, options, accounts);
  } catch (error) {
    if (error instanceof Refused) return error.problem;
    throw error;
  }
}

function read(
  given: ForeignPerson,
  { withRoles, defaultName }: ReadingOptions,
  accounts: Pick<ImportedAccounts, 'read'>,
): PersonRow {
  const legacyId = text(given.id, 'id_invalid');
  if (legacyId !== null && (legacyId.length > LONGEST_ID || /[\p{C}]/u.test(legacyId))) throw new Refused('id_invalid');
  const typedPhone = text(given.phone, 'phone_invalid');
  const phone = typedPhone === null ? null : accounts.read('phone', typedPhone);
  if (typedPhone !== null && phone === null) throw new Refused('phone_invalid');
  const typed = { email: text(given.email, 'email_invalid'), username: text(given.username, 'username_invalid') };
  const email = typed.email === null ? null : accounts.read('email', typed.email);
  const username = typed.username === null ? null : accounts.read('username', typed.username);
  const leftOut = (['email', 'username'] as const).filter(
    (field) => typed[field] !== null && { email, username }[field] === null,
  );
  if (phone === null && email === null && username === null)
    throw new Refused(leftOut[0] === undefined ? 'identity_missing' : `${leftOut[0]}_invalid`);
  return {
    legacyId,
    fullName: nameOf(given, { email, username, defaultName }, accounts),
    email,
    username,
    phone,
    role: withRoles ? roleOf(given) : 'USER',
    isActive: isActive(given),
    ...passwordOf(given),
    leftOut,
  };
}

/** Who has no name is called by what they log in by: a number is no name, since messages begin with it. */
function nameOf(
  given: ForeignPerson,
  { email, username, defaultName }: { email: string | null; username: string | null; defaultName: string | undefined },
  accounts: Pick<ImportedAccounts, 'read'>,
): string {
  const typed = text(given.fullName, 'name_invalid');
  const wanted = typed ?? defaultName ?? username ?? email?.split('@')[0];
  if (wanted === undefined) throw new Refused('name_missing');
  const name = accounts.read('fullName', wanted);
  if (name === null) throw new Refused('name_invalid');
  return name;
}

function roleOf(given: ForeignPerson): Role {
  const typed = text(given.role, 'role_unknown');
  const role = typed === null ? 'USER' : ROLES.get(typed.toUpperCase());
  if (role === undefined) throw new Refused('role_unknown');
  return role;
}

function isActive({ isActive: given }: ForeignPerson): boolean {
  if (typeof given === 'boolean') return given;
  const typed = text(given, 'active_invalid')?.toLowerCase();
  if (typed === undefined || YES.has(typed)) return true;
  if (NO.has(typed)) return false;
  throw new Refused('active_invalid');
}

function passwordOf(given: ForeignPerson): Pick<PersonRow, 'password' | 'passwordHash' | 'passwordNote'> {
  const none = { password: null, passwordHash: null, passwordNote: null };
  const { password, passwordHash } = given;
  if (isSomething(passwordHash)) {
    const read = readForeignHash(passwordHash);
    return 'hash' in read ? { ...none, passwordHash: read.hash } : { ...none, passwordNote: read.problem };
  }
  if (typeof password !== 'string' && typeof password !== 'number') return none;
  // A system that began to hash its passwords may have both kinds.
  const read = readForeignHash(String(password));
  if ('hash' in read) return { ...none, passwordHash: read.hash };
  if (read.problem !== 'hash_unknown') return { ...none, passwordNote: read.problem };
  return String(password) === '' ? none : { ...none, password: String(password) };
}

function isSomething(value: unknown): boolean {
  if (typeof value === 'string') return value.trim() !== '';
  return value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
}

/** A text without what surrounds it; null where there is none. Numbers are ids and phone numbers of spreadsheets. */
function text(value: unknown, problem: RowProblem): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string' && typeof value !== 'number') throw new Refused(problem);
  const trimmed = String(value).trim();
  return trimmed === '' ? null : trimmed;
}

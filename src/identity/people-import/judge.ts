import { type KnownAccountRow } from '../users/imported/imported-accounts.js';

/** What the decision needs of a row. */
export interface JudgedRow {
  readonly line: number;
  /** Rows with the same one say the same. */
  readonly digest: string;
  readonly originKey: string;
  readonly phone: string | null;
  readonly email: string | null;
  readonly username: string | null;
  readonly fullName: string;
  readonly role: string;
  readonly isActive: boolean;
  readonly hasPassword: boolean;
}

/** A row of the same import, as far as it can be in another one's way. */
export type Rival = Pick<JudgedRow, 'line' | 'digest' | 'originKey' | 'phone' | 'email' | 'username'>;

/** Where the row was imported to before. */
export interface KnownOrigin {
  readonly userId: string;
  readonly isErased: boolean;
}

/** Why a row is left to somebody who decides. */
export type ConflictReason =
  | 'same_in_file'
  | 'several_accounts'
  | 'unproven_registration'
  | 'number_differs'
  | 'account_without_number'
  | 'username_taken'
  | 'role_without_login';

/** What becomes of a row. */
export type Verdict =
  | { readonly outcome: 'new' }
  | {
      readonly outcome: 'merged';
      readonly userId: string;
      readonly fill: { readonly email: string | null; readonly username: string | null };
      readonly kept: readonly string[];
    }
  | { readonly outcome: 'unchanged'; readonly userId: string }
  | { readonly outcome: 'repeated'; readonly otherLine: number }
  | { readonly outcome: 'conflict'; readonly reason: ConflictReason; readonly otherLine: number | null }
  | { readonly outcome: 'refused'; readonly reason: 'erased' };

/** What a row is judged by. */
export interface Surroundings {
  readonly origin: KnownOrigin | undefined;
  /** Accounts that have its number, e-mail or username. */
  readonly accounts: readonly KnownAccountRow[];
  /** Rows of the same import that have a name of its, or of those accounts. */
  readonly rivals: readonly Rival[];
}

const NAMES = ['phone', 'email', 'username'] as const;

/**
 * Decides what becomes of a row. The order of the rows makes no difference: what two rows claim goes to neither, unless they say
 * the same. A merge gives an account no way in that it did not have: no password, no role, no number, no e-mail that codes go to.
 */
export function judge(row: JudgedRow, { origin, accounts, rivals }: Surroundings): Verdict {
  const others = rivals.filter(({ line }) => line !== row.line);
  const first = lowest(others.filter(({ digest, line }) => digest === row.digest && line < row.line));
  if (first !== null) return { outcome: 'repeated', otherLine: first };
  if (origin) return origin.isErased ? { outcome: 'refused', reason: 'erased' } : { outcome: 'unchanged', ...origin };
  const matched = accounts.filter((account) => NAMES.some((name) => row[name] !== null && row[name] === account[name]));
  const [account] = matched;
  const competing = others.filter(
    (other) =>
      other.digest !== row.digest && (shares(row, other) || (account && joins(row, account) && joins(other, account))),
  );
  const competitor = lowest(competing);
  if (competitor !== null) return conflict('same_in_file', competitor);
  if (!account) return canHaveItsRole(row) ? { outcome: 'new' } : conflict('role_without_login');
  return matched.length > 1 ? conflict('several_accounts') : beside(row, account);
}

/** A row beside the only account that has one of its names. */
function beside(row: JudgedRow, account: KnownAccountRow): Verdict {
  if (row.phone !== null && row.phone === account.phone)
    return account.phone_claimed ? conflict('unproven_registration') : merge(row, account);
  if (row.email === null || row.email !== account.email) return conflict('username_taken');
  if (account.email_claimed || account.phone_claimed) return conflict('unproven_registration');
  if (row.phone === null) return merge(row, account);
  // Whoever has the number could log in to the account, on nothing but the word of the other system.
  return conflict(account.phone === null ? 'account_without_number' : 'number_differs');
}

/** Nobody could log in to an account without a number and a password, and its role would wait for whoever gets it one. */
function canHaveItsRole({ role, phone, hasPassword }: JudgedRow): boolean {
  return role === 'USER' || phone !== null || hasPassword;
}

function merge(row: JudgedRow, account: KnownAccountRow): Verdict {
  const differs = (name: 'email' | 'username') =>
    row[name] !== null && account[name] !== null && row[name] !== account[name];
  const kept = [
    ...(row.fullName === account.full_name ? [] : ['fullName']),
    ...(differs('email') ? ['email'] : []),
    ...(differs('username') ? ['username'] : []),
    ...(row.role === account.role ? [] : ['role']),
    ...(row.isActive === account.is_active ? [] : ['isActive']),
    ...(row.hasPassword ? ['password'] : []),
  ];
  const missing = (name: 'email' | 'username') => (account[name] === null ? row[name] : null);
  const fill = { email: missing('email'), username: missing('username') };
  return { outcome: 'merged', userId: account.id, fill, kept };
}

function shares(row: Rival, other: Rival): boolean {
  return row.originKey === other.originKey || NAMES.some((name) => row[name] !== null && row[name] === other[name]);
}

/** Whether a row would be merged into an account, as far as these two tell. */
function joins(row: Pick<Rival, 'phone' | 'email'>, account: KnownAccountRow): boolean {
  return row.phone === null ? row.email !== null && row.email === account.email : row.phone === account.phone;
}

function conflict(reason: ConflictReason, otherLine: number | null = null): Verdict {
  return { outcome: 'conflict', reason, otherLine };
}

function lowest(rows: readonly Rival[]): number | null {
  return rows.length === 0 ? null : Math.min(...rows.map(({ line }) => line));
}

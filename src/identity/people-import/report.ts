import { maskPhone, parsePhone, phoneDigits } from '../../platform/phone/phone.js';
import { type ReportedRow } from './rows.repository.js';

/** Columns of a report, in their order. */
export const REPORT_COLUMNS = [
  'line',
  'sourceId',
  'phone',
  'outcome',
  'reason',
  'otherLine',
  'account',
  'notTaken',
  'password',
  'role',
] as const;

/** A line of a report: it names a row, and holds no password, hash or whole number. */
export type ReportLine = Record<(typeof REPORT_COLUMNS)[number], string | number | null>;

/** A row as the report tells of it. */
export function reportLine(row: ReportedRow, allowedCountries: readonly string[]): ReportLine {
  return {
    line: row.line,
    sourceId: idOf(row.legacy_id, allowedCountries),
    phone: row.phone === null ? null : masked(row.phone),
    outcome: row.outcome,
    reason: row.reason,
    otherLine: row.other_line,
    account: row.user_id,
    notTaken: [...row.left_out, ...row.kept].join(' ') || null,
    password: passwordOf(row),
    role: row.outcome === 'new' ? row.role : null,
  };
}

/** Some systems call people by their numbers. */
function idOf(id: string | null, allowedCountries: readonly string[]): string | null {
  const phone = id === null ? null : parsePhone(id, allowedCountries);
  return phone === null ? id : masked(phone);
}

/** Without the plus, which a spreadsheet would take for the beginning of a formula. */
function masked(phone: string): string {
  return phoneDigits(maskPhone(phone));
}

function passwordOf({ outcome, has_password, password_note }: ReportedRow): string | null {
  if (outcome !== 'new') return null;
  if (password_note !== null) return password_note;
  return has_password ? 'taken' : 'none';
}

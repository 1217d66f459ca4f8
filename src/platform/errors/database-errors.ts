import { type ErrorCode } from './catalogue.js';

/**
 * SQLSTATE classes and codes that mean "not now" (PostgreSQL manual, appendix A): connection, rolled back because of
 * others, read-only, out of time between two statements, resources, somebody is using it, operator, disk. The last two
 * are prepared statements that a pooler has lost or mixed up.
 */
const UNAVAILABLE = /^(08|40|25006|25P03|25P04|53|55P03|55006|57|58|26000|42P05)/;
const POOLER_LOST = /^(26000|42P05)$/;

/** Rolled back whole because of what others did at the same time: nothing was done, and the next try may well succeed. */
const ROLLED_BACK = /^(40001|40P01)$/;

/** A migration changed a table under a statement that this connection had prepared; another connection prepares it anew. */
const STALE_PLAN = '0A000';
const STALE_PLAN_WORDS = /cached plan must not change result type/;

/** Node's own words for a connection that could not be made or was lost. */
const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENOENT',
]);

/** A text that PostgreSQL cannot hold (a NUL): no DTO should let it through, and none of it was written. */
const UNTRANSLATABLE = /^22(021|P05)$/;

/** What `pg` and its pool say without a code. */
const WORDS =
  /timeout exceeded when trying to connect|Connection terminated|Query read timeout|Client has encountered a connection error/i;

/** Prisma's codes for a server out of reach, a pool that has no connection free, or a conflict with others. */
const PRISMA = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2034', 'P2037']);

const UNIQUE_VIOLATION = '23505';

/** What a caller is told of a database error. */
export interface DatabaseFailure {
  readonly code: ErrorCode;
  readonly details?: { readonly field: string };
}

/** A constraint's name as the caller's failure; the rest of the unique constraints are plain conflicts. */
const TAKEN = new Map<unknown, DatabaseFailure>([
  ['users_email_key', { code: 'email_taken', details: { field: 'email' } }],
  ['users_username_key', { code: 'username_taken', details: { field: 'username' } }],
  ['users_phone_key', { code: 'phone_taken', details: { field: 'phone' } }],
  ['gateway_sessions_name_key', { code: 'session_id_taken' }],
  ['gateway_sessions_api_key_id_name_key', { code: 'session_id_taken' }],
]);

/**
 * The failure behind an error that came out of the database driver, or null when it came from elsewhere.
 * Constraint names are translated here and nowhere else.
 */
export function databaseFailure(error: unknown): DatabaseFailure | null {
  if (!(error instanceof Error)) return null;
  const { constraint } = error as { constraint?: unknown };
  for (const code of codesOf(error)) {
    if (NETWORK.has(code) || PRISMA.has(code)) return { code: 'database_unavailable' };
    if (SQLSTATE.test(code) && UNAVAILABLE.test(code)) return { code: 'database_unavailable' };
    if (code === UNIQUE_VIOLATION || code === 'P2002') return TAKEN.get(constraint) ?? { code: 'conflict' };
    if (UNTRANSLATABLE.test(code)) return { code: 'validation_failed' };
  }
  if (WORDS.test(error.message) || isStalePlan(error)) return { code: 'database_unavailable' };
  const cause = error.cause;
  return cause instanceof Error ? databaseFailure(cause) : null;
}

/**
 * Whether a statement, or a transaction, did nothing and may be run again at once.
 *
 * @param error as the driver threw it
 */
export function isRepeatable(error: unknown): boolean {
  return error instanceof Error && (codesOf(error).some((code) => ROLLED_BACK.test(code)) || isStalePlan(error));
}

/**
 * Whether the connection on which this error happened should not be used any more: it broke or hangs, or it holds what
 * does not fit the server any more. After other errors, also those that are not the driver's, it is as good as before.
 */
export function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error) || databaseFailure(error)?.code !== 'database_unavailable') return false;
  const { severity } = error as { severity?: unknown };
  return severity !== 'ERROR' || isStalePlan(error) || codesOf(error).some((code) => POOLER_LOST.test(code));
}

const SQLSTATE = /^[0-9A-Z]{5}$/;

/** The driver's code, and the one that Prisma keeps of the driver's. */
function codesOf(error: Error): string[] {
  const { code, meta } = error as {
    code?: unknown;
    meta?: { driverAdapterError?: { cause?: { originalCode?: unknown } } };
  };
  return [meta?.driverAdapterError?.cause?.originalCode, code].filter((each) => typeof each === 'string');
}

function isStalePlan(error: Error): boolean {
  return codesOf(error).includes(STALE_PLAN) && STALE_PLAN_WORDS.test(error.message);
}

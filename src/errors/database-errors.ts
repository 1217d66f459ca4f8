import { type ErrorCode } from './catalogue.js';

/** SQLSTATE classes that mean "not now" (PostgreSQL manual, appendix A). */
const UNAVAILABLE = /^(08|53|57P0|57014|25006|55P03)/;

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

/** Prisma's codes for a server out of reach or a pool that has no connection free. */
const PRISMA = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024']);

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
]);

/**
 * The failure behind an error that came out of the database driver, or null when it is none of the driver's.
 * Constraint names are translated here and nowhere else.
 */
export function databaseFailure(error: unknown): DatabaseFailure | null {
  if (!(error instanceof Error)) return null;
  const { code, constraint } = error as { code?: unknown; constraint?: unknown };
  if (typeof code === 'string') {
    if (NETWORK.has(code) || PRISMA.has(code)) return { code: 'database_unavailable' };
    if (/^[0-9A-Z]{5}$/.test(code) && UNAVAILABLE.test(code)) return { code: 'database_unavailable' };
    if (code === UNIQUE_VIOLATION || code === 'P2002') return TAKEN.get(constraint) ?? { code: 'conflict' };
    if (UNTRANSLATABLE.test(code)) return { code: 'validation_failed' };
  }
  if (WORDS.test(error.message)) return { code: 'database_unavailable' };
  const cause = error.cause;
  return cause instanceof Error ? databaseFailure(cause) : null;
}

import { MasukError } from '../../client/src/masuk.js';
import { type Texts } from '../texts/id.js';

export type FieldName = 'phone' | 'code' | 'identifier' | 'password' | 'name' | 'newPassword' | 'confirm';

/** What went wrong, free of language: a switch of language says it anew. */
export interface Problem {
  readonly code: string;
  /** The service's own words, for codes that we have no sentence for. */
  readonly message: string;
  /** Where it belongs; null for the whole form. */
  readonly field: FieldName | null;
  /** When another try makes sense, in ms by the service's clock; null when it may be made at once. */
  readonly until: number | null;
  /** The wait as it was told, in seconds: what a screen reader says once. */
  readonly wait: number;
  readonly attemptsLeft: number | null;
  /** Rules that a new password breaks, in the service's words. */
  readonly reasons: readonly string[];
  readonly requestId: string | null;
}

const FIELD_OF: Record<string, FieldName> = {
  phone_missing: 'phone',
  invalid_phone: 'phone',
  phone_not_registered: 'phone',
  phone_number_required: 'phone',
  name_missing: 'name',
  name_required: 'name',
  code_incomplete: 'code',
  code_tried: 'code',
  code_expired: 'code',
  code_dead: 'code',
  code_gone: 'code',
  invalid_otp: 'code',
  otp_not_verified: 'code',
  identifier_missing: 'identifier',
  password_missing: 'password',
  current_password_missing: 'password',
  current_password_wrong: 'password',
  invalid_credentials: 'password',
  new_password_missing: 'newPassword',
  password_short: 'newPassword',
  password_refused: 'newPassword',
  passwords_differ: 'confirm',
};

/** The service's names of fields, as `validation_failed` tells them. */
const OWN_NAME: Record<string, FieldName> = {
  phone: 'phone',
  noHp: 'phone',
  nama: 'name',
  otpCode: 'code',
  otp: 'code',
  identifier: 'identifier',
  password: 'password',
  currentPassword: 'password',
  newPassword: 'newPassword',
  confirmPassword: 'confirm',
};

const NONE = { message: '', until: null, wait: 0, attemptsLeft: null, reasons: [], requestId: null };

/** A problem that was seen here, without asking the service. */
export function ownProblem(code: string): Problem {
  return { ...NONE, code, field: FIELD_OF[code] ?? null };
}

/**
 * @param error whatever a call ended with
 * @param now ms by the service's clock
 */
export function problemOf(error: unknown, now: number): Problem {
  if (!(error instanceof MasukError)) return ownProblem('unexpected_answer');
  const { code, message, retryAfter, requestId } = error;
  const details = detailsOf(error);
  return {
    ...{ code, message, requestId, reasons: details.reasons, attemptsLeft: details.attemptsLeft },
    field: FIELD_OF[code] ?? details.field,
    until: retryAfter === null ? null : now + retryAfter * 1000,
    wait: retryAfter ?? 0,
  };
}

/**
 * The problem as a form can show it: one of a field that the form does not have is a problem of the whole form.
 *
 * @param fields those of the form that is shown
 */
export function placedIn(fields: readonly FieldName[], problem: Problem): Problem {
  return problem.field === null || fields.includes(problem.field) ? problem : { ...problem, field: null };
}

function detailsOf({ code, details }: MasukError): Pick<Problem, 'field' | 'attemptsLeft' | 'reasons'> {
  const list = Array.isArray(details) ? (details as { field?: unknown; problem?: unknown }[]) : [];
  const { attemptsLeft } = (details ?? {}) as { attemptsLeft?: unknown };
  const field = code === 'validation_failed' ? OWN_NAME[String(list[0]?.field)] : undefined;
  return {
    field: field ?? null,
    attemptsLeft: typeof attemptsLeft === 'number' ? attemptsLeft : null,
    reasons: list.flatMap(({ problem }) => (typeof problem === 'string' ? [problem] : [])),
  };
}

/** The sentence of a problem, without its countdown. */
export function sentenceOf(problem: Problem, texts: Texts): string {
  const known = texts.problems[problem.code] ?? problem.message;
  return known === '' ? (texts.problems['unexpected_answer'] ?? '') : known;
}

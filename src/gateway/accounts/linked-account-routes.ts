import { Param, type PipeTransform } from '@nestjs/common';
import { AppError } from '../../platform/errors/app-error.js';

/** A name that its maker chose: never a path, never a part of a shell's line. */
export const SESSION_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** What cannot be the id of a linked account names none: 404, as for an unknown one. For `@Param`. */
export const linkedAccountName: PipeTransform<string, string> = {
  transform: (value) => {
    if (!SESSION_ID.test(value)) throw new AppError('session_not_found');
    return value;
  },
};

/** The parameter of a route that names a linked account. */
export const LinkedAccountName = (parameter = 'id') => Param(parameter, linkedAccountName);

/** Failures of every route of the gateway. */
export const GATEWAY_FAILURES = [
  'unauthenticated',
  'invalid_token',
  'invalid_api_key',
  'forbidden',
  'rate_limited',
  'gateway_unavailable',
] as const;

/** Failures of every route that names a linked account. */
export const LINKED_ACCOUNT_FAILURES = [...GATEWAY_FAILURES, 'session_not_found', 'session_id_ambiguous'] as const;

import { expect } from '@jest/globals';
import { type Answer } from './service.js';

/** What no answer may hold: a stack, a statement, a path, a name of what we are built with. */
const LEAKS =
  /\n\s+at |node_modules|dist\/|src\/|\.[jt]s:\d+|file:\/\/|\bSELECT\b|\bINSERT INTO\b|\bUPDATE \w+ SET\b|postgres|prisma|fastify|nestjs|FST_|\bE(?:CONN\w+|NOENT|TIMEDOUT|PIPE|EXIST)\b/i;

const FAILURE = {
  type: 'application/json; charset=utf-8',
  success: false,
  code: expect.stringMatching(/^[a-z][a-z0-9_]*$/),
  message: expect.stringMatching(/\S/),
  others: [],
  leaks: undefined,
};

/**
 * Expects the one shape of every failure, its status and its code; `Retry-After` in whole seconds with 429 and 503.
 *
 * @returns the body, for what is particular to this failure
 */
export function expectFailure(answer: Answer, status: number, code: string, message?: string): any {
  const body = (answer.body ?? {}) as Record<string, unknown>;
  expect({ status: answer.status, ...body }).toMatchObject({ status, success: false, code });
  expectFailureShape(answer);
  if (message !== undefined) expect(body['message']).toBe(message);
  return body;
}

/** Expects the shape, whatever the failure. */
export function expectFailureShape(answer: Answer): void {
  const body = (answer.body ?? {}) as Record<string, unknown>;
  // One comparison: thousands of answers are looked at, and an `expect` costs more than what it compares.
  expect({
    type: answer.headers.get('content-type'),
    success: body['success'],
    code: body['code'],
    message: body['message'],
    others: Object.keys(body).filter((key) => !['success', 'message', 'code', 'details'].includes(key)),
    leaks: LEAKS.exec(answer.text)?.[0],
  }).toEqual(FAILURE);
  if (answer.status === 429 || answer.status === 503) expect(retryAfter(answer)).toBeGreaterThan(0);
}

/** The `Retry-After` header in seconds; NaN when it is not a number. */
export function retryAfter(answer: Answer): number {
  const header = answer.headers.get('retry-after') ?? '';
  return /^\d+$/.test(header) ? Number(header) : Number.NaN;
}

/** Times are told in whole seconds here and there. */
const ROUNDING = 1;

/**
 * Expects an instant that lies so many seconds after something that happened between `began` and now. So a slow machine
 * may take its time, and a quick one must be exact.
 *
 * @param began by `Date.now()`, before the call
 * @param clock of the house, if it moves
 */
export function expectAhead(instant: string, seconds: number, began: number, clock = { ahead: 0 }): void {
  const happened = (Date.parse(instant) - clock.ahead) / 1000 - seconds;
  expect(happened).toBeGreaterThanOrEqual(began / 1000 - ROUNDING);
  expect(happened).toBeLessThanOrEqual(Date.now() / 1000 + ROUNDING);
}

/** Expects `Retry-After` to tell of an end that lies so many seconds after something that happened between `began` and now. */
export function expectRetryAfter(answer: Answer, seconds: number, began: number): void {
  const gone = (Date.now() - began) / 1000;
  expect(retryAfter(answer)).toBeGreaterThanOrEqual(seconds - gone - ROUNDING);
  expect(retryAfter(answer)).toBeLessThanOrEqual(seconds + ROUNDING);
}

/** Matches an ISO 8601 instant in UTC. */
export const INSTANT = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/) as unknown as string;

/** Matches an opaque text. */
export const SOME_TEXT = expect.stringMatching(/^\S+$/) as unknown as string;

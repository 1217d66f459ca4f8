import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { nextRun } from './cron.js';

/** What pg-boss reads the schedules with; it must mean the same as what admins are told. */
interface CronParser {
  CronExpressionParser: { parse(cron: string, options: object): { next(): { toDate(): Date } } };
}
const { resolve } = createRequire(import.meta.url);
const { CronExpressionParser } = createRequire(resolve('pg-boss'))('cron-parser') as CronParser;

const field = (least: number, most: number) => {
  const value = fc.integer({ min: least, max: most });
  const part = fc.oneof(
    value.map(String),
    fc.tuple(value, value).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
    fc.integer({ min: 1, max: most }).map((step) => `*/${step}`),
  );
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant('*') },
    part,
    fc.tuple(part, part).map((two) => two.join(',')),
  );
};

// The 31st of February would be looked for in vain, and long: days are those that every month has.
const cron = fc
  .tuple(field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6))
  .map((fields) => fields.join(' '));

function theirNext(expression: string, currentDate: Date): Date | null {
  try {
    return CronExpressionParser.parse(expression, { tz: 'UTC', currentDate }).next().toDate();
  } catch (error) {
    if (/duplicate/.test(String(error))) return null;
    throw error;
  }
}

describe('nextRun', () => {
  it('is what pg-boss takes for the next time', () => {
    const instants = fc.date({
      min: new Date('2026-01-01T00:00:00Z'),
      max: new Date('2032-01-01T00:00:00Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(cron, instants, (expression, after) => {
        const theirs = theirNext(expression, after);
        // It refuses lists that name a value twice, of which we are no judge.
        fc.pre(theirs !== null);
        expect([expression, nextRun(expression, after)]).toEqual([expression, theirs]);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['* * * * *', '2026-11-20T07:03:00.000Z', '2026-11-20T07:04:00.000Z'],
    ['*/10 * * * *', '2026-11-20T23:59:59.999Z', '2026-11-21T00:00:00.000Z'],
    ['7 * * * *', '2026-12-31T23:07:00.000Z', '2027-01-01T00:07:00.000Z'],
    ['0 0 29 2 *', '2026-11-20T00:00:00.000Z', '2028-02-29T00:00:00.000Z'],
    ['0 12 13 * 5', '2026-11-20T13:00:00.000Z', '2026-11-27T12:00:00.000Z'],
    ['30 6 * * 7', '2026-11-20T00:00:00.000Z', '2026-11-22T06:30:00.000Z'],
  ])('of %s after %s is %s', (expression, after, expected) => {
    expect(nextRun(expression, new Date(after))?.toISOString()).toBe(expected);
  });

  it.each([
    '',
    '* * * *',
    '* * * * * *',
    '60 * * * *',
    '* 24 * * *',
    '5-3 * * * *',
    '*/0 * * * *',
    '@daily',
    '0 0 * * MON',
    'x * * * *',
    '0 0 31 2 *',
  ])('is not made up for "%s"', (expression) => {
    expect(nextRun(expression, new Date('2026-11-20T00:00:00Z'))).toBeNull();
  });
});

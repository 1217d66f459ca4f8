import { describe, expect, it } from '@jest/globals';
import { TEST_PHONES, readTestPhones } from './test-phones.js';

describe('TEST_PHONES', () => {
  it('maps numbers to outcomes until the end of a day', () => {
    const { until, outcomes } = readTestPhones('+6281200000001=slow,+6281200000002=code:012345,until=2026-12-31');
    expect(until.toISOString()).toBe('2026-12-31T23:59:59.999Z');
    expect([...outcomes]).toEqual([
      ['+6281200000001', { kind: 'slow' }],
      ['+6281200000002', { kind: 'fixed-code', code: '012345' }],
    ]);
  });

  it.each([
    '081200000001=slow,until=2026-12-31',
    '+6281200000001=slow',
    'until=2026-12-31',
    '+6281200000001=gone,until=2026-12-31',
    '+6281200000001=code:abc,until=2026-12-31',
    '+6281200000001=slow,until=tomorrow',
  ])('is refused as %s', (text) => {
    expect(text).not.toMatch(TEST_PHONES);
  });
});

import { describe, expect, it } from '@jest/globals';
import { DURATION_BOUNDS, percentile } from './durations.js';

const counts = (...entries: [bound: number, count: number][]) =>
  [...DURATION_BOUNDS, Infinity].map((bound) => entries.find(([of]) => of === bound)?.[1] ?? 0);

describe('percentile', () => {
  it('says nothing of nothing', () => {
    expect(percentile(counts(), 0.5)).toBeNull();
    expect(percentile([], 0.95)).toBeNull();
  });

  it('lies in the class that holds the share', () => {
    const some = counts([100, 90], [1_400, 10]);
    expect(percentile(some, 0.5)).toBeGreaterThan(50);
    expect(percentile(some, 0.5)).toBeLessThanOrEqual(100);
    expect(percentile(some, 0.95)).toBeGreaterThan(900);
    expect(percentile(some, 0.95)).toBeLessThanOrEqual(1_400);
  });

  it('of the whole is the upper end of the last class that has any', () => {
    expect(percentile(counts([250, 3]), 1)).toBe(250);
  });

  it('knows no more than the last bound of what is longer', () => {
    expect(percentile(counts([Infinity, 5]), 0.5)).toBe(60_000);
  });
});

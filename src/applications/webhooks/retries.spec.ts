import { describe, expect, it } from '@jest/globals';
import { pauseAfter } from './retries.js';

describe('pauseAfter', () => {
  it('allows eight tries in about a day, each pause longer than the one before', () => {
    const pauses = Array.from({ length: 8 }, (_, at) => pauseAfter(at + 1, 0.5));
    expect(pauses.pop()).toBeNull();
    const seconds = pauses.map(Number);
    expect(seconds).toEqual([...seconds].sort((a, b) => a - b));
    const day = seconds.reduce((sum, pause) => sum + pause, 0) / 86_400;
    expect(day).toBeGreaterThan(0.9);
    expect(day).toBeLessThan(1.2);
  });

  it('is not the same for all', () => {
    expect(pauseAfter(3, 0)).toBeLessThan(pauseAfter(3, 1)!);
  });
});

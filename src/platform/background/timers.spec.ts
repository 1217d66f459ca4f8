import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { within } from './timers.js';

describe('within', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('is what the work is, when that comes in time, and leaves no timer behind', async () => {
    await expect(within(100, Promise.resolve('done'), 'late')).resolves.toBe('done');
    await expect(within(100, Promise.reject(new Error('no')), 'late')).rejects.toThrow('no');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('is the other value after that time, and a failure that comes later disturbs nobody', async () => {
    const { promise, reject } = Promise.withResolvers<string>();
    const waited = within(100, promise, 'late');
    await jest.advanceTimersByTimeAsync(100);
    expect(await waited).toBe('late');
    reject(new Error('too late'));
    await jest.advanceTimersByTimeAsync(0);
  });
});

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Poller } from './poller.js';

/** A poller whose looks end when they are told to. */
function bench(pause: () => number | null) {
  const looks: { done: () => void; fail: (error: unknown) => void }[] = [];
  const errors: unknown[] = [];
  const poller = new Poller({
    look: () => new Promise<void>((done, fail) => looks.push({ done, fail })),
    pause,
    onError: (error) => errors.push(error),
  });
  return { poller, looks, errors };
}

describe('Poller', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);

  it('looks after each pause, which counts from the end of a look', async () => {
    const { poller, looks } = bench(() => 100);
    poller.start();
    await pass(99);
    expect(looks).toHaveLength(0);
    await pass(1);
    expect(looks).toHaveLength(1);
    await pass(500);
    looks[0]?.done();
    await pass(99);
    expect(looks).toHaveLength(1);
    await pass(1);
    expect(looks).toHaveLength(2);
  });

  it('looks at once when it is woken, and after that a pause later', async () => {
    const { poller, looks } = bench(() => 100);
    poller.start();
    await pass(90);
    poller.wake();
    await pass(0);
    expect(looks).toHaveLength(1);
    looks[0]?.done();
    await pass(99);
    expect(looks).toHaveLength(1);
    await pass(1);
    expect(looks).toHaveLength(2);
  });

  it('looks once more, however often it is woken during a look', async () => {
    const { poller, looks } = bench(() => null);
    poller.wake();
    await pass(0);
    poller.wake();
    poller.wake();
    await pass(0);
    expect(looks).toHaveLength(1);
    looks[0]?.done();
    await pass(0);
    expect(looks).toHaveLength(2);
    looks[1]?.done();
    await pass(1_000);
    expect(looks).toHaveLength(2);
  });

  it('tells of a look that failed, and looks again', async () => {
    const { poller, looks, errors } = bench(() => 100);
    poller.wake();
    await pass(0);
    looks[0]?.fail('no database');
    await pass(100);
    expect([looks.length, errors]).toEqual([2, ['no database']]);
  });

  it('is stopped when the look under way has ended, and looks no more', async () => {
    const { poller, looks } = bench(() => 100);
    poller.wake();
    await pass(0);
    poller.wake();
    let stopped = false;
    const stop = poller.stop().then(() => (stopped = true));
    await pass(0);
    expect(stopped).toBe(false);
    looks[0]?.done();
    await stop;
    poller.wake();
    poller.start();
    await pass(1_000);
    expect(looks).toHaveLength(1);
  });
});

import { describe, expect, it } from '@jest/globals';
import { WorkerPool } from './worker-pool.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A queue that is taken from, and works that end when they are told to. */
function bench(waiting: number[], size: number) {
  const taken: number[][] = [];
  const ends = new Map<number, { done: () => void; fail: (error: unknown) => void }>();
  const errors: unknown[] = [];
  const pool = new WorkerPool<number>({
    size,
    take: (count) => {
      const items = waiting.splice(0, count);
      taken.push(items);
      return Promise.resolve(items);
    },
    work: (item) => new Promise<void>((done, fail) => ends.set(item, { done, fail })),
    onError: (error) => errors.push(error),
  });
  return { pool, taken, ends, errors };
}

describe('WorkerPool', () => {
  it('takes no more at once than there are', async () => {
    const { pool, taken } = bench([1, 2, 3], 2);
    await pool.fill();
    await pool.fill();
    expect(taken).toEqual([[1, 2]]);
  });

  it('takes the next one as soon as one is free, while others are still busy', async () => {
    const { pool, taken, ends } = bench([1, 2, 3, 4], 2);
    await pool.fill();
    ends.get(2)?.done();
    await turn();
    expect(taken).toEqual([[1, 2], [3]]);
    ends.get(3)?.done();
    await turn();
    expect(taken).toEqual([[1, 2], [3], [4]]);
  });

  it('ask for no more by themselves once there was less than they could take', async () => {
    const { pool, taken, ends } = bench([1], 2);
    await pool.fill();
    ends.get(1)?.done();
    await turn();
    expect(taken).toEqual([[1]]);
    await pool.fill();
    expect(taken).toEqual([[1], []]);
  });

  it('go on after one that failed, and tell of it', async () => {
    const { pool, taken, ends, errors } = bench([1, 2], 1);
    await pool.fill();
    ends.get(1)?.fail('broken');
    await turn();
    expect([taken, errors]).toEqual([[[1], [2]], ['broken']]);
  });

  it('are stopped when all that was begun has ended, whatever failed, and nothing else is begun', async () => {
    const { pool, taken, ends, errors } = bench([1, 2, 3, 4], 3);
    await pool.fill();
    let stopped = false;
    const stop = pool.stop().then(() => (stopped = true));
    ends.get(1)?.fail('broken');
    ends.get(2)?.done();
    await turn();
    expect(stopped).toBe(false);
    ends.get(3)?.done();
    await stop;
    await pool.fill();
    expect([taken, errors]).toEqual([[[1, 2, 3]], ['broken']]);
  });

  it('tell the caller of a take that failed, and can be filled again', async () => {
    let broken = true;
    const worked: number[] = [];
    const pool = new WorkerPool<number>({
      size: 1,
      take: () => (broken ? Promise.reject(new Error('no database')) : Promise.resolve(worked.length === 0 ? [1] : [])),
      work: (item) => Promise.resolve(void worked.push(item)),
      onError: () => undefined,
    });
    await expect(pool.fill()).rejects.toThrow('no database');
    broken = false;
    await pool.fill();
    await pool.stop();
    expect(worked).toEqual([1]);
  });
});

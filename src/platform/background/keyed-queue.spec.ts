import { describe, expect, it } from '@jest/globals';
import { KeyedQueue } from './keyed-queue.js';

/** A work that ends when it is told to. */
function held() {
  let end: () => void = () => undefined;
  const done = new Promise<void>((resolve) => (end = resolve));
  return { done, end };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('KeyedQueue', () => {
  it('does the works of one key in their order, whatever time each takes', async () => {
    const queue = new KeyedQueue(10);
    const begun: number[] = [];
    const gates = [held(), held(), held()];
    const works = gates.map((gate, at) =>
      queue.run('a', async () => {
        begun.push(at);
        await gate.done;
        return at;
      }),
    );
    gates[2]?.end();
    gates[1]?.end();
    await turn();
    expect(begun).toEqual([0]);
    gates[0]?.end();
    expect(await Promise.all(works)).toEqual([0, 1, 2]);
    expect(begun).toEqual([0, 1, 2]);
  });

  it('does at most so many at once, those who came first first', async () => {
    const queue = new KeyedQueue(2);
    const begun: string[] = [];
    const gates = new Map(['a', 'b', 'c', 'd'].map((key) => [key, held()]));
    const works = [...gates].map(([key, gate]) =>
      queue.run(key, async () => {
        begun.push(key);
        await gate.done;
      }),
    );
    await turn();
    expect(begun).toEqual(['a', 'b']);
    gates.get('b')?.end();
    await turn();
    expect(begun).toEqual(['a', 'b', 'c']);
    for (const { end } of gates.values()) end();
    await Promise.all(works);
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
  });

  it('goes on after a work that failed, and tells only whoever gave it', async () => {
    const queue = new KeyedQueue(1);
    const failed = queue.run('a', () => Promise.reject(new Error('no')));
    const next = queue.run('a', () => Promise.resolve('yes'));
    const other = queue.run('b', () => Promise.resolve('also'));
    await expect(failed).rejects.toThrow('no');
    expect(await Promise.all([next, other])).toEqual(['yes', 'also']);
  });

  it('turns a flood away, and takes works again when it is over', async () => {
    const queue = new KeyedQueue(1);
    const gate = held();
    const works = Array.from({ length: 5_000 }, (_, at) => queue.run(String(at % 7), () => gate.done));
    await expect(queue.run('x', () => Promise.resolve())).rejects.toMatchObject({ code: 'busy' });
    gate.end();
    await Promise.all(works);
    expect(await queue.run('x', () => Promise.resolve('in'))).toBe('in');
  });

  it('is idle when nothing runs or waits any more, also what was given meanwhile', async () => {
    const queue = new KeyedQueue(1);
    const [first, second] = [held(), held()];
    const works = [queue.run('a', () => first.done)];
    let idle = false;
    const waiting = queue.idle().then(() => (idle = true));
    works.push(queue.run('a', () => second.done));
    first.end();
    await turn();
    expect(idle).toBe(false);
    second.end();
    await waiting;
    await Promise.all(works);
  });
});

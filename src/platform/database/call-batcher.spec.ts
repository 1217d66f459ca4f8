import { describe, expect, it, jest } from '@jest/globals';
import { BUSY, CallBatcher, type Busy } from './call-batcher.js';

/** A statement under way: what it was given, and the ways in which it may end. */
interface UnderWay {
  readonly calls: readonly string[];
  readonly waits: boolean;
  end(results?: readonly (string | Busy)[]): void;
  fail(error: unknown): void;
}

/** Some turns of the event loop, after which everything that can begin has begun. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Calls that are keys themselves; their results are the calls in capitals. */
function gatherer() {
  const statements: UnderWay[] = [];
  const gathered = new CallBatcher<string, string>(
    (calls, waits) =>
      new Promise((resolve, reject) => {
        const end = (results: readonly (string | Busy)[] = calls.map((call) => call.toUpperCase())) => resolve(results);
        statements.push({ calls, waits, end, fail: reject });
      }),
    (call) => call.split('#')[0] ?? call,
  );
  return { gathered, statements };
}

const rolledBack = () => Object.assign(new Error('refused'), { severity: 'ERROR' });

describe('CallBatcher', () => {
  it('sends a lone call at once', async () => {
    const { gathered, statements } = gatherer();
    const result = gathered.call('a');
    await turns();
    expect(statements.map(({ calls }) => calls)).toEqual([['a']]);
    statements[0]!.end();
    expect(await result).toBe('A');
  });

  it('sends what gathered meanwhile as one statement, sorted by key, when the one before has ended', async () => {
    const { gathered, statements } = gatherer();
    const calls = [gathered.call('a')];
    await turns();
    calls.push(...['d', 'c', 'b'].map((call) => gathered.call(call)));
    await turns();
    expect(statements.map(({ calls }) => calls)).toEqual([['a']]);
    statements[0]!.end();
    await turns();
    expect(statements[1]!.calls).toEqual(['b', 'c', 'd']);
    statements[1]!.end();
    expect(await Promise.all(calls)).toEqual(['A', 'D', 'C', 'B']);
  });

  it('lets calls that nobody waits for gather for a while', async () => {
    const statements: (readonly string[])[] = [];
    const gathered = new CallBatcher<string, string>(
      async (calls) => {
        statements.push(calls);
        return calls;
      },
      (call) => call,
      200,
    );
    const first = gathered.call('b');
    await turns();
    expect(await Promise.all([first, gathered.call('a')])).toEqual(['b', 'a']);
    expect(statements).toEqual([['a', 'b']]);
  });

  it('goes past a statement that takes long, and past at most three', async () => {
    const { gathered, statements } = gatherer();
    const clock = jest.spyOn(performance, 'now').mockReturnValue(0);
    const calls: Promise<string>[] = [];
    for (const [at, call] of ['a', 'b', 'c', 'd', 'e', 'f'].entries()) {
      clock.mockReturnValue(at * 101);
      calls.push(gathered.call(call));
      await turns();
    }
    expect(statements.map(({ calls }) => calls)).toEqual([['a'], ['b'], ['c'], ['d']]);
    statements[3]!.end();
    await turns();
    expect(statements[4]!.calls).toEqual(['e', 'f']);
    for (const statement of statements) statement.end();
    expect(await Promise.all(calls)).toEqual(['A', 'B', 'C', 'D', 'E', 'F']);
    clock.mockRestore();
  });

  it('goes past a statement that takes long also when no other call comes', async () => {
    const { gathered, statements } = gatherer();
    const slow = gathered.call('slow');
    await turns();
    const next = gathered.call('next');
    while (statements.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    statements[1]!.end();
    expect(await next).toBe('NEXT');
    statements[0]!.end();
    await slow;
  });

  it('takes at most 32 calls into a statement', async () => {
    const { gathered, statements } = gatherer();
    const calls = Array.from({ length: 70 }, (_, at) => gathered.call(`call-${at}`));
    for (const expected of [32, 32, 6]) {
      await turns();
      expect(statements.at(-1)!.calls).toHaveLength(expected);
      statements.at(-1)!.end();
    }
    await Promise.all(calls);
    expect(statements).toHaveLength(3);
  });

  it('has one call of a key under way; the others of the key wait for it, in their order', async () => {
    const { gathered, statements } = gatherer();
    const calls = ['a#1', 'a#2', 'b', 'a#3'].map((call) => gathered.call(call));
    await turns();
    expect(statements.map(({ calls }) => calls)).toEqual([['a#1', 'b']]);
    statements[0]!.end();
    await turns();
    expect(statements[1]!.calls).toEqual(['a#2']);
    statements[1]!.end();
    await turns();
    expect(statements[2]!.calls).toEqual(['a#3']);
    statements[2]!.end();
    expect(await Promise.all(calls)).toEqual(['A#1', 'A#2', 'B', 'A#3']);
  });

  it('repeats a call that was busy alone and waiting, and keeps nobody else waiting for it', async () => {
    const { gathered, statements } = gatherer();
    const held = gathered.call('held');
    const free = gathered.call('free');
    await turns();
    statements[0]!.end(['FREE', BUSY]);
    expect(await free).toBe('FREE');
    await turns();
    expect(statements[1]).toMatchObject({ calls: ['held'], waits: true });
    // The repeated one keeps nobody else waiting, but its key is taken.
    const others = ['x', 'held#2', 'y'].map((call) => gathered.call(call));
    await turns();
    expect(statements[2]).toMatchObject({ calls: ['x', 'y'], waits: false });
    statements[2]!.end();
    statements[1]!.end();
    expect(await held).toBe('HELD');
    await turns();
    statements[3]!.end();
    expect(await Promise.all(others)).toEqual(['X', 'HELD#2', 'Y']);
  });

  it('repeats a batch that was rolled back one by one, so that a call that fails fails alone', async () => {
    const { gathered, statements } = gatherer();
    const bad = gathered.call('bad');
    const good = gathered.call('good');
    await turns();
    statements[0]!.fail(rolledBack());
    await turns();
    expect(statements.slice(1).map(({ calls, waits }) => [calls, waits])).toEqual([
      [['bad'], true],
      [['good'], true],
    ]);
    statements[1]!.fail(rolledBack());
    statements[2]!.end();
    await expect(bad).rejects.toThrow('refused');
    expect(await good).toBe('GOOD');
  });

  it('repeats nothing when the connection was lost: it may have been committed', async () => {
    const { gathered, statements } = gatherer();
    const calls = ['a', 'b'].map((call) => gathered.call(call));
    await turns();
    statements[0]!.fail(Object.assign(new Error('terminated'), { severity: 'FATAL' }));
    const ends = await Promise.allSettled(calls);
    await turns();
    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(statements).toHaveLength(1);
    const next = gathered.call('a');
    await turns();
    statements[1]!.end();
    expect(await next).toBe('A');
  });
});

import { describe, expect, it } from '@jest/globals';
import { BUSY, Gathered, type Busy } from './gathered.js';

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

/** Gathered calls that are keys themselves; their results are the calls in capitals. */
function gatherer() {
  const statements: UnderWay[] = [];
  const gathered = new Gathered<string, string>(
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

describe('Gathered', () => {
  it('sends a lone call at once', async () => {
    const { gathered, statements } = gatherer();
    const result = gathered.call('a');
    await turns();
    expect(statements.map(({ calls }) => calls)).toEqual([['a']]);
    statements[0]!.end();
    expect(await result).toBe('A');
  });

  it('sends what gathered meanwhile as one statement, sorted by key, at most two under way', async () => {
    const { gathered, statements } = gatherer();
    const calls = [gathered.call('a')];
    await turns();
    calls.push(gathered.call('b'));
    await turns();
    calls.push(...['e', 'd', 'c'].map((call) => gathered.call(call)));
    await turns();
    expect(statements.map(({ calls }) => calls)).toEqual([['a'], ['b']]);
    statements[0]!.end();
    await turns();
    expect(statements[2]!.calls).toEqual(['c', 'd', 'e']);
    statements[1]!.end();
    statements[2]!.end();
    expect(await Promise.all(calls)).toEqual(['A', 'B', 'E', 'D', 'C']);
  });

  it('takes at most 32 calls into a statement', async () => {
    const { gathered, statements } = gatherer();
    const calls = Array.from({ length: 70 }, (_, at) => gathered.call(`call-${at}`));
    await turns();
    expect(statements.map(({ calls }) => calls.length)).toEqual([32, 32]);
    statements[0]!.end();
    await turns();
    expect(statements[2]!.calls).toHaveLength(6);
    for (const statement of statements.slice(1)) statement.end();
    await Promise.all(calls);
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
    // Both places are free for others while the repeated one waits, but its key is not.
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

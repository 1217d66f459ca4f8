import { expect, it } from '@jest/globals';
import { CoalescedTask } from './coalesced-task.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A task whose runs end when they are told to. */
function bench() {
  const runs: { done: () => void; fail: (error: Error) => void }[] = [];
  const task = new CoalescedTask(() => new Promise<void>((done, fail) => runs.push({ done, fail })));
  return { task, runs };
}

it('gives everybody who asks during a run the next one, and that is one run', async () => {
  const { task, runs } = bench();
  const first = task.run();
  await turn();
  const [second, third] = [task.run(), task.run()];
  await turn();
  expect(runs).toHaveLength(1);
  runs[0]?.done();
  await first;
  await turn();
  expect(runs).toHaveLength(2);
  runs[1]?.done();
  await Promise.all([second, third]);
  expect(runs).toHaveLength(2);
});

it('tells of a failure whoever asked for that run, and runs again', async () => {
  const { task, runs } = bench();
  const failed = task.run();
  await turn();
  const next = task.run();
  runs[0]?.fail(new Error('no database'));
  await expect(failed).rejects.toThrow('no database');
  await turn();
  runs[1]?.done();
  await next;
});

it('is idle when the run under way has ended, also one that failed', async () => {
  const { task, runs } = bench();
  await task.idle();
  const failed = task.run().catch(() => 'failed');
  await turn();
  let idle = false;
  const waiting = task.idle().then(() => (idle = true));
  await turn();
  expect(idle).toBe(false);
  runs[0]?.fail(new Error('no'));
  await waiting;
  expect(await failed).toBe('failed');
});

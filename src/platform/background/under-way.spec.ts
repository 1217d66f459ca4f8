import { expect, it } from '@jest/globals';
import { UnderWay } from './under-way.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

it('has ended when all has that was under way, well or not, and nothing that came later', async () => {
  const underWay = new UnderWay();
  const [first, second, later] = [1, 2, 3].map(() => Promise.withResolvers<null>());
  underWay.add(first!.promise);
  underWay.add(second!.promise);
  let ended = false;
  const waiting = underWay.ended().then(() => (ended = true));
  underWay.add(later!.promise);
  first!.reject(new Error('no'));
  await turn();
  expect(ended).toBe(false);
  second!.resolve(null);
  await waiting;
  let all = false;
  const rest = underWay.ended().then(() => (all = true));
  await turn();
  expect(all).toBe(false);
  later!.resolve(null);
  await rest;
});

import { expect, it } from '@jest/globals';
import { IdempotencyKeys } from './idempotency-keys.js';

it('has one key for each content until it has arrived', () => {
  const keys = new IdempotencyKeys();
  const key = (content: string) => keys.headersFor(content)['idempotency-key'];
  const first = key('a');
  expect(first).toMatch(/^"[0-9a-f-]{36}"$/);
  const other = key('b');
  expect(other).not.toBe(first);
  // Another content was sent in between: the first one may still be on its way.
  expect([key('a'), key('b')]).toEqual([first, other]);
  keys.arrived('a');
  expect(key('b')).toBe(other);
  expect(key('a')).not.toBe(first);
});

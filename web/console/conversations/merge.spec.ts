import { expect, it } from '@jest/globals';
import { withNewest, withOlder, type Known } from './merge.js';

const known = (items: string, nextCursor: string | null): Known<string> => ({ items: [...items], nextCursor });
const same = (item: string) => item;
const newest = (before: Known<string> | undefined, page: Known<string>) => withNewest(before, page, same);

it('keeps older items behind a newest page that reaches them', () => {
  expect(newest(undefined, known('dcb', 'b'))).toEqual(known('dcb', 'b'));
  expect(newest(known('dcba', null), known('edc', 'c'))).toEqual(known('edcba', null));
  // One moved to the top: a conversation in which something was said.
  expect(newest(known('dcba', 'a'), known('bdc', 'c'))).toEqual(known('bdca', 'a'));
});

it('leaves no gap, and nothing that is gone', () => {
  expect(newest(known('cba', null), known('zyx', 'x'))).toEqual(known('zyx', 'x'));
  expect(newest(known('cba', null), known('dc', null))).toEqual(known('dc', null));
  expect(newest(known('dcb', 'b'), known('dcb', 'b'))).toEqual(known('dcb', 'b'));
});

it('adds the next page once', () => {
  expect(withOlder(known('dc', 'c'), known('cba', null), same)).toEqual(known('dcba', null));
});

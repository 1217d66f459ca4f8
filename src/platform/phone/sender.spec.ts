import { describe, expect, it } from '@jest/globals';
import { parsePhone } from './phone.js';
import { areDigitsOf, hiddenSender, isHiddenSender } from './sender.js';

describe('hiddenSender', () => {
  it.each([
    ['ID.13491208655302741918', 'id:ID.13491208655302741918'],
    ['98765432101234@lid', 'id:98765432101234@lid'],
    ['98765432101234:12@lid', 'id:98765432101234@lid'],
    ['98765432101234', 'id:98765432101234'],
    [98_765_432_101_234, 'id:98765432101234'],
  ])('keeps %j as %s, which is not a number', (id, sender) => {
    expect(hiddenSender(id)).toBe(sender);
    expect(isHiddenSender(sender)).toBe(true);
    expect(parsePhone(sender, ['ID', 'US'])).toBeNull();
  });

  it.each([
    null,
    undefined,
    '',
    'Budi',
    '120363@g.us',
    'status@broadcast',
    '081234567890',
    'ID.',
    `ID.${'1'.repeat(200)}`,
    {},
    ['ID.1'],
  ])('knows nobody by %j', (id: unknown) => {
    expect(hiddenSender(id)).toBeNull();
  });

  it.each(['+6281234567890', 'id:', 'id:Budi', 'id:id:ID.1', 'ID.1'])(
    '%j is not a sender without a number',
    (sender) => {
      expect(isHiddenSender(sender)).toBe(false);
    },
  );
});

it.each([
  ['98765432101234', ['98765432101234@lid'], true],
  [98_765_432_101_234, ['98765432101234:3@lid'], true],
  ['13491208655302', ['ID.13491208655302'], true],
  ['6281234567890', ['98765432101234@lid', undefined, 7, '6281234567890@s.whatsapp.net'], false],
  ['6281234567890', [], false],
])('whether %j are the digits of %j: %p', (digits, ids, are) => {
  expect(areDigitsOf(digits, ids)).toBe(are);
});

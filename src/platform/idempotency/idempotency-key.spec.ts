import { describe, expect, it } from '@jest/globals';
import { canonicalJson, idempotencyKey } from './idempotency-key.js';

describe('an Idempotency-Key header', () => {
  it.each([
    ['"8e03978e-40d5-43e8-bc93-6894a57f9324"', '8e03978e-40d5-43e8-bc93-6894a57f9324'],
    ['8e03978e-40d5-43e8-bc93-6894a57f9324', '8e03978e-40d5-43e8-bc93-6894a57f9324'],
    ['"a b"', 'a b'],
    [String.raw`"a\"b\\c"`, String.raw`a"b\c`],
    [`"${'x'.repeat(255)}"`, 'x'.repeat(255)],
    ['order:2026/11+1=~.', 'order:2026/11+1=~.'],
  ])('%s names a key', (header, key) => {
    expect(idempotencyKey(header)).toBe(key);
  });

  it.each([
    '',
    '""',
    '"',
    '"a',
    'a"',
    'a b',
    '"a""b"',
    '"a", "b"',
    'a, b',
    '"a";q=1',
    String.raw`"a\b"`,
    String.raw`"a\"`,
    '"a\u00e9"',
    '"a\tb"',
    '"a\nb"',
    `"${'x'.repeat(256)}"`,
    'x'.repeat(256),
  ])('%j names none', (header) => {
    expect(idempotencyKey(header)).toBeNull();
  });
});

describe('a body', () => {
  it('is the same for the same fields in any order', () => {
    expect(canonicalJson({ a: 1, b: { d: [2, 1], c: null } })).toBe(canonicalJson({ b: { c: null, d: [2, 1] }, a: 1 }));
  });

  it('is another with another value, type, order of a list, or without a field', () => {
    const bodies = [
      { a: 1 },
      { a: '1' },
      { a: [1, 2] },
      { a: [2, 1] },
      {},
      { a: null },
      undefined,
      'a',
      { a: 1, b: 1 },
    ];
    expect(new Set(bodies.map(canonicalJson)).size).toBe(bodies.length);
  });
});

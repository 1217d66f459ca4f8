import { describe, expect, it } from '@jest/globals';
import { AuthSecret } from '../config/auth-secret.js';
import { codeHash, newCode } from './code.js';

describe('newCode', () => {
  it.each([4, 6, 8])('has %i digits, leading zeros kept', (length) => {
    const codes = Array.from({ length: 5_000 }, () => newCode(length));
    expect(codes.every((code) => new RegExp(`^\\d{${length}}$`).test(code))).toBe(true);
    expect(codes.some((code) => code.startsWith('0'))).toBe(true);
  });

  it('draws each digit about equally often', () => {
    const counts = Array<number>(10).fill(0);
    for (let i = 0; i < 20_000; i++) for (const digit of newCode(6)) counts[Number(digit)]! += 1;
    // 12,000 expected a digit; six standard deviations are about 620.
    for (const count of counts) expect(Math.abs(count - 12_000)).toBeLessThan(650);
  });
});

describe('codeHash', () => {
  const secret = new AuthSecret('a secret of the tests, long enough for them');
  const base = ['login', '+6281234567890', 'session', '123456'] as const;

  it('changes with every part', () => {
    const hash = codeHash(secret, ...base);
    expect(hash).toHaveLength(32);
    for (const [index] of base.entries()) {
      const other = base.map((part, at) => (at === index ? `${part}x` : part)) as [string, string, string, string];
      expect(codeHash(secret, ...other).equals(hash)).toBe(false);
    }
    expect(codeHash(new AuthSecret('another secret, as long as the first one'), ...base).equals(hash)).toBe(false);
  });
});

import { describe, expect, it } from '@jest/globals';
import { AuthSecret } from '../config/auth-secret.js';
import { acceptedCodeHashes, codeHash, newCode } from './code.js';

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
  const placed = { purpose: 'login', phone: '+6281234567890', otpSessionId: 'session', code: '123456' };

  it('changes with every part, and with the secret', () => {
    const hash = codeHash(secret, placed);
    expect(hash).toHaveLength(32);
    for (const part of Object.keys(placed)) {
      expect(codeHash(secret, { ...placed, [part]: 'another' }).equals(hash)).toBe(false);
    }
    expect(codeHash(new AuthSecret('another secret, as long as the first one'), placed).equals(hash)).toBe(false);
  });

  it('is accepted under the previous secret while that one is replaced', () => {
    const next = new AuthSecret('another secret, as long as the first one', secret);
    const hashes = acceptedCodeHashes(next, placed);
    expect(hashes.some((hash) => hash.equals(codeHash(secret, placed)))).toBe(true);
    expect(hashes.some((hash) => hash.equals(codeHash(next, placed)))).toBe(true);
    expect(acceptedCodeHashes(secret, placed)).toHaveLength(1);
  });
});

import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'uuid';
import { AuthSecret } from '../../platform/secrets/auth-secret.js';
import { newCode, guessMacsOf, storedHash } from './code.js';

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

describe('storedHash', () => {
  const secret = new AuthSecret('a secret of the tests, long enough for them');
  const challenge = '0190d0c0-0000-7000-8000-000000000001';
  const placed = { purpose: 'login', phone: '+6281234567890', application: null, code: '123456' };

  it('changes with every part, with the challenge, and with the secret', () => {
    const hash = storedHash(secret, challenge, placed);
    expect(hash).toHaveLength(32);
    for (const part of Object.keys(placed)) {
      expect(storedHash(secret, challenge, { ...placed, [part]: 'another' }).equals(hash)).toBe(false);
    }
    expect(storedHash(secret, '0190d0c0-0000-7000-8000-000000000002', placed).equals(hash)).toBe(false);
    expect(storedHash(new AuthSecret('another secret, as long as the first one'), challenge, placed).equals(hash)).toBe(
      false,
    );
  });

  it('fits the MACs under the secret and, while that is replaced, under the previous one', () => {
    const next = new AuthSecret('another secret, as long as the first one', secret);
    const hashOf = (mac: Buffer) => createHash('sha256').update(parse(challenge)).update(mac).digest();
    expect(guessMacsOf(secret, placed).map((mac) => hashOf(mac))).toEqual([storedHash(secret, challenge, placed)]);
    expect(guessMacsOf(next, placed).map((mac) => hashOf(mac))).toEqual([
      storedHash(next, challenge, placed),
      storedHash(secret, challenge, placed),
    ]);
  });
});

import { describe, expect, it } from '@jest/globals';
import { newTotpSecret, stepOf, totpKey } from './totp.js';

/** RFC 6238 appendix B, for SHA-1; of its eight digits an app shows the last six. */
const SECRET = Buffer.from('12345678901234567890');

describe('one-time passwords by time', () => {
  it.each([
    [59, '287082', 1],
    [1_111_111_109, '081804', 37_037_036],
    [1_111_111_111, '050471', 37_037_037],
    [1_234_567_890, '005924', 41_152_263],
    [2_000_000_000, '279037', 66_666_666],
    [20_000_000_000, '353130', 666_666_666],
  ])('are those of RFC 6238 at %i', (at, code, step) => {
    expect(stepOf(SECRET, code, at)).toBe(step);
  });

  it('count one step before and after their own, and keep their own number', () => {
    const at = 1_111_111_111;
    for (const later of [-30, 0, 30]) expect(stepOf(SECRET, '050471', at + later)).toBe(37_037_037);
    for (const later of [-61, 60]) expect(stepOf(SECRET, '050471', at + later)).toBeNull();
  });

  it('are six digits and nothing else', () => {
    for (const code of ['', '50471', '0050471', '05047x', ' 050471'])
      expect(stepOf(SECRET, code, 1_111_111_111)).toBeNull();
  });

  it('come from secrets of 160 bits, each another', () => {
    const all = Array.from({ length: 50 }, () => newTotpSecret().toString('hex'));
    expect(new Set(all).size).toBe(50);
    expect(all.every((each) => each.length === 40)).toBe(true);
  });

  it('are described to an app by an address that names the service and the account', () => {
    const { secret, uri } = totpKey(SECRET, 'SiKesKoja: Kota', 'budi@x.id');
    expect(secret).toBe('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
    const { protocol, host, searchParams } = new URL(uri);
    expect([protocol, host, searchParams.get('secret'), searchParams.get('issuer')]).toEqual([
      'otpauth:',
      'totp',
      secret,
      'SiKesKoja: Kota',
    ]);
  });
});

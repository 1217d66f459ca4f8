import { expect, it } from '@jest/globals';
import { isRecoveryCode, newRecoveryCodes, recoveryCodeHash } from './recovery-codes.js';

it('makes ten codes of 24 signs, all different', () => {
  const codes = [...newRecoveryCodes(), ...newRecoveryCodes()];
  expect(new Set(codes).size).toBe(20);
  for (const code of codes) expect(code).toMatch(/^([a-hjkmnp-z2-9]{4}-){5}[a-hjkmnp-z2-9]{4}$/);
});

it('uses every sign of its alphabet about as often', () => {
  const signs = Array.from({ length: 100 }, newRecoveryCodes).flat().join('').replaceAll('-', '');
  const counts = new Map<string, number>();
  for (const sign of signs) counts.set(sign, (counts.get(sign) ?? 0) + 1);
  expect(counts.size).toBe(31);
  // 24,000 signs: 774 of each, with a standard deviation of 27.
  for (const [sign, count] of counts)
    expect([sign, count > 774 - 8 * 27 && count < 774 + 8 * 27]).toEqual([sign, true]);
});

it('takes a code with or without its dashes, in any case, as phones change it', () => {
  const [code = ''] = newRecoveryCodes();
  const spellings = [
    code.replaceAll('-', ''),
    code.toUpperCase(),
    ` ${code.replaceAll('-', ' ')}\n`,
    code.replaceAll('-', '–'),
  ];
  for (const typed of spellings) {
    expect(isRecoveryCode(typed)).toBe(true);
    expect(recoveryCodeHash(typed)).toEqual(recoveryCodeHash(code));
  }
  for (const typed of ['', '123456', code.slice(0, -1), `${code}a`]) expect(isRecoveryCode(typed)).toBe(false);
});

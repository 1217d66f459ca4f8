import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readAccountFields } from './account-fields.js';
import { readIdentifier } from './identifiers.js';

const COUNTRIES = ['ID', 'MY', 'US'];

/** What the field of an account makes of a text; null when it takes none. */
function taken(field: 'email' | 'username' | 'phone', typed: string): string | null {
  try {
    return readAccountFields({ [field]: typed }, COUNTRIES)[field] ?? null;
  } catch {
    return null;
  }
}

const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 5, maxLength: 16 });
const near = fc
  .oneof(
    fc.tuple(
      fc.constantFrom('', '+', ' ', '00'),
      digits,
      fc.constantFrom('', ':1', ':12', 'a'),
      fc.constantFrom('@s.whatsapp.net', '@C.US', '＠c.us', '@lid', '@c.us.', '@mail.example', ''),
    ),
    fc.tuple(fc.constantFrom('62812', '0812', '+62812', '60123'), digits),
  )
  .map((parts) => parts.join(''));

describe('readIdentifier', () => {
  it.each([
    ['081234567890', 'phone', '+6281234567890'],
    ['6281234567890@s.whatsapp.net', 'phone', '+6281234567890'],
    [' Budi@Papua.Example ', 'email', 'budi@papua.example'],
    ['ＢＵＤＩ', 'username', 'budi'],
    ['12345', 'username', '12345'],
  ])('reads %j as one thing', (typed, column, value) => {
    expect(readIdentifier(typed, COUNTRIES)).toEqual({ column, value });
  });

  it('finds what an account may have in its own column, and nowhere else', () => {
    fc.assert(
      fc.property(
        fc.oneof(near, fc.string(), fc.emailAddress()),
        fc.constantFrom('email', 'username', 'phone'),
        (typed, field) => {
          const value = taken(field, typed);
          if (value === null) return;
          for (const spelling of [typed, value])
            expect(readIdentifier(spelling, COUNTRIES)).toEqual({ column: field, value });
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it('finds an e-mail address nowhere else by whatever spelling makes it', () => {
    for (const typed of ['６２８1234567890＠s.whatsapp.net', '6281234567890@s.whatsapp.net', '+60123456789:7@C.us'])
      expect(taken('email', typed)).toBeNull();
  });
});

import { describe, expect, it } from '@jest/globals';
import { extractCode } from './code-input.js';

const MESSAGE =
  'Halo Budi,\n\nKode OTP untuk login ke SiKesKoja:\n\n*012345*\n\nKode ini berlaku selama 5 menit.\nHubungi 081234567890';

describe('codeIn', () => {
  it.each([
    ['a code', '012345', '012345'],
    ['a code in two halves', '012 345', '012345'],
    ['a code with a dash', ' 012-345 ', '012345'],
    ['a code with an en dash', '012–345', '012345'],
    ['a code with a dot', '012.345', '012345'],
    ['a code with a full stop', '012345.', '012345'],
    ['a code in quotes', '"012345"', '012345'],
    ['a code in curly quotes', '“012-345”', '012345'],
    ['a code in bold', '*012345*', '012345'],
    ['a code with all its digits apart', '0 1 2 3 4 5', '012345'],
    ['a code in two lines', '012\n345', '012345'],
    ['invisible characters', '\u200e012\u200b345\ufeff', '012345'],
    ['full-width digits', '０１２３４５', '012345'],
    ['Arabic digits', '٠١٢٣٤٥', '012345'],
    ['Persian digits', '۰۱۲۳۴۵', '012345'],
    ['Devanagari digits', '०१२३४५', '012345'],
    ['Bengali digits', '০১২৩৪৫', '012345'],
    ['bold digits, which are outside the first plane', '𝟎𝟏𝟐𝟑𝟒𝟓', '012345'],
    ['double-struck digits, in a row with others', '𝟘𝟙𝟚𝟛𝟜𝟝', '012345'],
    ['a sentence', 'Kode OTP untuk login ke SiKesKoja: *012345*', '012345'],
    ['a whole message with a number in it', MESSAGE, '012345'],
    ['a decimal', '012345.0', '012345'],
  ])('finds %s', (_, text, code) => {
    expect(extractCode(text, 6)).toBe(code);
  });

  it.each([
    ['nothing', ''],
    ['words', 'halo'],
    ['three digits', '123'],
    ['a digit too few', '01234'],
    ['a digit too many', '0123456'],
    ['a digit too many, in groups', '012 345 6'],
    ['nine digits', '123456789'],
    ['two codes', 'kode 123456 atau 654321'],
    ['the same code twice', '123456 123456'],
    ['a message with a longer number', 'kode 1234567'],
    ['a message with a shorter number', 'kode: 12345'],
    ['a code in halves among words', 'kode: 123 456'],
    // 012345 in a spreadsheet; without its point it would be 123450.
    ['a decimal that has lost its zero', '12345.0'],
    ['a footnote', '12345¹'],
    ['digits shown backwards', '\u202e543210'],
    ['a message that is too long', `${'x'.repeat(2_000)} 123456`],
  ])('finds no code in %s', (_, text) => {
    expect(extractCode(text, 6)).toBeNull();
  });

  it('goes by the length of codes', () => {
    expect(extractCode('kode 1234, bukan 12345678', 4)).toBe('1234');
    expect(extractCode('kode 1234, tetapi 12345678', 8)).toBe('12345678');
  });

  it.each([
    ['1234', '1234'],
    ['1234 5678', '12345678'],
    ['123 456', '123456'],
    ['Kode Anda 1234, berlaku 5 menit', '1234'],
    ['Kode Anda 1234 atau 56789', null],
    ['123', null],
    ['123456789', null],
  ])('reads %j as %p where a code may have any length', (text, code) => {
    expect(extractCode(text)).toBe(code);
  });
});

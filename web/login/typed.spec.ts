import { describe, expect, it } from '@jest/globals';
import { codeIn, minutesAndSeconds, readablePhone, wrongPhone } from './typed.js';

describe('codeIn', () => {
  const message =
    'Halo Budi,\n\nKode OTP untuk login ke SiKesKoja:\n\n*012345*\n\nKode ini berlaku selama 5 menit.\nHubungi 081234567890';
  it.each([
    ['digits so far', '12', '12'],
    ['a code', '012345', '012345'],
    ['more than a code', '0123456789', '012345'],
    ['a code in two halves', '012 345', '012345'],
    ['with a dash', ' 012-345 ', '012345'],
    ['a whole message', message, '012345'],
    ['a message whose first number is another', '20 Nov 2026 pukul 06:31: kode *987654*', '987654'],
    ['a message without asterisks', 'Your code is 445566. It lives 5 minutes.', '445566'],
    ['invisible characters', '\u200e012\u200b345\ufeff', '012345'],
    ['full-width digits', '０１２３４５', '012345'],
    ['Arabic-Indic digits', '٠١٢٣٤٥', '012345'],
    ['no digit', 'halo', ''],
    ['nothing', '', ''],
    ['much too much', '1'.repeat(100_000), '111111'],
  ])('finds %s', (_name, text, code) => {
    expect(codeIn(text, 6)).toBe(code);
  });

  it('goes by the length of codes here', () => {
    expect(codeIn('kode 1234, bukan 12345678', 4)).toBe('1234');
    expect(codeIn('kode 1234, tetapi 12345678', 8)).toBe('12345678');
  });
});

it.each([
  ['', 'phone_missing'],
  [' \u200b ', 'phone_missing'],
  ['12345', 'invalid_phone'],
  ['Siti 081234567890', 'invalid_phone'],
  ['siti@example.com', 'invalid_phone'],
  ['0'.repeat(18), 'invalid_phone'],
  ['081234567890', null],
  ['+62 (812) 3456-7890', null],
  ['٠٨١٢٣٤٥٦٧٨٩٠', null],
  ['0065 9123 4567', null],
])('finds what is wrong with the number %j: %s', (typed, wrong) => {
  expect(wrongPhone(typed)).toBe(wrong);
});

it.each([
  ['081234567890', '0812-3456-7890'],
  ['+62 812-3456-7890', '0812-3456-7890'],
  ['62812345678', '0812-3456-78'],
  ['81234567890', '0812-3456-7890'],
  ['+6208123456789', '0812-3456-789'],
  [' +65 9123 4567 ', '+65 9123 4567'],
  ['12', '12'],
])('shows %s as %s', (typed, shown) => {
  expect(readablePhone(typed)).toBe(shown);
});

it.each([
  [0, '0:00'],
  [59.2, '1:00'],
  [61, '1:01'],
  [900, '15:00'],
  [-3, '0:00'],
])('counts %s seconds as %s', (seconds, shown) => {
  expect(minutesAndSeconds(seconds)).toBe(shown);
});

import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { partsOf, type Part } from './whatsapp-text.js';

/** Parts as one line: `b(…)` for bold. */
const written = (parts: readonly Part[]): string =>
  parts.map((part) => (typeof part === 'string' ? part : `${part.style[0]}(${written(part.parts)})`)).join('');

it.each([
  ['Kode *123456* berlaku _lima_ menit', 'Kode b(123456) berlaku i(lima) menit'],
  ['~lama~ *baru!*', 's(lama) b(baru!)'],
  ['*_~semua~_*', 'b(i(s(semua)))'],
  ['(*tebal*), "_miring_".', '(b(tebal)), "i(miring)".'],
  ['```a *b*\n<c>``` dan `d_e_f`', 'm(a *b*\n<c>) dan m(d_e_f)'],
  ['*satu*\n*dua*', 'b(satu)\nb(dua)'],
  ['*Ümlaut é*', 'b(Ümlaut é)'],
  // What WhatsApp shows as it is written.
  ['2*3*4 = 24, a_b_c, foo~bar~', '2*3*4 = 24, a_b_c, foo~bar~'],
  ['https://contoh.id/a_b_c?x=*y*z', 'https://contoh.id/a_b_c?x=*y*z'],
  ['* butir * lain', '* butir * lain'],
  ['*tidak sampai\nbaris lain*', '*tidak sampai\nbaris lain*'],
  ['** __ ~~ ``` ` *', '** __ ~~ ``` ` *'],
  ['*a _b* c_', 'b(a _b) c_'],
])('%j', (text, expected) => {
  expect(written(partsOf(text))).toBe(expected);
});

it('loses no letter, and ends, whatever is written', () => {
  const letters = (text: string) => text.replace(/[*_~`]/g, '');
  const flat = (parts: readonly Part[]): string =>
    parts.map((part) => (typeof part === 'string' ? part : flat(part.parts))).join('');
  const texts = fc.string({ unit: fc.constantFrom('*', '_', '~', '`', ' ', '\n', 'a', '<b>', '😀', '.') });
  fc.assert(fc.property(texts, (text) => letters(flat(partsOf(text))) === letters(text)));
  // With a look for each mark's end these would take hours.
  for (const much of ['*a ', '_*~a', '`', ' *'])
    expect(letters(flat(partsOf(much.repeat(50_000))))).toBe(letters(much.repeat(50_000)));
});

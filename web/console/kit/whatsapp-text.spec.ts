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

const MARKS = { bold: '*', italic: '_', struck: '~', mono: '`' };

/** What was written, from its parts; code with one backtick on each side. */
const rewritten = (parts: readonly Part[]): string =>
  parts
    .map((part) => {
      if (typeof part === 'string') return part;
      const mark = MARKS[part.style];
      return mark + rewritten(part.parts) + mark;
    })
    .join('');

/** With one length for both ways to write code. */
const evened = (text: string) => text.replace(/`+/g, '`');

it('loses no letter and no mark, and ends, whatever is written', () => {
  const texts = fc.string({ unit: fc.constantFrom('*', '_', '~', ' ', '\n', 'a', '<b>', '😀', '.') });
  fc.assert(fc.property(texts, (text) => rewritten(partsOf(text)) === text));
  const withCode = fc.string({ unit: fc.constantFrom('*', '_', '`', '```', ' ', '\n', 'a', '.') });
  fc.assert(fc.property(withCode, (text) => evened(rewritten(partsOf(text))) === evened(text)));
  // With a look for each mark's end these would take hours.
  for (const much of ['*a ', '_*~a', '`', ' *']) {
    const text = much.repeat(50_000);
    expect(evened(rewritten(partsOf(text))) === evened(text)).toBe(true);
  }
});

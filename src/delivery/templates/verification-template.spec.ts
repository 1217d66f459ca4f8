import { describe, expect, it } from '@jest/globals';
import { isHarmlessCompany, verificationText } from './verification-template.js';

const content = { code: '012345', minutes: 5, company: 'RSUD Jayapura', language: 'id' } as const;

describe('verificationText', () => {
  it('says it in Indonesian', () => {
    expect(verificationText(content)).toMatchInlineSnapshot(`
      "Halo! 👋

      Kode verifikasi Anda untuk RSUD Jayapura:

      *012345*

      Kode ini berlaku selama 5 menit.
      Jangan bagikan kode ini kepada siapapun.

      Terima kasih,
      RSUD Jayapura"
    `);
  });

  it('says it in English', () => {
    expect(verificationText({ ...content, language: 'en' })).toMatchInlineSnapshot(`
      "Hello! 👋

      Your verification code for RSUD Jayapura:

      *012345*

      This code is valid for 5 minutes.
      Do not share it with anyone.

      Thank you,
      RSUD Jayapura"
    `);
  });

  it('has the code on a line of its own, and no other line that looks like one', () => {
    const lines = verificationText({ ...content, company: 'Klinik *99*\n*111111*' }).split('\n');
    expect(lines.filter((line) => /\*/.test(line))).toEqual(['*012345*']);
  });
});

describe('isHarmlessCompany', () => {
  it.each(['RSUD Jayapura', 'PT. Sehat Selalu', 'Klinik “Ibu & Anak” 24', 'Apotek K-24', 'Ü'])('takes %s', (name) => {
    expect(isHarmlessCompany(name)).toBe(true);
  });

  it.each([
    '',
    '   ',
    'bank.co.id',
    'Bank https://evil.example/x',
    'wa.me/62812',
    'a@b.id',
    'www.bank',
    'Bank\nKode Anda: 1',
    'Bank\u2028x',
    'Bank \u202Eabc',
    '*Bank*',
    '_Bank_',
    'Bank `x`',
    'Bank 123456',
    'x'.repeat(61),
  ])('refuses %j', (name) => {
    expect(isHarmlessCompany(name)).toBe(false);
  });
});

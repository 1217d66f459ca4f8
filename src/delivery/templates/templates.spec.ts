import { describe, expect, it } from '@jest/globals';
import { outgoingMessage, renderMessage, type MessageContent } from './templates.js';

const app = { appName: 'SiKesKoja - Sistem Kesehatan Kota Jayapura', appTeam: 'SiKesKoja' };
const content: MessageContent = { template: 'otp.login', code: '012345', minutes: 5, language: 'id' };

describe('renderMessage', () => {
  it('says it in Indonesian', () => {
    expect(renderMessage(content, 'Jane Smith', app)).toMatchInlineSnapshot(`
"Halo Jane Smith,

Kode OTP untuk login ke SiKesKoja - Sistem Kesehatan Kota Jayapura:

*012345*

Kode ini berlaku selama 5 menit.
Jangan bagikan kode ini kepada siapapun.

Terima kasih,
Tim SiKesKoja"
`);
  });

  it('says it in English', () => {
    expect(renderMessage({ ...content, language: 'en' }, 'Jane Smith', app)).toMatchInlineSnapshot(`
"Hello Jane Smith,

Your code to log in to SiKesKoja - Sistem Kesehatan Kota Jayapura:

*012345*

This code is valid for 5 minutes.
Do not share it with anyone.

Thank you,
The SiKesKoja team"
`);
  });

  it('says what a code for another number is for', () => {
    const text = renderMessage({ ...content, template: 'otp.phone_change' }, 'Jane', app);
    expect(text.split('\n').slice(2, 5)).toEqual([
      'Kode OTP untuk memakai nomor ini di SiKesKoja - Sistem Kesehatan Kota Jayapura:',
      '',
      '*012345*',
    ]);
  });

  it('tells that the number was changed', () => {
    expect(renderMessage({ template: 'notice.phone_changed', language: 'id' }, 'Jane', app)).toMatchInlineSnapshot(`
"Halo Jane,

Nomor WhatsApp untuk akun Anda di SiKesKoja - Sistem Kesehatan Kota Jayapura telah diganti.

Jika bukan Anda yang menggantinya, segera hubungi Tim SiKesKoja.

Terima kasih,
Tim SiKesKoja"
`);
    expect(renderMessage({ template: 'notice.phone_changed', language: 'en' }, null, app)).toMatchInlineSnapshot(`
"Hello,

The WhatsApp number of your account with SiKesKoja - Sistem Kesehatan Kota Jayapura has been changed.

If it was not you who changed it, contact the SiKesKoja team at once.

Thank you,
The SiKesKoja team"
`);
  });

  it('tells how many recovery codes are left', () => {
    const used = { template: 'notice.recovery_code_used', codesLeft: 3 } as const;
    const said = (['id', 'en'] as const).map(
      (language) => renderMessage({ ...used, language }, 'Jane', app).split('\n')[2],
    );
    expect(said).toEqual([
      'Sebuah kode pemulihan akun Anda di SiKesKoja - Sistem Kesehatan Kota Jayapura baru saja digunakan. Sisa kode pemulihan: 3.',
      'A recovery code of your account at SiKesKoja - Sistem Kesehatan Kota Jayapura has just been used. Recovery codes left: 3.',
    ]);
  });

  it.each([
    [null, 'Halo,'],
    ['', 'Halo,'],
    ['Ani\n\n*999999*', 'Halo Ani,'],
    ['Ani\u2028Budi\u202E', 'Halo Ani Budi,'],
    ['Ani https://evil.example/x klik', 'Halo Ani klik,'],
    ['evil.example/login', 'Halo,'],
    ['www.evil.example', 'Halo,'],
    ['банк.рф', 'Halo банк. рф,'],
    ['Kode baru 999999', 'Halo Kode baru,'],
    ['bonus.co.id dan Budi.com', 'Halo dan,'],
    ['H. Ahmad, S.Kom', 'Halo H. Ahmad, S. Kom,'],
    ['x'.repeat(300), `Halo ${'x'.repeat(60)},`],
  ])('greets %p as %p', (name, greeting) => {
    expect(renderMessage(content, name, app).split('\n')[0]).toBe(greeting);
  });

  it('has the code on a line of its own', () => {
    expect(renderMessage(content, '*1*', app).split('\n')).toContain('*012345*');
  });
});

describe('outgoingMessage', () => {
  const budi = { phone: '+6281234567890', name: 'Budi', email: 'budi@example.com' };
  const contents: MessageContent[] = (['id', 'en'] as const).flatMap((language) => [
    { ...content, language },
    { ...content, template: 'otp.phone_change', language },
    { ...content, template: 'otp.reset', language },
    { template: 'notice.phone_changed', language },
    { template: 'notice.password_changed', language },
    { template: 'notice.own_password_changed', language },
    { template: 'notice.second_factor_reset', language },
    { template: 'notice.recovery_codes_made', language },
    { template: 'notice.recovery_code_used', language, codesLeft: 9 },
  ]);

  it('has everything that a channel may need', () => {
    expect(outgoingMessage(content, budi, app)).toEqual({
      to: '+6281234567890',
      text: renderMessage(content, 'Budi', app),
      shortText: [
        'Kode OTP untuk login ke SiKesKoja - Sistem Kesehatan Kota Jayapura:',
        '*012345*',
        'Berlaku 5 menit. Jangan bagikan.',
      ].join('\n'),
      subject: 'Kode OTP untuk login ke SiKesKoja - Sistem Kesehatan Kota Jayapura',
      language: 'id',
      code: '012345',
      email: 'budi@example.com',
    });
  });

  it.each(contents.map((each) => [`${each.template}, ${each.language}`, each] as const))('of %s', (_, each) => {
    const { text, shortText, subject, code } = outgoingMessage(each, budi, app);
    expect(subject).not.toMatch(/[\r\n]|012345/);
    expect(shortText.length).toBeLessThan(text.length);
    // The alphabet of one SMS; anything else halves its length.
    expect(shortText).toMatch(/^[\n\r\w .,:;*()'"/?!@#%&+=<>-]+$/);
    if ('code' in each) {
      expect(shortText.length).toBeLessThanOrEqual(160);
      expect(shortText.split('\n')).toContain('*012345*');
      expect(code).toBe('012345');
    } else expect(code).toBeUndefined();
    expect([subject, shortText].join()).toContain(app.appName);
  });

  it('gives no e-mail address to a code that proves a number', () => {
    expect(outgoingMessage({ ...content, template: 'otp.phone_change' }, budi, app).email).toBeNull();
    expect(outgoingMessage({ template: 'notice.phone_changed', language: 'id' }, budi, app).email).toBe(
      'budi@example.com',
    );
    expect(outgoingMessage(content, { ...budi, email: null }, app).email).toBeNull();
  });

  it('leaves a free text as it is, for the number alone', () => {
    const text = ' *Halo*\n\nhttps://puskesmas.example 1️⃣ ';
    const message = outgoingMessage({ template: 'text', text, language: 'id', via: 'whapi' }, budi, app);
    expect(message).toMatchObject({ to: '+6281234567890', text, shortText: text, email: null });
    expect(message.subject).toBe('Pesan dari SiKesKoja - Sistem Kesehatan Kota Jayapura');
    expect(message.code).toBeUndefined();
  });
});

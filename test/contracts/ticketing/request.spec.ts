import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectAhead, expectFailure, expectRetryAfter, INSTANT, retryAfter } from '../../support/answers.js';
import { wrong } from '../../support/codes.js';
import { newPhone, openHouse, type House } from '../../support/house.js';
import { requestReset, resetCodeOf, verifyReset } from '../../support/resets.js';

// docs/contract/ticketing.md#the-three-steps: who gets a code, how often, and what the message says.

const NAME = 'John Doe';

let house: House;

beforeAll(async () => {
  house = await openHouse({ SEED_DEMO: 'ticketing' });
});
afterAll(async () => house.close());

const request = (nama: unknown, noHp: unknown) => requestReset(house.service, nama, noHp);
const john = () => house.person({ fullName: NAME });
const nobody = (answer: Awaited<ReturnType<typeof request>>) =>
  expect(expectFailure(answer, 404, 'user_not_found')).toStrictEqual({
    success: false,
    message: 'User tidak ditemukan',
    code: 'user_not_found',
  });

describe('POST /api/forgot-password/request-otp', () => {
  it('answers as the replaced system did, with the times besides', async () => {
    const { phone, digits } = await john();
    const now = Date.now();
    const answer = await request(NAME, phone);
    expect({ status: answer.status, body: answer.body }).toStrictEqual({
      status: 200,
      body: {
        success: true,
        message: 'OTP dikirim ke WhatsApp',
        phoneNumber: digits,
        data: { expiresAt: INSTANT, resendAt: INSTANT },
      },
    });
    expectAhead(answer.body.data.expiresAt, 900, now);
    expectAhead(answer.body.data.resendAt, 60, now);
    expect(answer.text).not.toContain(house.fake.codeFor(phone));
  });

  it('sends the message of the contract', async () => {
    const { phone } = await john();
    const code = await resetCodeOf(house.service, house.fake, NAME, phone);
    expect(code).toMatch(/^\d{6}$/);
    expect(house.fake.messagesFor(phone)).toEqual([
      [
        'Halo John Doe,',
        '',
        'Kode OTP untuk reset sandi SiKesKoja - Sistem Kesehatan Kota Jayapura:',
        '',
        `*${code}*`,
        '',
        'Kode ini berlaku selama 15 menit.',
        'Jangan bagikan kode ini kepada siapapun.',
        '',
        'Terima kasih,',
        'Tim SiKesKoja',
      ].join('\n'),
    ]);
  });

  it('takes every spelling of the number, and answers its digits', async () => {
    const spellings: ((digits: string) => string)[] = [
      (digits) => digits,
      (digits) => `+${digits}`,
      (digits) => `0${digits.slice(2)}`,
      (digits) => digits.slice(2),
      (digits) => `${digits}@s.whatsapp.net`,
      (digits) => `+62 (${digits.slice(2, 5)}) ${digits.slice(5, 9)}-${digits.slice(9)}`,
      (digits) => `0${digits.slice(2, 5)}.${digits.slice(5)}`,
    ];
    for (const spell of spellings) {
      const { digits, phone } = await john();
      const answer = await request(NAME, spell(digits));
      expect([spell(digits), answer.status, answer.body.phoneNumber]).toEqual([spell(digits), 200, digits]);
      const shown = await verifyReset(house.service, spell(digits), house.fake.codeFor(phone));
      expect([spell(digits), shown.status]).toEqual([spell(digits), 200]);
    }
  });

  it('wants a name and a number, and says which is missing', async () => {
    const { phone } = await john();
    for (const missing of [undefined, null, '', ' ', '\t \n', '\u200b\u00a0'])
      expectFailure(await request(missing, phone), 400, 'name_required', 'Nama harus diisi');
    for (const missing of [undefined, null, ''])
      expectFailure(await request(NAME, missing), 400, 'phone_number_required', 'NoHp harus diisi');
    expectFailure(await request(undefined, undefined), 400, 'name_required', 'Nama harus diisi');
    expectFailure(await request('', ''), 400, 'name_required', 'Nama harus diisi');
    for (const odd of [' ', '123', 'abc', '+1 202 555 0100', '021 5550100', '0812345678901234'])
      expectFailure(await request(NAME, odd), 400, 'invalid_phone', 'Nomor telepon tidak valid');
    expect(house.sendsTo(phone)).toBe(0);
  });

  it('refuses other types, and names that are too long', async () => {
    const { phone } = await john();
    for (const odd of [0, 1, true, false, [], [NAME], {}, { $ne: '' }, 'x'.repeat(201)])
      expectFailure(await request(odd, phone), 400, 'validation_failed');
    for (const odd of [0, 81234567890, true, [], [phone], {}, { $ne: '' }])
      expectFailure(await request(NAME, odd), 400, 'invalid_phone');
    expect(house.sendsTo(phone)).toBe(0);
  });
});

describe('the name', () => {
  it.each([
    ['John Doe', 'john doe'],
    ['John Doe', 'JOHN DOE'],
    ['John Doe', '  John   Doe '],
    ['John Doe', 'John\tDoe\n'],
    ['John Doe', 'John\u00a0Doe'],
    ['  Siti   Nur  Haliza ', 'siti nur haliza'],
    ['José Ñandú', 'josé ñandú'.normalize('NFC')],
    ['Ma’ruf Amin', "ma'ruf amin"],
    ["Nu'man", 'Nu’man'],
    ['José Ñandú', 'JOSÉ ÑANDÚ'.normalize('NFD')],
    ['José Ñandú'.normalize('NFD'), 'josé ñandú'.normalize('NFC')],
    ['Иван Грозный', 'ИВАН ГРОЗНЫЙ'],
    ['王小明', '王小明'],
    ["I Made Dwi-Putra, S.Kom (D'Art)", "i made dwi-putra, s.kom (d'art)"],
    ['100% _Satu_', '100% _satu_'],
    ['Anak\u00a0Agung', 'Anak Agung'],
  ])('%j is also %j', async (fullName, typed) => {
    const { phone } = await house.person({ fullName });
    expect([typed, (await request(typed, phone)).status]).toEqual([typed, 200]);
    expect(house.sendsTo(phone)).toBe(1);
  });

  it.each([
    'John',
    'Doe',
    'JohnDoe',
    'John Do',
    'John Doe Jr',
    'Jane Smith',
    'Jóhn Doe',
    '%',
    '_ohn Doe',
    'John%',
    '.*',
  ])('John Doe is not %j', async (typed) => {
    const { phone } = await john();
    nobody(await request(typed, phone));
    expect(house.sendsTo(phone)).toBe(0);
  });

  it('of somebody else is not enough, nor is a number that nobody has, nor one of an inactive account', async () => {
    const [one, other] = [await john(), await house.person({ fullName: 'Jane Smith' })];
    nobody(await request('Jane Smith', one.phone));
    nobody(await request(NAME, other.phone));
    nobody(await request(NAME, newPhone()));
    nobody(await request(NAME, (await house.person({ fullName: NAME, active: false })).phone));
    const rows = await house.database.query(`SELECT 1 FROM otp_codes WHERE phone = ANY($1)`, [[one.e164, other.e164]]);
    expect(rows).toEqual([]);
  });
});

describe('a code that lives', () => {
  it('is told with its times until the cooldown ends; then a new one comes and the old one is dead', async () => {
    const { phone } = await john();
    const first = await request(NAME, phone);
    const old = house.fake.codeFor(phone) ?? '';
    const refused = await request(NAME.toLowerCase(), phone);
    expect(expectFailure(refused, 400, 'otp_active')).toStrictEqual({
      success: false,
      message: 'Sudah ada OTP aktif',
      code: 'otp_active',
      details: first.body.data,
    });
    expect(house.sendsTo(phone)).toBe(1);
    await house.pass(phone, 58);
    expectFailure(await request(NAME, phone), 400, 'otp_active');
    await house.pass(phone, 3);
    const second = await request(NAME, phone);
    expect(second.status).toBe(200);
    expect(Date.parse(second.body.data.expiresAt)).toBeGreaterThan(Date.parse(first.body.data.expiresAt) - 62_000);
    const fresh = house.fake.codeFor(phone) ?? '';
    if (fresh !== old) expectFailure(await verifyReset(house.service, phone, old), 400, 'invalid_otp');
    expect((await verifyReset(house.service, phone, fresh)).status).toBe(200);
  });

  it('is told to its owner only: another name gets the answer of a stranger', async () => {
    const { phone } = await john();
    await resetCodeOf(house.service, house.fake, NAME, phone);
    nobody(await request('Jane Smith', phone));
  });

  it('keeps nobody from a new one when its attempts are used up', async () => {
    const { phone } = await john();
    const code = await resetCodeOf(house.service, house.fake, NAME, phone);
    for (const by of [1, 2, 3]) await verifyReset(house.service, phone, wrong(code, by));
    expect((await request(NAME, phone)).status).toBe(200);
  });

  it('waits as long as the list of cooldowns says; an hour has five sends', async () => {
    const { phone } = await john();
    const began = Date.now();
    for (const seconds of [60, 60, 120, 300, 300]) {
      await resetCodeOf(house.service, house.fake, NAME, phone);
      await house.pass(phone, seconds - 20);
      expectFailure(await request(NAME, phone), 400, 'otp_active');
      await house.pass(phone, 21);
    }
    const refused = await request(NAME, phone);
    expectFailure(refused, 429, 'otp_rate_limited', 'Terlalu banyak permintaan kode, coba lagi nanti');
    expectRetryAfter(refused, 3600 - 845, began);
    await house.pass(phone, retryAfter(refused) + 1);
    expect((await request(NAME, phone)).status).toBe(200);
  });

  it('is not a login code: each has its own cooldown and its own sends', async () => {
    const { phone } = await john();
    await resetCodeOf(house.service, house.fake, NAME, phone);
    expect((await house.request(phone)).body.data.alreadySent).toBeUndefined();
    expect(house.fake.messagesFor(phone)).toHaveLength(2);
    expectFailure(await request(NAME, phone), 400, 'otp_active');
  });

  it('is in English where that is the language, with the same codes', async () => {
    const english = await house.another({
      MESSAGE_LANGUAGE: 'en',
      APP_NAME: 'Tiket',
      APP_TEAM: 'Tiket',
      OTP_LENGTH: '8',
    });
    const { phone } = await john();
    expect((await requestReset(english, NAME, phone)).body.message).toBe('The code has been sent to WhatsApp');
    expect(house.fake.messagesFor(phone)[0]).toMatch(
      /^Hello John Doe,\n\nYour code to reset the password of Tiket:\n\n\*\d{8}\*\n\nThis code is valid for 15 minutes\./,
    );
    expectFailure(await requestReset(english, NAME, phone), 400, 'otp_active', 'A code is already active');
    expectFailure(await requestReset(english, '', phone), 400, 'name_required', 'The name is required');
  });
});

describe('with the demo seed of the replaced system', () => {
  it('knows John Doe and Jane Smith by their numbers', async () => {
    for (const [nama, noHp] of [
      ['John Doe', '6281234567890'],
      ['Jane Smith', '6289876543210'],
    ])
      expect((await request(nama, noHp)).body).toMatchObject({ success: true, phoneNumber: noHp });
  });
});

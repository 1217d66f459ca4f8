import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectAhead, expectFailure, expectRetryAfter, INSTANT, retryAfter, SOME_TEXT } from '../../support/answers.js';
import { wrong } from '../../support/codes.js';
import { newPhone, openHouse, type House } from '../../support/house.js';

// docs/contract/sikeskoja.md#request-and-resend, its cooldown, limits and message.

const SENT = 'Kode OTP telah dikirim ke WhatsApp Anda';
const UNKNOWN = 'Nomor telepon tidak terdaftar atau akun tidak aktif';

let house: House;

beforeAll(async () => {
  house = await openHouse();
});
afterAll(async () => house.close());

const rowsOf = async (e164: string) => {
  const [row] = await house.database.query<{ rows: number }>(
    `SELECT (SELECT count(*) FROM otp_codes WHERE phone = $1)::int + (SELECT count(*) FROM otp_sessions WHERE phone = $1)::int
          + (SELECT count(*) FROM messages WHERE recipient = $1)::int
          + (SELECT count(*) FROM message_history WHERE recipient = $1)::int AS rows`,
    [e164],
  );
  return row?.rows;
};

describe('requesting a code', () => {
  it('answers with the challenge, its times and the provider', async () => {
    const person = await house.person();
    const now = Date.now();
    const answer = await house.request(person.phone);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(answer.body).toStrictEqual({
      success: true,
      message: SENT,
      data: { sessionId: SOME_TEXT, expiresAt: INSTANT, resendAt: INSTANT, channel: 'whacenter' },
    });
    expectAhead(answer.body.data.expiresAt, 300, now);
    expectAhead(answer.body.data.resendAt, 60, now);
  });

  it('sends the message of the contract, and nothing but it, as Whacenter wants it', async () => {
    const person = await house.person({ fullName: 'Administrator SiKesKoja' });
    const code = await house.code(person.phone);
    expect(code).toMatch(/^\d{6}$/);
    expect(house.fake.messagesFor(person.phone)).toEqual([
      [
        'Halo Administrator SiKesKoja,',
        '',
        'Kode OTP untuk login ke SiKesKoja - Sistem Kesehatan Kota Jayapura:',
        '',
        `*${code}*`,
        '',
        'Kode ini berlaku selama 5 menit.',
        'Jangan bagikan kode ini kepada siapapun.',
        '',
        'Terima kasih,',
        'Tim SiKesKoja',
      ].join('\n'),
    ]);
    const call = house.fake.calls.findLast(({ fields }) => fields['number'] === person.digits);
    expect(call).toMatchObject({ method: 'POST', path: '/api/send' });
    expect(Object.keys(call?.fields ?? {}).sort()).toEqual(['device_id', 'message', 'number']);
    expect(call?.fields['device_id']).toBe(house.fake.deviceId);
  });

  const hostile: [string, string, string][] = [
    ['line breaks', 'Budi\n\n*000000*\r\nKode', 'Halo Budi Kode,'],
    ['exotic line breaks', 'Budi\u2028Santoso\u2029\u0085\u000bA', 'Halo Budi Santoso A,'],
    ['a web address', 'Budi https://evil.example/login?x=1', 'Halo Budi,'],
    ['a bare web address', 'Budi evil.example/x', 'Halo Budi,'],
    ['another scheme', 'Budi whatsapp://send?text=x', 'Halo Budi,'],
    ['www', 'www.evil.co.id Budi', 'Halo Budi,'],
    ['nothing but an address', 'https://evil.example', 'Halo,'],
  ];
  it.each(hostile)('makes a name harmless that holds %s', async (_what, fullName, greeting) => {
    const person = await house.person({ fullName });
    const code = await house.code(person.phone);
    const [text = ''] = house.fake.messagesFor(person.phone);
    expect(text.split('\n')[0]).toBe(greeting);
    expect(text.split('\n')).toHaveLength(11);
    expect(text.match(/\*\d+\*/g)).toEqual([`*${code}*`]);
    expect(text).not.toMatch(/evil|:\/\/|www\./);
  });

  it('leaves an ordinary name as it is; its titles may stand apart, so that no app links them', async () => {
    const together = (text = '') => text.replace(/\. /g, '.');
    const names = [
      'Siti Nur’aini',
      'Muhammad Al-Fatih',
      'Åsa Öberg 王',
      "O'Neil",
      'Budi',
      'dr. Siti, Sp.A',
      'Ani, S.Kom',
      'R.M. Ali',
    ];
    for (const fullName of names) {
      const person = await house.person({ fullName });
      await house.code(person.phone);
      const [greeting] = house.fake.messagesFor(person.phone)[0]?.split('\n') ?? [];
      expect(together(greeting)).toBe(together(`Halo ${fullName},`));
    }
  });

  it('treats every format of a number as the same phone', async () => {
    const person = await house.person();
    const rest = person.digits.slice(2);
    const first = await house.request(`0${rest}`);
    const spellings = [
      person.digits,
      `+${person.digits}`,
      rest,
      `${person.digits}@s.whatsapp.net`,
      `+62 ${rest.slice(0, 3)}-${rest.slice(3, 7)}-${rest.slice(7)}`,
      `(0${rest.slice(0, 3)}) ${rest.slice(3, 7)}.${rest.slice(7)}`,
      `0${rest.slice(0, 3)} ${rest.slice(3)}`,
    ];
    for (const spelling of spellings) {
      const again = await house.request(spelling);
      expect({ spelling, sessionId: again.body.data?.sessionId }).toEqual({
        spelling,
        sessionId: first.body.data.sessionId,
      });
    }
    expect(house.sendsTo(person.phone)).toBe(1);
    expect((await house.verify(spellings[4] ?? '', house.fake.codeFor(person.phone) ?? '')).status).toBe(200);
  });

  it.each([
    ['letters', 'O81234567890'],
    ['an extension', '081234567890 ext 5'],
    ['a landline', '0967531234'],
    ['another landline', '0215551234'],
    ['a country that is not allowed', '+14155550123'],
    ['too short', '0812345'],
    ['too long', '0812345678901234'],
    ['two numbers', '081234567890,081234567891'],
    ['a decimal', '081234567890.0'],
    ['an international decimal', '6281234567890.0'],
    ['an extension', '08123456789-1'],
    ['a group id', '120363025246125486@g.us'],
    ['another host', '6281234567890@evil.example'],
    ['words', 'admin'],
    ['an empty text', ''],
    ['blanks', '   '],
    ['a plus in the middle', '0812+34567890'],
    ['a line break', '0812\n34567890'],
    ['a SQL quote', "081234567890' OR '1'='1"],
  ])('refuses as a phone number: %s', async (_what, phone) => {
    const calls = house.fake.calls.length;
    for (const route of [house.request, house.resend]) {
      expectFailure(await route(phone), 400, 'invalid_phone', 'Nomor telepon tidak valid');
    }
    expectFailure(await house.verify(phone, '123456'), 400, 'invalid_phone', 'Nomor telepon tidak valid');
    expect(house.fake.calls.length).toBe(calls);
  });

  it('gives unknown and inactive numbers the same answer, and sends nothing', async () => {
    const unknown = newPhone();
    const inactive = await house.person({ active: false });
    const bodies = [];
    for (const phone of [unknown, inactive.e164]) {
      for (const route of [house.request, house.resend]) {
        bodies.push(expectFailure(await route(phone), 404, 'phone_not_registered', UNKNOWN));
      }
      expect(house.sendsTo(phone)).toBe(0);
      expect(await rowsOf(phone)).toBe(0);
    }
    for (const body of bodies)
      expect(body).toStrictEqual({ success: false, message: UNKNOWN, code: 'phone_not_registered' });
  });
});

describe('requesting again while the code is valid', () => {
  it('answers with that same session and sends nothing', async () => {
    const person = await house.person();
    const first = await house.request(person.phone);
    for (let reload = 0; reload < 3; reload++) {
      const again = await house.request(person.phone);
      expect({ status: again.status, body: again.body }).toEqual({
        status: 200,
        body: { success: true, message: SENT, data: { ...first.body.data, alreadySent: true } },
      });
    }
    expect(house.sendsTo(person.phone)).toBe(1);
    expect((await house.verify(person.phone, house.fake.codeFor(person.phone) ?? '')).status).toBe(200);
  });

  it('sends one message for twenty requests at once', async () => {
    const person = await house.person();
    const answers = await Promise.all(Array.from({ length: 20 }, () => house.request(person.phone)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ body }) => body.data.sessionId)).size).toBe(1);
    expect(answers.filter(({ body }) => body.data.alreadySent === undefined)).toHaveLength(1);
    expect(house.sendsTo(person.phone)).toBe(1);
  });

  it('sends a new code after the cooldown, and the old one ends', async () => {
    const person = await house.person();
    const old = await house.code(person.phone);
    await house.pass(person.phone, 58);
    expect((await house.request(person.phone)).body.data.alreadySent).toBe(true);
    await house.pass(person.phone, 3);
    const fresh = await house.code(person.phone);
    if (old !== fresh) expectFailure(await house.verify(person.phone, old), 400, 'invalid_otp');
    expect((await house.verify(person.phone, fresh)).status).toBe(200);
  });

  it('sends a new code after a login, without waiting', async () => {
    const person = await house.person();
    await house.login(person.phone);
    await house.login(person.phone);
    expect(house.sendsTo(person.phone)).toBe(2);
  });
});

describe('resending', () => {
  it('is refused before resendAt, with the remaining seconds', async () => {
    const person = await house.person();
    const began = Date.now();
    const code = await house.code(person.phone);
    const refused = await house.resend(person.phone);
    expectFailure(refused, 429, 'otp_rate_limited', 'Terlalu banyak permintaan kode, coba lagi nanti');
    expectRetryAfter(refused, 60, began);
    expect(house.sendsTo(person.phone)).toBe(1);
    expect((await house.verify(person.phone, code)).status).toBe(200);
  });

  it('makes a new code after resendAt, and the old one ends', async () => {
    const person = await house.person();
    const first = await house.request(person.phone);
    const old = house.fake.codeFor(person.phone) ?? '';
    await house.pass(person.phone, 60);
    const again = await house.resend(person.phone);
    expect(again.body).toStrictEqual({
      success: true,
      message: SENT,
      data: { sessionId: SOME_TEXT, expiresAt: INSTANT, resendAt: INSTANT, channel: 'whacenter' },
    });
    expect(again.body.data.sessionId).not.toBe(first.body.data.sessionId);
    const fresh = house.fake.codeFor(person.phone) ?? '';
    expect(house.sendsTo(person.phone)).toBe(2);
    if (old !== fresh) expectFailure(await house.verify(person.phone, old), 400, 'invalid_otp');
    expect((await house.verify(person.phone, fresh)).status).toBe(200);
  });

  it('works without an earlier request, as a request does', async () => {
    const person = await house.person();
    expect((await house.resend(person.phone)).status).toBe(200);
    expect((await house.verify(person.phone, house.fake.codeFor(person.phone) ?? '')).status).toBe(200);
  });
});

describe('cooldown and limits of a phone', () => {
  it('waits 60, 60, 120 and 300 seconds, then 300 again', async () => {
    const person = await house.person();
    for (const cooldown of [60, 60, 120, 300, 300]) {
      const now = Date.now();
      const answer = await house.resend(person.phone);
      expect(answer.status).toBe(200);
      expectAhead(answer.body.data.resendAt, cooldown, now);
      await house.pass(person.phone, cooldown - 20);
      expectFailure(await house.resend(person.phone), 429, 'otp_rate_limited');
      await house.pass(person.phone, 21);
    }
  });

  it('allows five sends an hour, and says when the next one is due', async () => {
    const person = await house.person();
    const began = Date.now();
    for (let send = 0; send < 5; send++) {
      expect((await house.resend(person.phone)).status).toBe(200);
      if (send < 4) await house.pass(person.phone, 301);
    }
    // A reload does not send: it is answered with the active code, limits or not.
    expect((await house.request(person.phone)).body.data.alreadySent).toBe(true);
    await house.pass(person.phone, 301);
    for (const route of [house.request, house.resend]) {
      const refused = await route(person.phone);
      expectFailure(refused, 429, 'otp_rate_limited');
      // The first of the five was 5 × 301 seconds ago.
      expectRetryAfter(refused, 3600 - 5 * 301, began);
    }
    const wait = retryAfter(await house.request(person.phone));
    await house.pass(person.phone, wait - 20);
    expectFailure(await house.request(person.phone), 429, 'otp_rate_limited');
    await house.pass(person.phone, 20);
    expect((await house.request(person.phone)).status).toBe(200);
    expect(house.sendsTo(person.phone)).toBe(6);
  });

  it('allows ten sends a day, and says when the next one is due', async () => {
    const person = await house.person();
    const began = Date.now();
    for (let send = 0; send < 10; send++) {
      expect((await house.resend(person.phone)).status).toBe(200);
      await house.pass(person.phone, 1800);
    }
    await house.pass(person.phone, 3600);
    const refused = await house.request(person.phone);
    expectFailure(refused, 429, 'otp_rate_limited');
    expectRetryAfter(refused, 86_400 - 10 * 1800 - 3600, began);
    await house.pass(person.phone, retryAfter(refused));
    expect((await house.request(person.phone)).status).toBe(200);
  });

  it('never sends more than allowed to twenty requests at once after the cooldown', async () => {
    const person = await house.person();
    for (let send = 0; send < 4; send++) {
      await house.resend(person.phone);
      await house.pass(person.phone, 301);
    }
    await Promise.all(Array.from({ length: 20 }, () => house.resend(person.phone)));
    expect(house.sendsTo(person.phone)).toBe(5);
  });

  it('keeps the limits of one phone from another', async () => {
    const [busy, calm] = [await house.person(), await house.person()];
    for (let send = 0; send < 5; send++) {
      await house.resend(busy.phone);
      await house.pass(busy.phone, 301);
    }
    expectFailure(await house.request(busy.phone), 429, 'otp_rate_limited');
    expect((await house.request(calm.phone)).status).toBe(200);
  });
});

describe('a known device', () => {
  const known = (deviceToken: string) => ({ 'x-device-token': deviceToken });

  it('has its own sends and guesses: a stranger who used up theirs does not stop it', async () => {
    const person = await house.person();
    const { deviceToken } = await house.login(person.phone);
    // The stranger: all sends of the hour, all guesses.
    for (let send = 1; send < 5; send++) {
      await house.pass(person.phone, 301);
      expect((await house.resend(person.phone)).status).toBe(200);
    }
    const code = house.fake.codeFor(person.phone) ?? '';
    for (let guess = 0; guess < 5; guess++) {
      expectFailure(await house.verify(person.phone, wrong(code, guess + 1)), 400, 'invalid_otp');
    }
    expectFailure(await house.verify(person.phone, code), 429, 'otp_locked');
    await house.pass(person.phone, 301);
    expectFailure(await house.resend(person.phone), 429, 'otp_rate_limited');
    // The owner's device.
    expect((await house.request(person.phone, known(deviceToken))).status).toBe(200);
    const fresh = house.fake.codeFor(person.phone) ?? '';
    expect(house.sendsTo(person.phone)).toBe(6);
    expectFailure(await house.verify(person.phone, fresh), 429, 'otp_locked');
    const login = await house.verify(person.phone, fresh, known(deviceToken));
    expect(login.status).toBe(200);
    expect(login.body.data.user.id).toBe(person.id);
  });

  it('has limits, too', async () => {
    const person = await house.person();
    const { deviceToken } = await house.login(person.phone);
    const header = known(deviceToken);
    for (let send = 0; send < 5; send++) {
      expect((await house.resend(person.phone, header)).status).toBe(200);
      await house.pass(person.phone, 301);
    }
    expectFailure(await house.resend(person.phone, header), 429, 'otp_rate_limited');
    const code = house.fake.codeFor(person.phone) ?? '';
    for (let guess = 0; guess < 5; guess++) {
      expectFailure(await house.verify(person.phone, wrong(code, guess + 1), header), 400, 'invalid_otp');
    }
    expectFailure(await house.verify(person.phone, code, header), 429, 'otp_locked');
  });

  it('is known for its own account only, and only by a token that we made', async () => {
    const [victim, thief] = [await house.person(), await house.person()];
    const { deviceToken } = await house.login(thief.phone);
    const own = (await house.login(victim.phone)).deviceToken as string;
    for (let send = 1; send < 5; send++) {
      await house.resend(victim.phone);
      await house.pass(victim.phone, 301);
    }
    const forged = own.slice(0, 60) + (own[60] === 'A' ? 'B' : 'A') + own.slice(61);
    for (const token of [deviceToken, forged, own.slice(0, -4), `${own}AAAA`, 'x', '', 'A'.repeat(5000)]) {
      expectFailure(await house.resend(victim.phone, known(token)), 429, 'otp_rate_limited');
    }
    expect((await house.resend(victim.phone, known(own))).status).toBe(200);
  });
});

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure, expectRetryAfter, retryAfter, SOME_TEXT } from '../../support/answers.js';
import { wrong } from '../../support/codes.js';
import { newPhone, openHouse, type House } from '../../support/house.js';

// docs/contract/sikeskoja.md#verify: success, the one failure, the guess budget.

const INVALID = 'Kode OTP tidak valid atau sudah kadaluarsa';
const WEEK = 7 * 86_400;

let house: House;

beforeAll(async () => {
  house = await openHouse();
});
afterAll(async () => house.close());

const expectInvalid = (answer: Awaited<ReturnType<House['verify']>>, attemptsLeft: number) =>
  expect(expectFailure(answer, 400, 'invalid_otp', INVALID).details).toStrictEqual({ attemptsLeft });

const verifyWith = (body: object) => house.service.post('/api/auth/otp/verify', body);

describe('the right code', () => {
  it('logs in, and the answer has every field of the contract', async () => {
    const person = await house.person({
      fullName: 'Siti Aminah',
      role: 'OPERATOR',
      email: 'siti@example.com',
      username: 'siti',
    });
    const answer = await house.verify(person.phone, await house.code(person.phone));
    expect(answer.status).toBe(200);
    expect(answer.body).toStrictEqual({
      success: true,
      message: 'Login berhasil',
      data: {
        token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
        tokenType: 'Bearer',
        expiresIn: WEEK,
        refreshToken: SOME_TEXT,
        deviceToken: SOME_TEXT,
        user: {
          id: person.id,
          email: 'siti@example.com',
          username: 'siti',
          phone: person.phone,
          role: 'OPERATOR',
          profile: { fullName: 'Siti Aminah', phone: person.phone },
        },
      },
    });
  });

  it('logs in a user who has a phone and nothing else; nothing is made up', async () => {
    const person = await house.person({ fullName: 'Tanpa Email' });
    const { user } = await house.login(person.phone);
    expect(user).toStrictEqual({
      id: person.id,
      email: null,
      username: null,
      phone: person.phone,
      role: 'USER',
      profile: { fullName: 'Tanpa Email', phone: person.phone },
    });
  });

  it('logs in once, also for twenty requests at once', async () => {
    const person = await house.person();
    const code = await house.code(person.phone);
    const answers = await Promise.all(Array.from({ length: 20 }, () => house.verify(person.phone, code)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.every(({ status }) => [200, 400, 429].includes(status))).toBe(true);
    const sessions = await house.database.query('SELECT 1 FROM login_sessions WHERE user_id = $1', [person.id]);
    expect(sessions).toHaveLength(1);
  });

  it('is one code for one phone', async () => {
    const [one, other] = [await house.person(), await house.person()];
    const code = await house.code(one.phone);
    await house.code(other.phone);
    if (house.fake.codeFor(other.phone) !== code) expectInvalid(await house.verify(other.phone, code), 2);
    expect((await house.verify(one.phone, code)).body.data.user.id).toBe(one.id);
  });

  it('lives five minutes', async () => {
    const person = await house.person();
    const code = await house.code(person.phone);
    await house.pass(person.phone, 297);
    expect((await house.verify(person.phone, code)).status).toBe(200);
  });

  it('does not work when the account was disabled meanwhile', async () => {
    const person = await house.person();
    const code = await house.code(person.phone);
    await house.database.query('UPDATE users SET is_active = false WHERE id = $1', [person.id]);
    expectInvalid(await house.verify(person.phone, code), 2);
    expect(await house.database.query('SELECT 1 FROM login_sessions WHERE user_id = $1', [person.id])).toEqual([]);
  });
});

describe('a code as it is pasted', () => {
  const fullWidth = (code: string, zero: number) =>
    [...code].map((digit) => String.fromCodePoint(zero + Number(digit))).join('');

  it.each<[string, (code: string) => string]>([
    ['with a dot', (code) => `${code.slice(0, 3)}.${code.slice(3)}`],
    ['with an en dash', (code) => `${code.slice(0, 3)}–${code.slice(3)}`],
    ['with a full stop', (code) => `${code}.`],
    ['in quotes', (code) => `"${code}"`],
    ['in Devanagari digits', (code) => fullWidth(code, 0x966)],
    ['in its sentence', (code) => `Kode OTP untuk login ke SiKesKoja: *${code}*`],
    ['in its message', (code) => `Halo Siti,\n\nKode:\n\n*${code}*\n\nberlaku 5 menit. Hubungi 081234567890`],
  ])('is read %s', async (_what, paste) => {
    const person = await house.person();
    expect((await house.verify(person.phone, paste(await house.code(person.phone)))).status).toBe(200);
  });

  it.each<[string, (code: string) => string]>([
    ['two codes', (code) => `Kode ${code} atau ${wrong(code)}`],
    ['no code', () => 'Halo Siti, kode Anda tidak ada'],
    ['a decimal that has lost its zero', () => '12345.0'],
    ['words around too few digits', (code) => `kode: ${code.slice(1)}`],
    ['a text without end', (code) => `${code} ${'x'.repeat(5_000)}`],
  ])('is refused with %s, and no guess is charged', async (_what, paste) => {
    const person = await house.person();
    const code = await house.code(person.phone);
    for (let time = 0; time < 6; time++)
      expectFailure(await house.verify(person.phone, paste(code)), 400, 'validation_failed');
    expectInvalid(await house.verify(person.phone, wrong(code)), 2);
    expect((await house.verify(person.phone, code)).status).toBe(200);
  });
});

describe('the session id', () => {
  it('may be given', async () => {
    const person = await house.person();
    const { sessionId } = (await house.request(person.phone)).body.data;
    const otpCode = house.fake.codeFor(person.phone);
    expect((await verifyWith({ phone: person.phone, otpCode, sessionId })).status).toBe(200);
  });

  it('of another challenge makes even the right code fail, and costs a guess', async () => {
    const [person, other] = [await house.person(), await house.person()];
    const { sessionId } = (await house.request(person.phone)).body.data;
    const foreign = (await house.request(other.phone)).body.data.sessionId as string;
    const otpCode = house.fake.codeFor(person.phone);
    expectInvalid(await verifyWith({ phone: person.phone, otpCode, sessionId: foreign }), 2);
    expectInvalid(await verifyWith({ phone: person.phone, otpCode, sessionId: randomUUID() }), 1);
    expect((await verifyWith({ phone: person.phone, otpCode, sessionId })).status).toBe(200);
  });

  it('of an earlier code of the same phone fails', async () => {
    const person = await house.person();
    const { sessionId } = (await house.request(person.phone)).body.data;
    await house.pass(person.phone, 61);
    const otpCode = await house.code(person.phone);
    expectInvalid(await verifyWith({ phone: person.phone, otpCode, sessionId }), 2);
  });
});

describe('a code that does not fit', () => {
  it('gets the same answer for every reason', async () => {
    const [mistyped, used, expired, replaced, never, inactive] = await Promise.all([
      house.person(),
      house.person(),
      house.person(),
      house.person(),
      house.person(),
      house.person({ active: false }),
    ]);
    const usedCode = await house.code(used.phone);
    await house.verify(used.phone, usedCode);
    const expiredCode = await house.code(expired.phone);
    await house.pass(expired.phone, 301);
    let replacedCode = await house.code(replaced.phone);
    await house.pass(replaced.phone, 61);
    if ((await house.code(replaced.phone)) === replacedCode) replacedCode = wrong(replacedCode);
    const answers = [
      await house.verify(mistyped.phone, wrong(await house.code(mistyped.phone))),
      await house.verify(used.phone, usedCode),
      await house.verify(expired.phone, expiredCode),
      await house.verify(replaced.phone, replacedCode),
      await house.verify(never.phone, '123456'),
      await house.verify(inactive.phone, '123456'),
      await house.verify(newPhone(), '123456'),
    ];
    for (const answer of answers) expectInvalid(answer, 2);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  });

  it.each([
    ['shorter', (code: string) => code.slice(0, 5)],
    ['longer', (code: string) => `${code}0`],
  ])('is not compared when it is %s than codes are, and costs no guess', async (_what, change) => {
    const person = await house.person();
    const code = await house.code(person.phone);
    for (let turn = 0; turn < 6; turn++)
      expectFailure(await house.verify(person.phone, change(code)), 400, 'validation_failed');
    expectInvalid(await house.verify(person.phone, wrong(code)), 2);
    expect((await house.verify(person.phone, code)).status).toBe(200);
  });

  it('has three guesses a code, then the right one fails too', async () => {
    const person = await house.person();
    const code = await house.code(person.phone);
    expectInvalid(await house.verify(person.phone, wrong(code, 1)), 2);
    expectInvalid(await house.verify(person.phone, wrong(code, 2)), 1);
    expectInvalid(await house.verify(person.phone, wrong(code, 3)), 0);
    expectInvalid(await house.verify(person.phone, code), 0);
  });

  it('leaves the right one valid before that', async () => {
    const person = await house.person();
    const code = await house.code(person.phone);
    await house.verify(person.phone, wrong(code, 1));
    await house.verify(person.phone, wrong(code, 2));
    expect((await house.verify(person.phone, code)).status).toBe(200);
  });

  it('has five guesses a phone in fifteen minutes, however many codes; then only time helps', async () => {
    const person = await house.person();
    const began = Date.now();
    const first = await house.code(person.phone);
    for (let guess = 1; guess <= 3; guess++) await house.verify(person.phone, wrong(first, guess));
    await house.pass(person.phone, 61);
    const second = await house.code(person.phone);
    expectInvalid(await house.verify(person.phone, wrong(second, 1)), 1);
    expectInvalid(await house.verify(person.phone, wrong(second, 2)), 0);
    const locked = await house.verify(person.phone, second);
    expectFailure(locked, 429, 'otp_locked', 'Terlalu banyak percobaan, coba lagi nanti');
    expectRetryAfter(locked, 900 - 61, began);
    // A code that nobody may try is not sent either; the wait is the lock's.
    await house.pass(person.phone, 301);
    const refused = await house.request(person.phone);
    expectFailure(refused, 429, 'otp_rate_limited');
    const wait = retryAfter(refused);
    expectRetryAfter(refused, 900 - 61 - 301, began);
    await house.pass(person.phone, wait - 20);
    expectFailure(await house.verify(person.phone, second), 429, 'otp_locked');
    await house.pass(person.phone, 20);
    expect((await house.verify(person.phone, await house.code(person.phone))).status).toBe(200);
  });

  it.each([null, '', 'upper'])('takes a sessionId that a front end lost or wrote otherwise: %p', async (kind) => {
    const person = await house.person();
    const asked = await house.request(person.phone);
    const sessionId = kind !== 'upper' ? kind : (asked.body.data.sessionId as string).toUpperCase();
    const otpCode = house.fake.codeFor(person.phone);
    const body = { phone: person.phone, otpCode, sessionId };
    expect((await house.service.post('/api/auth/otp/verify', body)).status).toBe(200);
  });

  it('locks a number that nobody has, as any other', async () => {
    const phone = newPhone();
    const left: unknown[] = [];
    for (let guess = 0; guess < 5; guess++) {
      left.push((await house.verify(phone, `00000${guess}`)).body.details.attemptsLeft);
    }
    expect(left).toEqual([2, 1, 0, 0, 0]);
    expectFailure(await house.verify(phone, '123456'), 429, 'otp_locked');
  });

  it('locks a number also for fifty guesses at once', async () => {
    const person = await house.person();
    const code = await house.code(person.phone);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, guess) => house.verify(person.phone, wrong(code, guess + 1))),
    );
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(45);
  });

  it('is reset by a login', async () => {
    const person = await house.person();
    const first = await house.code(person.phone);
    await house.verify(person.phone, wrong(first, 1));
    await house.verify(person.phone, wrong(first, 2));
    await house.verify(person.phone, first);
    const second = await house.code(person.phone);
    expectInvalid(await house.verify(person.phone, wrong(second, 1)), 2);
    expectInvalid(await house.verify(person.phone, wrong(second, 2)), 1);
    expect((await house.verify(person.phone, second)).status).toBe(200);
  });
});

describe('length, life and guesses by configuration', () => {
  let other: House;
  beforeAll(async () => {
    other = await openHouse({
      OTP_LENGTH: '8',
      OTP_EXPIRES_IN: '10',
      OTP_MAX_ATTEMPTS: '1',
      GUESS_BUDGET: '2',
      OTP_RESEND_COOLDOWN: '7, 21',
      APP_NAME: 'Klinik Sehat',
      APP_TEAM: 'Klinik',
      OTP_SENDS_PER_HOUR: '3',
      OTP_SENDS_PER_DAY: '3',
    });
  });
  afterAll(async () => other.close());

  it('are what they are set to', async () => {
    const person = await other.person();
    const now = Date.now();
    const answer = await other.request(person.phone);
    expect(Math.round((Date.parse(answer.body.data.expiresAt) - now) / 60_000)).toBe(10);
    // Both times count from one moment of the database.
    expect(Date.parse(answer.body.data.expiresAt) - Date.parse(answer.body.data.resendAt)).toBe(600_000 - 7_000);
    const code = other.fake.codeFor(person.phone) ?? '';
    expect(code).toMatch(/^\d{8}$/);
    const [text] = other.fake.messagesFor(person.phone);
    expect(text).toContain('Kode OTP untuk login ke Klinik Sehat:\n');
    expect(text).toContain('Kode ini berlaku selama 10 menit.\n');
    expect(text?.endsWith('Terima kasih,\nTim Klinik')).toBe(true);
    await other.pass(person.phone, 595);
    expect((await other.verify(person.phone, code)).status).toBe(200);
  });

  it('limit guesses and sends as they say', async () => {
    const person = await other.person();
    for (const cooldown of [7, 21, 21]) {
      const now = Date.now();
      const { data } = (await other.resend(person.phone)).body;
      expect(Math.round((Date.parse(data.resendAt) - now) / 1000)).toBe(cooldown);
      await other.pass(person.phone, cooldown + 1);
    }
    expectFailure(await other.resend(person.phone), 429, 'otp_rate_limited');
    const code = other.fake.codeFor(person.phone) ?? '';
    expect((await other.verify(person.phone, wrong(code, 1))).body.details).toEqual({ attemptsLeft: 0 });
    expectFailure(await other.verify(person.phone, code), 400, 'invalid_otp');
    expectFailure(await other.verify(person.phone, code), 429, 'otp_locked');
  });
});

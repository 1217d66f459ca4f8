import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure, retryAfter, SOME_TEXT } from '../../support/answers.js';
import { wrong } from '../../support/codes.js';
import { newPhone, openHouse, type House, type Resident } from '../../support/house.js';
import {
  NEW_PASSWORD,
  requestReset,
  resetCodeOf,
  resetPassword,
  verifiedCodeOf,
  verifyReset,
} from '../../support/resets.js';
import { type Answer, type Service } from '../../support/service.js';

// docs/contract/ticketing.md#the-three-steps: the second step, and the budget that it shares with the third.

const NAME = 'Jane Smith';
const WRONG = 'Kode OTP tidak valid atau sudah kadaluarsa';
const LOCKED = 'Terlalu banyak percobaan, coba lagi nanti';

let house: House;

beforeAll(async () => {
  house = await openHouse();
});
afterAll(async () => house.close());

const jane = () => house.person({ fullName: NAME });
const codeOf = (phone: string) => resetCodeOf(house.service, house.fake, NAME, phone);
const verify = (phone: unknown, otp: unknown, headers?: Record<string, string>) =>
  verifyReset(house.service, phone, otp, headers);
const reset = (phone: string, otp: string, more = {}) => resetPassword(house.service, phone, otp, more);
const refused = (answer: Answer, attemptsLeft: number) =>
  expect(expectFailure(answer, 400, 'invalid_otp')).toStrictEqual({
    success: false,
    message: WRONG,
    code: 'invalid_otp',
    details: { attemptsLeft },
  });
const locked = (answer: Answer, seconds = 900) => {
  expect(expectFailure(answer, 429, 'otp_locked')).toStrictEqual({
    success: false,
    message: LOCKED,
    code: 'otp_locked',
  });
  expect(Math.abs(retryAfter(answer) - seconds)).toBeLessThanOrEqual(15);
};
const asked = async (): Promise<Resident & { code: string }> => {
  const person = await jane();
  return { ...person, code: await codeOf(person.phone) };
};

describe('POST /api/forgot-password/verify-otp', () => {
  it('answers as the replaced system did, with an id that is not a secret', async () => {
    const { phone, code } = await asked();
    const answer = await verify(phone, code);
    expect({ status: answer.status, body: answer.body }).toStrictEqual({
      status: 200,
      body: { success: true, message: 'OTP verified', data: { otpId: SOME_TEXT } },
    });
    expect(answer.text).not.toContain(code);
  });

  it('can be repeated at no cost', async () => {
    const { phone, e164, code } = await asked();
    const first = await verify(phone, code);
    const kept = async () =>
      (
        await house.database.query(
          `SELECT current_verified_at, guesses, known_guesses, failures FROM otp_codes WHERE phone = $1 AND purpose = 'reset'`,
          [e164],
        )
      )[0];
    const before = await kept();
    expect(before).toEqual({ current_verified_at: expect.any(Date), guesses: [], known_guesses: [], failures: 0 });
    for (let time = 0; time < 12; time++) expect((await verify(phone, code)).body).toEqual(first.body);
    expect(await kept()).toEqual(before);
    refused(await verify(phone, wrong(code)), 2);
  });

  it('takes a code as people paste it', async () => {
    const { phone, code } = await asked();
    const fullWidth = [...code].map((digit) => String.fromCodePoint(0xff10 + Number(digit))).join('');
    const arabic = [...code].map((digit) => String.fromCodePoint(0x660 + Number(digit))).join('');
    for (const typed of [
      ` ${code} `,
      `*${code}*`,
      `${code.slice(0, 3)}-${code.slice(3)}`,
      fullWidth,
      arabic,
      `Kode Anda: *${code}*. Berlaku 15 menit.`,
    ])
      expect([typed, (await verify(phone, typed)).status]).toEqual([typed, 200]);
  });

  it('accepts text only, and charges nothing for other types', async () => {
    const { phone, code } = await asked();
    const odd = [
      undefined,
      null,
      '',
      ' ',
      0,
      Number(code),
      true,
      [code],
      { code },
      '12345x',
      '123',
      '123456789',
      `${code}0000`,
    ];
    for (const otp of odd) expectFailure(await verify(phone, otp), 400, 'validation_failed');
    for (const noHp of [undefined, null, ''])
      expectFailure(await verify(noHp, code), 400, 'phone_number_required', 'NoHp harus diisi');
    for (const noHp of [0, true, [phone], { phone }, 'x', '12'])
      expectFailure(await verify(noHp, code), 400, 'invalid_phone');
    refused(await verify(phone, wrong(code)), 2);
  });
});

describe('a code that is not right', () => {
  it('gets one answer for every reason: wrong, expired, replaced, used, never sent, nobody’s', async () => {
    const [mistaken, late, renewed, used] = [await asked(), await asked(), await asked(), await asked()];
    await house.pass(late.phone, 901);
    await house.pass(renewed.phone, 61);
    await codeOf(renewed.phone);
    await verify(used.phone, used.code);
    expect((await reset(used.phone, used.code)).status).toBe(200);
    const never = await jane();
    const inactive = await house.person({ active: false });
    const answers = [
      await verify(mistaken.phone, wrong(mistaken.code)),
      await verify(late.phone, late.code),
      await verify(
        renewed.phone,
        renewed.code === house.fake.codeFor(renewed.phone) ? wrong(renewed.code) : renewed.code,
      ),
      await verify(used.phone, used.code),
      await verify(never.phone, '123456'),
      await verify(newPhone(), '123456'),
      await verify(inactive.phone, '123456'),
    ];
    for (const answer of answers) refused(answer, 2);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  });

  it('expires with the minutes of the setting, by the database’s clock', async () => {
    const { phone, code } = await asked();
    await house.pass(phone, 895);
    expect((await verify(phone, code)).status).toBe(200);
    await house.pass(phone, 6);
    refused(await verify(phone, code), 2);
    // Also one that was verified in time.
    refused(await reset(phone, code), 1);
  });

  it('is told how many attempts are left, then locks both steps for everybody, and for the right code', async () => {
    const { phone, code } = await asked();
    for (const [at, attemptsLeft] of [2, 1, 0, 0, 0].entries())
      refused(await verify(phone, wrong(code, at + 1)), attemptsLeft);
    locked(await verify(phone, code));
    locked(await verify(phone, wrong(code)));
    locked(await reset(phone, code));
    expectFailure(await requestReset(house.service, NAME, phone), 429, 'otp_rate_limited');
    await house.pass(phone, 895);
    locked(await verify(phone, code), 5);
    await house.pass(phone, 6);
    await codeOf(phone);
  });

  it('costs the same in both steps', async () => {
    const { phone, code } = await asked();
    refused(await verify(phone, wrong(code, 1)), 2);
    refused(await reset(phone, wrong(code, 2)), 1);
    refused(await reset(phone, wrong(code, 3)), 0);
    // Its attempts are used up: the right one is not compared any more.
    refused(await verify(phone, code), 0);
    refused(await reset(phone, code), 0);
    locked(await reset(phone, code));
    locked(await verify(phone, code));
  });

  it('costs the number, not the code: a new code refills nothing', async () => {
    const { phone, code } = await asked();
    refused(await verify(phone, wrong(code, 1)), 2);
    refused(await verify(phone, wrong(code, 2)), 1);
    await house.pass(phone, 61);
    const fresh = await codeOf(phone);
    for (const [at, attemptsLeft] of [2, 1, 0].entries())
      refused(await reset(phone, wrong(fresh, at + 1)), attemptsLeft);
    locked(await verify(phone, fresh), 839);
  });

  it('gets no more guesses because the owner has shown the right one meanwhile', async () => {
    const { phone, code } = await asked();
    refused(await verify(phone, wrong(code, 1)), 2);
    refused(await verify(phone, wrong(code, 2)), 1);
    for (let time = 0; time < 3; time++) expect((await verify(phone, code)).status).toBe(200);
    refused(await reset(phone, wrong(code, 3)), 0);
    refused(await reset(phone, code), 0);
  });

  it('does not cost the login, nor does a login’s cost the reset', async () => {
    const { phone, code } = await asked();
    for (const by of [1, 2, 3, 4, 5]) await verify(phone, wrong(code, by));
    locked(await verify(phone, code));
    expect((await house.login(phone)).user.phone).toBe(phone);
    const other = await jane();
    const login = await house.code(other.phone);
    for (const by of [1, 2, 3, 4, 5]) await house.verify(other.phone, wrong(login, by));
    expectFailure(await house.verify(other.phone, login), 429, 'otp_locked');
    expect((await verify(other.phone, await codeOf(other.phone))).status).toBe(200);
  });
});

describe('a code of another purpose', () => {
  it('of a login never verifies here, nor resets', async () => {
    const { phone } = await jane();
    const login = await house.code(phone);
    refused(await verify(phone, login), 2);
    refused(await reset(phone, login), 1);
    expect((await house.verify(phone, login)).status).toBe(200);
    // Nor beside an active code for a reset.
    const other = await jane();
    const code = await codeOf(other.phone);
    const beside = await house.code(other.phone);
    if (beside !== code) refused(await verify(other.phone, beside), 2);
  });

  it('of a reset never logs in, verified or not, nor changes a number', async () => {
    const { phone } = await jane();
    const { token } = await house.login(phone);
    const code = await verifiedCodeOf(house.service, house.fake, NAME, phone);
    await house.pass(phone, 61);
    const body = { phone, otpCode: code };
    const page = { 'sec-fetch-site': 'same-origin' };
    expectFailure(await house.verify(phone, code), 400, 'invalid_otp');
    expectFailure(await house.service.post('/api/auth/browser/verify', body, page), 400, 'invalid_otp');
    const bearer = { authorization: `Bearer ${token}` };
    expectFailure(await house.service.post('/api/auth/me/phone/verify', body, bearer), 400, 'invalid_otp');
    const login = await house.code(phone);
    if (login !== code) expectFailure(await house.verify(phone, code), 400, 'invalid_otp');
    expect((await reset(phone, code)).status).toBe(200);
  });

  it('of another number opens nothing', async () => {
    const [one, other] = [await asked(), await asked()];
    if (one.code !== other.code) refused(await verify(other.phone, one.code), 2);
    const { otpId } = (await verify(one.phone, one.code)).body.data;
    expectFailure(await reset(other.phone, other.code, { otpId }), 400, 'invalid_otp');
  });
});

describe('a known device', () => {
  it('verifies and resets while a stranger has used up every guess', async () => {
    const { phone } = await jane();
    const { deviceToken } = await house.login(phone);
    const device = { 'x-device-token': deviceToken };
    const code = await codeOf(phone);
    for (const by of [1, 2, 3, 4, 5]) await verify(phone, wrong(code, by));
    locked(await verify(phone, code));
    expect((await verify(phone, code, device)).status).toBe(200);
    // What the device shows gives a stranger nothing back.
    locked(await verify(phone, code));
    expect((await resetPassword(house.service, phone, code, {}, device)).status).toBe(200);
  });

  it('gets a code while a stranger has used up every send', async () => {
    const { phone } = await jane();
    const { deviceToken } = await house.login(phone);
    // The login's was the first of five.
    for (let send = 0; send < 4; send++) {
      await codeOf(phone);
      await house.pass(phone, 301);
    }
    expectFailure(await requestReset(house.service, NAME, phone), 429, 'otp_rate_limited');
    const device = { 'x-device-token': deviceToken };
    expect((await requestReset(house.service, NAME, phone, device)).status).toBe(200);
  });
});

describe('the address', () => {
  /** A service behind a proxy, whose clients may do little; each test is a client of its own. */
  let strict: Service;
  beforeAll(async () => {
    strict = await house.another({
      ADDRESS_FAILURES_PER_HOUR: '3',
      ADDRESS_SENDS_PER_HOUR: '2',
      TRUST_PROXY: '127.0.0.1',
    });
  });

  it('may guess so many names, codes and numbers an hour, and no more', async () => {
    const { phone, code } = await asked();
    const from = { 'x-forwarded-for': '203.0.113.1' };
    expectFailure(await requestReset(strict, 'Somebody Else', phone, from), 404, 'user_not_found');
    expectFailure(await requestReset(strict, NAME, newPhone(), from), 404, 'user_not_found');
    refused(await verifyReset(strict, phone, wrong(code), from), 2);
    expectFailure(await requestReset(strict, NAME, phone, from), 429, 'otp_rate_limited');
    expectFailure(await verifyReset(strict, phone, code, from), 429, 'otp_locked');
    expectFailure(await resetPassword(strict, phone, code, {}, from), 429, 'otp_locked');
  });

  it('gets a send back for each reset that ended well, and for none that did not', async () => {
    const from = { 'x-forwarded-for': '203.0.113.2' };
    for (let time = 0; time < 4; time++) {
      const { phone } = await jane();
      const code = await verifiedCodeOf(strict, house.fake, NAME, phone, from);
      expect((await resetPassword(strict, phone, code, {}, from)).status).toBe(200);
    }
    for (let time = 0; time < 2; time++)
      expect((await requestReset(strict, NAME, (await jane()).phone, from)).status).toBe(200);
    expectFailure(await requestReset(strict, NAME, (await jane()).phone, from), 429, 'otp_rate_limited');
  });
});

describe('passwords', () => {
  it('are looked at before a guess is paid for', async () => {
    const { phone, code } = await asked();
    expectFailure(await reset(phone, wrong(code), { confirmPassword: `${NEW_PASSWORD}x` }), 400, 'passwords_differ');
    expectFailure(await reset(phone, wrong(code), { newPassword: 'a', confirmPassword: 'a' }), 400, 'password_refused');
    refused(await reset(phone, wrong(code)), 2);
  });
});

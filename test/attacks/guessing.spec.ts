import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure } from '../support/answers.js';
import { keptCodeOf, wrong, wrongCodes } from '../support/codes.js';
import { atOnce, tally } from '../support/crowds.js';
import { CROWD, openHouse, type House } from '../support/house.js';
import { PASSWORD, newcomer } from '../support/logins.js';
import { OWN_PAGE } from '../support/own-page.js';
import { resetCodeOf, resetPassword, verifyReset } from '../support/resets.js';

// Somebody who guesses, over two instances; the races themselves are in test/db/codes/races.spec.ts and codes/reset-races.spec.ts.

let house: House;

beforeAll(async () => {
  house = await openHouse(CROWD, { instances: 2 });
});
afterAll(async () => house.close());

describe('a code', () => {
  it('V6.6.3, NIST 3.1.3.2: is compared three times, whatever route, spelling and instance the guesses come by', async () => {
    const { phone, digits, e164 } = await house.person();
    const code = await house.code(phone);
    const spellings = [phone, digits, e164, `${digits}@s.whatsapp.net`, phone.replace('0', '(0) ')];
    const guesses = await Promise.all(
      wrongCodes(code, 60).map((otpCode, at) => {
        const body = { phone: spellings[at % spellings.length], otpCode };
        return at % 2
          ? house.service.post('/api/auth/otp/verify', body)
          : house.service.post('/api/auth/browser/verify', body, OWN_PAGE);
      }),
    );
    expect(tally(guesses)).toEqual({ 400: 5, 429: 55 });
    expect(await keptCodeOf(house.database, e164)).toMatchObject({ living: true, guesses: 5, made: 1 });
    expectFailure(await house.verify(phone, code), 429, 'otp_locked');
  });

  it('V6.6.3, NIST 3.1.3.2: is guessed no more often because it was sent anew, or because another purpose has codes, too', async () => {
    const person = await house.person({ fullName: 'Budi Santoso' });
    const first = await house.code(person.phone);
    for (let guess = 1; guess <= 3; guess++) await house.verify(person.phone, wrong(first, guess));
    await house.pass(person.phone, 61);
    expect((await house.resend(person.phone)).status).toBe(200);
    const second = house.fake.codeFor(person.phone) ?? '';
    for (let guess = 1; guess <= 2; guess++)
      expectFailure(await house.verify(person.phone, wrong(second, guess)), 400, 'invalid_otp');
    expectFailure(await house.verify(person.phone, second), 429, 'otp_locked');
    const reset = await resetCodeOf(house.service, house.fake, 'Budi Santoso', person.phone);
    expectFailure(await house.verify(person.phone, reset), 429, 'otp_locked');
  });

  it('V6.6.2: is worth nothing for another number, another purpose or another request than its own', async () => {
    const [owner, other] = [await house.person({ fullName: 'Budi Santoso' }), await house.person()];
    const code = await house.code(owner.phone);
    await house.code(other.phone);
    if (house.fake.codeFor(other.phone) !== code)
      expectFailure(await house.verify(other.phone, code), 400, 'invalid_otp');
    expectFailure(await verifyReset(house.service, owner.phone, code), 400, 'invalid_otp');
    expectFailure(await resetPassword(house.service, owner.phone, code), 400, 'invalid_otp');
    const sessionId = (await house.request(other.phone)).body.data.sessionId as string;
    const body = { phone: owner.phone, otpCode: code, sessionId };
    expectFailure(await house.service.post('/api/auth/otp/verify', body), 400, 'invalid_otp');
    expect((await house.verify(owner.phone, code)).status).toBe(200);
  });

  it('V6.6.3: is guessed from no second allowance by devices that somebody made up, or that are another’s', async () => {
    const [owner, thief] = [await house.person(), await house.person()];
    const { deviceToken } = await house.login(thief.phone);
    const code = await house.code(owner.phone);
    const devices = [deviceToken as string, `${String(deviceToken).slice(0, -4)}AAAA`, 'x', 'null', ''];
    const guesses = await Promise.all(
      wrongCodes(code, 40).map((guess, at) =>
        house.verify(owner.phone, guess, { 'x-device-token': devices[at % devices.length] ?? '' }),
      ),
    );
    expect(tally(guesses)).toEqual({ 400: 5, 429: 35 });
  });
});

describe('a password', () => {
  it('V6.3.1: is tried ten times, whatever spelling, route and instance the tries come by, and then not even if it is right', async () => {
    const { username } = await newcomer(house);
    const spellings = [username, username.toUpperCase(), ` ${username}`, `${username} `];
    const tries = await atOnce(40, (at) => {
      const identifier = spellings[at % spellings.length];
      return at % 2
        ? house.service.post('/api/auth/login', { identifier, password: `salah ${at}` })
        : house.service.post('/api/auth/browser/login', { identifier, password: `salah ${at}` }, OWN_PAGE);
    });
    expect(tally(tries)).toEqual({ 401: 10, 429: 30 });
    expectFailure(
      await house.service.post('/api/auth/login', { identifier: username, password: PASSWORD }),
      429,
      'login_locked',
    );
  });
});

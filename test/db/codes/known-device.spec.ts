import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { endCooldown, keptCodeOf, wrongCodes } from '../../support/codes.js';
import { atOnce, tally } from '../../support/crowds.js';
import { type TestDatabase } from '../../support/database.js';
import { type FakeWhacenter } from '../../support/fake-whacenter.js';
import { AUTH_SECRET, openHouse, type House } from '../../support/house.js';
import { type Service } from '../../support/service.js';
import { until } from '../../support/waits.js';
import { AuthSecret } from '../../../src/platform/secrets/auth-secret.js';
import { DeviceTokens } from '../../../src/identity/sessions/device-tokens.js';

let database: TestDatabase;
let house: House;
let whacenter: FakeWhacenter;
let home: Service;

beforeAll(async () => {
  house = await openHouse();
  ({ database, fake: whacenter, service: home } = house);
});

afterAll(async () => house.close());

describe('a known device', () => {
  /** Somebody who has logged in before, and the header of the device it was on. */
  async function loggedInBefore(): Promise<{ phone: string; device: Record<string, string> }> {
    const { e164: phone } = await house.person();
    const answer = await house.at(home).verify(phone, await house.at(home).code(phone));
    await database.query(`UPDATE otp_codes SET sends = '{}' WHERE phone = $1`, [phone]);
    return { phone, device: { 'x-device-token': answer.body.data.deviceToken as string } };
  }

  it('has its own allowance of guesses, apart from a stranger’s', async () => {
    const { phone, device } = await loggedInBefore();
    const code = await house.at(home).code(phone);
    const strange = await Promise.all(wrongCodes(code, 50).map((wrong) => house.at(home).verify(phone, wrong)));
    expect(tally(strange)).toEqual({ 400: 5, 429: 45 });
    const own = await Promise.all(wrongCodes(code, 50).map((wrong) => house.at(home).verify(phone, wrong, device)));
    expect(tally(own)).toEqual({ 400: 5, 429: 45 });
    expect(await keptCodeOf(database, phone)).toMatchObject({ living: true, guesses: 5, knownGuesses: 5 });
    expect((await house.at(home).verify(phone, code, device)).status).toBe(429);
  });

  it('logs in while a stranger has used up every guess and every send', async () => {
    const { phone, device } = await loggedInBefore();
    for (let send = 0; send < 5; send++) {
      expect((await house.at(home).resend(phone)).status).toBe(200);
      await endCooldown(database, phone);
    }
    expect((await house.at(home).resend(phone)).status).toBe(429);
    await Promise.all(wrongCodes(whacenter.codeFor(phone)!, 5).map((wrong) => house.at(home).verify(phone, wrong)));
    expect((await house.at(home).verify(phone, whacenter.codeFor(phone)!)).status).toBe(429);
    expect((await house.at(home).resend(phone, device)).status).toBe(200);
    expect((await house.at(home).verify(phone, whacenter.codeFor(phone)!, device)).status).toBe(200);
  });

  it('of another account, or one that was ended, counts as unknown', async () => {
    const [victim, thief] = await Promise.all([loggedInBefore(), loggedInBefore()]);
    const code = await house.at(home).code(victim.phone);
    const guesses = await Promise.all(
      wrongCodes(code, 10).map((wrong, at) => house.at(home).verify(victim.phone, wrong, at % 2 ? thief.device : {})),
    );
    expect(tally(guesses)).toEqual({ 400: 5, 429: 5 });
    await database.query(`UPDATE users SET devices_valid_from = now() + interval '1 second' WHERE phone = $1`, [
      victim.phone,
    ]);
    expect((await house.at(home).verify(victim.phone, code, victim.device)).status).toBe(429);
  });

  it('may request as many codes as its own allowance has, even in parallel', async () => {
    const { phone, device } = await loggedInBefore();
    let sent = 0;
    for (let round = 0; round < 7; round++) {
      const answers = await atOnce(5, () => house.at(home).resend(phone, device));
      sent += tally(answers)[200] ?? 0;
      await endCooldown(database, phone);
    }
    expect(sent).toBe(5);
    await until('the stranger has his own', async () => (await house.at(home).resend(phone)).status === 200);
  });
});

describe('a device token', () => {
  const secret = new AuthSecret(AUTH_SECRET);
  const tokens = new DeviceTokens(secret);
  const header = (token: string) => ({ 'x-device-token': token });

  /** Somebody, and two devices on which they have logged in. */
  async function withTwoDevices() {
    const person = await house.person();
    const login = async () => {
      const answer = await house.at(home).verify(person.e164, await house.at(home).code(person.e164));
      await database.query(`UPDATE otp_codes SET sends = '{}' WHERE phone = $1`, [person.e164]);
      return answer.body.data.deviceToken as string;
    };
    return { phone: person.e164, one: await login(), other: await login() };
  }
  const setGuesses = (token: string, guesses: number) => {
    const { deviceId, issuedAt, userId } = tokens.read(token)!;
    return database.query(
      `INSERT INTO device_guesses (device_id, issued_at, user_id, guesses) VALUES ($1, $2, $3, $4)
       ON CONFLICT (device_id, issued_at) DO UPDATE SET guesses = $4`,
      [deviceId, issuedAt, userId, guesses],
    );
  };
  const guessesOf = async (token: string) => {
    const { deviceId, issuedAt } = tokens.read(token)!;
    const [row] = await database.query<{ guesses: number }>(
      'SELECT guesses FROM device_guesses WHERE device_id = $1 AND issued_at = $2',
      [deviceId, issuedAt],
    );
    return row?.guesses;
  };
  const budgetOf = async (phone: string) => {
    const [row] = await database.query<{ failures: number; known_failures: number }>(
      `SELECT failures, known_failures FROM otp_codes WHERE phone = $1 AND purpose = 'login'`,
      [phone],
    );
    return row;
  };

  it('is ended by its fiftieth wrong guess, and neither the number nor another device with it', async () => {
    const { phone, one, other } = await withTwoDevices();
    const code = await house.at(home).code(phone, header(one));
    await setGuesses(one, 49);
    const [wrong, another] = wrongCodes(code, 2);
    expect((await house.at(home).verify(phone, wrong!, header(one))).body.code).toBe('invalid_otp');
    expect(await budgetOf(phone)).toEqual({ failures: 0, known_failures: 1 });
    // From here on whoever has the token is a stranger.
    expect((await house.at(home).verify(phone, another!, header(one))).body.code).toBe('invalid_otp');
    expect(await budgetOf(phone)).toEqual({ failures: 1, known_failures: 1 });
    expect(await guessesOf(one)).toBe(50);
    expect(await guessesOf(other)).toBeUndefined();
    expect((await house.at(home).verify(phone, code, header(other))).status).toBe(200);
  });

  it('loses nothing by a right guess, and gives the device another one', async () => {
    const { phone, one } = await withTwoDevices();
    await setGuesses(one, 20);
    const answer = await house.at(home).verify(phone, await house.at(home).code(phone, header(one)), header(one));
    expect(answer.status).toBe(200);
    expect(await guessesOf(one)).toBe(20);
    const next = answer.body.data.deviceToken as string;
    expect(tokens.read(next)!.deviceId).toBe(tokens.read(one)!.deviceId);
    expect(await guessesOf(next)).toBeUndefined();
  });

  it('that was ended is open again on its device after a login there', async () => {
    const { phone, one } = await withTwoDevices();
    await setGuesses(one, 50);
    const answer = await house.at(home).verify(phone, await house.at(home).code(phone, header(one)), header(one));
    const next = answer.body.data.deviceToken as string;
    const code = await house.at(home).code(phone, header(next));
    await house.at(home).verify(phone, wrongCodes(code, 1)[0]!, header(next));
    expect(await budgetOf(phone)).toMatchObject({ failures: 0, known_failures: 1 });
  });

  it('expires, by the clock of the database', async () => {
    const { phone, one } = await withTwoDevices();
    await database.query(`UPDATE users SET devices_valid_from = now() - interval '1 year' WHERE phone = $1`, [phone]);
    const { deviceId, userId } = tokens.read(one)!;
    const days = (ago: number) => tokens.issue(deviceId, userId, new Date(Date.now() - ago * 24 * 3_600_000));
    const [wrong, another] = wrongCodes(await house.at(home).code(phone), 2);
    await house.at(home).verify(phone, wrong!, header(days(179)));
    expect(await budgetOf(phone)).toEqual({ failures: 0, known_failures: 1 });
    await house.at(home).verify(phone, another!, header(days(181)));
    expect(await budgetOf(phone)).toEqual({ failures: 1, known_failures: 1 });
  });
});

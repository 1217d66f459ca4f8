import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { startFakeWhacenter, type FakeWhacenter } from '../support/fake-whacenter.js';
import {
  addPerson,
  atOnce,
  codeOf,
  endCooldown,
  resendCode,
  sharing,
  tally,
  until,
  verifyCode,
  wrongCodes,
} from '../support/people.js';
import { startService, stopAllServices, type Service } from '../support/service.js';

let database: TestDatabase;
let whacenter: FakeWhacenter;
let home: Service;

beforeAll(async () => {
  [database, whacenter] = await Promise.all([createDatabase(), startFakeWhacenter()]);
  home = await startService(sharing(database, whacenter));
});

afterAll(async () => {
  await stopAllServices();
  await whacenter.close();
  await database.drop();
});

describe('a known device', () => {
  /** Somebody who has logged in before, and the header of the device it was on. */
  async function loggedInBefore(): Promise<{ phone: string; device: Record<string, string> }> {
    const { phone } = await addPerson(database);
    const answer = await verifyCode(home, phone, await codeOf(home, whacenter, phone));
    await database.query(`UPDATE otp_budgets SET sends = '{}' WHERE phone = $1`, [phone]);
    return { phone, device: { 'x-device-token': answer.body.data.deviceToken as string } };
  }

  it('guesses from an allowance of its own, and a stranger from his', async () => {
    const { phone, device } = await loggedInBefore();
    const code = await codeOf(home, whacenter, phone);
    const strange = await Promise.all(wrongCodes(code, 50).map((wrong) => verifyCode(home, phone, wrong)));
    expect(tally(strange)).toEqual({ 400: 5, 429: 45 });
    const own = await Promise.all(wrongCodes(code, 50).map((wrong) => verifyCode(home, phone, wrong, device)));
    expect(tally(own)).toEqual({ 400: 5, 429: 45 });
    const [row] = await database.query(
      'SELECT attempts, known_attempts FROM otp_sessions WHERE phone = $1 ORDER BY created_at DESC LIMIT 1',
      [phone],
    );
    expect(row).toEqual({ attempts: 3, known_attempts: 3 });
    expect((await verifyCode(home, phone, code, device)).status).toBe(429);
  });

  it('logs in while a stranger has used up every guess and every send', async () => {
    const { phone, device } = await loggedInBefore();
    for (let send = 0; send < 5; send++) {
      expect((await resendCode(home, phone)).status).toBe(200);
      await endCooldown(database, phone);
    }
    expect((await resendCode(home, phone)).status).toBe(429);
    await Promise.all(wrongCodes(whacenter.codeFor(phone)!, 5).map((wrong) => verifyCode(home, phone, wrong)));
    expect((await verifyCode(home, phone, whacenter.codeFor(phone)!)).status).toBe(429);
    expect((await resendCode(home, phone, device)).status).toBe(200);
    expect((await verifyCode(home, phone, whacenter.codeFor(phone)!, device)).status).toBe(200);
  });

  it('of somebody else, or one that was signed out, is a stranger', async () => {
    const [victim, thief] = await Promise.all([loggedInBefore(), loggedInBefore()]);
    const code = await codeOf(home, whacenter, victim.phone);
    const guesses = await Promise.all(
      wrongCodes(code, 10).map((wrong, at) => verifyCode(home, victim.phone, wrong, at % 2 ? thief.device : {})),
    );
    expect(tally(guesses)).toEqual({ 400: 5, 429: 5 });
    await database.query(`UPDATE users SET devices_valid_from = now() + interval '1 second' WHERE phone = $1`, [
      victim.phone,
    ]);
    expect((await verifyCode(home, victim.phone, code, victim.device)).status).toBe(429);
  });

  it('may ask for as many codes as its own allowance holds, whatever comes at once', async () => {
    const { phone, device } = await loggedInBefore();
    let sent = 0;
    for (let round = 0; round < 7; round++) {
      const answers = await atOnce(5, () => resendCode(home, phone, device));
      sent += tally(answers)[200] ?? 0;
      await endCooldown(database, phone);
    }
    expect(sent).toBe(5);
    await until('the stranger has his own', async () => (await resendCode(home, phone)).status === 200, 1_000);
  });
});

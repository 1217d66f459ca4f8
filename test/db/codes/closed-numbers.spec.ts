import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure, retryAfter } from '../../support/answers.js';
import { wrong } from '../../support/codes.js';
import { atOnce, tally } from '../../support/crowds.js';
import { openHouse, type House, type Resident } from '../../support/house.js';
import { resetCodeOf, verifyReset } from '../../support/resets.js';
import { type Service } from '../../support/service.js';
import { until } from '../../support/waits.js';
import { answersTo, postWhapi, say, whapiMessage } from '../../support/webhooks.js';

// A hundred wrong guesses in a row close a number's codes to unknown devices (NIST SP 800-63B-4 section 3.2.2); before
// that each budget that was used up makes the next window longer. Time is moved in the database.

const PASSWORD = 'kuda-lari-7';
const NAME = 'Budi Santoso';

let house: House;
let other: Service;

beforeAll(async () => {
  house = await openHouse({ OTP_SENDS_PER_HOUR: '1000', OTP_SENDS_PER_DAY: '1000' });
  other = await house.inOtherProcess({ OTP_SENDS_PER_HOUR: '1000', OTP_SENDS_PER_DAY: '1000' });
});
afterAll(async () => house.close());

const setFailures = (person: Resident, failures: number) =>
  house.database.query(
    `INSERT INTO otp_codes (phone, purpose, failures) VALUES ($1, 'login', $2)
     ON CONFLICT (phone, purpose) DO UPDATE SET failures = $2, updated_at = now()`,
    [person.e164, failures],
  );

/** Wrong guesses in a row at all codes of the number; undefined without a row. */
const failuresOf = async (person: Resident) => {
  const [row] = await house.database.query<{ failures: number | undefined }>(
    `SELECT sum(failures)::int AS failures FROM otp_codes WHERE phone = $1 HAVING count(*) > 0`,
    [person.e164],
  );
  return row?.failures;
};

const expectClosed = async (person: Resident, code: string) => {
  const refused = await house.verify(person.phone, code);
  expectFailure(refused, 429, 'otp_locked');
  expect(refused.body.details).toEqual({ closed: true });
  expect(retryAfter(refused)).toBe(3_600);
};

describe('a number', () => {
  it('waits 15 minutes after the first five wrong guesses, 30 after the next five, an hour from then on', async () => {
    const person = await house.person();
    for (const minutes of [15, 30, 60, 60]) {
      for (let guess = 0; guess < 5; guess++)
        expectFailure(await house.verify(person.phone, '000000'), 400, 'invalid_otp');
      const locked = await house.verify(person.phone, '000000');
      expectFailure(locked, 429, 'otp_locked');
      expect(Math.abs(retryAfter(locked) - minutes * 60)).toBeLessThanOrEqual(20);
      expect(Math.abs(retryAfter(await house.request(person.phone)) - minutes * 60)).toBeLessThanOrEqual(20);
      await house.pass(person.phone, retryAfter(locked) - 20);
      expectFailure(await house.verify(person.phone, '000000'), 429, 'otp_locked');
      await house.pass(person.phone, 21);
    }
  });

  it('waits longer for guesses at codes for several purposes together', async () => {
    const person = await house.person({ fullName: NAME });
    const guess = {
      login: () => house.verify(person.phone, '000000'),
      reset: () => verifyReset(other, person.phone, '000000'),
    };
    const useUp = async (purpose: keyof typeof guess) => {
      for (let time = 0; time < 5; time++) expectFailure(await guess[purpose](), 400, 'invalid_otp');
    };
    const waits = async (purpose: keyof typeof guess, minutes: number) => {
      const locked = await guess[purpose]();
      expectFailure(locked, 429, 'otp_locked');
      expect(Math.abs(retryAfter(locked) - minutes * 60)).toBeLessThanOrEqual(20);
    };
    await useUp('login');
    await waits('login', 15);
    await useUp('reset');
    await waits('reset', 30);
    await waits('login', 30);
    await house.pass(person.phone, 1_801);
    await useUp('login');
    await waits('login', 60);
    // Half of its hour has passed.
    await waits('reset', 30);
  });

  it('is told that it is locked, not that its code is on the way, when guesses at two codes used up the budget', async () => {
    const person = await house.person();
    const useUp = async (guesses: number) => {
      const code = await house.code(person.phone);
      for (let guess = 0; guess < guesses; guess++)
        expectFailure(await house.verify(person.phone, wrong(code)), 400, 'invalid_otp');
    };
    await useUp(3);
    await house.pass(person.phone, 61);
    await useUp(2);
    const refused = await house.request(person.phone);
    expectFailure(refused, 429, 'otp_rate_limited');
    expect(retryAfter(refused)).toBeGreaterThan(600);
  });

  it('forgets them with a right guess', async () => {
    const person = await house.person();
    await setFailures(person, 40);
    await house.login(person.phone);
    expect(await failuresOf(person)).toBe(0);
  });

  it('is closed by the hundredth wrong guess, and not by the ninety-ninth, whichever instance counts', async () => {
    const person = await house.person();
    const code = await house.code(person.phone);
    await setFailures(person, 98);
    expectFailure(await house.verify(person.phone, wrong(code)), 400, 'invalid_otp');
    expectFailure(
      await other.post('/api/auth/otp/verify', { phone: person.phone, otpCode: wrong(code) }),
      400,
      'invalid_otp',
    );
    await expectClosed(person, code);
    // Its code lives and its cooldown runs: nobody is told to type a code that would be refused.
    expect(retryAfter(await house.request(person.phone))).toBe(3_600);
    await house.pass(person.phone, 7_200);
    const refused = await house.request(person.phone);
    expectFailure(refused, 429, 'otp_rate_limited');
    expect(retryAfter(refused)).toBe(3_600);
    await expectClosed(person, code);
  });

  it('stays open when the hundredth guess is right', async () => {
    const person = await house.person();
    const code = await house.code(person.phone);
    await setFailures(person, 99);
    expect((await house.verify(person.phone, code)).status).toBe(200);
    expect(await failuresOf(person)).toBe(0);
  });

  it('is closed by wrong guesses at codes for all purposes together', async () => {
    const person = await house.person({ fullName: NAME });
    const code = await house.code(person.phone);
    const reset = await resetCodeOf(house.service, house.fake, NAME, person.phone);
    await setFailures(person, 97);
    expectFailure(await house.verify(person.phone, wrong(code)), 400, 'invalid_otp');
    expectFailure(await verifyReset(other, person.phone, wrong(reset)), 400, 'invalid_otp');
    expectFailure(await house.verify(person.phone, wrong(code)), 400, 'invalid_otp');
    await expectClosed(person, code);
    expectFailure(await verifyReset(other, person.phone, reset), 429, 'otp_locked');
  });

  it('is closed by exactly a hundred, when guesses for several purposes come at once over two instances', async () => {
    for (let run = 0; run < 3; run++) {
      const person = await house.person({ fullName: NAME });
      const code = await house.code(person.phone);
      const reset = await resetCodeOf(house.service, house.fake, NAME, person.phone);
      await setFailures(person, 96);
      const guesses = await atOnce(16, (at) => {
        const service = at % 4 < 2 ? house.service : other;
        return at % 2
          ? service.post('/api/auth/otp/verify', { phone: person.phone, otpCode: wrong(code, at + 1) })
          : verifyReset(service, person.phone, wrong(reset, at + 1));
      });
      expect(tally(guesses)).toEqual({ 400: 4, 429: 12 });
      await expectClosed(person, code);
      expectFailure(await verifyReset(other, person.phone, reset), 429, 'otp_locked');
    }
  });

  it('is not closed to its own device, whose success does not open it to others', async () => {
    const person = await house.person();
    const { deviceToken } = await house.login(person.phone);
    const device = { 'x-device-token': deviceToken as string };
    await house.pass(person.phone, 400);
    await setFailures(person, 100);
    expectFailure(await house.request(person.phone), 429, 'otp_rate_limited');
    await house.login(person.phone, device);
    await expectClosed(person, '000000');
  });
});

describe('a closed number is opened', () => {
  it('by its owner’s password', async () => {
    const person = await house.person({ username: 'dibuka', password: PASSWORD });
    await setFailures(person, 100);
    const login = await house.service.post('/api/auth/login', { identifier: 'dibuka', password: PASSWORD });
    expect(login.status).toBe(200);
    await house.login(person.phone);
  });

  it('by an admin, who also gives back what other applications have sent', async () => {
    const person = await house.person();
    await house.database.query(
      `INSERT INTO verification_phones (phone, sends, send_owners, guesses, guess_owners)
       VALUES ($1, array_fill(now(), ARRAY[2000]), array_fill($2::uuid, ARRAY[2000]), ARRAY[now()], ARRAY[$2::uuid])`,
      [person.e164, person.id],
    );
    expectFailure(await house.request(person.phone), 429, 'otp_rate_limited');
    await setFailures(person, 100);
    await house.person({ role: 'ADMIN', username: 'kepala', password: PASSWORD });
    const admin = await house.service.post('/api/auth/login', { identifier: 'kepala', password: PASSWORD });
    const headers = { authorization: `Bearer ${admin.body.data.token}` };
    expect((await house.service.post(`/api/users/${person.id}/unlock`, {}, headers)).status).toBe(200);
    await house.login(person.phone);
    const rows = await house.database.query(
      'SELECT cardinality(sends) AS sends, cardinality(guesses) AS guesses FROM verification_phones WHERE phone = $1',
      [person.e164],
    );
    expect(rows).toEqual([{ sends: 0, guesses: 1 }]);
  });

  describe('by its owner, who writes to the bot from it', () => {
    const OPENED = 'Kunci nomor Anda sudah dibuka. Silakan minta kode login baru.';
    const WAS_OPEN = 'Nomor Anda tidak terkunci, jadi tidak ada yang perlu dibuka.';
    const LATE = 'Pesan Anda terlambat kami terima. Ketik *buka* sekali lagi.';

    const openings = () =>
      house.database.query<{ outcome: string; request_id: string; detail: Record<string, string> }>(
        `SELECT outcome, request_id, detail FROM audit_events WHERE type = 'otp.opened' ORDER BY occurred_at, id`,
      );

    it('as far as asking for a code again, though strangers had used up its sends', async () => {
      const person = await house.person();
      await house.code(person.phone);
      await setFailures(person, 100);
      await house.database.query(
        `UPDATE otp_codes SET sends = array_fill(now(), ARRAY[1000]), guesses = array_fill(now(), ARRAY[5]) WHERE phone = $1`,
        [person.e164],
      );
      await expectClosed(person, '000000');
      const before = (await openings()).length;
      await say(house.service, person.phone, ' *Buka* ');
      expect((await answersTo(house, person.e164)).slice(-1)).toEqual([OPENED]);
      const [event, ...more] = (await openings()).slice(before);
      expect(more).toEqual([]);
      expect(event).toMatchObject({ outcome: 'success', request_id: expect.stringMatching(/\S/) });
      const masked = `${person.e164.slice(0, 6)}****${person.e164.slice(-3)}`;
      expect(event?.detail).toEqual({ phone: masked, by: 'message', provider: 'whapi' });
      const rows = await house.database.query(`SELECT 1 FROM login_sessions WHERE user_id = $1`, [person.id]);
      expect(rows).toEqual([]);
      await house.login(person.phone);
    });

    it('and what is not closed stays as it is, so that messages refill no budget', async () => {
      const person = await house.person();
      await setFailures(person, 99);
      await say(house.service, person.phone, 'unlock');
      expect((await answersTo(house, person.e164)).slice(-1)).toEqual([WAS_OPEN]);
      expect(await failuresOf(person)).toBe(99);
    });

    it('once a message, however often and late it is delivered', async () => {
      const person = await house.person();
      await setFailures(person, 100);
      const message = whapiMessage(person.phone, 'buka');
      const deliver = async (each: object) => expect((await postWhapi(house.service, [each])).status).toBe(200);
      await Promise.all([...Array(5)].map(() => deliver(message)));
      expect(await answersTo(house, person.e164)).toEqual([OPENED]);
      await setFailures(person, 100);
      await deliver(message);
      // The conversation was dropped in the meantime, so that nothing remembers the message.
      await house.database.query('DELETE FROM conversations WHERE phone = $1', [person.e164]);
      await deliver({ ...message, timestamp: Math.floor(Date.now() / 1000) - 1_000 });
      await until('it is answered', async () => (await answersTo(house, person.e164)).length === 2);
      expect(await answersTo(house, person.e164)).toEqual([OPENED, LATE]);
      await expectClosed(person, '000000');
    });

    it('and nobody else: neither another number, nor a group, nor a message of our own', async () => {
      const person = await house.person();
      await setFailures(person, 100);
      const other = await house.person();
      await say(house.service, other.phone, `buka`);
      await say(house.service, other.phone, `buka ${person.phone}`);
      await say(house.service, person.phone, 'buka', { from_me: true });
      await say(house.service, person.phone, 'buka', { chat_id: '120363041234567890@g.us' });
      await expectClosed(person, '000000');
    });
  });
});

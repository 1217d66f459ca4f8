import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectAhead, expectFailure, retryAfter } from '../../support/answers.js';
import { wrong } from '../../support/codes.js';
import { newPhone, openHouse, QUICK, type House, type Resident } from '../../support/house.js';
import { bearer } from '../../support/logins.js';
import { NEW_PASSWORD, requestReset, resetPassword, verifyReset } from '../../support/resets.js';
import { type Answer, type Service } from '../../support/service.js';
import { until } from '../../support/waits.js';

// docs/contract/README.md#profiles: with UNKNOWN_PHONE=conceal (strict) a reset tells nobody who is registered, nor by which name.

const NAME = 'Made Wirawan';

let house: House;

beforeAll(async () => {
  house = await openHouse({ ...QUICK, AUTH_PROFILE: 'strict' }, { movingClock: true });
});
afterAll(async () => house.close());

/** Somebody who asks: which number and by which name. */
interface Asker {
  readonly kind: string;
  readonly name: string;
  readonly phone: string;
}

const made = () => house.person({ fullName: NAME });

/** One of each kind; only the first gets a message. */
async function askers(): Promise<[Asker, ...Asker[]]> {
  const unknown = newPhone();
  return [
    { kind: 'known', name: NAME, phone: (await made()).phone },
    { kind: 'another name', name: 'Ketut Sari', phone: (await made()).phone },
    { kind: 'unknown', name: NAME, phone: `0${unknown.slice(3)}` },
    { kind: 'inactive', name: NAME, phone: (await house.person({ fullName: NAME, active: false })).phone },
  ];
}

/** An answer to the byte, but for the times in it and the number that was asked with. */
function outline({ status, headers, text }: Answer, { phone }: Asker): unknown {
  const kept = [...headers].filter(([name]) => !['date', 'x-request-id', 'retry-after', 'ratelimit'].includes(name));
  const body = text.replaceAll(phone.replace(/^0/, '62'), '62…').replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'time');
  return { status, headers: kept, body };
}

/** Asks as each kind, and expects one answer for all. */
async function same(kinds: readonly Asker[], ask: (asker: Asker) => Promise<Answer>): Promise<Answer> {
  const began = performance.now();
  const answers: [Asker, Answer][] = [];
  for (const asker of kinds) answers.push([asker, await ask(asker)]);
  const gone = (performance.now() - began) / 1000;
  const [known, first] = answers[0]!;
  for (const [asker, answer] of answers) {
    expect([asker.kind, outline(answer, asker)]).toEqual([asker.kind, outline(first, known)]);
    if (answer.headers.has('retry-after'))
      expect(Math.abs(retryAfter(answer) - retryAfter(first))).toBeLessThanOrEqual(1 + gone);
  }
  return first;
}

const request = ({ name, phone }: Asker, service: Service = house.service) => requestReset(service, name, phone);
const requestBy = (asker: Asker) => request(asker);
const arrived = async (phone: string) => {
  await until('the code', () => house.fake.codeFor(phone) !== undefined);
  return house.fake.codeFor(phone)!;
};
const passFor = async (kinds: readonly Asker[], seconds: number) => {
  for (const { phone } of kinds) await house.pass(phone, seconds);
};

describe('known, unknown and inactive numbers, and another name', () => {
  it('get the same first answer; only the right one gets a message', async () => {
    const kinds = await askers();
    const answer = await same(kinds, requestBy);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ success: true, message: 'OTP dikirim ke WhatsApp' });
    expect(answer.body.testOTP).toBeUndefined();
    expect(await arrived(kinds[0].phone)).toMatch(/^\d{6}$/);
    // What is sent behind an answer has been sent when that of a later one has.
    const { phone } = await made();
    expect((await request({ kind: '', name: NAME, phone })).status).toBe(200);
    await arrived(phone);
    expect(kinds.map(({ phone }) => house.sendsTo(phone))).toEqual([1, 0, 0, 0]);
  });

  it('get the same second answer, within and after the cooldown', async () => {
    const kinds = await askers();
    await same(kinds, requestBy);
    const again = await same(kinds, requestBy);
    expectFailure(again, 400, 'otp_active', 'Sudah ada OTP aktif');
    expect(Object.keys(again.body.details as object)).toEqual(['expiresAt', 'resendAt']);
    await passFor(kinds, 61);
    expect((await same(kinds, requestBy)).status).toBe(200);
    await passFor(kinds, 601);
    expect((await same(kinds, requestBy)).status).toBe(200);
  });

  it('meet the same limit of sends', async () => {
    const kinds = await askers();
    for (let send = 0; send < 5; send++) {
      expect((await same(kinds, requestBy)).status).toBe(200);
      await passFor(kinds, 301);
    }
    expectFailure(await same(kinds, requestBy), 429, 'otp_rate_limited');
  });

  it('get the same failures for a code in both steps, up to the lock; a locked one gets no code', async () => {
    const kinds = await askers();
    await same(kinds, requestBy);
    const code = await arrived(kinds[0].phone);
    const guesses = [2, 1, 0, 0, 0].entries();
    for (const [at, attemptsLeft] of guesses) {
      const guess = wrong(code, at + 1);
      const answer = await same(kinds, ({ phone }) =>
        at % 2 === 0 ? verifyReset(house.service, phone, guess) : resetPassword(house.service, phone, guess),
      );
      expect(expectFailure(answer, 400, 'invalid_otp').details).toEqual({ attemptsLeft });
    }
    const guess = wrong(code, 9);
    expectFailure(await same(kinds, ({ phone }) => verifyReset(house.service, phone, guess)), 429, 'otp_locked');
    expectFailure(await same(kinds, ({ phone }) => resetPassword(house.service, phone, guess)), 429, 'otp_locked');
    expectFailure(await same(kinds, requestBy), 429, 'otp_rate_limited');
    await passFor(kinds, 901);
    expect((await same(kinds, requestBy)).status).toBe(200);
  });

  it('get the same failures before anybody has asked for a code', async () => {
    const kinds = await askers();
    for (const attemptsLeft of [2, 1, 0]) {
      const answer = await same(kinds, ({ phone }) => verifyReset(house.service, phone, '123456'));
      expect(expectFailure(answer, 400, 'invalid_otp').details).toEqual({ attemptsLeft });
    }
    const answer = await same(kinds, ({ phone }) => resetPassword(house.service, phone, '123456'));
    expectFailure(answer, 400, 'invalid_otp');
  });

  it('get the same words for a password that will not do', async () => {
    const kinds = await askers();
    await same(kinds, requestBy);
    const differ = { confirmPassword: `${NEW_PASSWORD}!` };
    const answer = await same(kinds, ({ phone }) => resetPassword(house.service, phone, '123456', differ));
    expectFailure(answer, 400, 'passwords_differ');
    // A password with the owner's name in it: the name is not looked at before the code is right.
    const own = { newPassword: `${NAME} dan saya`, confirmPassword: `${NAME} dan saya` };
    const refused = await same(kinds, ({ phone }) => resetPassword(house.service, phone, '123456', own));
    expectFailure(refused, 400, 'invalid_otp');
  });

  it('are charged to the same allowance of the address', async () => {
    await house.database.query('DELETE FROM rate_limits');
    const narrow = await house.another({ ADDRESS_SENDS_PER_HOUR: '4' });
    expect((await same(await askers(), (asker) => request(asker, narrow))).status).toBe(200);
    expectFailure(await same(await askers(), (asker) => request(asker, narrow)), 429, 'otp_rate_limited');
    await house.database.query('DELETE FROM rate_limits');
  });

  it('get the same 503 while no device is ready', async () => {
    const kinds = await askers();
    await house.clock.pass(1.05);
    house.fake.connected = false;
    const answer = await same(kinds, requestBy).finally(() => (house.fake.connected = true));
    expectFailure(answer, 503, 'whatsapp_unavailable');
    expect(answer.body.details).toBeUndefined();
    await house.clock.pass(1.05);
    expect((await same(kinds, requestBy)).status).toBe(200);
  });

  it('get the same answer when the device does not accept the message', async () => {
    const kinds = await askers();
    house.fake.forNumber(kinds[0].phone, { status: 502, body: 'Bad Gateway' });
    expect((await same(kinds, requestBy)).status).toBe(200);
    await until('it was tried', () => house.sendsTo(kinds[0].phone) > 0);
    expectFailure(await same(kinds, requestBy), 400, 'otp_active');
    house.fake.forNumber(kinds[0].phone, undefined);
  });

  it('get one answer each when they ask twenty times at once', async () => {
    for (const asker of await askers()) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => request(asker)));
      const statuses = answers.map(({ status }) => status).sort();
      expect([asker.kind, statuses]).toEqual([asker.kind, [200, ...Array<number>(19).fill(400)]]);
    }
  });
});

describe('one number', () => {
  it('answers alike by its right name and by another one, whichever asked before', async () => {
    for (const names of [
      [NAME, 'Ketut Sari'],
      ['Ketut Sari', NAME],
    ]) {
      const { phone } = await made();
      const asks = names.map((name): Asker => ({ kind: name, name, phone }));
      expect((await request(asks[0]!)).status).toBe(200);
      await same([asks[1]!, asks[0]!], requestBy);
      await house.pass(phone, 61);
      expect((await request(asks[1]!)).status).toBe(200);
      await same([asks[0]!, asks[1]!], requestBy);
    }
  });

  it('refuses the code of the right name once another name has asked for one', async () => {
    const { phone } = await made();
    await request({ kind: '', name: NAME, phone });
    const code = await arrived(phone);
    await house.pass(phone, 61);
    await request({ kind: '', name: 'Ketut Sari', phone });
    expectFailure(await verifyReset(house.service, phone, code), 400, 'invalid_otp');
    await house.pass(phone, 61);
    await request({ kind: '', name: NAME, phone });
    await until('another code', () => house.fake.messagesFor(phone).length === 2);
    expect((await verifyReset(house.service, phone, await arrived(phone))).status).toBe(200);
  });
});

describe('the right code', () => {
  it('resets; the owner is told', async () => {
    const { phone } = await made();
    await request({ kind: '', name: NAME, phone });
    const code = await arrived(phone);
    expect((await verifyReset(house.service, phone, code)).status).toBe(200);
    expect((await resetPassword(house.service, phone, code)).status).toBe(200);
    const login = await house.service.post('/api/auth/login', { identifier: phone, password: NEW_PASSWORD });
    expect((await house.service.get('/api/auth/me', bearer(login.body.data))).status).toBe(200);
    await until('the owner was told', () => house.fake.messagesFor(phone).length === 2);
  });

  it('lives ten minutes, and its message says so', async () => {
    const { phone } = await made();
    const began = Date.now();
    const answer = await request({ kind: '', name: NAME, phone });
    expectAhead(answer.body.data.expiresAt, 600, began, house.clock);
    await arrived(phone);
    expect(house.fake.messagesFor(phone)[0]).toContain('Kode ini berlaku selama 10 menit.');
  });

  it('of a decoy is right for nobody, not even when it is known', async () => {
    // The one way to learn it: echoed, in development, while no device is ready.
    await house.clock.pass(1.05);
    house.fake.connected = false;
    const echoing = await house.another({ OTP_ECHO: 'on' });
    try {
      const kinds = await askers();
      const codes: [Asker, string][] = [];
      for (const asker of kinds) codes.push([asker, (await request(asker, echoing)).body.testOTP]);
      for (const [{ kind, phone }, code] of codes) {
        expect(code).toMatch(/^\d{6}$/);
        const shown = await verifyReset(echoing, phone, code);
        expect([kind, shown.status]).toEqual([kind, kind === 'known' ? 200 : 400]);
        const reset = await resetPassword(echoing, phone, code);
        expect([kind, reset.status]).toEqual([kind, kind === 'known' ? 200 : 400]);
      }
      await expectNoDecoyLater(echoing);
    } finally {
      house.fake.connected = true;
    }
  });
});

/** A decoy stays one when its number, or its name, becomes an account's. */
async function expectNoDecoyLater(echoing: Service): Promise<void> {
  const e164 = newPhone();
  const asker = { kind: 'later', name: NAME, phone: `0${e164.slice(3)}` };
  const { testOTP } = (await request(asker, echoing)).body;
  const person: Resident = await house.person({ phone: e164, fullName: NAME });
  expectFailure(await verifyReset(echoing, person.phone, testOTP), 400, 'invalid_otp');
  expectFailure(await resetPassword(echoing, person.phone, testOTP), 400, 'invalid_otp');
}

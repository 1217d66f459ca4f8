import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { endCooldown, keptCodeOf } from '../../support/codes.js';
import { type TestDatabase } from '../../support/database.js';
import { type FakeWhacenter } from '../../support/fake-whacenter.js';
import { openHouse, QUICK, type House, type Resident } from '../../support/house.js';
import { endClaims, messagesOf } from '../../support/messages.js';
import { type Answer, type Service } from '../../support/service.js';
import { pause, until } from '../../support/waits.js';

/** A gateway that takes the call and never answers; the phone gets nothing. */
const SILENT = { hang: true, delivers: false };
/** The same, but the phone has got it. */
const SILENT_AFTER_SENDING = { hang: true, delivers: true };

/** Each instance has looked at least once for messages left behind when this has passed, ms. */
const RECOVERY = 2_600;

let database: TestDatabase;
let house: House;
let whacenter: FakeWhacenter;
let survivor: Service;

beforeAll(async () => {
  house = await openHouse({ SEND_TIMEOUT: '20', PROVIDER_TIMEOUT: '20' });
  ({ database, fake: whacenter, service: survivor } = house);
});

afterAll(async () => house.close());

/** The codes that the gateway was asked to send to the phone, whether they arrived or not. */
function codesAsked(phone: string): (string | undefined)[] {
  const calls = whacenter.calls.filter(({ fields }) => fields['number'] === phone.slice(1));
  return calls.map(({ fields }) => /\*(\d+)\*/.exec(fields['message'] ?? '')?.[1]);
}

function codesReceived(phone: string): (string | undefined)[] {
  return whacenter.messagesFor(phone).map((text) => /\*(\d+)\*/.exec(text)?.[1]);
}

/** Starts an instance and kills it while the gateway holds its sends; returns each person's code. */
async function killedInTheMiddle(
  held: [Resident, typeof SILENT][],
  more: Record<string, string> = {},
): Promise<string[]> {
  const victim = await house.another(more);
  for (const [{ e164: phone }, script] of held) whacenter.forNumber(phone, script);
  const calls = held.map(([{ e164: phone }]) =>
    house
      .at(victim)
      .request(phone)
      .catch(() => undefined),
  );
  await until('the gateway is asked', () => held.every(([{ e164: phone }]) => codesAsked(phone).length === 1));
  await victim.stop('SIGKILL');
  await Promise.all(calls);
  for (const [{ e164: phone }] of held) whacenter.forNumber(phone, undefined);
  return held.map(([{ e164: phone }]) => codesAsked(phone)[0]!);
}

describe('an instance killed with kill -9 while it sends', () => {
  it.each(['reveal', 'conceal'])('leaves codes that go out once its claims have ended: %s', async (unknownPhone) => {
    const [unsent, sent] = (await house.people(2)) as [Resident, Resident];
    const both = [unsent, sent];
    const codes = await killedInTheMiddle(
      [
        [unsent, SILENT],
        [sent, SILENT_AFTER_SENDING],
      ],
      { UNKNOWN_PHONE: unknownPhone },
    );
    for (const { e164: phone } of both)
      expect(await messagesOf(database, phone)).toMatchObject([{ state: 'PENDING', fence: 1, sealed: true }]);
    await pause(RECOVERY);
    for (const { e164: phone } of both) {
      expect(codesAsked(phone)).toHaveLength(1); // claimed: nobody touches it
      expect(await house.at(survivor).request(phone)).toMatchObject({
        status: 200,
        body: { data: { alreadySent: true } },
      });
      await endClaims(database, phone);
    }
    // The one that was sent comes a second time, which the gateway cannot help; never with other digits.
    await until(
      'the codes arrive',
      () => codesReceived(unsent.e164).length === 1 && codesReceived(sent.e164).length === 2,
    );
    for (const [at, { e164: phone }] of both.entries()) {
      await until('written', async () => (await messagesOf(database, phone))[0]?.state === 'ACCEPTED');
      expect(await messagesOf(database, phone)).toMatchObject([{ sealed: false }]);
      expect(new Set(codesReceived(phone))).toEqual(new Set([codes[at]]));
      const [message] = await messagesOf(database, phone);
      expect(await keptCodeOf(database, phone)).toMatchObject({ living: true, made: 1 });
      const answer = await survivor.post('/api/auth/otp/verify', {
        phone,
        otpCode: codes[at],
        sessionId: message!.id,
      });
      expect(answer.status).toBe(200);
    }
  });

  it('leaves claims that end by themselves, and not before', async () => {
    const person = await house.person();
    const started = Date.now();
    const [code] = await killedInTheMiddle([[person, SILENT]], { SEND_TIMEOUT: '1', PROVIDER_TIMEOUT: '1' });
    await until('the code arrives', () => codesReceived(person.e164).length === 1, 8_000);
    expect(Date.now() - started).toBeGreaterThan(3_000);
    expect((await house.at(survivor).verify(person.e164, code!)).status).toBe(200);
  });

  it('leaves each message to one of several instances', async () => {
    const people = await house.people(6);
    const helper = await house.another();
    await killedInTheMiddle(people.map((person) => [person, SILENT]));
    await Promise.all(people.map(({ e164: phone }) => endClaims(database, phone)));
    await until('the codes arrive', () => people.every(({ e164: phone }) => codesReceived(phone).length > 0));
    await pause(RECOVERY);
    for (const { e164: phone } of people) expect(codesAsked(phone)).toHaveLength(2);
    await helper.stop();
  });
});

it('never sends again a code that was consumed, replaced or expired before its message is taken up', async () => {
  const people = (await house.people(3)) as [Resident, Resident, Resident];
  const [consumed, replaced, expired] = people;
  const codes = await killedInTheMiddle(people.map((person) => [person, SILENT_AFTER_SENDING]));
  expect((await house.at(survivor).verify(consumed.e164, codes[0]!)).status).toBe(200);
  await endCooldown(database, replaced.e164);
  expect((await house.at(survivor).resend(replaced.e164)).status).toBe(200);
  const back = (column: string) => `${column} = ${column} - interval '6 minutes'`;
  await database.query(
    `UPDATE otp_codes SET ${back('current_issued_at')}, ${back('current_expires_at')} WHERE phone = $1`,
    [expired.e164],
  );
  await database.query(`UPDATE messages SET ${back('created_at')}, ${back('expires_at')} WHERE recipient = $1`, [
    expired.e164,
  ]);
  await Promise.all(people.map(({ e164: phone }) => endClaims(database, phone)));
  for (const [at, { e164: phone }] of people.entries()) {
    await until('marked', async () => (await messagesOf(database, phone))[0]?.state === 'EXPIRED');
    expect((await messagesOf(database, phone))[0]).toMatchObject({ sealed: false });
    expect(codesAsked(phone).filter((asked) => asked === codes[at])).toHaveLength(1);
  }
  await pause(RECOVERY);
  for (const [at, { e164: phone }] of people.entries()) {
    expect(codesAsked(phone).filter((asked) => asked === codes[at])).toHaveLength(1);
    expect(codesReceived(phone)).toHaveLength(phone === replaced.e164 ? 2 : 1);
  }
});

describe('an outcome from an instance that lost its claim', () => {
  /** Hands the claim to nobody in particular, as if another instance had taken the message over. */
  const takeOver = (phone: string) =>
    database.query(`UPDATE messages SET fence = fence + 1 WHERE recipient = $1`, [phone]);

  it('changes nothing when the message was accepted', async () => {
    const person = await house.person();
    whacenter.forNumber(person.e164, { delayMs: 400 });
    const call = house.at(survivor).request(person.e164);
    await until('the gateway is asked', () => codesAsked(person.e164).length === 1);
    await takeOver(person.e164);
    expect((await call).status).toBe(200);
    await pause(300);
    expect(await messagesOf(database, person.e164)).toMatchObject([
      { state: 'PENDING', fence: 2, attempts: 0, sealed: true },
    ]);
    expect((await house.at(survivor).verify(person.e164, codesReceived(person.e164)[0]!)).status).toBe(200);
  });

  it.each([
    ['refused', { delayMs: 400, body: { status: false, message: 'device not connected or not found', data: [] } }],
    ['unknown', { delayMs: 400, body: '{"status":true', delivers: false, reset: 'midway' as const }],
  ])('changes nothing when it was %s', async (_, script) => {
    const person = await house.person();
    whacenter.forNumber(person.e164, script);
    const call = house.at(survivor).request(person.e164);
    await until('the gateway is asked', () => codesAsked(person.e164).length === 1);
    await takeOver(person.e164);
    expect((await call).status).toBe(503);
    whacenter.forNumber(person.e164, undefined);
    expect(await messagesOf(database, person.e164)).toMatchObject([
      { state: 'PENDING', fence: 2, attempts: 0, sealed: true },
    ]);
    // The code is the other instance's to deliver, and alive until then.
    expect(await keptCodeOf(database, person.e164)).toMatchObject({ living: true, made: 1 });
    await endClaims(database, person.e164);
    await until('the code arrives', () => codesReceived(person.e164).length === 1);
    expect((await house.at(survivor).verify(person.e164, codesReceived(person.e164)[0]!)).status).toBe(200);
  });
});

describe('kill -9 in a stream of logins', () => {
  const LOGINS = 200;
  const AT_A_TIME = 8;

  it.each([['reveal'], ['conceal']])(
    'loses no acknowledged code and no session: %s',
    async (unknownPhone) => {
      const settings = { ...QUICK, UNKNOWN_PHONE: unknownPhone };
      const [victim, other] = [await house.another(settings), await house.another(settings)];
      const people = await house.people(LOGINS);
      for (const { e164: phone } of people) whacenter.forNumber(phone, { delayMs: 20 });
      const killAt = 20 + Math.floor(Math.random() * 100);
      let killed: Promise<unknown> | undefined;
      const lost = { requests: 0, verifies: 0 };
      let acknowledged = 0;

      /** Asks the victim on odd turns, and the other one when the victim is gone. */
      async function ask(
        at: number,
        what: keyof typeof lost,
        call: (service: Service) => Promise<Answer>,
      ): Promise<Answer> {
        if (at % 2 === 1 && !killed) {
          try {
            return await call(victim);
          } catch {
            lost[what]++;
          }
        }
        return call(other);
      }

      async function logIn({ e164: phone, id }: Resident, at: number): Promise<void> {
        const requested = await ask(at, 'requests', (service) => house.at(service).request(phone));
        expect(requested.status).toBe(200);
        acknowledged++;
        if (acknowledged === killAt) killed = victim.stop('SIGKILL');
        await until(`the code of person ${at}, kill at ${killAt}`, () => codesReceived(phone).length > 0, 15_000);
        const verified = await ask(at, 'verifies', (service) =>
          house.at(service).verify(phone, codesReceived(phone)[0]!),
        );
        // Without an answer from the victim, its login may stand: then there is a session, and the code is used up.
        const sessions = await database.query('SELECT 1 FROM login_sessions WHERE user_id = $1', [id]);
        expect({ at, sessions: sessions.length }).toEqual({ at, sessions: 1 });
        if (verified.status !== 200) expect(lost.verifies).toBeGreaterThan(0);
      }

      const queue = people.entries();
      await Promise.all(
        Array.from({ length: AT_A_TIME }, async () => {
          for (const [at, person] of queue) await logIn(person, at);
        }),
      );
      await killed;
      expect(acknowledged).toBe(LOGINS);
      expect(lost.requests + lost.verifies).toBeLessThanOrEqual(AT_A_TIME);
      for (const { e164: phone } of people) {
        expect(new Set(codesReceived(phone)).size).toBe(1);
        expect(await keptCodeOf(database, phone)).toMatchObject({ made: 1 });
      }
      await other.stop();
    },
    60_000,
  );
});

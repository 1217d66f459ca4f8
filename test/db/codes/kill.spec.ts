import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { endCooldown, keptCodeOf } from '../../support/codes.js';
import { type TestDatabase } from '../../support/database.js';
import { type FakeWhacenter } from '../../support/fake-whacenter.js';
import { openHouse, type House, type Resident } from '../../support/house.js';
import { endClaims, messagesOf } from '../../support/messages.js';
import { type Answer, type Service } from '../../support/service.js';
import { until } from '../../support/waits.js';

/** A gateway that takes the call and never answers; the phone gets nothing. */
const SILENT = { hang: true, delivers: false };
/** The same, but the phone has got it. */
const SILENT_AFTER_SENDING = { hang: true, delivers: true };

/** In seconds, of those that are killed while they send. */
const TIMEOUT = '20';

/** Each instance has looked at least once for messages left behind when this has passed, in seconds. */
const RECOVERY = 3;

let database: TestDatabase;
let house: House;
let whacenter: FakeWhacenter;
/** The instances that are not killed: one of each kind. */
let survivor: Service;
let concealing: Service;

const start = (unknownPhone: string, seconds: string) =>
  house.anotherProcess({ SEND_TIMEOUT: seconds, PROVIDER_TIMEOUT: seconds, UNKNOWN_PHONE: unknownPhone });

beforeAll(async () => {
  house = await openHouse({}, { instances: 0, movingClock: true });
  ({ database, fake: whacenter } = house);
  survivor = await start('reveal', TIMEOUT);
  concealing = await start('conceal', '1');
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

/** Kills an instance while the gateway holds its sends, and sees to it that none of its claims ends; each person's code. */
async function killedInTheMiddle(held: [Resident, typeof SILENT][], unknownPhone: string): Promise<string[]> {
  const victim = await start(unknownPhone, TIMEOUT);
  for (const [{ e164: phone }, script] of held) whacenter.forNumber(phone, script);
  const calls = held.map(([{ e164: phone }]) =>
    house
      .at(victim)
      .request(phone)
      .catch(() => undefined),
  );
  await until('the gateway is asked', () => held.every(([{ e164: phone }]) => codesAsked(phone).length === 1));
  await victim.stop('SIGKILL');
  const phones = held.map(([{ e164: phone }]) => phone);
  const claims = await database.query<{ seconds: number }>(
    `SELECT extract(epoch FROM claimed_until - created_at)::float8 AS seconds FROM messages WHERE recipient = ANY($1)`,
    [phones],
  );
  // As long as a send may take, and two seconds more.
  expect(claims.map(({ seconds }) => Math.round(seconds))).toEqual(phones.map(() => Number(TIMEOUT) + 2));
  await moveClaims(phones, '1 hour');
  await Promise.all(calls);
  for (const phone of phones) whacenter.forNumber(phone, undefined);
  return phones.map((phone) => codesAsked(phone)[0]!);
}

/** Lets claims end in so much time. */
async function moveClaims(phones: string[], span: string): Promise<void> {
  await database.query(
    `UPDATE messages SET claimed_until = test_clock.now() + $2::interval WHERE recipient = ANY($1)`,
    [phones, span],
  );
}

describe.each(['reveal', 'conceal'])('an instance killed with kill -9 while it sends: %s', (unknownPhone) => {
  let both: [unsent: Resident, sent: Resident];
  let claimed: Resident;
  let ended: [consumed: Resident, replaced: Resident, expired: Resident];
  let many: Resident[];
  let code: Map<Resident, string>;

  beforeAll(async () => {
    const people = await house.people(12);
    both = people.slice(0, 2) as typeof both;
    claimed = people[2]!;
    ended = people.slice(3, 6) as typeof ended;
    many = people.slice(6);
    const arrives = new Set([both[1], ...ended]);
    const codes = await killedInTheMiddle(
      people.map((person) => [person, arrives.has(person) ? SILENT_AFTER_SENDING : SILENT]),
      unknownPhone,
    );
    code = new Map(people.map((person, at) => [person, codes[at]!]));
  });

  it('leaves codes that go out once its claims have ended', async () => {
    const [unsent, sent] = both;
    for (const { e164: phone } of both)
      expect(await messagesOf(database, phone)).toMatchObject([{ state: 'PENDING', fence: 1, sealed: true }]);
    await house.clock.pass(RECOVERY);
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
      expect(new Set(codesReceived(phone))).toEqual(new Set([code.get(both[at]!)]));
      const [message] = await messagesOf(database, phone);
      expect(await keptCodeOf(database, phone)).toMatchObject({ living: true, made: 1 });
      const answer = await survivor.post('/api/auth/otp/verify', {
        phone,
        otpCode: code.get(both[at]!),
        sessionId: message!.id,
      });
      expect(answer.status).toBe(200);
    }
  });

  it('leaves claims that end by themselves, and not before', async () => {
    await moveClaims([claimed.e164], '60 seconds');
    await house.clock.pass(50);
    expect(codesAsked(claimed.e164)).toHaveLength(1);
    await house.clock.until('the code arrives', () => codesReceived(claimed.e164).length === 1, 10 + RECOVERY);
    expect((await house.at(survivor).verify(claimed.e164, code.get(claimed)!)).status).toBe(200);
  });

  it('leaves each message to one of several instances', async () => {
    await Promise.all(many.map(({ e164: phone }) => endClaims(database, phone)));
    await until('the codes arrive', () => many.every(({ e164: phone }) => codesReceived(phone).length > 0));
    await house.clock.pass(RECOVERY);
    for (const { e164: phone } of many) expect(codesAsked(phone)).toHaveLength(2);
  });

  it('never has a code sent again that was consumed, replaced or expired before its message is taken up', async () => {
    const [consumed, replaced, expired] = ended;
    expect((await house.at(survivor).verify(consumed.e164, code.get(consumed)!)).status).toBe(200);
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
    await Promise.all(ended.map(({ e164: phone }) => endClaims(database, phone)));
    for (const person of ended) {
      const { e164: phone } = person;
      await until('marked', async () => (await messagesOf(database, phone))[0]?.state === 'EXPIRED');
      expect((await messagesOf(database, phone))[0]).toMatchObject({ sealed: false });
      expect(codesAsked(phone).filter((asked) => asked === code.get(person))).toHaveLength(1);
    }
    await house.clock.pass(RECOVERY);
    for (const person of ended) {
      const { e164: phone } = person;
      expect(codesAsked(phone).filter((asked) => asked === code.get(person))).toHaveLength(1);
      expect(codesReceived(phone)).toHaveLength(phone === replaced.e164 ? 2 : 1);
    }
  });
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
    // Its outcome would have been written before that of a later one.
    const { e164: later } = await house.person();
    await house.at(survivor).code(later);
    await until('a later one is written', async () => (await messagesOf(database, later))[0]?.state === 'ACCEPTED');
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
  const LOGINS = 120;
  const AT_A_TIME = 8;

  it.each([['reveal'], ['conceal']])('loses no acknowledged code and no session: %s', async (unknownPhone) => {
    const victim = await start(unknownPhone, '1');
    const other = unknownPhone === 'conceal' ? concealing : survivor;
    const people = await house.people(LOGINS);
    for (const { e164: phone } of people) whacenter.forNumber(phone, { delayMs: 20 });
    const killAt = 20 + Math.floor(Math.random() * 60);
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
      await until(`the code of person ${at}, kill at ${killAt}`, () => codesReceived(phone).length > 0);
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
  });
});

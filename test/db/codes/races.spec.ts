import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { brokenCodesOf, endCooldown, keptCodeOf, wrongCodes } from '../../support/codes.js';
import { atOnce, tally } from '../../support/crowds.js';
import { type TestDatabase } from '../../support/database.js';
import { type FakeWhacenter } from '../../support/fake-whacenter.js';
import { openHouse, type House } from '../../support/house.js';
import { postAndLeave } from '../../support/http-client.js';
import { loginsOf } from '../../support/logins.js';
import { troubles, type Answer, type Service } from '../../support/service.js';
import { until } from '../../support/waits.js';

const MAX_ATTEMPTS = 3;
const GUESS_BUDGET = 5;

let database: TestDatabase;
let house: House;
let whacenter: FakeWhacenter;
let one: Service;
let other: Service;

beforeAll(async () => {
  house = await openHouse();
  ({ database, fake: whacenter, service: one } = house);
  other = await house.inOtherProcess();
});

afterAll(async () => house.close());

afterEach(async () => {
  expect([...troubles(one), ...troubles(other)]).toEqual([]);
  expect(await brokenCodesOf(database)).toEqual([]);
});

/** The instance for the n-th call of a crowd: both in turn. */
const either = (at: number) => (at % 2 === 0 ? one : other);

async function resent(service: Service, phone: string): Promise<string> {
  await endCooldown(database, phone);
  const answer = await house.at(service).resend(phone);
  expect(answer.status).toBe(200);
  return whacenter.codeFor(phone)!;
}

describe('wrong guesses at once', () => {
  it('compare no more often than one code allows, and use up what the phone may guess', async () => {
    const { e164: phone, id } = await house.person();
    const code = await house.at(one).code(phone);
    const answers = await Promise.all(wrongCodes(code, 100).map((wrong) => house.at(one).verify(phone, wrong)));
    expect(tally(answers)).toEqual({ 400: GUESS_BUDGET, 429: 100 - GUESS_BUDGET });
    expect(await keptCodeOf(database, phone)).toMatchObject({ living: true, guesses: GUESS_BUDGET, made: 1 });
    expect(await house.at(one).verify(phone, code)).toMatchObject({ status: 429, body: { code: 'otp_locked' } });
    expect(await loginsOf(database, id)).toEqual({ sessions: 0, tokens: 0, events: 0 });
  });

  it('say how long the phone stays closed and how many attempts were left', async () => {
    const { e164: phone } = await house.person();
    const code = await house.at(one).code(phone);
    const answers = await Promise.all(
      wrongCodes(code, 20).map((wrong, at) => house.at(either(at)).verify(phone, wrong)),
    );
    const left = answers.filter(({ status }) => status === 400).map(({ body }) => body.details.attemptsLeft as number);
    expect(left.sort()).toEqual([0, 0, 0, 1, 2]);
    for (const { headers } of answers.filter(({ status }) => status === 429)) {
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(14 * 60);
      expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(15 * 60);
    }
  });

  it('share one budget over two instances', async () => {
    const { e164: phone } = await house.person();
    const code = await house.at(one).code(phone);
    const answers = await Promise.all(
      wrongCodes(code, 100).map((wrong, at) => house.at(either(at)).verify(phone, wrong)),
    );
    expect(tally(answers)).toEqual({ 400: GUESS_BUDGET, 429: 100 - GUESS_BUDGET });
    expect(await keptCodeOf(database, phone)).toMatchObject({ living: true, guesses: GUESS_BUDGET, made: 1 });
    expect((await house.at(other).verify(phone, code)).status).toBe(429);
  });

  it('share one budget over several codes: a resend refills nothing', async () => {
    const { e164: phone, id } = await house.person();
    const first = await house.at(one).code(phone);
    const spent: Answer[] = await Promise.all(
      wrongCodes(first, 2).map((wrong, at) => house.at(either(at)).verify(phone, wrong)),
    );
    const second = await resent(other, phone);
    expect(await keptCodeOf(database, phone)).toMatchObject({ living: true, guesses: 0, made: 2 });
    spent.push(
      ...(await Promise.all(wrongCodes(second, 2).map((wrong, at) => house.at(either(at)).verify(phone, wrong)))),
    );
    expect(tally(spent)).toEqual({ 400: 4 });
    expect(await keptCodeOf(database, phone)).toMatchObject({ living: true, guesses: 2 });
    const third = await resent(one, phone);
    const rest = await Promise.all(
      wrongCodes(third, 100).map((wrong, at) => house.at(either(at)).verify(phone, wrong)),
    );
    expect(tally([...spent, ...rest])).toEqual({ 400: GUESS_BUDGET, 429: 104 - GUESS_BUDGET });
    expect(await keptCodeOf(database, phone)).toMatchObject({ living: true, guesses: 1, made: 3 });
    expect((await house.at(one).verify(phone, third)).status).toBe(429);
    // A code that nobody may try is not sent.
    await endCooldown(database, phone);
    expect((await house.at(one).resend(phone)).status).toBe(429);
    // The window passes, and with it the lock: an outsider can delay a login, not end it.
    await database.query(
      `UPDATE otp_codes SET guesses = ARRAY(SELECT g - interval '15 minutes' FROM unnest(guesses) g) WHERE phone = $1`,
      [phone],
    );
    const fourth = await resent(one, phone);
    expect((await house.at(one).verify(phone, fourth)).status).toBe(200);
    expect(await loginsOf(database, id)).toEqual({ sessions: 1, tokens: 1, events: 1 });
  });

  it('stay paid for when the client is gone before the answer', async () => {
    const { e164: phone } = await house.person();
    const code = await house.at(one).code(phone);
    for (const [at, otpCode] of wrongCodes(code, GUESS_BUDGET).entries())
      await postAndLeave(`${either(at).url}/api/auth/otp/verify`, { phone, otpCode });
    await until('all guesses charged', async () => {
      const [row] = await database.query<{ used: number }>(
        'SELECT cardinality(guesses) AS used FROM otp_codes WHERE phone = $1',
        [phone],
      );
      return row?.used === GUESS_BUDGET;
    });
    expect((await house.at(one).verify(phone, code)).status).toBe(429);
  });
});

describe('attempts on one code', () => {
  let roomy: Service;

  beforeAll(async () => {
    roomy = await house.another({ GUESS_BUDGET: '100', OTP_MAX_ATTEMPTS: String(MAX_ATTEMPTS) });
  });

  afterAll(() => roomy.stop());

  it.each([
    [MAX_ATTEMPTS - 1, 200],
    [MAX_ATTEMPTS, 400],
    [99, 400],
  ])('after %i wrong ones the right code answers %i, however much budget is left', async (count, status) => {
    const { e164: phone } = await house.person();
    const code = await house.at(roomy).code(phone);
    const answers = await Promise.all(wrongCodes(code, count).map((wrong) => house.at(roomy).verify(phone, wrong)));
    expect(tally(answers)).toEqual({ 400: count });
    expect(await keptCodeOf(database, phone)).toMatchObject({ living: true, guesses: count, made: 1 });
    expect((await house.at(roomy).verify(phone, code)).status).toBe(status);
  });
});

describe('the right code', () => {
  it('opens one session when it comes a hundred times at once', async () => {
    const { e164: phone, id } = await house.person();
    const code = await house.at(one).code(phone);
    const answers = await atOnce(100, (at) => house.at(either(at)).verify(phone, code));
    expect(tally(answers)[200]).toBe(1);
    expect(answers.every(({ status }) => status === 200 || status === 400 || status === 429)).toBe(true);
    expect(await loginsOf(database, id)).toEqual({ sessions: 1, tokens: 1, events: 1 });
  });

  it('wins at most once among wrong ones, and only while attempts are left', async () => {
    const people = await house.people(10);
    const wins = await Promise.all(
      people.map(async ({ e164: phone, id }, run) => {
        const code = await house.at(either(run)).code(phone);
        const crowd = wrongCodes(code, 30).flatMap((wrong, at) => (at % 5 === run % 5 ? [code, wrong] : [wrong]));
        const answers = await Promise.all(crowd.map((guess, at) => house.at(either(at)).verify(phone, guess)));
        const won = tally(answers)[200] ?? 0;
        expect(await loginsOf(database, id)).toEqual({ sessions: won, tokens: won, events: won });
        const { living, guesses, made } = await keptCodeOf(database, phone);
        expect({ living, made }).toEqual({ living: won === 0, made: 1 });
        if (won === 0) expect(guesses).toBe(GUESS_BUDGET);
        return won;
      }),
    );
    expect(Math.max(...wins)).toBeLessThanOrEqual(1);
  });
});

describe('requests at once', () => {
  it.each([
    ['one instance', () => one],
    ['two instances', either],
  ])('for one phone send one message: %s', async (_, instance) => {
    const { e164: phone } = await house.person();
    whacenter.forNumber(phone, { delayMs: 150 });
    const answers = await atOnce(10, (at) => house.at(instance(at)).request(phone));
    expect(tally(answers)).toEqual({ 200: 10 });
    expect(answers.filter(({ body }) => body.data.alreadySent === true)).toHaveLength(9);
    expect(new Set(answers.map(({ body }) => body.data.sessionId as string)).size).toBe(1);
    expect(whacenter.messagesFor(phone)).toHaveLength(1);
    expect(await keptCodeOf(database, phone)).toMatchObject({ living: true, made: 1 });
    expect((await house.at(one).verify(phone, whacenter.codeFor(phone)!)).status).toBe(200);
  });

  it('for a resend: one is sent, the others are told when', async () => {
    const { e164: phone } = await house.person();
    const old = await house.at(one).code(phone);
    await endCooldown(database, phone);
    const answers = await atOnce(10, (at) => house.at(either(at)).resend(phone));
    expect(tally(answers)).toEqual({ 200: 1, 429: 9 });
    expect(whacenter.messagesFor(phone)).toHaveLength(2);
    expect((await house.at(one).verify(phone, old)).status).toBe(whacenter.codeFor(phone) === old ? 200 : 400);
  });

  it('stay within ten tries while the device refuses them', async () => {
    const { e164: phone } = await house.person();
    whacenter.forNumber(phone, { body: { status: false, message: 'device not connected or not found', data: [] } });
    const before = whacenter.calls.length;
    const answers: Answer[] = [];
    let crowd: Answer[];
    do {
      crowd = await atOnce(8, (at) => house.at(either(at)).request(phone));
      answers.push(...crowd);
    } while (crowd.some(({ status }) => status !== 429) && answers.length < 400);
    expect(answers.filter(({ status }) => ![200, 429, 503].includes(status)).map(({ text }) => text)).toEqual([]);
    expect(whacenter.calls.length - before).toBe(10);
    expect(answers.filter(({ status, body }) => status === 200 && body.data.alreadySent !== true)).toEqual([]);
    whacenter.forNumber(phone, undefined);
    await database.query(`UPDATE otp_codes SET failed_sends = '{}' WHERE phone = $1`, [phone]);
    expect((await house.at(one).verify(phone, await house.at(other).code(phone))).status).toBe(200);
  });
});

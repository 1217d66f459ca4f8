import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { wrongCodes } from '../../support/codes.js';
import { atOnce, tally } from '../../support/crowds.js';
import { type TestDatabase } from '../../support/database.js';
import { type FakeWhacenter } from '../../support/fake-whacenter.js';
import { openHouse, type House } from '../../support/house.js';
import { troubles, type Answer, type Service } from '../../support/service.js';
import { until } from '../../support/waits.js';

const SENDS = 6;
const FAILURES = 12;
const FAILURES_OF_A_PASSWORD = 10;

let database: TestDatabase;
let house: House;
let whacenter: FakeWhacenter;
let one: Service;
let other: Service;
/** Two whose addresses have a hundred sends an hour. */
let roomy: Service;
let neighbour: Service;

beforeAll(async () => {
  // Each spec comes from an address of its own: the proxy that says so is this process.
  house = await openHouse(
    {
      ADDRESS_SENDS_PER_HOUR: String(SENDS),
      ADDRESS_FAILURES_PER_HOUR: String(FAILURES),
      TRUST_PROXY: '127.0.0.1',
    },
    { movingClock: true },
  );
  ({ database, fake: whacenter, service: one } = house);
  other = await house.inOtherProcess({ SEED_DEMO: 'sikeskoja' });
  const wide = { ADDRESS_SENDS_PER_HOUR: '100', ADDRESS_FAILURES_PER_HOUR: '300' };
  [roomy, neighbour] = await Promise.all([house.another(wide), house.inOtherProcess(wide)]);
});

afterAll(async () => house.close());

afterEach(() => {
  expect([...troubles(one), ...troubles(other)]).toEqual([]);
});

const either = (at: number) => (at % 2 === 0 ? one : other);

let addresses = 0;

/** Headers of an address that nobody has called from. */
function freshAddress(): Record<string, string> {
  return { 'x-forwarded-for': `198.51.100.${++addresses}` };
}

const statements = async (condition: string) =>
  (
    await database.query(
      `SELECT 1 FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle' AND ${condition}`,
    )
  ).length;
const waitingForLocks = () => statements(`wait_event_type = 'Lock'`);
const underWay = () => statements('true');

/** A call whose client hangs up once it is under way, unless it is answered before; resolves when it has. */
async function abandon(
  service: Service,
  path: string,
  body: unknown,
  headers: Record<string, string>,
  isUnderWay: () => boolean | Promise<boolean>,
): Promise<void> {
  const client = new AbortController();
  let isOver = false;
  const call = fetch(service.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal: client.signal,
  })
    .catch(() => undefined)
    .finally(() => (isOver = true));
  await until('it is under way', async () => isOver || (await isUnderWay()));
  client.abort();
  await call;
}

describe('sends of one address', () => {
  it('never pass the cap, however many come at once over two instances', async () => {
    const from = freshAddress();
    const people = await house.people(200);
    const answers = await atOnce(200, (at) => house.at(either(at)).request(people[at]!.e164, from));
    const reached = people.filter(({ e164: phone }) => whacenter.messagesFor(phone).length > 0).length;
    expect(tally(answers)).toEqual({ 200: reached, 429: 200 - reached });
    expect(reached).toBeLessThanOrEqual(SENDS);
    // What was reserved and not used comes back; then every one of the allowance can be had, and no more.
    const later: Answer[] = [];
    for (const [at, { e164: phone }] of people.slice(0, 3 * SENDS).entries())
      if (house.sendsTo(phone) === 0) later.push(await house.at(either(at)).request(phone, from));
    const all = people.filter(({ e164: phone }) => whacenter.messagesFor(phone).length > 0).length;
    expect(all).toBe(SENDS);
    expect(later.filter((answer) => answer.status === 200)).toHaveLength(SENDS - reached);
  });

  it('come back when they are verified, at whichever instance', async () => {
    const from = freshAddress();
    const people = await house.people(SENDS + 4);
    for (const { e164: phone } of people.slice(0, SENDS))
      expect((await house.at(one).request(phone, from)).status).toBe(200);
    const refused = await house.at(one).request(people[SENDS]!.e164, from);
    expect(refused).toMatchObject({ status: 429, body: { code: 'otp_rate_limited' } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3_500);
    expect((await house.at(other).request(people[SENDS]!.e164, from)).status).toBe(429);
    for (const [at, { e164: phone }] of people.slice(0, 4).entries()) {
      expect((await house.at(either(at)).verify(phone, whacenter.codeFor(phone)!, from)).status).toBe(200);
    }
    const again = await Promise.all(
      people.slice(SENDS).map(({ e164: phone }, at) => house.at(either(at)).request(phone, from)),
    );
    expect(tally(again)).toEqual({ 200: 4 });
    expect((await house.at(one).request(people[5]!.e164, from)).status).toBe(429);
  });

  it('are charged when the client hangs up before the answer', async () => {
    const from = freshAddress();
    const people = await house.people(5 * SENDS);
    for (const { e164: phone } of people) whacenter.forNumber(phone, { delayMs: 300 });
    // One after the other, so that a charge given back too early would be used again.
    const asked = (phone: string) => house.sendsTo(phone) > 0;
    for (const { e164: phone } of people)
      await abandon(one, '/api/auth/otp/request', { phone }, from, () => asked(phone));
    expect(people.filter(({ e164: phone }) => asked(phone))).toHaveLength(SENDS);
  });

  it('are not used up by idle leases', async () => {
    const from = freshAddress();
    const people = await house.people(80);
    const first = await Promise.all(people.slice(0, 40).map(({ e164: phone }) => house.at(roomy).request(phone, from)));
    const second = await Promise.all(
      people.slice(40).map(({ e164: phone }) => house.at(neighbour).request(phone, from)),
    );
    expect([tally(first), tally(second)]).toEqual([{ 200: 40 }, { 200: 40 }]);
  });

  it('of an hour that is over do not enlarge the next one', async () => {
    const from = freshAddress();
    const people = await house.people(110);
    // An hour that ends in ten seconds, and one lease of a block of five in it, one of them used.
    await database.query(
      `INSERT INTO rate_limits (name, subject, window_started_at, used) VALUES ('sends', $1, test_clock.now() - interval '59 minutes 50 seconds', 0)`,
      [from['x-forwarded-for']],
    );
    expect((await house.at(roomy).request(people[0]!.e164, from)).status).toBe(200);
    await house.clock.pass(11);
    const answers: Answer[] = [];
    for (const { e164: phone } of people.slice(1)) answers.push(await house.at(neighbour).request(phone, from));
    expect(tally(answers)).toEqual({ 200: 100, 429: 9 });
    // Its end is when an instance gives everything back, idle or not.
    await roomy.stop();
    const [row] = await database.query<{ used: number }>(
      `SELECT used FROM rate_limits WHERE name = 'sends' AND subject = $1`,
      [from['x-forwarded-for']],
    );
    expect(row?.used).toBe(100);
  });
});

describe('failures of one address', () => {
  it('never pass the cap, however many come at once over two instances', async () => {
    const from = freshAddress();
    const people = await house.people(40);
    for (const { e164: phone } of people) await house.at(one).request(phone, freshAddress());
    const answers = await Promise.all(
      people.flatMap(({ e164: phone }) =>
        wrongCodes(whacenter.codeFor(phone)!, 3).map((wrong, at) => house.at(either(at)).verify(phone, wrong, from)),
      ),
    );
    expect(tally(answers)[400]).toBeLessThanOrEqual(FAILURES);
    expect(answers.every(({ status }) => status === 400 || status === 429)).toBe(true);
    const [row] = await database.query<{ attempts: number }>(
      'SELECT sum(cardinality(guesses))::int AS attempts FROM otp_codes WHERE phone = ANY($1)',
      [people.map(({ e164: phone }) => phone)],
    );
    expect(row!.attempts).toBe(tally(answers)[400]);
  });

  it('are charged when the client hangs up before the answer', async () => {
    const from = freshAddress();
    const people = await house.people(2 * FAILURES);
    for (const { e164: phone } of people) await house.at(one).request(phone, freshAddress());
    for (const { e164: phone } of people) {
      // A guess that waits at its budget's row is under way when its client leaves, and goes on when the row is free.
      const lock = await database.lock('SELECT 1 FROM otp_codes WHERE phone = $1 FOR UPDATE', [phone]);
      await abandon(
        one,
        '/api/auth/otp/verify',
        { phone, otpCode: wrongCodes(whacenter.codeFor(phone)!, 1)[0]! },
        from,
        async () => (await waitingForLocks()) > 0,
      );
      await lock.release();
    }
    const counted = async () =>
      (
        await database.query<{ attempts: number }>(
          'SELECT sum(cardinality(guesses))::int AS attempts FROM otp_codes WHERE phone = ANY($1)',
          [people.map(({ e164: phone }) => phone)],
        )
      )[0]!.attempts;
    await until('nothing is under way', async () => (await underWay()) === 0);
    expect(await counted()).toBeLessThanOrEqual(FAILURES);
  });
});

describe('wrong passwords', () => {
  it.each(['admin', 'operator@sikeskoja.com', 'nobody-at-all'])('at once allow exactly ten: %s', async (identifier) => {
    const answers = await atOnce(30, (at) =>
      either(at).post('/api/auth/login', { identifier, password: `wrong-${at}` }, freshAddress()),
    );
    expect(tally(answers)).toEqual({ 401: FAILURES_OF_A_PASSWORD, 429: 30 - FAILURES_OF_A_PASSWORD });
    const after = await one.post('/api/auth/login', { identifier, password: 'password123' }, freshAddress());
    expect(after).toMatchObject({ status: 429, body: { code: 'login_locked' } });
    expect(Number(after.headers.get('retry-after'))).toBeGreaterThan(14 * 60);
  });

  it('are forgotten with a right one, which opens one session', async () => {
    const login = (password: string) =>
      one.post('/api/auth/login', { identifier: 'supervisor', password }, freshAddress());
    expect(tally(await atOnce(9, () => login('wrong')))).toEqual({ 401: 9 });
    expect((await login('password123')).status).toBe(200);
    expect(tally(await atOnce(9, () => login('wrong')))).toEqual({ 401: 9 });
    const rows = await database.query(
      `SELECT 1 FROM login_sessions JOIN users ON users.id = user_id WHERE username = 'supervisor'`,
    );
    expect(rows).toHaveLength(1);
  });
});

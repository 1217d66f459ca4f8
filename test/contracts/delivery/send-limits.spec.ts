import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure, retryAfter } from '../../support/answers.js';
import { openHouse, QUICK, type House } from '../../support/house.js';
import { type Service } from '../../support/service.js';
import { until } from '../../support/waits.js';

// Limits of sends that are nobody's own: a range of ten thousand numbers, a country, the whole service. Each test has ranges,
// or a country, of its own; the whole service is one for all, so its day is one test.

let house: House;

let range = 4000 + (process.pid % 1000);
const account = async (phone: string) => (await house.person({ phone })).phone;
/** Numbers that share all but their last four digits, each with an account. */
async function neighbours(count: number): Promise<string[]> {
  range += 1;
  const phones: string[] = [];
  for (let at = 0; at < count; at++) phones.push(await account(`+62815${range}${String(at).padStart(4, '0')}`));
  return phones;
}
/** Numbers of Malaysia, each of a range of its own, with accounts. */
async function malaysians(count: number): Promise<string[]> {
  const phones: string[] = [];
  for (let at = 0; at < count; at++) phones.push(await account(`+6011${(range += 1) - 3000}0000`));
  return phones;
}

const statuses = async (phones: string[]) => {
  const answers = [];
  for (const phone of phones) answers.push((await house.request(phone)).status);
  return answers;
};

interface Event {
  detail: Record<string, unknown>;
  count: number;
}
const events = (type: string, where = 'true', values: unknown[] = []) =>
  house.database.query<Event & Record<string, unknown>>(
    `SELECT detail, count FROM audit_events WHERE type = $1 AND ${where} ORDER BY occurred_at`,
    [type, ...values],
  );
/** What was decided about a budget that had no room. */
const decisionsOn = (subject: string) => events('limits.sends', `detail->>'subject' = $2`, [subject]);
const rangeOf = (phone: string) => phone.replace(/^0/, '+62').slice(0, -4);

/** Waits until the database knows of so many verified sends. */
const untilProved = (subject: string, count: number) =>
  until('the verified sends are counted', async () => {
    const rows = await house.database.query<{ proved: number }>(`SELECT proved FROM rate_limits WHERE subject = $1`, [
      subject,
    ]);
    return rows[0]?.proved === count;
  });

describe('under compat', () => {
  beforeAll(async () => {
    house = await openHouse({
      ...QUICK,
      PREFIX_SENDS_PER_HOUR: '2',
      COUNTRY_SENDS_PER_HOUR: '3',
      ABUSE_MODE: 'record',
      ALLOWED_COUNTRIES: 'ID,MY',
    });
  });
  afterAll(async () => house.close());

  it('a range of numbers gets a limited number of unverified codes, and does not affect other ranges', async () => {
    const phones = await neighbours(4);
    expect(await statuses(phones)).toEqual([200, 200, 429, 429]);
    const refused = await house.request(phones[3] ?? '');
    expectFailure(refused, 429, 'otp_rate_limited');
    expect(retryAfter(refused)).toBeGreaterThan(3_000);
    expect(await statuses(await neighbours(2))).toEqual([200, 200]);
    const [first] = await decisionsOn(rangeOf(phones[2] ?? ''));
    expect(first?.detail).toMatchObject({ limit: 'prefix-sends', cap: 2, decision: 'refused' });
    expect(JSON.stringify(first?.detail)).not.toContain((phones[2] ?? '').slice(1));
  });

  it('a range gets one more code for every two verified in the last day', async () => {
    const phones = await neighbours(8);
    for (const phone of phones.slice(0, 2)) await house.login(phone);
    await untilProved(rangeOf(phones[0] ?? ''), 2);
    expect(await statuses(phones.slice(2))).toEqual([200, 200, 200, 429, 429, 429]);
    const [refused] = await decisionsOn(rangeOf(phones[0] ?? ''));
    expect(refused?.detail).toMatchObject({ limit: 'prefix-sends', cap: 3 });
  });

  it('a range gets its allowance back for each verified code, and is not charged for a code that could not be sent', async () => {
    const phones = await neighbours(6);
    for (const phone of phones) await house.login(phone);
    house.fake.connected = false;
    const down = await neighbours(4);
    expect(await statuses(down)).toEqual([503, 503, 503, 503]);
    house.fake.connected = true;
    expect(await statuses(down)).toEqual([200, 200, 429, 429]);
  });

  it('a country over its budget is recorded, and the code is sent, with ABUSE_MODE=record', async () => {
    expect(await statuses(await malaysians(5))).toEqual([200, 200, 200, 200, 200]);
    const recorded = await decisionsOn('60');
    expect(recorded.map(({ detail }) => detail)).toEqual(
      recorded.map(() => expect.objectContaining({ limit: 'country-sends', decision: 'recorded' }) as object),
    );
    expect(recorded.reduce((sum, { count }) => sum + count, 0)).toBe(2);
  });
});

describe('under strict, budgets that strangers have used up', () => {
  beforeAll(async () => {
    house = await openHouse({
      AUTH_PROFILE: 'strict',
      PREFIX_SENDS_PER_HOUR: '3',
      COUNTRY_SENDS_PER_HOUR: '4',
      ALLOWED_COUNTRIES: 'ID,MY',
    });
  });
  afterAll(async () => house.close());

  /** The code comes behind the answer. */
  const logIn = async (phone: string, headers: Record<string, string> = {}): Promise<Record<string, string>> => {
    const before = house.fake.messagesFor(phone).length;
    expect((await house.request(phone, headers)).status).toBe(200);
    await until('the code is there', async () => house.fake.messagesFor(phone).length > before);
    const answer = await house.verify(phone, house.fake.codeFor(phone) ?? '', headers);
    expect(answer.status).toBe(200);
    return { 'x-device-token': answer.body.data.deviceToken as string };
  };

  it.each([
    { budget: 'prefix-sends', people: neighbours, subjectOf: rangeOf, room: 4 },
    { budget: 'country-sends', people: malaysians, subjectOf: () => '60', room: 5 },
  ])('let the owner’s own device in, and nobody by another’s: $budget', async ({ budget, people, subjectOf, room }) => {
    const [owner = '', thief = '', ...strange] = await people(9);
    const [device, stolen] = [await logIn(owner), await logIn(thief)];
    await untilProved(subjectOf(owner), 2);
    for (const phone of [owner, thief]) await house.pass(phone, 61);
    // One that does not exist counts, too.
    const decoy = strange[0]?.replace(/....$/, '9999') ?? '';
    const asked = [decoy, ...strange.slice(0, room)];
    expect(await statuses(asked)).toEqual([...Array<number>(room).fill(200), 429]);
    expectFailure(await house.request(owner), 429, 'otp_rate_limited');
    expectFailure(await house.request(owner, stolen), 429, 'otp_rate_limited');
    expectFailure(await house.request(decoy, stolen), 429, 'otp_rate_limited');
    await logIn(owner, device);
    const decisions = await decisionsOn(subjectOf(owner));
    expect([...new Set(decisions.map(({ detail }) => detail['limit']))]).toEqual([budget]);
    expect([...new Set(decisions.map(({ detail }) => detail['decision']))]).toEqual(['refused', 'known_device']);
  });
});

describe('the whole service', () => {
  /** Blocks of it are 2, and four fifths are 32.8. */
  const MOST = 41;
  let passing: Service;
  beforeAll(async () => {
    house = await openHouse({ SERVICE_SENDS_PER_DAY: String(MOST) }, { movingClock: true });
  });
  afterAll(async () => house.close());

  const row = async () => {
    const [found] = await house.database.query<{ used: number; held: number }>(
      `SELECT used, (SELECT coalesce(sum((value->>'unused')::int), 0)::int FROM jsonb_each(leases)) AS held
         FROM rate_limits WHERE name = 'service-sends'`,
    );
    return found!;
  };
  const alerts = () => events('limits.spend_alert');
  const ask = async (service: Service, phones: string[]) => {
    for (const phone of phones) expect((await service.post('/api/auth/otp/request', { phone })).status).toBe(200);
  };

  it('loses nothing of its day with an instance that is killed', async () => {
    const passing = await house.anotherProcess();
    const phones = await neighbours(3);
    await ask(passing, phones.slice(0, 1));
    await passing.stop('SIGKILL');
    expect(await row()).toEqual({ used: 2, held: 1 });
    // Its block ends after half a minute.
    await house.database.query(
      `UPDATE rate_limits SET leases = (SELECT jsonb_object_agg(key, value || jsonb_build_object('until', now())) FROM jsonb_each(leases))
        WHERE leases <> '{}'`,
    );
    expect(await statuses(phones.slice(1))).toEqual([200, 200]);
    await until('nothing is held', async () => (await row()).held === 0);
    expect((await row()).used).toBe(3);
  });

  it('warns once at four fifths, though blocks of instances come back and are leased again', async () => {
    passing = await house.another();
    const phones = await neighbours(31);
    for (const phone of phones.slice(0, 5)) {
      await ask(passing, [phone]);
      const { body } = await passing.post('/api/auth/otp/verify', { phone, otpCode: house.fake.codeFor(phone) });
      expect(body.success).toBe(true);
    }
    await ask(passing, phones.slice(5, 28));
    expect(await alerts()).toEqual([]);
    await ask(passing, phones.slice(28, 29));
    await until('the alert is recorded', async () => (await alerts()).length === 1);
    expect((await alerts())[0]?.detail).toMatchObject({ used: 33, cap: MOST });
    await passing.stop();
    expect(await row()).toEqual({ used: 3 + 29, held: 0 });
    expect(await statuses(phones.slice(29, 31))).toEqual([200, 200]);
    expect((await row()).used).toBe(34);
    // An alert is recorded when its block is leased, and instances report every two seconds.
    await house.clock.pass(5);
    expect(await alerts()).toHaveLength(1);
  });

  it('stops at the day’s limit', async () => {
    const left = MOST - 34;
    expect(await statuses(await neighbours(left + 2))).toEqual([...Array<number>(left).fill(200), 429, 429]);
    expect(await row()).toEqual({ used: MOST, held: 0 });
  });
});

import { afterEach, describe, expect, it } from '@jest/globals';
import { expectFailure, retryAfter } from '../../support/answers.js';
import { openHouse, QUICK, type House } from '../../support/house.js';
import { until } from '../../support/waits.js';

// Limits of sends that are nobody's own: a range of ten thousand numbers, a country, the whole service.

let house: House;
afterEach(async () => house.close());

let range = 4000 + (process.pid % 1000);
/** Numbers that share all but their last four digits, each with an account. */
async function neighbours(count: number): Promise<string[]> {
  range += 1;
  const phones: string[] = [];
  for (let at = 0; at < count; at++) {
    const { phone } = await house.person({ phone: `+62815${range}${String(at).padStart(4, '0')}` });
    phones.push(phone);
  }
  return phones;
}

const statuses = async (phones: string[]) => {
  const answers = [];
  for (const phone of phones) answers.push((await house.request(phone)).status);
  return answers;
};

const eventsOf = (type: string) =>
  house.database.query<{ detail: Record<string, unknown> }>(
    'SELECT detail FROM audit_events WHERE type = $1 ORDER BY occurred_at',
    [type],
  );

describe('a range of numbers', () => {
  it('gets a limited number of unverified codes, and does not affect other ranges', async () => {
    house = await openHouse({ ...QUICK, PREFIX_SENDS_PER_HOUR: '3' });
    const phones = await neighbours(5);
    expect(await statuses(phones)).toEqual([200, 200, 200, 429, 429]);
    const refused = await house.request(phones[4] ?? '');
    expectFailure(refused, 429, 'otp_rate_limited');
    expect(retryAfter(refused)).toBeGreaterThan(3_000);
    expect(await statuses(await neighbours(2))).toEqual([200, 200]);
    const [first] = await eventsOf('limits.sends');
    expect(first?.detail).toMatchObject({ limit: 'prefix-sends', cap: 3, decision: 'refused' });
    expect(JSON.stringify(first?.detail)).not.toContain((phones[3] ?? '').slice(1));
  });

  it('gets one more code for every two verified in the last day', async () => {
    house = await openHouse({ ...QUICK, PREFIX_SENDS_PER_HOUR: '2' });
    const phones = await neighbours(8);
    for (const phone of phones.slice(0, 2)) await house.login(phone);
    await until('the verified sends are counted', async () => {
      const [row] = await house.database.query<{ proved: number }>(
        `SELECT proved FROM rate_limits WHERE name = 'prefix-sends'`,
      );
      return row?.proved === 2;
    });
    expect(await statuses(phones.slice(2))).toEqual([200, 200, 200, 429, 429, 429]);
    const [refused] = await eventsOf('limits.sends');
    expect(refused?.detail).toMatchObject({ limit: 'prefix-sends', cap: 3 });
  });

  it('gets its allowance back for each verified code, and is not charged for a code that could not be sent', async () => {
    house = await openHouse({ ...QUICK, PREFIX_SENDS_PER_HOUR: '2' });
    const phones = await neighbours(6);
    for (const phone of phones) await house.login(phone);
    house.fake.connected = false;
    const down = await neighbours(4);
    expect(await statuses(down)).toEqual([503, 503, 503, 503]);
    house.fake.connected = true;
    expect(await statuses(down)).toEqual([200, 200, 429, 429]);
  });
});

describe('a country', () => {
  it('over its budget is recorded, and the code is sent, with ABUSE_MODE=record', async () => {
    house = await openHouse({ ...QUICK, COUNTRY_SENDS_PER_HOUR: '2', ABUSE_MODE: 'record' });
    expect(await statuses(await neighbours(4))).toEqual([200, 200, 200, 200]);
    const events = await house.database.query<{ detail: object; count: number }>(
      `SELECT detail, sum(count)::int AS count FROM audit_events WHERE type = 'limits.sends' GROUP BY detail`,
    );
    expect(events).toEqual([
      { detail: expect.objectContaining({ subject: '62', decision: 'recorded' }) as object, count: 2 },
    ]);
  });

  it('over its budget is refused with ABUSE_MODE=enforce', async () => {
    house = await openHouse({ ...QUICK, COUNTRY_SENDS_PER_HOUR: '2', ABUSE_MODE: 'enforce' });
    expect(await statuses(await neighbours(3))).toEqual([200, 200, 429]);
  });
});

describe('budgets that strangers have used up', () => {
  /** The code comes behind the answer. */
  const logIn = async (phone: string, headers: Record<string, string> = {}): Promise<Record<string, string>> => {
    const before = house.fake.messagesFor(phone).length;
    expect((await house.request(phone, headers)).status).toBe(200);
    await until('the code is there', async () => house.fake.messagesFor(phone).length > before);
    const answer = await house.verify(phone, house.fake.codeFor(phone) ?? '', headers);
    expect(answer.status).toBe(200);
    return { 'x-device-token': answer.body.data.deviceToken as string };
  };

  it.each([{ PREFIX_SENDS_PER_HOUR: '3' }, { COUNTRY_SENDS_PER_HOUR: '3' }])(
    'let the owner’s own device in, and nobody by another’s: %j',
    async (budget) => {
      house = await openHouse({ ...QUICK, AUTH_PROFILE: 'strict', ...budget });
      const [owner = '', thief = '', ...strange] = await neighbours(6);
      const [device, stolen] = [await logIn(owner), await logIn(thief)];
      for (const phone of [owner, thief]) await house.pass(phone, 61);
      // One that does not exist counts, too.
      const decoy = strange[0]?.replace(/....$/, '9999') ?? '';
      expect(await statuses([...strange.slice(0, 2), decoy, strange[2] ?? ''])).toEqual([200, 200, 200, 429]);
      expectFailure(await house.request(owner), 429, 'otp_rate_limited');
      expectFailure(await house.request(owner, stolen), 429, 'otp_rate_limited');
      expectFailure(await house.request(decoy, stolen), 429, 'otp_rate_limited');
      await logIn(owner, device);
      const decisions = (await eventsOf('limits.sends')).map(({ detail }) => detail['decision']);
      expect([...new Set(decisions)]).toEqual(['refused', 'known_device']);
    },
  );
});

describe('the whole service', () => {
  it('stops at the day’s limit, and warns once at four fifths', async () => {
    house = await openHouse({ ...QUICK, SERVICE_SENDS_PER_DAY: '10' });
    const phones = await neighbours(12);
    for (const phone of phones.slice(0, 7)) await house.login(phone);
    expect(await eventsOf('limits.spend_alert')).toEqual([]);
    expect(await statuses(phones.slice(7))).toEqual([200, 200, 200, 429, 429]);
    await until('the alert is recorded', async () => (await eventsOf('limits.spend_alert')).length === 1);
    expect((await eventsOf('limits.spend_alert'))[0]?.detail).toMatchObject({ used: 8, cap: 10 });
  });

  it('loses nothing of its day with instances that are killed', async () => {
    house = await openHouse({ ...QUICK, SERVICE_SENDS_PER_DAY: '100' });
    const phones = await neighbours(4);
    const victims = [await house.another(), await house.another(), await house.another()];
    for (const [at, victim] of victims.entries()) {
      expect((await victim.post('/api/auth/otp/request', { phone: phones[at] })).status).toBe(200);
      await victim.stop('SIGKILL');
    }
    const used = async () => {
      const [row] = await house.database.query<{ used: number; held: number }>(
        `SELECT used, (SELECT coalesce(sum((value->>'unused')::int), 0)::int FROM jsonb_each(leases)) AS held
           FROM rate_limits WHERE name = 'service-sends'`,
      );
      return row!;
    };
    expect(await used()).toEqual({ used: 15, held: 12 });
    // Their blocks end after half a minute.
    await house.database.query(
      `UPDATE rate_limits SET leases = (SELECT jsonb_object_agg(key, value || jsonb_build_object('until', now())) FROM jsonb_each(leases))
        WHERE leases <> '{}'`,
    );
    expect(await statuses(phones.slice(3))).toEqual([200]);
    expect(await used()).toEqual({ used: 3 + 5, held: 4 });
  });

  it('says so once, though what instances had set aside comes back and is taken again', async () => {
    house = await openHouse({ ...QUICK, SERVICE_SENDS_PER_DAY: '40' });
    const phones = await neighbours(33);
    const passing = await house.another();
    for (const phone of phones.slice(0, 31)) await passing.post('/api/auth/otp/request', { phone });
    await until('the alert is recorded', async () => (await eventsOf('limits.spend_alert')).length === 1);
    await passing.stop();
    expect(await statuses(phones.slice(31))).toEqual([200, 200]);
    const [used] = await house.database.query<{ used: number }>(
      `SELECT used FROM rate_limits WHERE name = 'service-sends'`,
    );
    expect(used?.used).toBe(33);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await eventsOf('limits.spend_alert')).toHaveLength(1);
  });
});

it('tells in the RateLimit fields what is left of the address’s allowances', async () => {
  house = await openHouse({ ...QUICK, ADDRESS_SENDS_PER_HOUR: '19', ADDRESS_FAILURES_PER_HOUR: '7' });
  const [phone = ''] = await neighbours(1);
  const first = await house.request(phone);
  expect(first.headers.get('ratelimit-policy')).toBe('"sends";q=19;w=3600, "failures";q=7;w=3600');
  expect(first.headers.get('ratelimit')).toMatch(/^"sends";r=18;t=\d+, "failures";r=6;t=\d+$/);
  for (let guess = 0; guess < 5; guess++) await house.verify(phone, '000000');
  await house.verify(phone, '000000');
  const last = await house.verify(phone, '000000');
  expect(last.headers.get('ratelimit')).toMatch(/^"failures";r=0;t=\d+$/);
});

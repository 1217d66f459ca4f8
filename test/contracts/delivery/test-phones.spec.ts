import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure } from '../../support/answers.js';
import { openHouse, type House, type Resident } from '../../support/house.js';
import { type Service } from '../../support/service.js';

// TEST_PHONES: each number has its documented outcome, and nothing is ever sent to one.

const day = (ahead: number) => new Date(Date.now() + ahead * 24 * 3600 * 1000).toISOString().slice(0, 10);
const OUTCOMES = ['delivered', 'slow', 'not-on-whatsapp', 'provider-down', 'locked', 'code:135790'];
const numberOf = (outcome: string) => `+6281200000${String(100 + OUTCOMES.indexOf(outcome))}`;
const LIST = OUTCOMES.map((outcome) => `${numberOf(outcome)}=${outcome}`).join(',');

let house: House;
const residents = new Map<string, Resident>();
const resident = (outcome: string) => residents.get(outcome) as Resident;

beforeAll(async () => {
  house = await openHouse({ TEST_PHONES: `${LIST},until=${day(1)}`, SEND_TIMEOUT: '2', PROVIDER_TIMEOUT: '1' });
  for (const outcome of OUTCOMES) residents.set(outcome, await house.person({ phone: numberOf(outcome) }));
});
afterAll(async () => house.close());

const inboxCode = async (phone: string) =>
  (await house.service.get('/dev/inbox')).body.data.find(({ to }: { to: string }) => to === phone)?.code;

describe('a test number', () => {
  it.each(['delivered', 'slow'])('logs in with the code in the developer inbox: %s', async (outcome) => {
    const { phone } = resident(outcome);
    const started = Date.now();
    const answer = await house.request(phone);
    expect([answer.status, answer.body.data.channel]).toEqual([200, 'test']);
    if (outcome === 'slow') expect(Date.now() - started).toBeGreaterThanOrEqual(1_400);
    expect((await house.verify(phone, await inboxCode(phone))).status).toBe(200);
  });

  it('may have a code that is always the same, and only that one', async () => {
    const { phone } = resident('code:135790');
    expect((await house.request(phone)).status).toBe(200);
    expectFailure(await house.verify(phone, '135791'), 400, 'invalid_otp');
    expect((await house.verify(phone, '135790')).status).toBe(200);
    expectFailure(await house.verify(phone, '135790'), 400, 'invalid_otp');
  });

  it('may be one that nothing can be sent to', async () => {
    const lost = await house.request(resident('not-on-whatsapp').phone);
    expectFailure(lost, 503, 'whatsapp_unavailable');
    expect(lost.body.details).toBeUndefined();
    const down = await house.request(resident('provider-down').phone);
    expectFailure(down, 503, 'whatsapp_unavailable');
    expect(down.body.details).toBe('device not connected or not found');
  });

  it('may be locked', async () => {
    const { phone } = resident('locked');
    expectFailure(await house.request(phone), 429, 'otp_rate_limited');
    expectFailure(await house.verify(phone, '123456'), 429, 'otp_locked');
  });

  it('is never sent anything, and its uses are recorded without the whole number', async () => {
    expect(OUTCOMES.map((outcome) => house.sendsTo(resident(outcome).phone))).toEqual(OUTCOMES.map(() => 0));
    const events = await house.database.query<{ detail: { phone: string; outcome: string } }>(
      `SELECT detail FROM audit_events WHERE type = 'otp.test_phone'`,
      [],
    );
    expect(new Set(events.map(({ detail }) => detail.outcome)).size).toBe(OUTCOMES.length);
    expect(JSON.stringify(events)).not.toContain(resident('delivered').digits);
  });
});

it('is a number like all others after its last day', async () => {
  const over = await house.another({ TEST_PHONES: `${LIST},until=${day(-1)}` });
  const person = await house.person();
  await over.post('/api/auth/otp/request', { phone: person.phone });
  const { phone } = resident('not-on-whatsapp');
  expect((await over.post('/api/auth/otp/request', { phone })).body.data.channel).toBe('whacenter');
  expect(house.sendsTo(phone)).toBe(1);
});

describe('in production', () => {
  let production: Service;
  const listed = numberOf('code:135790');

  beforeAll(async () => {
    const production_ = {
      NODE_ENV: 'production',
      PUBLIC_URL: 'https://masuk.example.org',
      AUTH_SECRET: 'Zk3vN8qL1xW7tR5yB2mC9pD4sF6gH0jK',
      UNKNOWN_PHONE: 'reveal',
      HOST: '127.0.0.1',
      SEED_DEMO: 'none',
    };
    // A database holds one secret: production gets a house of its own.
    await house.close();
    house = await openHouse({
      ...production_,
      TEST_PHONES: `${listed}=code:135790,until=${day(10)}`,
      TEST_PHONES_IN_PRODUCTION: day(10),
    });
    production = house.service;
  });

  const request = () => production.post('/api/auth/otp/request', { phone: listed });
  const verify = () => production.post('/api/auth/otp/verify', { phone: listed, otpCode: '135790' });

  it('opens an account of role USER', async () => {
    residents.set('production', await house.person({ phone: listed }));
    expect((await request()).body.data.channel).toBe('test');
    expect((await verify()).status).toBe(200);
  });

  it('opens no other account, not even with a code from before the role changed', async () => {
    const { id, phone } = resident('production');
    await house.pass(phone, 400);
    expect((await request()).status).toBe(200);
    await house.database.query(`UPDATE users SET role = 'ADMIN' WHERE id = $1`, [id]);
    expectFailure(await verify(), 400, 'invalid_otp');
    await house.pass(phone, 4_000);
    expect((await request()).body.data.channel).toBe('whacenter');
    expectFailure(await verify(), 400, 'invalid_otp');
    const sent = house.fake.codeFor(phone) ?? '';
    expect((await production.post('/api/auth/otp/verify', { phone, otpCode: sent })).status).toBe(200);
  });
});

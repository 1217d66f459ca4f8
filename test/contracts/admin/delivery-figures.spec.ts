import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure } from '../../support/answers.js';
import { FakeTwilio } from '../../support/fake-twilio.js';
import { FakeWhapi } from '../../support/fake-whapi.js';
import { openHouse, QUICK, type House, type Resident } from '../../support/house.js';
import { runJob } from '../../support/jobs.js';
import { messagesOf, stateOfSent } from '../../support/messages.js';
import { until } from '../../support/waits.js';

// What became of messages: receipts by webhook, the next rung after a late failure, and what admins see of it.

const SECRET = 'the-hook-of-the-specs';
const CANARY = '+6281299990001';
const PASSWORD = 'kuda-lari-7';

let house: House;
let whapi: FakeWhapi;
let twilio: FakeTwilio;
let admin: Record<string, string>;

beforeAll(async () => {
  [whapi, twilio] = await Promise.all([FakeWhapi.start(), FakeTwilio.start()]);
  const settings = {
    ...QUICK,
    WHATSAPP_PROVIDERS: 'whapi,sms',
    ...whapi.settings,
    WHAPI_WEBHOOK_SECRET: SECRET,
    ...twilio.settings,
    CANARY_PHONE: CANARY,
  };
  house = await openHouse(settings, { movingClock: true });
  await house.person({ role: 'ADMIN', username: 'kepala', password: PASSWORD });
  const login = await house.service.post('/api/auth/login', { identifier: 'kepala', password: PASSWORD });
  admin = { authorization: `Bearer ${login.body.data.token}` };
});
afterAll(async () => {
  await house.close();
  await Promise.all([whapi.wire.close(), twilio.close()]);
});

/** Asks for a code; @returns the provider's id of the message */
async function sent(person: Resident): Promise<string> {
  expect((await house.request(person.phone)).body.data?.channel).toBe('whapi');
  return whapi.messages.findLast(({ to }) => to === person.digits)!.id;
}

async function receipt(id: string, ...statuses: string[]): Promise<void> {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const body = { statuses: statuses.map((status) => ({ id, status, timestamp, recipient_id: 'x@s.whatsapp.net' })) };
  const answer = await house.service.post('/webhook/whapi', body, { 'x-hook-secret': SECRET });
  expect(answer.status).toBe(200);
}

const stateOf = (id: string) => stateOfSent(house.database, id);
const becomes = (id: string, state: string) => until(state, async () => (await stateOf(id)) === state);
const figures = async () => (await house.service.get('/api/admin/delivery', admin)).body.data;
const providers = async () => (await house.service.get('/api/admin/providers', admin)).body.data;

describe('receipts', () => {
  it('move a message forward only, however they come', async () => {
    const id = await sent(await house.person());
    await receipt(id, 'read');
    await becomes(id, 'READ');
    await receipt(id, 'sent', 'delivered');
    await receipt(id, 'failed');
    expect(await stateOf(id)).toBe('READ');
  });

  it('make the funnel: requested, accepted, sent, delivered, read, verified', async () => {
    const before = await figures();
    const [read, delivered, silent] = [await house.person(), await house.person(), await house.person()];
    const ids = [await sent(read), await sent(delivered), await sent(silent)] as const;
    for (const id of ids) await becomes(id, 'ACCEPTED');
    await receipt(ids[0], 'delivered', 'read');
    await receipt(ids[1], 'delivered');
    await house.verify(read.phone, whapi.codeFor(read.phone) ?? '');
    await until('the use is noted', async () => (await figures()).all.verified > before.all.verified);
    const after = await figures();
    const grown = (step: string) => after.all[step] - before.all[step];
    const steps = ['requested', 'accepted', 'sent', 'delivered', 'read', 'verified', 'failed'];
    expect(steps.map(grown)).toEqual([3, 3, 2, 2, 1, 1, 0]);
    expect(after.providers.find(({ provider }: { provider: string }) => provider === 'whapi').read).toBe(
      after.all.read,
    );
  });
});

it.each(['delivery?range=30d', 'overview?from=2026-01-01', 'audit?role=ADMIN', 'audit?limit=5&page=2'])(
  'are not told for a question that is not understood: %s',
  async (asked) => {
    const refused = await house.service.get(`/api/admin/${asked}`, admin);
    expect(expectFailure(refused, 400, 'validation_failed').details).toEqual([
      { field: expect.any(String), problem: 'tidak dikenal' },
    ]);
  },
);

describe('failures', () => {
  /** How much a figure of each provider, and of all, has grown by what was done. */
  async function growth(work: () => Promise<void>) {
    const before = await figures();
    await work();
    const after = await figures();
    const of = (shown: any, provider: string) =>
      shown.providers.find((row: any) => row.provider === provider) ?? { requested: 0, failed: 0 };
    const grown = (name: 'requested' | 'failed') => ({
      all: after.all[name] - before.all[name],
      whapi: of(after, 'whapi')[name] - of(before, 'whapi')[name],
      sms: of(after, 'sms')[name] - of(before, 'sms')[name],
    });
    return { requested: grown('requested'), failed: grown('failed') };
  }
  const REFUSED = { status: 402, body: { error: { message: 'Trial version limit exceeded' } } };

  it('are counted for the provider that failed, although the next one delivered the message', async () => {
    const person = await house.person();
    whapi.wire.forNumber(person.digits, REFUSED);
    const grown = await growth(async () => {
      expect((await house.request(person.phone)).body.data.channel).toBe('sms');
      await until('the acceptance is written', async () =>
        (await messagesOf(house.database, person.e164)).some(({ state }) => state === 'ACCEPTED'),
      );
    });
    expect(grown).toEqual({ requested: { all: 1, whapi: 1, sms: 1 }, failed: { all: 0, whapi: 1, sms: 0 } });
  });

  it('of a message that no provider accepted are counted for each one asked', async () => {
    const person = await house.person();
    whapi.wire.forNumber(person.digits, REFUSED);
    twilio.wire.forNumber(person.digits, { status: 401, body: { message: 'Authenticate' } });
    const grown = await growth(async () => {
      expect((await house.request(person.phone)).status).toBe(503);
    });
    expect(grown).toEqual({ requested: { all: 1, whapi: 1, sms: 1 }, failed: { all: 1, whapi: 1, sms: 1 } });
    const { lastSends } = (await house.service.get(`/api/users/${person.id}`, admin)).body.data;
    expect(lastSends).toMatchObject([
      { state: 'FAILED', provider: null, notTakenBy: ['whapi', 'sms'], reason: 'provider-auth' },
    ]);
  });
});

describe('a failure that is reported while the code lives', () => {
  it('gives the same code to the next rung, once, however often it is reported', async () => {
    const person = await house.person();
    const id = await sent(person);
    await becomes(id, 'ACCEPTED');
    await Promise.all([receipt(id, 'failed'), receipt(id, 'failed'), receipt(id, 'failed')]);
    await until('the SMS', () => twilio.codeFor(person.phone) !== undefined);
    expect(twilio.codeFor(person.phone)).toBe(whapi.codeFor(person.phone));
    await receipt(id, 'failed');
    expect(twilio.wire.calls.filter(({ form }) => form.get('To') === person.e164)).toHaveLength(1);
    expect((await house.verify(person.phone, twilio.codeFor(person.phone) ?? '')).status).toBe(200);
  });

  it('is not tried any more once the code is dead, also when it died on the way', async () => {
    const person = await house.person();
    twilio.wire.forNumber(person.digits, { status: 503, body: { message: 'try later' } });
    const id = await sent(person);
    await becomes(id, 'ACCEPTED');
    await house.database.query(
      `UPDATE messages SET expires_at = now() + interval '600 ms' WHERE provider_message_id = $1`,
      [id],
    );
    await receipt(id, 'failed');
    const callsTo = () => twilio.wire.calls.filter(({ form }) => form.get('To') === person.e164).length;
    await until('it is tried', () => callsTo() > 0);
    // Every pause between tries, and every look for messages left behind, comes after the code's end.
    await house.clock.pass(30);
    const calls = callsTo();
    expect([1, 2]).toContain(calls);
  });

  it('sends nothing any more once the code was used', async () => {
    const person = await house.person();
    const id = await sent(person);
    await becomes(id, 'ACCEPTED');
    expect((await house.verify(person.phone, whapi.codeFor(person.phone) ?? '')).status).toBe(200);
    await receipt(id, 'failed');
    await becomes(id, 'FAILED');
    expect(twilio.codeFor(person.phone)).toBeUndefined();
  });
});

describe('GET /api/admin/providers', () => {
  it('counts against a provider what it took and then failed, although the next one sent it', async () => {
    const [before] = await providers();
    const id = await sent(await house.person());
    await becomes(id, 'ACCEPTED');
    await receipt(id, 'failed');
    await until('the next rung has it', async () => (await stateOf(id)) === undefined);
    const [after] = await providers();
    expect(after.acceptedInLastHour).toBe(Number(before.acceptedInLastHour) + 1);
    expect(after.deliveredShare).toBeLessThan(before.deliveredShare);
  });

  it('tells connected from delivering, and the last error in the provider’s own words', async () => {
    whapi.state = 'QR';
    const person = await house.person();
    expect((await house.request(person.phone)).body.data.channel).toBe('sms');
    const isWritten = async () => (await providers())[0].lastError?.reason === 'provider-disconnected';
    await until('the error is written', isWritten);
    const [first, second] = await providers();
    whapi.state = 'AUTH';
    expect(first).toMatchObject({ provider: 'whapi', sendsReceipts: true, breaker: 'closed', restSeconds: 0 });
    expect(first.lastError.text).toBeTruthy();
    expect(second).toMatchObject({ provider: 'sms' });
    expect(second.acceptedInLastHour).toBeGreaterThan(0);
  });

  it('has what a receipt told of a failure as the last error, of messages that are ours', async () => {
    const id = await sent(await house.person());
    await receipt('somebody-typed-this-on-the-phone', 'failed');
    await receipt(id, 'failed');
    await until('the error is written', async () => (await providers())[0].lastError?.reason === 'unclassified');
  });

  it('shows whether the canary arrived', async () => {
    await runJob(house.database, 'canary');
    await until('the canary is counted', async () => (await providers()).every((rung: any) => rung.canaryAcceptedAt));
    const id = whapi.messages.findLast(({ to }) => to === CANARY.slice(1))!.id;
    await receipt(id, 'delivered');
    await until('it arrived', async () => (await providers())[0].canaryDeliveredAt !== null);
  });

  it('is for admins', async () => {
    const { token } = await house.login((await house.person()).phone).catch(() => ({ token: 'none' }));
    expect([401, 403]).toContain(
      (await house.service.get('/api/admin/providers', { authorization: `Bearer ${token}` })).status,
    );
  });
});

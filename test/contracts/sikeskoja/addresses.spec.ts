import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure, retryAfter } from '../../support/answers.js';
import { wrong } from '../../support/codes.js';
import { newPhone, openHouse, QUICK, type House } from '../../support/house.js';
import { until } from '../../support/waits.js';

// docs/contract/sikeskoja.md#client-addresses. The service stands behind a proxy, so each test is a client of its own.

const SENDS = 3;
const FAILURES = 4;

let house: House;
let addresses = 0;

beforeAll(async () => {
  house = await openHouse(
    {
      ...QUICK,
      TRUST_PROXY: '127.0.0.1',
      ADDRESS_SENDS_PER_HOUR: String(SENDS),
      ADDRESS_FAILURES_PER_HOUR: String(FAILURES),
    },
    { movingClock: true },
  );
});
afterAll(async () => house.close());

const newAddress = () => ({ 'x-forwarded-for': `203.0.113.${++addresses}` });
type Client = Record<string, string>;

const expectSendsRefused = async (client: Client) => {
  const phone = (await house.person()).phone;
  const refused = await house.request(phone, client);
  expectFailure(refused, 429, 'otp_rate_limited');
  expect(retryAfter(refused)).toBeGreaterThan(3_500);
  expect(retryAfter(refused)).toBeLessThanOrEqual(3_600);
  expectFailure(await house.resend(phone, client), 429, 'otp_rate_limited');
  expect(house.sendsTo(phone)).toBe(0);
};
const expectSent = async (client: Client) => {
  const { phone } = await house.person();
  expect((await house.request(phone, client)).status).toBe(200);
  return phone;
};
const wrongCode = (client: Client) => house.verify(newPhone(), '123456', client);
const wrongPassword = (client: Client) =>
  house.service.post('/api/auth/login', { identifier: `x${newPhone()}@y.example`, password: 'salah' }, client);

describe('sends that nobody verified', () => {
  it('are limited per address and hour, across all phones', async () => {
    const client = newAddress();
    for (let send = 0; send < SENDS; send++) await expectSent(client);
    await expectSendsRefused(client);
    await expectSent(newAddress());
  });

  it('are given back when they are verified, so that a clinic behind one address can log in all morning', async () => {
    const client = newAddress();
    for (let patient = 0; patient < 4 * SENDS; patient++) {
      const { phone } = await house.person();
      expect((await house.login(phone, client)).user.phone).toBe(phone);
    }
    for (let send = 0; send < SENDS; send++) await expectSent(client);
    await expectSendsRefused(client);
  });

  it('are given back to the address that asked, when another one verifies', async () => {
    const [asks, verifies] = [newAddress(), newAddress()];
    const phones = [];
    for (let send = 0; send < SENDS; send++) phones.push(await expectSent(asks));
    await expectSendsRefused(asks);
    const [phone = ''] = phones;
    expect((await house.verify(phone, house.fake.codeFor(phone) ?? '', verifies)).status).toBe(200);
    await expectSent(asks);
    await expectSendsRefused(asks);
  });

  it('do not include sends that failed, were already sent or were refused', async () => {
    const client = newAddress();
    const phone = await expectSent(client);
    for (let reload = 0; reload < 5; reload++) {
      expect((await house.request(phone, client)).body.data.alreadySent).toBe(true);
      expectFailure(await house.resend(phone, client), 429, 'otp_rate_limited');
      expectFailure(await house.request('081', client), 400, 'invalid_phone');
    }
    const person = await house.person();
    house.fake.connected = false;
    for (let attempt = 0; attempt < 5; attempt++) {
      expectFailure(await house.request(person.phone, client), 503, 'whatsapp_unavailable');
    }
    house.fake.connected = true;
    for (let send = 1; send < SENDS; send++) await expectSent(client);
    await expectSendsRefused(client);
  });

  it('never exceed the limit, also for twenty phones at once', async () => {
    const client = newAddress();
    const people = await Promise.all(Array.from({ length: 20 }, () => house.person()));
    const answers = await Promise.all(people.map(({ phone }) => house.request(phone, client)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(SENDS);
    expect(people.filter(({ phone }) => house.sendsTo(phone) > 0)).toHaveLength(SENDS);
  });

  it('are forgotten after an hour', async () => {
    const client = newAddress();
    for (let send = 0; send < SENDS; send++) await expectSent(client);
    await expectSendsRefused(client);
    await house.database.query(
      `UPDATE rate_limits SET window_started_at = window_started_at - interval '1 hour' WHERE subject = $1`,
      [client['x-forwarded-for']],
    );
    // The service need not ask its database again within a second of a refusal.
    await house.clock.pass(1.1);
    await expectSent(client);
  });
});

describe('failures', () => {
  it('are wrong codes, wrong passwords and unknown numbers together', async () => {
    const client = newAddress();
    expectFailure(await wrongCode(client), 400, 'invalid_otp');
    expectFailure(await wrongPassword(client), 401, 'invalid_credentials');
    expectFailure(await house.request(newPhone(), client), 404, 'phone_not_registered');
    expectFailure(await house.resend(newPhone(), client), 404, 'phone_not_registered');
    const code = await wrongCode(client);
    expectFailure(code, 429, 'otp_locked');
    expect(retryAfter(code)).toBeGreaterThan(3_500);
    expectFailure(await wrongPassword(client), 429, 'login_locked');
    expectFailure(await house.request(newPhone(), client), 429, 'otp_rate_limited');
    // And elsewhere nothing of it.
    expectFailure(await wrongCode(newAddress()), 400, 'invalid_otp');
  });

  it('refuse the right code, too, so that a guesser learns nothing; it stays valid elsewhere', async () => {
    const [guesser, owner] = [newAddress(), newAddress()];
    const person = await house.person();
    const code = await house.code(person.phone, owner);
    for (let guess = 0; guess < FAILURES; guess++) await wrongCode(guesser);
    expectFailure(await house.verify(person.phone, code, guesser), 429, 'otp_locked');
    expect((await house.verify(person.phone, code, owner)).status).toBe(200);
  });

  it('do not include successful logins', async () => {
    const client = newAddress();
    await house.person({ username: 'banyak-login', password: 'rahasia-banyak' });
    for (let login = 0; login < 2 * FAILURES; login++) {
      const body = { identifier: 'banyak-login', password: 'rahasia-banyak' };
      expect((await house.service.post('/api/auth/login', body, client)).status).toBe(200);
    }
    for (let failure = 0; failure < FAILURES; failure++) expectFailure(await wrongCode(client), 400, 'invalid_otp');
    expectFailure(await wrongCode(client), 429, 'otp_locked');
  });

  it('never exceed the limit, also for thirty guesses at once', async () => {
    const client = newAddress();
    const answers = await Promise.all(Array.from({ length: 30 }, () => wrongCode(client)));
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(FAILURES);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(30 - FAILURES);
  });
});

describe('the address', () => {
  it('of IPv6 is its /64', async () => {
    for (let host = 1; host <= SENDS; host++) await expectSent({ 'x-forwarded-for': `2001:db8:1:2::${host}` });
    await expectSendsRefused({ 'x-forwarded-for': '2001:db8:1:2:ffff:ffff:ffff:ffff' });
    await expectSent({ 'x-forwarded-for': '2001:db8:1:3::1' });
  });

  it('is the last one that the trusted proxy wrote, not one that the client sent', async () => {
    const { 'x-forwarded-for': real } = newAddress();
    for (let send = 0; send < SENDS; send++) await expectSent({ 'x-forwarded-for': `198.51.100.${send}, ${real}` });
    await expectSendsRefused({ 'x-forwarded-for': `198.51.100.99, ${real}` });
  });

  it('has no port, no quotes and no brackets, however the proxy writes it', async () => {
    const { 'x-forwarded-for': own } = newAddress();
    const group = (number: string) => Number(number).toString(16).padStart(2, '0');
    const [a = '', b = '', c = '', d = ''] = own.split('.');
    const hex = `::ffff:${group(a)}${group(b)}:${group(c)}${group(d)}`;
    const spellings = [`${own}:40001`, `"${own}:40002"`, `::ffff:${own}`, hex, `[::ffff:${own}]:40003`];
    for (const spelling of spellings.slice(0, SENDS)) await expectSent({ 'x-forwarded-for': spelling });
    for (const spelling of spellings) await expectSendsRefused({ 'x-forwarded-for': spelling });
    // Another client of the same proxy has limits of its own.
    await expectSent({ 'x-forwarded-for': `${newAddress()['x-forwarded-for']}:40001` });
    const v6 = (host: number) => ({ 'x-forwarded-for': `[2001:db8:7:1::${host}]:443` });
    for (let host = 1; host <= SENDS; host++) await expectSent(v6(host));
    await expectSendsRefused({ 'x-forwarded-for': '2001:db8:7:1::99' });
    await expectSent({ 'x-forwarded-for': '[2001:db8:7:2::1]:443' });
  });

  it('with a port is counted without it', async () => {
    await house.person({ username: 'banyak-port', password: 'rahasia-banyak' });
    const own = newAddress()['x-forwarded-for'];
    for (let failure = 0; failure < FAILURES; failure++)
      expectFailure(await wrongPassword({ 'x-forwarded-for': `${own}:4000${failure}` }), 401, 'invalid_credentials');
    expectFailure(await wrongPassword({ 'x-forwarded-for': `${own}:40009` }), 429, 'login_locked');
    const body = { identifier: 'banyak-port', password: 'rahasia-banyak' };
    const other = { 'x-forwarded-for': `${newAddress()['x-forwarded-for']}:40004` };
    expect((await house.service.post('/api/auth/login', body, other)).status).toBe(200);
  });

  it('is read from one header: what a client writes into others beside it counts for nothing', async () => {
    const client = newAddress();
    const claims = (host: number) => ({
      ...client,
      forwarded: `for=198.51.100.${host}`,
      'x-real-ip': `198.51.100.${host}`,
      'cf-connecting-ip': `198.51.100.${host}`,
    });
    for (let send = 0; send < SENDS; send++) await expectSent(claims(send));
    await expectSendsRefused(claims(99));
  });

  it('is the connection itself when there is no proxy of ours: a header changes nothing', async () => {
    const bare = await house.another({ TRUST_PROXY: '' });
    const spoof = (host: number) => ({
      'x-forwarded-for': `203.0.113.${host}`,
      'x-real-ip': `203.0.113.${host}`,
      forwarded: `for=203.0.113.${host}`,
      'cf-connecting-ip': `203.0.113.${host}`,
      'true-client-ip': `203.0.113.${host}`,
    });
    const statuses = [];
    for (let host = 1; host <= SENDS + 2; host++) {
      const { phone } = await house.person();
      statuses.push((await bare.post('/api/auth/otp/request', { phone }, spoof(host))).status);
    }
    expect(statuses).toEqual([...Array<number>(SENDS).fill(200), 429, 429]);
    await bare.stop();
  });

  it('is read from the header that the settings name, and from no other, and counted over all instances', async () => {
    const named = { CLIENT_ADDRESS_HEADER: 'Forwarded', HOST: '::', EXPOSE_DEVELOPMENT: 'on', LOG_LEVEL: 'info' };
    const other = await house.another(named);
    // On a socket for both families, which sees our proxy as ::ffff:127.0.0.1.
    const proxy = other.at(`http://127.0.0.1:${new URL(other.url).port}`);
    const post = async (forwarded: string, more: Client = {}) => {
      const { phone } = await house.person();
      return (await proxy.post('/api/auth/otp/request', { phone }, { forwarded, ...more })).status;
    };
    const at = (host: number) => `for=198.51.100.9, for="203.0.114.7:${host}";proto=https;by=203.0.114.1`;
    expect(await post('FOR="[2001:db8:9:9::1]:443"')).toBe(200);
    const statuses = [];
    for (let send = 0; send <= SENDS; send++)
      statuses.push(await post(at(send), { 'x-forwarded-for': `203.0.113.${200 + send}` }));
    expect(statuses).toEqual([...Array<number>(SENDS).fill(200), 429]);
    for (const address of ['203.0.114.7', '2001:db8:9:9::1'])
      await until(`${address} is logged`, () => other.output().includes(`"address":"${address}"`));
    const client = newAddress();
    const asNamed = { forwarded: `for=${client['x-forwarded-for']}` };
    const people = await Promise.all(Array.from({ length: 12 }, () => house.person()));
    const answers = await Promise.all(
      people.map(({ phone }, index) =>
        index % 2 ? proxy.post('/api/auth/otp/request', { phone }, asNamed) : house.request(phone, client),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(SENDS);
  });

  it('with a wrong code of one phone keeps that phone from nobody else', async () => {
    const [stranger, owner] = [newAddress(), newAddress()];
    const person = await house.person();
    const code = await house.code(person.phone, owner);
    expectFailure(await house.verify(person.phone, wrong(code), stranger), 400, 'invalid_otp');
    expect((await house.verify(person.phone, code, owner)).status).toBe(200);
  });
});

it('is told in the RateLimit fields what is left of its allowances', async () => {
  const client = newAddress();
  const { phone } = await house.person();
  const first = await house.request(phone, client);
  expect(first.headers.get('ratelimit-policy')).toBe(`"sends";q=${SENDS};w=3600, "failures";q=${FAILURES};w=3600`);
  expect(first.headers.get('ratelimit')).toMatch(
    new RegExp(`^"sends";r=${SENDS - 1};t=\\d+, "failures";r=${FAILURES - 1};t=\\d+$`),
  );
  for (let guess = 1; guess < FAILURES; guess++) await house.verify(phone, '000000', client);
  const last = await house.verify(phone, '000000', client);
  expect(last.headers.get('ratelimit')).toMatch(/^"failures";r=0;t=\d+$/);
});

import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { expectFailure } from '../../support/answers.js';
import { FakeCloudApi } from '../../support/fake-cloud-api.js';
import { FakeFonnte } from '../../support/fake-fonnte.js';
import { FakeHttpApi } from '../../support/fake-http-api.js';
import { FakeSmtp } from '../../support/fake-smtp.js';
import { FakeTwilio, twilioError } from '../../support/fake-twilio.js';
import { FakeWablas } from '../../support/fake-wablas.js';
import { FakeWhapi } from '../../support/fake-whapi.js';
import { national, newPhone, openHouse, type House } from '../../support/house.js';
import { messagesOf, stateOfSent } from '../../support/messages.js';
import { type Service, stopAllServices } from '../../support/service.js';
import { until } from '../../support/waits.js';
import { MENU } from '../../support/webhooks.js';

// docs/configuration.md#delivery: the ladder `whacenter,whapi,cloud-api,sms,email,console`.

jest.setTimeout(60_000);

let whapi: FakeWhapi;
let cloud: FakeCloudApi;
let twilio: FakeTwilio;
let api: FakeHttpApi;
let smtp: FakeSmtp;
let house: House;

beforeAll(async () => {
  [whapi, cloud, twilio, api, smtp] = await Promise.all([
    FakeWhapi.start(),
    FakeCloudApi.start(),
    FakeTwilio.start(),
    FakeHttpApi.start(),
    FakeSmtp.start(),
  ]);
  house = await openHouse({ ...everything(), PROVIDER_TIMEOUT: '5', SEND_TIMEOUT: '20' }, { movingClock: true });
});
afterEach(() => {
  house.fake.connected = true;
  whapi.state = 'AUTH';
});
afterAll(async () => {
  await house.close();
  await stopAllServices();
  await Promise.all([whapi.wire.close(), cloud.wire.close(), twilio.close(), api.close(), smtp.close()]);
});

const everything = () => ({
  ...whapi.settings,
  ...cloud.settings,
  ...twilio.settings,
  ...smtp.settings,
});

/** The first rung works again; an instance remembers a second long that it did not. */
async function reconnect(): Promise<void> {
  house.fake.connected = true;
  await house.clock.pass(1.05);
}

/** Asks for a code and logs in with it; @returns the channel that the answer names */
const loginBy = async (codeFor: (number: string) => string | undefined): Promise<string> => {
  const { phone, e164 } = await house.person({ email: null });
  const { status, body } = await house.request(phone);
  expect({ status, message: body.message }).toEqual({
    status: 200,
    message: 'Kode OTP telah dikirim ke WhatsApp Anda',
  });
  const verified = await house.verify(phone, codeFor(e164) ?? 'none');
  expect(verified.status).toBe(200);
  return body.data.channel as string;
};

describe('the ladder of what is configured', () => {
  it('continues after a provider that cannot send, with the same code, and names the one that accepted it', async () => {
    expect(await loginBy((number) => house.fake.codeFor(number))).toBe('whacenter');
    house.fake.connected = false;
    expect(await loginBy((number) => whapi.codeFor(number))).toBe('whapi');
    whapi.state = 'QR';
    expect(await loginBy((number) => cloud.codeFor(number))).toBe('cloud-api');
  });

  it('sends an SMS to a number that is not on WhatsApp', async () => {
    const { phone, e164 } = await house.person();
    house.fake.connected = false;
    whapi.wire.forNumber(e164, { status: 402, body: { error: { message: 'Trial version limit exceeded' } } });
    cloud.failFor(e164, 131026);
    const { body } = await house.request(phone);
    expect(body.data.channel).toBe('sms');
    expect((await house.verify(phone, twilio.codeFor(e164) ?? 'none')).status).toBe(200);
  });

  it('says why the WhatsApp device could not when no rung can, though the last one was not asked', async () => {
    const { phone, e164 } = await house.person({ email: null });
    house.fake.connected = false;
    whapi.wire.forNumber(e164, { status: 402, body: '' });
    cloud.failFor(e164, 131026);
    twilio.wire.forNumber(e164, twilioError(21610));
    const { status, body } = await house.request(phone);
    expect({ status, code: body.code }).toEqual({ status: 503, code: 'whatsapp_unavailable' });
    expect(smtp.connections).toBe(0);
  });

  it('sends a mail when no other provider reaches the person', async () => {
    const { phone, e164 } = await house.person({ email: 'budi@example.com' });
    house.fake.connected = false;
    whapi.wire.forNumber(e164, { status: 402, body: '' });
    cloud.failFor(e164, 131026);
    twilio.wire.forNumber(e164, twilioError(21610));
    const { body } = await house.request(phone);
    expect(body.data?.channel).toBe('email');
    const [mail] = smtp.mails;
    expect(mail?.to).toEqual(['budi@example.com']);
    const code = /^\*(\d{6})\*$/m.exec(mail?.parts.get('text/plain')?.replaceAll('\r', '') ?? '')?.[1];
    expect((await house.verify(phone, code ?? 'none')).status).toBe(200);
  });

  it('sends no mail to an address that only whoever registered has given, nor anything to a mailbox before the proof', async () => {
    const before = smtp.mails.length;
    const phone = national(newPhone());
    const typed = { fullName: 'Budi', phone, email: 'jahat@example.com', password: 'kopi susu di teras' };
    const { user, registrationToken } = (await house.service.post('/api/auth/register', typed)).body.data;
    const failEverywhereElse = () => {
      house.fake.connected = false;
      const e164 = phone.replace(/^0/, '+62');
      whapi.wire.forNumber(e164, { status: 402, body: '' });
      cloud.failFor(e164, 131026);
      twilio.wire.forNumber(e164, twilioError(21610));
    };
    failEverywhereElse();
    expect((await house.request(phone)).status).toBe(503);
    // An admin's address is a way to the person, and yet no way to the first proof.
    await house.database.query('UPDATE users SET email_claimed = false WHERE id = $1', [user.id]);
    expect((await house.request(phone)).status).toBe(503);
    await reconnect();
    const otpCode = await house.code(phone);
    const proven = await house.service.post('/api/auth/otp/verify', { phone, otpCode, registrationToken });
    expect(proven.status).toBe(200);
    await house.pass(phone, 3_600);
    await house.database.query('UPDATE users SET email_claimed = true WHERE id = $1', [user.id]);
    failEverywhereElse();
    expect((await house.request(phone)).status).toBe(503);
    expect(smtp.mails.length).toBe(before);
  });

  it('does not take a number as proven by a code that went to a mailbox', async () => {
    const { id, phone, e164 } = await house.person({ email: 'dewi@example.com' });
    const isProven = async () =>
      (
        await house.database.query<{ proven: boolean }>(
          'SELECT phone_proven_at IS NOT NULL AS proven FROM users WHERE id = $1',
          [id],
        )
      )[0]?.proven;
    house.fake.connected = false;
    whapi.wire.forNumber(e164, { status: 402, body: '' });
    cloud.failFor(e164, 131026);
    twilio.wire.forNumber(e164, twilioError(21610));
    expect((await house.request(phone)).body.data?.channel).toBe('email');
    const mail = smtp.mails.at(-1)?.parts.get('text/plain')?.replaceAll('\r', '') ?? '';
    expect((await house.verify(phone, /^\*(\d{6})\*$/m.exec(mail)?.[1] ?? 'none')).status).toBe(200);
    expect(await isProven()).toBe(false);
    await reconnect();
    await house.pass(phone, 3_600);
    const code = await house.code(phone);
    await until('the outcome is written', async () =>
      (await messagesOf(house.database, e164)).some(({ provider }) => provider === 'whacenter'),
    );
    expect((await house.verify(phone, code)).status).toBe(200);
    expect(await isProven()).toBe(true);
  });

  it('tells no secret, number or code to the log', async () => {
    const output = house.service.output();
    expect(output).toContain('provider did not take the message');
    expect(output).toContain('"providerCode":"131026"');
    for (const secret of [
      whapi.token,
      cloud.token,
      twilio.authToken,
      twilio.accountSid,
      smtp.password,
      house.fake.deviceId,
    ])
      expect(output).not.toContain(secret);
    for (const { to, code } of cloud.messages) {
      expect(output).not.toContain(to);
      expect(output).not.toContain(code);
    }
  });
});

describe('a ladder of one', () => {
  it.each<[string, DeviceReport]>([
    ['whapi', 'connected'],
    ['cloud-api', 'connected'],
    ['sms', 'disconnected'],
    ['http-api', 'connected'],
  ])('%s serves, and /api/health says of WhatsApp: %s', async (name, whatsapp) => {
    const service = await house.another({
      WHATSAPP_DEVICE_ID: '',
      WHATSAPP_PROVIDERS: name,
      ...(name === 'http-api' && api.settings),
      UNKNOWN_PHONE: 'conceal',
    });
    const alone = house.at(service);
    const { phone, e164 } = await house.person();
    const { status, body } = await alone.request(phone);
    expect({ status, channel: body.data?.channel }).toEqual({ status: 200, channel: name });
    const codeFor = () => ({ whapi, 'cloud-api': cloud, sms: twilio, 'http-api': api })[name]?.codeFor(e164);
    await until('the code arrives', () => codeFor() !== undefined);
    expect((await alone.verify(phone, codeFor() ?? 'none')).status).toBe(200);
    expect((await service.get('/api/health')).body).toMatchObject({ whatsapp });
    expect(service.output()).not.toContain(api.key);
    await service.stop();
  });
});

// Gateways whose reports come to an address with a secret in it: docs/wire/fonnte.md, docs/wire/wablas.md.
describe.each<[name: 'fonnte' | 'wablas', arrived: object, failed: object]>([
  ['fonnte', { stateid: 'A', status: 'sent', state: 'delivered' }, { status: 'expired' }],
  ['wablas', { status: 'delivered' }, { status: 'cancel' }],
])('%s', (name, arrived, failed) => {
  const SECRET = 'secret-in-the-address-of-reports';
  let gateway: FakeFonnte | FakeWablas;
  let service: Service;
  let alone: ReturnType<House['at']>;

  beforeAll(async () => {
    gateway = name === 'fonnte' ? await FakeFonnte.start() : await FakeWablas.start();
    service = await house.another({
      ...gateway.settings,
      [`${name.toUpperCase()}_WEBHOOK_SECRET`]: SECRET,
      WHATSAPP_DEVICE_ID: '',
      WHATSAPP_PROVIDERS: `${name},whapi`,
    });
    alone = house.at(service);
    gateway.hook = `${service.url}/webhook/${name}/${SECRET}`;
  });
  afterAll(async () => {
    await service.stop();
    await gateway.close();
  });

  const idOfSend = (e164: string) => gateway.messages.findLast(({ to }) => `+${to}` === e164)?.id ?? 'none';

  it('sends a code, says that it arrived, and logs the person in', async () => {
    const { phone, e164 } = await house.person();
    const { status, body } = await alone.request(phone);
    expect([status, body.data?.channel]).toEqual([200, name]);
    const id = idOfSend(e164);
    expect(await gateway.emitReports([{ id, ...arrived }])).toEqual([200]);
    await until('it is delivered', async () => (await stateOfSent(house.database, id)) === 'DELIVERED');
    expect((await alone.verify(phone, gateway.codeFor(e164) ?? 'none')).status).toBe(200);
    expect((await service.get('/api/health')).body).toMatchObject({ whatsapp: 'connected' });
  });

  it('has the next provider send the same code, once, when it reports that one failed', async () => {
    const { phone, e164 } = await house.person();
    await alone.request(phone);
    expect(await gateway.emitReports([{ id: idOfSend(e164), ...failed }], 'twice')).toEqual([200, 200]);
    await until('the next one has it', () => whapi.codeFor(e164) !== undefined);
    expect(whapi.messagesFor(e164)).toHaveLength(1);
    expect(whapi.codeFor(e164)).toBe(gateway.codeFor(e164));
  });

  it('brings what people write, which the bot answers by it', async () => {
    const phone = newPhone();
    const writer = name === 'fonnte' ? { sender: phone.slice(1) } : { phone: phone.slice(1) };
    expect(await gateway.emitIncoming(writer)).toBe(200);
    await until('the bot has answered', () => gateway.messagesFor(phone).length > 0);
    expect(gateway.messagesFor(phone)).toEqual([MENU]);
  });

  it('is passed over while its device is away, and believed by nobody without the secret', async () => {
    const { phone, e164 } = await house.person();
    gateway.connected = false;
    expect((await alone.request(phone)).body.data?.channel).toBe('whapi');
    expect(whapi.codeFor(e164)).toBeDefined();
    const forged = { id: 'x', ...failed };
    expectFailure(await service.post(`/webhook/${name}/another`, forged), 401, 'invalid_webhook_secret');
    expectFailure(await house.service.post(`/webhook/${name}/${SECRET}`, forged), 404, 'not_found');
    for (const secret of [SECRET, gateway.token]) expect(service.output()).not.toContain(secret);
  });
});

type DeviceReport = 'connected' | 'disconnected';

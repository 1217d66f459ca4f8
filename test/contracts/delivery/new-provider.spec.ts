import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure } from '../../support/answers.js';
import { FakeApi, newestCode } from '../../support/fake-api.js';
import { openHouse, type House } from '../../support/house.js';
import { bearer, logIn, newcomer } from '../../support/logins.js';
import { stateOfSent } from '../../support/messages.js';
import { StartFailed, stopAllServices } from '../../support/service.js';
import { until } from '../../support/waits.js';
import { MENU } from '../../support/webhooks.js';

// CONTRIBUTING.md, "Where does it go": a provider is a folder and a line. The folder `toy` is added to the service as it was
// built, with its line, and with nothing else. Fails when anything in src/ has to know a provider by its name.

const SECRET = 'a-secret-of-the-toy';
const ADD_TOY = `--import=${join(import.meta.dirname, 'toy', 'add-toy.mjs')}`;

let sent: { to: string; text: string }[];
let maker: FakeApi;
let house: House;

beforeAll(async () => {
  sent = [];
  maker = new FakeApi(
    ({ json }) => ({ body: { id: `toy-${sent.push(json as (typeof sent)[number])}` } }),
    ({ json }) => (json as { to?: string } | undefined)?.to,
  );
  await maker.listen();
  house = await openHouse(
    { NODE_OPTIONS: ADD_TOY, WHATSAPP_DEVICE_ID: '', TOY_BASE_URL: maker.url, TOY_WEBHOOK_SECRET: SECRET },
    { ownProcess: true },
  );
});
afterAll(async () => {
  await maker.close();
  await stopAllServices();
  await house.close();
});

const textsTo = (number: string) => sent.filter(({ to }) => to === number).map(({ text }) => text);
const deliver = (body: object, headers: Record<string, string> = { 'x-toy-secret': SECRET }) =>
  house.service.post('/webhook/toy', body, headers);

describe('a provider that is a folder and a line', () => {
  it('is on the ladder when its settings are there, and takes codes to their phones', async () => {
    const { phone, e164 } = await house.person();
    const { status, body } = await house.request(phone);
    expect([status, body.data.channel]).toEqual([200, 'toy']);
    expect((await house.verify(phone, newestCode(textsTo(e164)) ?? 'none')).status).toBe(200);
  });

  it('brings messages by its webhook, which the bot answers by it', async () => {
    const { e164 } = await house.person();
    expect(await deliver({ id: 'm1', from: e164, text: 'Halo' })).toMatchObject({
      status: 200,
      body: { status: 'ok' },
    });
    await until('the bot has answered', () => textsTo(e164).length > 0);
    expect(textsTo(e164)).toEqual([MENU]);
  });

  it('tells by its webhook what became of a message', async () => {
    const { phone, e164 } = await house.person();
    await house.request(phone);
    const id = `toy-${sent.findIndex(({ to }) => to === e164) + 1}`;
    await deliver({ id, status: 'arrived' });
    await until('the message is delivered', async () => (await stateOfSent(house.database, id)) === 'DELIVERED');
  });

  it('has a door before its webhook', async () => {
    const body = { id: 'm2', from: '6281234567890', text: 'agent' };
    expectFailure(await deliver(body, { 'x-toy-secret': 'another' }), 401, 'invalid_webhook_secret');
    expectFailure(await deliver(body, {}), 401, 'invalid_webhook_secret');
    const json = { 'content-type': 'application/json', 'x-toy-secret': SECRET };
    expectFailure(await house.service.send('POST', '/webhook/toy', '{', json), 400, 'invalid_json');
    expectFailure(
      await house.service.send('POST', '/webhook/toy', 'a=b', { ...json, 'content-type': 'text/plain' }),
      415,
      'unsupported_media_type',
    );
    const open = await house.another({ TOY_WEBHOOK_SECRET: '' });
    expectFailure(await open.post('/webhook/toy', body, { 'x-toy-secret': '' }), 404, 'not_found');
  });

  it('is shown to admins with its state', async () => {
    const { username } = await newcomer(house, { role: 'ADMIN' });
    const admin = bearer(await logIn(house.service, username));
    const { body } = await house.service.get('/api/admin/providers', admin);
    expect(body.data).toMatchObject([{ provider: 'toy', state: 'connected', sendsReceipts: true }]);
  });

  it('stops a start that names it, by either name, and lacks what it needs', async () => {
    const lacking = { WHATSAPP_PROVIDERS: 'console,plaything', TOY_BASE_URL: '' };
    const failure = await house.another(lacking).then(
      () => null,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(StartFailed);
    expect((failure as StartFailed).output).toContain('TOY_BASE_URL is required when WHATSAPP_PROVIDERS names toy');
  });
});

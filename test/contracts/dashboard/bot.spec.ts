import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure } from '../../support/answers.js';
import { newPhone, openHouse, QUICK, type House } from '../../support/house.js';
import { stateOfSent } from '../../support/messages.js';
import { troubles, type Answer, type Service } from '../../support/service.js';
import { until } from '../../support/waits.js';
import {
  MENU,
  answersTo,
  cloudApiBody,
  kept,
  postCloudApi,
  postWhapi,
  say,
  stateOf,
  whapiMessage,
} from '../../support/webhooks.js';

// docs/contract/dashboard.md#the-bot: the webhooks, the three states, the menu.

const HOOK_SECRET = 'a secret of the hook: kX9vQ2';
const ADDRESS_SECRET = 'r4nd0m-Address~Secret_77';
const APP_SECRET = 'the app secret of a spec';
const VERIFY_TOKEN = 'the verify token of a spec';
const TWILIO_TOKEN = 'the auth token of a spec';

let house: House;
let service: Service;
/** With every webhook's secret set. */
let guarded: Service;
/** In English, with texts of its own. */
let english: Service;
/** Behind a proxy of ours, its language negotiated, and the developer inbox its first provider. */
let proxied: Service;

beforeAll(async () => {
  // Many services share the run's PostgreSQL here.
  house = await openHouse({ ...QUICK, DATABASE_POOL: '4' });
  service = house.service;
  guarded = await house.another({
    WHAPI_WEBHOOK_SECRET: HOOK_SECRET.replaceAll(' ', '-'),
    WHACENTER_WEBHOOK_SECRET: ADDRESS_SECRET,
    CLOUD_API_APP_SECRET: APP_SECRET.replaceAll(' ', '-'),
    CLOUD_API_VERIFY_TOKEN: VERIFY_TOKEN.replaceAll(' ', '-'),
    TWILIO_AUTH_TOKEN: TWILIO_TOKEN.replaceAll(' ', '-'),
    PUBLIC_URL: 'https://masuk.example',
    AUTH_PROFILE: 'strict',
    SEED_DEMO: 'none',
  });
  english = await house.another({
    MESSAGE_LANGUAGE: 'en',
    BOT_MENU_INFO: 'Puskesmas *Abepura*\nJl. Raya 1',
    BOT_MENU_HELP: 'Call 0967-123',
  });
  proxied = await house.another({
    TRUST_PROXY: '127.0.0.1',
    MESSAGE_LANGUAGE: 'negotiate',
    WHATSAPP_PROVIDERS: 'console,whacenter',
    WHACENTER_WEBHOOK_SECRET: ADDRESS_SECRET,
  });
});
afterAll(async () => {
  expect([...troubles(service), ...troubles(guarded)]).toEqual([]);
  await house.close();
});

const secretOf = (text: string) => text.replaceAll(' ', '-');

/** What the developer inbox of `proxied` has for a number. */
const inboxOf = async (phone: string) => {
  const inbox = (await proxied.get('/dev/inbox')).body.data as { to: string; text: string }[];
  return inbox.filter(({ to }) => to === phone.replace('+62', '0')).map(({ text }) => text);
};

/** Says something and waits for what comes back. */
async function ask(phone: string, text: string, more = {}): Promise<string[]> {
  const before = house.fake.messagesFor(phone).length;
  await say(service, phone, text, more);
  return (await answersTo(house, phone)).slice(before);
}

describe('POST /webhook/whapi', () => {
  it("takes the original's payload and shows the menu", async () => {
    const phone = newPhone();
    const body = { messages: [{ from: `${phone.slice(1)}@s.whatsapp.net`, text: { body: 'Halo' } }] };
    const answer = await postWhapi(service, body);
    expect([answer.status, answer.text]).toEqual([200, '{"status":"ok"}']);
    await until('the menu', () => house.fake.messagesFor(phone).length > 0);
    expect(await answersTo(house, phone)).toEqual([MENU]);
  });

  it('answers at once, the reply goes out after it', async () => {
    const phone = newPhone();
    house.fake.forNumber(phone, { delayMs: 700 });
    await say(service, phone, 'Halo');
    expect(house.fake.messagesFor(phone)).toEqual([]);
    await until('the menu', () => house.fake.messagesFor(phone).length > 0);
  });

  it('wants the secret where one is set', async () => {
    const phone = newPhone();
    const post = (headers: Record<string, string>) => postWhapi(guarded, [whapiMessage(phone, 'Halo')], headers);
    for (const headers of [
      {},
      { 'x-hook-secret': '' },
      { 'x-hook-secret': `${secretOf(HOOK_SECRET)}x` },
      { 'x-hook-secret': secretOf(HOOK_SECRET).slice(0, -1) },
      { 'x-hook-secret': secretOf(HOOK_SECRET).toUpperCase() },
      { authorization: `Bearer ${secretOf(HOOK_SECRET)}` },
    ] as Record<string, string>[]) {
      expectFailure(await post(headers), 401, 'invalid_webhook_secret');
    }
    expect(await kept(house, phone)).toEqual([]);
    expect((await post({ 'x-hook-secret': secretOf(HOOK_SECRET) })).body).toEqual({ status: 'ok' });
    expect(await answersTo(house, phone)).toEqual([MENU]);
  });

  it('without a secret answers this machine only, and no proxy or browser on it', async () => {
    const phone = newPhone();
    for (const headers of [
      { 'x-forwarded-for': '203.0.113.9' },
      { 'x-real-ip': '203.0.113.9' },
      { forwarded: 'for=203.0.113.9' },
      { 'x-forwarded-for': '127.0.0.1' },
    ]) {
      expectFailure(await postWhapi(service, [whapiMessage(phone, 'Halo')], headers), 404, 'not_found');
    }
    const through = (address: string) =>
      postWhapi(proxied, [whapiMessage(phone, 'Halo')], { 'x-forwarded-for': address });
    expectFailure(await through('203.0.113.9'), 404, 'not_found');
    expect(await kept(house, phone)).toEqual([]);
    expect((await through('127.0.0.1')).status).toBe(200);
  });

  it('without a secret is not there in production', async () => {
    const production = await house.another({
      NODE_ENV: 'production',
      PUBLIC_URL: 'https://masuk.example.org',
      HOST: '127.0.0.1',
      AUTH_SECRET: 'kP3vQ8wZ1mX6cL0sT9yB4nH7jF2dR5gA-uE_oI8aW1q',
    });
    const phone = newPhone();
    expectFailure(await postWhapi(production, [whapiMessage(phone, 'Halo')]), 404, 'not_found');
    expect(await kept(house, phone)).toEqual([]);
  });
});

describe('the states of a sender', () => {
  it.each([
    ['admin', 'AGENT'],
    ['agent', 'AGENT'],
    ['  Admin \n', 'AGENT'],
    ['AGENT', 'AGENT'],
    ['*agent*', 'AGENT'],
    ['pause', 'PAUSE'],
    ['PaUsE', 'PAUSE'],
    ['ｐａｕｓｅ', 'PAUSE'],
    ['bot', 'BOT'],
  ])('%j leads to %s, confirmed in one line', async (word, state) => {
    const phone = newPhone();
    const [answer, ...more] = await ask(phone, word);
    expect(await stateOf(house, phone)).toBe(state);
    expect(answer).toMatch(/^[^\n]{10,100}$/);
    expect(answer).not.toBe(MENU);
    expect(more).toEqual([]);
  });

  it.each([
    'saya mau agent',
    'admin?',
    'agentt',
    'bot bot',
    'apa itu bot',
    'pause.',
    '',
    '  ',
    `agent ${'x'.repeat(5_000)}`,
  ])('are not changed by %.20s', async (text) => {
    const phone = newPhone();
    await say(service, phone, text);
    expect(await stateOf(house, phone)).toBe('BOT');
  });

  it('are silent where a person answers, until `bot` brings the bot back', async () => {
    const phone = newPhone();
    expect(await ask(phone, 'agent')).toHaveLength(1);
    for (const text of ['Halo', '1', 'tolong']) expect(await ask(phone, text)).toEqual([]);
    expect(await ask(phone, 'bot')).toHaveLength(1);
    expect(await ask(phone, 'Halo')).toEqual([MENU]);
  });

  it('are silent after `pause`, and go from each to each', async () => {
    const phone = newPhone();
    for (const [word, state] of [
      ['pause', 'PAUSE'],
      ['1', 'PAUSE'],
      ['admin', 'AGENT'],
      ['pause', 'PAUSE'],
      ['bot', 'BOT'],
      ['2', 'BOT'],
    ] as const) {
      await say(service, phone, word);
      expect([word, await stateOf(house, phone)]).toEqual([word, state]);
    }
    expect(await answersTo(house, phone)).toHaveLength(5);
  });

  it('are each sender’s own, whatever the spelling of the number', async () => {
    const [one, other] = [newPhone(), newPhone()];
    expect(await ask(one, 'agent')).toHaveLength(1);
    await say(service, other, 'Halo', { from: `${other.slice(1)}@s.whatsapp.net` });
    expect([await stateOf(house, one), await stateOf(house, other)]).toEqual(['AGENT', 'BOT']);
    expect(await ask(one, 'Halo', { from: `${one.slice(1)}:12@s.whatsapp.net` })).toEqual([]);
  });

  it('survive a restart', async () => {
    const phone = newPhone();
    await say(service, phone, 'agent');
    // Another instance knows nothing but what the database says.
    await say(english, phone, 'Halo');
    await say(english, phone, 'bot');
    expect(await stateOf(house, phone)).toBe('BOT');
    expect(await answersTo(house, phone)).toHaveLength(2);
  });
});

describe('the menu', () => {
  it.each(['Halo', 'Assalamualaikum', '3', '12', '0', '👍', 'login', 'x'.repeat(10_000)])(
    'answers %.20s',
    async (text) => {
      expect(await ask(newPhone(), text)).toEqual([MENU]);
    },
  );

  it('has two choices, however they are typed', async () => {
    const answers = new Map<string, Set<string>>([
      ['info', new Set()],
      ['help', new Set()],
    ]);
    for (const [choice, texts] of [
      ['info', ['1', ' 1 ', '１', '١', '۱', '1️⃣', '*1*']],
      ['help', ['2', '２', '٢', '2️⃣']],
    ] as const) {
      for (const text of texts) {
        const [answer = ''] = await ask(newPhone(), text);
        answers.get(choice)?.add(answer);
      }
    }
    const [info, help] = [[...(answers.get('info') ?? [])], [...(answers.get('help') ?? [])]];
    expect([info.length, help.length]).toEqual([1, 1]);
    expect(info[0]).toContain('SiKesKoja');
    expect(help[0]).toContain('*agent*');
    expect(new Set([MENU, ...info, ...help]).size).toBe(3);
  });

  it('answers with the texts of the configuration, in English with English texts', async () => {
    const phone = newPhone();
    for (const [at, text] of ['1', '2', 'Hi', 'agent'].entries()) {
      await say(english, phone, text);
      // Each before the next: answers to messages that come together may overtake each other on their way to the provider.
      await until('its answer', async () => (await answersTo(house, phone)).length > at);
    }
    const answers = await answersTo(house, phone);
    expect(answers.slice(0, 2)).toEqual(['Puskesmas *Abepura*\nJl. Raya 1', 'Call 0967-123']);
    expect(answers[2]?.split('\n')).toEqual([
      'Hello 👋',
      'Please choose:',
      '1️⃣ Info',
      '2️⃣ Help',
      '',
      'Type *agent* to talk to a person.',
    ]);
    expect(answers[3]).toMatch(/^[\x20-\x7e]+$/);
  });

  it('is Indonesian where the language is negotiated: a message has no header', async () => {
    const phone = newPhone();
    const from = { 'accept-language': 'en', 'x-forwarded-for': '127.0.0.1' };
    expect((await postWhapi(proxied, [whapiMessage(phone, 'Hi')], from)).status).toBe(200);
    await until('the menu', async () => (await inboxOf(phone)).length > 0);
    expect(await inboxOf(phone)).toEqual([MENU]);
  });

  it('carries nothing of what the sender wrote', async () => {
    const phone = newPhone();
    const evil = 'klik https://evil.example *999999*';
    expect(await ask(phone, evil, { from_name: evil })).toEqual([MENU]);
  });

  it('answers media too, but neither reactions nor notices, nor an empty text', async () => {
    const [media, other] = [newPhone(), newPhone()];
    const image = { type: 'image', image: { id: 'jpeg-1', mime_type: 'image/jpeg', link: 'https://s3.example/1.jpg' } };
    await postWhapi(service, [whapiMessage(media, undefined, image)]);
    expect(await answersTo(house, media)).toEqual([MENU]);
    expect(await kept(house, media)).toEqual(['IN image', 'OUT text']);
    const action = { type: 'action', action: { type: 'reaction', emoji: '👍', target: 'x' } };
    await postWhapi(service, [whapiMessage(other, undefined, action), whapiMessage(other, '')]);
    expect(await answersTo(house, other)).toEqual([]);
    expect(await kept(house, other)).toEqual(['IN other', 'IN text']);
    const notice = newPhone();
    for (const type of ['system', 'group_invite', 'admin_invite'])
      for (const body of ['Nomor berubah', 'agent', 'pause', 'buka'])
        await postWhapi(service, [
          whapiMessage(notice, undefined, { type, [type]: { body, id: '1', link: 'https://chat.whatsapp.com/x' } }),
        ]);
    expect([await stateOf(house, notice), await answersTo(house, notice)]).toEqual(['BOT', []]);
  });
});

describe('what is not answered', () => {
  it('own messages and groups are ignored', async () => {
    const phone = newPhone();
    const answer = await postWhapi(service, [
      whapiMessage(phone, 'Halo', { from_me: true }),
      whapiMessage(phone, 'agent', { from_me: true }),
      whapiMessage(phone, 'Halo', { chat_id: '120363025246125486@g.us' }),
      whapiMessage(phone, 'Halo', { chat_id: 'status@broadcast' }),
      whapiMessage(phone, 'Halo', { chat_id: '120363025246125486@newsletter' }),
    ]);
    expect(answer.status).toBe(200);
    expect(await stateOf(house, phone)).toBeUndefined();
    expect(await answersTo(house, phone)).toEqual([]);
  });

  it('a duplicate acts once, by its id', async () => {
    const phone = newPhone();
    const message = whapiMessage(phone, 'Halo');
    for (let time = 0; time < 3; time++) expect((await postWhapi(service, [message, message])).status).toBe(200);
    expect(await kept(house, phone)).toEqual(['IN text', 'OUT text']);
    expect(await answersTo(house, phone)).toEqual([MENU]);
    await postWhapi(service, [{ ...message, id: 'another.id-1' }]);
    expect(await answersTo(house, phone)).toEqual([MENU, MENU]);
  });

  it('without an id it acts once by sender, text and time; without a time each acts', async () => {
    const [phone, neighbour] = [newPhone(), newPhone()];
    const told = { from: phone.slice(1), text: { body: 'Halo' }, timestamp: Math.floor(Date.now() / 1000) };
    for (let time = 0; time < 3; time++) await postWhapi(service, [told]);
    expect(await kept(house, phone)).toEqual(['IN text', 'OUT text']);
    await postWhapi(service, [{ ...told, text: { body: 'Halo lagi' } }]);
    await postWhapi(service, [{ ...told, timestamp: told.timestamp - 1 }]);
    expect(await kept(house, phone)).toHaveLength(6);
    await postWhapi(service, [{ ...told, from: neighbour.slice(1) }]);
    expect(await kept(house, neighbour)).toHaveLength(2);
    const timeless = { from: neighbour.slice(1), text: { body: 'Halo' } };
    for (let time = 0; time < 2; time++) await postWhapi(service, [timeless]);
    expect(await kept(house, neighbour)).toHaveLength(6);
  });

  it('numbers of countries that are not served are kept, and change nothing', async () => {
    const abroad = `+1202555${String(process.pid % 10_000).padStart(4, '0')}`;
    const landline = `+6221555${String(process.pid % 10_000).padStart(4, '0')}`;
    for (const number of [abroad, landline]) {
      await say(service, number, 'agent');
      expect(await stateOf(house, number)).toBe('BOT');
      expect(await kept(house, number)).toEqual(['IN text']);
      expect(await answersTo(house, number)).toEqual([]);
    }
  });

  it('a sender gets twenty answers an hour, and is heard all the same', async () => {
    const phone = newPhone();
    await postWhapi(
      service,
      Array.from({ length: 25 }, () => whapiMessage(phone, 'Halo')),
    );
    await say(service, phone, 'agent');
    expect(await answersTo(house, phone)).toHaveLength(20);
    expect(await stateOf(house, phone)).toBe('AGENT');
    expect((await kept(house, phone)).filter((each) => each === 'IN text')).toHaveLength(26);
    await house.database.query(
      `UPDATE conversations SET answered_at = ARRAY(SELECT t - interval '61 minutes' FROM unnest(answered_at) t) WHERE phone = $1`,
      [phone],
    );
    expect(await ask(phone, 'bot')).toHaveLength(1);
  });
});

describe('the way of an answer', () => {
  it('is the provider that the message came in by when that is on the ladder, else the ladder', async () => {
    const [one, other] = [newPhone(), newPhone()];
    const timestamp = Math.floor(Date.now() / 1000);
    await proxied.post(`/webhook/whacenter/${ADDRESS_SECRET}`, { from: one.slice(1), message: 'Halo', timestamp });
    const sent = await postWhapi(proxied, [whapiMessage(other, 'Halo')], { 'x-forwarded-for': '127.0.0.1' });
    expect(sent.status).toBe(200);
    expect(await answersTo(house, one)).toEqual([MENU]);
    expect(await answersTo(house, other)).toEqual([]);
    expect([await inboxOf(one), await inboxOf(other)]).toEqual([[], [MENU]]);
  });

  it('is tried again, for ten minutes', async () => {
    const phone = newPhone();
    house.fake.forNumber(phone, { status: 503, body: 'down', delivers: false });
    await say(service, phone, 'Halo');
    const pending = async () =>
      house.database.query<{ life: number; state: string }>(
        `SELECT extract(epoch FROM expires_at - created_at)::float8 AS life, state FROM messages WHERE recipient = $1`,
        [phone],
      );
    await until('it was tried', () => house.sendsTo(phone) > 0);
    expect(await pending()).toEqual([{ life: 600, state: 'PENDING' }]);
    house.fake.forNumber(phone, undefined);
    await until('it arrives', () => house.fake.messagesFor(phone).length > 0);
    expect(await answersTo(house, phone)).toEqual([MENU]);
  });
});

describe('POST /webhook/whacenter/:secret', () => {
  const at = (secret: string) => `/webhook/whacenter/${secret}`;
  const form = (fields: Record<string, string>, secret = ADDRESS_SECRET): Promise<Answer> =>
    guarded.send('POST', at(secret), new URLSearchParams(fields).toString(), {
      'content-type': 'application/x-www-form-urlencoded',
    });

  it('takes JSON and forms', async () => {
    const [one, other] = [newPhone(), newPhone()];
    const body = { pushName: 'Budi', from: one.slice(1), to: '6289876543210', message: 'Halo', media: null };
    const more = { is_group: false, timestamp: Math.floor(Date.now() / 1000), source: 'WHACENTER', ad_reply: null };
    const asJson = await guarded.post(at(ADDRESS_SECRET), { ...body, ...more });
    expect([asJson.status, asJson.text]).toEqual([200, '{"status":"ok"}']);
    const asForm = await form({ phone: other, message: 'agent', isGroup: 'false' });
    expect([asForm.status, asForm.text]).toEqual([200, '{"status":"ok"}']);
    expect(await answersTo(house, one)).toEqual([MENU]);
    expect(await stateOf(house, other)).toBe('AGENT');
    await guarded.post(at(ADDRESS_SECRET), { ...body, ...more });
    expect(await kept(house, one)).toEqual(['IN text', 'OUT text']);
  });

  it('ignores groups and what it sent itself', async () => {
    const phone = newPhone();
    const digits = phone.slice(1);
    for (const more of [{ is_group: true }, { isGroup: 'true' }, { isFromMe: true }, { to: digits }]) {
      const answer = await guarded.post(at(ADDRESS_SECRET), { from: digits, message: 'Halo', ...more });
      expect(answer.status).toBe(200);
    }
    expect(await kept(house, phone)).toEqual([]);
  });

  it('opens to nobody else', async () => {
    const phone = newPhone();
    const body = { from: phone.slice(1), message: 'Halo' };
    for (const secret of ['wrong', `${ADDRESS_SECRET}x`, ADDRESS_SECRET.toLowerCase(), '%00', '*', 'x'.repeat(199)])
      expectFailure(await guarded.post(at(secret), body), 401, 'invalid_webhook_secret');
    expectFailure(await form({ from: phone, message: 'Halo' }, 'wrong'), 401, 'invalid_webhook_secret');
    expectFailure(await service.post(at(ADDRESS_SECRET), body), 404, 'not_found');
    expectFailure(await service.post(at('undefined'), body), 404, 'not_found');
    expectFailure(await guarded.post('/webhook/whacenter', body), 404, 'not_found');
    expect(await kept(house, phone)).toEqual([]);
  });
});

describe('/webhook/cloud-api', () => {
  const challenge = (token: string, more = '') =>
    guarded.get(`/webhook/cloud-api?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=${token}${more}`);

  it('answers the question whether it is ours, and only with the token', async () => {
    const answer = await challenge(secretOf(VERIFY_TOKEN));
    expect([answer.status, answer.text, answer.headers.get('content-type')]).toEqual([
      200,
      '1158201444',
      'text/plain; charset=utf-8',
    ]);
    for (const token of ['', 'wrong', `${secretOf(VERIFY_TOKEN)}x`, `${secretOf(VERIFY_TOKEN)}&hub.verify_token=x`])
      expectFailure(await challenge(token), 403, 'forbidden');
    expectFailure(await guarded.get('/webhook/cloud-api'), 403, 'forbidden');
    const page = await guarded.get(
      `/webhook/cloud-api?hub.mode=subscribe&hub.challenge=%3Cscript%3E&hub.verify_token=${secretOf(VERIFY_TOKEN)}`,
    );
    expect(page.status).toBe(403);
    expectFailure(await service.get('/webhook/cloud-api?hub.mode=subscribe&hub.verify_token='), 404, 'not_found');
  });

  it('takes what is signed over the bytes as they came', async () => {
    const phone = newPhone();
    const message = { id: `wamid.${process.pid}.1`, timestamp: '1800000000', text: { body: 'Halo' } };
    const spaced = JSON.stringify(cloudApiBody(phone, [message]), null, 3).replaceAll('/', '\\/');
    const answer = await postCloudApi(guarded, spaced, secretOf(APP_SECRET));
    expect([answer.status, answer.text]).toEqual([200, '{"status":"ok"}']);
    expect(await answersTo(house, phone)).toEqual([MENU]);
    await postCloudApi(guarded, spaced, secretOf(APP_SECRET));
    expect(await kept(house, phone)).toEqual(['IN text', 'OUT text']);
  });

  it('refuses what is not', async () => {
    const phone = newPhone();
    const body = JSON.stringify(cloudApiBody(phone, [{ id: `wamid.${process.pid}.2`, text: { body: 'Halo' } }]));
    const mac = createHmac('sha256', secretOf(APP_SECRET)).update(body).digest('hex');
    for (const signature of ['', mac, `sha1=${mac}`, `sha256=${mac.toUpperCase()}`, `sha256=${mac}0`, 'sha256='])
      expectFailure(await postCloudApi(guarded, body, secretOf(APP_SECRET), signature), 401, 'invalid_webhook_secret');
    expectFailure(await postCloudApi(guarded, body, 'another secret'), 401, 'invalid_webhook_secret');
    const other = body.replace('Halo', 'agent');
    expectFailure(
      await postCloudApi(guarded, other, secretOf(APP_SECRET), `sha256=${mac}`),
      401,
      'invalid_webhook_secret',
    );
    expectFailure(await postCloudApi(service, body, secretOf(APP_SECRET)), 404, 'not_found');
    expect(await kept(house, phone)).toEqual([]);
  });
});

describe('receipts', () => {
  const sent = async (provider: string, id: string) =>
    house.database.query(
      `INSERT INTO messages (id, purpose, recipient, state, provider, provider_message_id, expires_at)
       VALUES (gen_random_uuid(), 'text', '+6281200000001', 'ACCEPTED', $1, $2, now())`,
      [provider, id],
    );
  const messageState = (id: string) => stateOfSent(house.database, id);

  it('come by each webhook that has them, beside messages', async () => {
    const phone = newPhone();
    const [whapi, cloud, sms] = [`w.${process.pid}-r`, `wamid.${process.pid}.r`, `SM${process.pid}`];
    await Promise.all([sent('whapi', whapi), sent('cloud-api', cloud), sent('sms', sms)]);
    await postWhapi(service, {
      statuses: [{ id: whapi, code: 3, status: 'delivered', timestamp: '1795000000' }],
      messages: [whapiMessage(phone, 'Halo')],
    });
    const status = { id: cloud, status: 'read', timestamp: '1795000000', recipient_id: '62812' };
    await postCloudApi(guarded, cloudApiBody(phone, [], [status]), secretOf(APP_SECRET));
    const fields = { MessageSid: sms, MessageStatus: 'delivered', AccountSid: 'AC1' };
    expect((await postSms(fields)).text).toBe('{"status":"ok"}');
    for (const [id, state] of [
      [whapi, 'DELIVERED'],
      [cloud, 'READ'],
      [sms, 'DELIVERED'],
    ] as const)
      await until(`${id} is ${state}`, async () => (await messageState(id)) === state);
    expect(await answersTo(house, phone)).toEqual([MENU]);
  });

  const postSms = (fields: Record<string, string>, signedOver = fields, path = '/webhook/sms') => {
    const data = Object.keys(signedOver)
      .sort()
      .map((name) => `${name}${signedOver[name] ?? ''}`)
      .join('');
    const mac = createHmac('sha1', secretOf(TWILIO_TOKEN))
      .update(`https://masuk.example${path}${data}`)
      .digest('base64');
    return guarded.send('POST', path, new URLSearchParams(fields).toString(), {
      'content-type': 'application/x-www-form-urlencoded',
      'x-twilio-signature': mac,
    });
  };

  it('of Twilio are signed', async () => {
    const id = `SM${process.pid}x`;
    await sent('sms', id);
    const fields = { MessageSid: id, MessageStatus: 'failed' };
    expectFailure(await postSms(fields, { ...fields, MessageStatus: 'sent' }), 401, 'invalid_webhook_secret');
    const json = await guarded.post('/webhook/sms', fields);
    expectFailure(json, 415, 'unsupported_media_type');
    expectFailure(await service.send('POST', '/webhook/sms'), 404, 'not_found');
    // A receipt that was taken would have been read before a later one.
    const later = `SM${process.pid}y`;
    await sent('sms', later);
    const told = { MessageSid: later, MessageStatus: 'failed' };
    expect((await postSms(told, told)).status).toBe(200);
    await until('a later one is read', async () => (await messageState(later)) !== 'ACCEPTED');
    expect(await messageState(id)).toBe('ACCEPTED');
  });
});

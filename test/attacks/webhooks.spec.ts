import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure, expectFailureShape } from '../support/answers.js';
import { atOnce, tally } from '../support/crowds.js';
import { newPhone, openHouse, type House } from '../support/house.js';
import { stateOfSent } from '../support/messages.js';
import { rawRequest, sendRaw } from '../support/raw-http.js';
import { type Answer, type Service } from '../support/service.js';
import { pause, until } from '../support/waits.js';
import {
  MENU,
  answersTo,
  cloudApiBody,
  kept,
  postCloudApi,
  postWhapi,
  stateOf,
  whapiMessage,
} from '../support/webhooks.js';

// What strangers, and providers that are not themselves, may send to the webhooks (design: security, "Webhooks").

const HOOK_SECRET = `hook-${randomBytes(9).toString('base64url')}`;
const ADDRESS_SECRET = `addr-${randomBytes(9).toString('base64url')}`;
const APP_SECRET = `app-${randomBytes(9).toString('base64url')}`;
const VERIFY_TOKEN = `verify-${randomBytes(9).toString('base64url')}`;
const SECRETS = [HOOK_SECRET, ADDRESS_SECRET, APP_SECRET, VERIFY_TOKEN];

const JSON_TYPE = { 'content-type': 'application/json' };
const HOOK = { 'x-hook-secret': HOOK_SECRET };
const WHACENTER = `/webhook/whacenter/${ADDRESS_SECRET}`;
const FONNTE = `/webhook/fonnte/${ADDRESS_SECRET}`;
const WABLAS = `/webhook/wablas/${ADDRESS_SECRET}`;

let house: House;
let service: Service;
let logRead = 0;

beforeAll(async () => {
  house = await openHouse({
    LOG_LEVEL: 'trace',
    WHAPI_WEBHOOK_SECRET: HOOK_SECRET,
    WHACENTER_WEBHOOK_SECRET: ADDRESS_SECRET,
    FONNTE_WEBHOOK_SECRET: ADDRESS_SECRET,
    WABLAS_WEBHOOK_SECRET: ADDRESS_SECRET,
    CLOUD_API_APP_SECRET: APP_SECRET,
    CLOUD_API_VERIFY_TOKEN: VERIFY_TOKEN,
  });
  service = house.service;
});
afterAll(async () => house.close());
/** Whatever came: no failure of ours. */
afterEach(async () => {
  await pause(20); // for the last line to come through the pipe
  const output = service.output();
  const errors = output.slice(logRead).match(/^\{"level":[56]0.*$/gm) ?? [];
  logRead = output.length;
  expect(errors.map((line) => line.slice(0, 300))).toEqual([]);
});

/** The same bytes to every webhook, past its door. */
const doors: [string, (body: string, type?: string) => Promise<Answer>][] = [
  [
    'whapi',
    (body, type = JSON_TYPE['content-type']) =>
      service.send('POST', '/webhook/whapi', body, { 'content-type': type, ...HOOK }),
  ],
  [
    'whacenter',
    (body, type = JSON_TYPE['content-type']) => service.send('POST', WHACENTER, body, { 'content-type': type }),
  ],
  ['fonnte', (body, type = JSON_TYPE['content-type']) => service.send('POST', FONNTE, body, { 'content-type': type })],
  ['wablas', (body, type = JSON_TYPE['content-type']) => service.send('POST', WABLAS, body, { 'content-type': type })],
  ['cloud-api', (body, type) => postCloudApi(service, body, APP_SECRET, undefined, type)],
];

const conversations = async () =>
  (await house.database.query<{ rows: number }>('SELECT count(*)::int AS rows FROM conversation_messages'))[0]?.rows;

describe('V13.2.1: a forged delivery', () => {
  it('does nothing, whatever it shows', async () => {
    const before = await conversations();
    const body = { messages: [whapiMessage(newPhone(), 'agent')] };
    const shown: Record<string, string>[] = [
      {},
      { 'x-hook-secret': 'null' },
      { 'x-hook-secret': 'undefined' },
      { 'x-hook-secret': `${HOOK_SECRET}, ${HOOK_SECRET}` },
      { 'x-hook-secret': `"${HOOK_SECRET}"` },
      { 'x-hook-secret': 'x'.repeat(8_000) },
      { 'x-hook-secret': ADDRESS_SECRET },
      { authorization: `Bearer ${HOOK_SECRET}` },
      { cookie: `x-hook-secret=${HOOK_SECRET}` },
    ];
    for (const headers of shown)
      expectFailure(await service.post('/webhook/whapi', body, headers), 401, 'invalid_webhook_secret');
    for (const path of [`/webhook/whapi?x-hook-secret=${HOOK_SECRET}`, `/webhook/whapi?secret=${HOOK_SECRET}`])
      expectFailure(await service.post(path, body), 401, 'invalid_webhook_secret');
    const twice = rawRequest(
      'POST',
      '/webhook/whapi',
      ['Content-Type: application/json', `X-Hook-Secret: ${HOOK_SECRET}`, 'X-Hook-Secret: x'],
      JSON.stringify(body),
    );
    expectFailure(await sendRaw(service.url, twice), 401, 'invalid_webhook_secret');
    expect(await conversations()).toBe(before);
  });

  it('to an unknown address is told so, and nothing of its body', async () => {
    for (const broken of ['%E0%A4%A', '%', '%zz', `${ADDRESS_SECRET}%`])
      for (const body of ['{"from":"6281234567890"}', '{', ''])
        expectFailure(
          await service.send('POST', `/webhook/whacenter/${broken}`, body, JSON_TYPE),
          400,
          'malformed_request',
        );
  });

  it('is not even parsed before the door', async () => {
    for (const body of ['{', '['.repeat(500_000), 'x'.repeat(900_000), '\u0000']) {
      expectFailure(await service.send('POST', '/webhook/whapi', body, JSON_TYPE), 401, 'invalid_webhook_secret');
      for (const path of ['/webhook/whacenter/x', '/webhook/fonnte/x', '/webhook/wablas/x'])
        expectFailure(await service.send('POST', path, body, JSON_TYPE), 401, 'invalid_webhook_secret');
      expectFailure(await postCloudApi(service, body, 'another'), 401, 'invalid_webhook_secret');
    }
  });
});

describe('V2.3.4: a replay', () => {
  it('of a signed delivery, a hundred times at once, acts once', async () => {
    const phone = newPhone();
    const body = JSON.stringify(
      cloudApiBody(phone, [
        { id: `wamid.${HOOK_SECRET}.1`, timestamp: String(Math.floor(Date.now() / 1000)), text: { body: 'Halo' } },
      ]),
    );
    expect(tally(await atOnce(100, () => postCloudApi(service, body, APP_SECRET)))).toEqual({ 200: 100 });
    expect(await kept(house, phone)).toEqual(['IN text', 'OUT text']);
    expect(await answersTo(house, phone)).toEqual([MENU]);
  });

  it('of receipts in any order never moves a message back', async () => {
    const id = `wamid.${HOOK_SECRET}.3`;
    await house.database.query(
      `INSERT INTO messages (id, purpose, recipient, state, provider, provider_message_id, expires_at)
       VALUES (gen_random_uuid(), 'text', '+6281200000002', 'ACCEPTED', 'cloud-api', $1, now())`,
      [id],
    );
    const state = () => stateOfSent(house.database, id);
    const tell = (status: string) =>
      postCloudApi(service, cloudApiBody('+6281200000002', [], [{ id, status, timestamp: '1795000000' }]), APP_SECRET);
    await tell('read');
    await until('it is read', async () => (await state()) === 'READ');
    for (const status of ['delivered', 'sent', 'failed', 'accepted', 'deleted']) await tell(status);
    // What comes behind them has been read.
    const phone = newPhone();
    await postCloudApi(service, cloudApiBody(phone, [{ text: { body: 'Halo' } }]), APP_SECRET);
    expect(await answersTo(house, phone)).toEqual([MENU]);
    expect(await state()).toBe('READ');
  });
});

describe('V1.4.2, V15.3.6: a body', () => {
  it.each(doors)('%s: of 1 MB is taken, of more is not', async (_, post) => {
    const sized = (bytes: number) => {
      const start = '{"pad":"';
      return `${start}${'x'.repeat(bytes - start.length - 2)}"}`;
    };
    expect((await post(sized(1024 * 1024))).status).toBe(200);
    expectFailure(await post(sized(1024 * 1024 + 1)), 413, 'body_too_large');
  });

  it('of 1 MB of messages acts on those it may hold', async () => {
    const phone = newPhone();
    const many = Array.from({ length: 2_500 }, (_, at) => ({
      id: `many.${HOOK_SECRET}.${at}`,
      from: phone.slice(1),
      text: { body: 'x'.repeat(100) },
    }));
    const answer = await postWhapi(service, many, HOOK);
    expect(answer.status).toBe(200);
    const [{ rows } = { rows: 0 }] = await house.database.query<{ rows: number }>(
      `SELECT count(*)::int AS rows FROM conversation_messages WHERE phone = $1 AND direction = 'IN'`,
      [phone],
    );
    expect(rows).toBe(2_000);
    expect(await answersTo(house, phone)).toHaveLength(20);
  });

  it.each(doors)('%s: that is not JSON is refused', async (_, post) => {
    for (const body of [
      '{',
      '',
      ' ',
      '{"a":}',
      "{'a':1}",
      '{"a":1}{',
      '<a/>',
      '\u0000',
      'undefined',
      '['.repeat(900_000),
      '{"a":'.repeat(150_000),
    ])
      expectFailure(await post(body), 400, 'invalid_json');
  });

  it.each(doors)('%s: never causes an internal error, whatever the shape of its JSON', async (_, post) => {
    const before = await conversations();
    const nested = `${'['.repeat(400_000)}${']'.repeat(400_000)}`;
    const objects = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
    for (const body of [
      'null',
      'true',
      '1e999',
      '"x"',
      '[]',
      '{}',
      '[{}]',
      nested,
      objects,
      '\ufeff{}',
      '{"messages":1}',
      '{"messages":{"length":9}}',
    ])
      expect([body.slice(0, 30), (await post(body)).text]).toEqual([body.slice(0, 30), '{"status":"ok"}']);
    for (const name of ['messages', 'statuses', 'entry', 'contacts', 'from', 'message', 'data'])
      for (const value of [
        null,
        1,
        '',
        'x',
        [],
        [[]],
        [null],
        [1],
        ['x'],
        [[{}]],
        {},
        { from: {} },
        [{ from: [] }],
        [{ from: { $gt: '' } }],
      ])
        expect((await post(JSON.stringify({ [name]: value }))).status).toBe(200);
    expect(await conversations()).toBe(before);
  });

  it('whose parts are odd does not poison the rest', async () => {
    const phones = [newPhone(), newPhone(), newPhone()];
    const [first, second, third] = phones.map((phone) => whapiMessage(phone, 'Halo'));
    const odd = [
      null,
      1,
      'x',
      [],
      {},
      { from: 'me' },
      { from: 5e300 },
      { from: '62812', text: 1 },
      { id: {}, from: [] },
      { from: '9'.repeat(400) },
    ];
    const noted = { secret_field_name: 'value that is nobody’s business', id: 1 };
    const answer = await postWhapi(service, [first, ...odd, second, noted, ...odd, third], HOOK);
    expect([answer.status, answer.text]).toEqual([200, '{"status":"ok"}']);
    for (const phone of phones) expect(await answersTo(house, phone)).toEqual([MENU]);
    const line = () =>
      service
        .output()
        .split('\n')
        .findLast((each) => each.includes('could not be read'));
    await until('it is logged', () => line() !== undefined);
    expect(JSON.parse(line()!)).toMatchObject({ level: 40, answered: 3, skipped: 21 });
    expect(line()).not.toMatch(/business/);
  });

  it('with the names of what objects are made of reaches nothing', async () => {
    const phone = newPhone();
    const digits = phone.slice(1);
    for (const body of [
      `{"__proto__":{"messages":[{"from":"${digits}","text":{"body":"agent"}}]}}`,
      `{"constructor":{"prototype":{"messages":[]}},"messages":[{"__proto__":{"from":"${digits}"},"text":{"body":"agent"}}]}`,
      `{"messages":[{"from":"${digits}","type":"__proto__","__proto__":{"text":{"body":"agent"}}}]}`,
      `{"messages":[{"from":"${digits}","type":"constructor"}]}`,
      `{"messages":[{"from":"${digits}","type":"toString"}]}`,
      `{"messages":[{"from":"${digits}","type":"hasOwnProperty","text":{"body":"agent"}}]}`,
      `{"statuses":[{"id":"x","status":"__proto__"},{"id":"x","status":"constructor"}]}`,
    ])
      expect((await service.send('POST', '/webhook/whapi', body, { ...JSON_TYPE, ...HOOK })).status).toBe(200);
    await service.send('POST', WHACENTER, `{"__proto__":{"from":"${digits}","message":"agent"}}`, JSON_TYPE);
    await service.send('POST', WHACENTER, `__proto__[from]=${digits}&constructor=1&message=agent`, {
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect([undefined, 'BOT']).toContain(await stateOf(house, phone));
    expect((await service.get('/health/live')).status).toBe(200);
  });

  it('with odd texts is kept as it can be', async () => {
    const phone = newPhone();
    const texts = [
      'a\u0000b',
      '\ud83d',
      '\udc00x',
      '\u202e\u0007',
      "'; DROP TABLE users; --",
      '%s %n ${7*7} {{7*7}}',
      'x'.repeat(100_000),
    ];
    for (const text of texts) {
      const message = whapiMessage(phone, text, { from_name: text.slice(0, 300), id: undefined, timestamp: undefined });
      expect([text.slice(0, 20), (await postWhapi(service, [message], HOOK)).status]).toEqual([text.slice(0, 20), 200]);
    }
    expect((await kept(house, phone)).filter((each) => each === 'IN text')).toHaveLength(texts.length);
    for (const id of ['\u0000', 'x'.repeat(300), '', ' ', 'ä', 1e300, {}, [], null, true])
      expect((await postWhapi(service, [whapiMessage(phone, 'x', { id })], HOOK)).status).toBe(200);
    for (const timestamp of ['x', -1, 0, 1e300, '9'.repeat(30), {}, null, 253402300800])
      expect((await postWhapi(service, [whapiMessage(phone, 'x', { timestamp })], HOOK)).status).toBe(200);
  });

  it('never causes an internal error when its bytes are not UTF-8', async () => {
    const bytes = Buffer.from(JSON.stringify({ messages: [whapiMessage(newPhone(), 'Halo?')] }));
    bytes[bytes.indexOf('?')] = 0xff;
    const head = `POST /webhook/whapi HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-Hook-Secret: ${HOOK_SECRET}\r\n`;
    const answer = await sendRaw(
      service.url,
      Buffer.concat([Buffer.from(`${head}Content-Length: ${bytes.length}\r\n\r\n`), bytes]),
    );
    expect(answer.status).toBe(200);
  });
});

describe('V2.2.1: a content type', () => {
  it.each(doors)('%s: that the provider does not send is refused', async (name, post) => {
    const body = '{}';
    for (const type of [
      'text/plain',
      'text/json',
      'multipart/form-data; boundary=x',
      'application/xml',
      'application/jsonp',
      'application/octet-stream',
      'application/json-patch+json',
      ';',
      'x',
    ])
      expectFailure(await post(body, type), 415, 'unsupported_media_type');
    const form = await post(body, 'application/x-www-form-urlencoded');
    if (['whacenter', 'fonnte', 'wablas'].includes(name)) expect(form.status).toBe(200);
    else expectFailure(form, 415, 'unsupported_media_type');
    for (const type of ['application/json; charset=utf-8', 'APPLICATION/JSON'])
      expect((await post(body, type)).status).toBe(200);
  });

  it('of a webhook opens no other route', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const other = await service.send('POST', '/api/auth/otp/request', 'phone=081234567890', form);
    expectFailure(other, 415, 'unsupported_media_type');
    const large = JSON.stringify({ phone: 'x', pad: 'x'.repeat(100 * 1024) });
    expectFailure(await service.send('POST', '/api/auth/otp/request', large, JSON_TYPE), 413, 'body_too_large');
  });
});

describe('V2.2.1: another method', () => {
  it.each(['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('%s is not there', async (method) => {
    for (const path of ['/webhook/whapi', WHACENTER, FONNTE, WABLAS, '/webhook/sms']) {
      const answer = await service.send(method, path, undefined, HOOK);
      expect([404, 405]).toContain(answer.status);
      expectFailureShape(answer);
    }
  });
});

describe('V16.2.5: the log, at its most talkative', () => {
  it('holds no secret, however the address is mistyped, and nothing of what was written', async () => {
    const phone = newPhone();
    const written = 'demam berdarah tersembunyi';
    const body = JSON.stringify({
      from: phone.slice(1),
      message: written,
      pushName: 'Nama Samaran',
      timestamp: 1795000000,
    });
    const paths = [
      FONNTE,
      `${FONNTE}e`,
      WABLAS,
      `/webhook/wablast/${ADDRESS_SECRET}`,
      WHACENTER,
      `${WHACENTER}/`,
      `${WHACENTER}/x`,
      `${WHACENTER}%zz`,
      `${WHACENTER}${'x'.repeat(400)}`,
      `${WHACENTER}?a=${ADDRESS_SECRET}`,
      `/webhook//whacenter/${ADDRESS_SECRET}`,
      `//webhook/whacenter/${ADDRESS_SECRET}`,
      `/webhook/Whacenter/${ADDRESS_SECRET}`,
      `/Webhook/whacenter/${ADDRESS_SECRET}`,
      `/webhook/whapi/${HOOK_SECRET}`,
      `/webhook/whacentre/${ADDRESS_SECRET}`,
      `/webhook/cloud-api?hub.mode=subscribe&hub.challenge=1&hub.verify_token=${VERIFY_TOKEN}`,
      `/webhook/cloud-api/${APP_SECRET}`,
    ];
    for (const path of paths) {
      for (const method of ['POST', 'GET', 'PUT', 'DELETE']) {
        const payload = method === 'POST' || method === 'PUT' ? body : undefined;
        const answer = await service.send(method, path, payload, { ...JSON_TYPE, ...HOOK });
        expect(answer.status).toBeLessThan(500);
        for (const secret of SECRETS) expect(answer.text).not.toContain(secret);
      }
    }
    await postCloudApi(service, cloudApiBody(phone, [{ text: { body: written } }]), APP_SECRET);
    await answersTo(house, phone);
    await until('it is logged', () => service.output().includes('/webhook/whacenter/:secret'));
    const output = service.output();
    expect(output).toContain('/webhook/whacenter/:secret');
    for (const hidden of [...SECRETS, written, 'tersembunyi', 'Samaran', phone.slice(1), phone.replace('+62', '0')])
      expect([hidden, output.includes(hidden)]).toEqual([hidden, false]);
  });
});

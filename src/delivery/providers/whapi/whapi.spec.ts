import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type ApiScript } from '../../../../test/support/fake-api.js';
import { FakeWhapi, type WhapiState } from '../../../../test/support/fake-whapi.js';
import { startHookReceiver, type HookReceiver } from '../../../../test/support/hook-receiver.js';
import { codeMessage } from '../../../../test/support/outgoing.js';
import { callsOf, itCopesWithItsWire, type Subject } from '../../../../test/support/provider-calls.js';
import type { DeviceState, IncomingBatch } from '../message-provider.js';
import { type ContractSurprise } from '../redaction.js';
import { WhapiProvider } from './whapi.js';
import { isFromWhapi, readWhapiWebhook } from './webhook.js';

let fake: FakeWhapi;
let surprises: ContractSurprise[];

beforeEach(async () => {
  fake = await FakeWhapi.start();
  surprises = [];
});

afterEach(() => fake.close());

function provider(baseUrl = fake.url, token = fake.token): WhapiProvider {
  return new WhapiProvider({ baseUrl, token, hasWebhook: true, onSurprise: (surprise) => surprises.push(surprise) });
}

const subject: Subject = {
  name: 'whapi',
  provider: () => provider(),
  fake: () => fake,
  restart: async () => {
    fake = await FakeWhapi.start();
  },
  surprises: () => surprises,
  secrets: () => [fake.token],
};
const { send, deviceState } = callsOf(subject);

const error = (message: string, details?: string) => ({ error: { code: 1, message, ...(details && { details }) } });

describe('sending', () => {
  it('posts the text as JSON, to the digits of the number', async () => {
    const outcome = await send();
    expect(outcome).toEqual({ kind: 'accepted', providerMessageId: fake.messages[0]?.id });
    expect(fake.wire.calls).toHaveLength(1);
    expect(fake.wire.calls[0]).toMatchObject({ method: 'POST', path: '/messages/text' });
    expect(fake.wire.calls[0]?.headers).toMatchObject({
      authorization: `Bearer ${fake.token}`,
      'content-type': 'application/json',
    });
    expect(fake.wire.calls[0]?.json).toEqual({
      to: '6281234567890',
      body: codeMessage().text,
      typing_time: 0,
      no_link_preview: true,
    });
    expect(fake.codeFor('081234567890')).toBe('012345');
    expect(surprises).toEqual([]);
  });

  it('keeps the connection for the next message', async () => {
    const whapi = provider(`${fake.url}/`);
    for (let nth = 0; nth < 3; nth += 1) await whapi.send(codeMessage(), AbortSignal.timeout(5_000));
    expect(fake.messagesFor('081234567890')).toHaveLength(3);
    expect(new Set(fake.wire.calls.map(({ clientPort }) => clientPort)).size).toBe(1);
  });

  it.each<[string, ApiScript, object]>([
    [
      'a bad request',
      { status: 400, body: error('wrong request parameters', '/body is required') },
      { reason: 'content' },
    ],
    [
      'a number that is not valid',
      { status: 400, body: error('wrong', '/to must match pattern') },
      { reason: 'recipient-invalid' },
    ],
    [
      'a quoted recipient',
      { status: 400, body: error('wrong', 'field "to" is invalid') },
      { reason: 'recipient-invalid' },
    ],
    ['a preposition', { status: 400, body: error('failed to parse', 'unable to read body') }, { reason: 'content' }],
    [
      'a channel that is not linked',
      { status: 401, body: error('Need channel authorization for send message') },
      { reason: 'provider-disconnected' },
    ],
    [
      'a bad token',
      { status: 401, body: error('Unauthorized') },
      { reason: 'provider-auth', providerText: 'Unauthorized' },
    ],
    ['401 without words', { status: 401, body: '' }, { reason: 'provider-auth' }],
    ['an exhausted trial', { status: 402, body: error('Trial version limit exceeded') }, { reason: 'provider-quota' }],
    ['402', { status: 402, body: '' }, { reason: 'provider-quota' }],
    [
      'a forbidden recipient',
      { status: 403, body: error('It is forbidden to send to this recipient') },
      { reason: 'recipient-blocked-by-policy' },
    ],
    ['a page of somebody in between', { status: 403, body: '<h1>Forbidden</h1>' }, { reason: 'provider-auth' }],
    ['a removed channel', { status: 404, body: error('channel not found') }, { reason: 'provider-auth' }],
    ['too big', { status: 413, body: '' }, { reason: 'content' }],
    ['an unsupported type', { status: 415, body: error('unsupported') }, { reason: 'content' }],
    ['too many requests', { status: 429, body: error('too many requests') }, { reason: 'rate-limited-account' }],
    ['500', { status: 500, body: error('oops') }, { reason: 'provider-unavailable', providerText: 'oops' }],
    ['502', { status: 502, body: '<html>Bad Gateway</html>' }, { reason: 'provider-unavailable' }],
    [
      '503',
      { status: 503, body: '', headers: { 'retry-after': '5' } },
      { reason: 'provider-unavailable', retryAfterSeconds: 5 },
    ],
    ['504', { status: 504, body: '' }, { reason: 'provider-unavailable' }],
    ['200 that says false', { status: 200, body: { sent: false } }, { reason: 'unclassified' }],
    [
      '200 with an error',
      { status: 200, body: error('something') },
      { reason: 'unclassified', providerText: 'something' },
    ],
    [
      '200 that says why',
      { status: 200, body: { sent: false, ...error('Need channel authorization for send message') } },
      { reason: 'provider-disconnected' },
    ],
    [
      'words before the status',
      { status: 500, body: error('Need channel authorization for send message') },
      { reason: 'provider-disconnected' },
    ],
  ])('understands %s', async (_, script, expected) => {
    expect(await send(script)).toMatchObject({ kind: 'rejected', httpStatus: script.status, ...expected });
    expect(surprises).toEqual([]);
  });

  it.each<[string, ApiScript, object, string[]]>([
    ['success without an id', { body: { sent: true } }, { kind: 'accepted', providerMessageId: null }, ['sent']],
    [
      '"true"',
      { body: { sent: 'true', message: { id: 'a-b' } } },
      { kind: 'unknown' },
      ['sent', 'message', 'message.id'],
    ],
    [
      'a failure that claims success',
      { status: 500, body: { sent: true, message: { id: 'a-b' } } },
      { kind: 'unknown' },
      ['sent', 'message', 'message.id'],
    ],
    [
      '418',
      { status: 418, body: error('teapot') },
      { reason: 'unclassified' },
      ['error', 'error.code', 'error.message'],
    ],
    [
      'a redirect',
      { status: 302, body: '', headers: { location: '/elsewhere' } },
      { reason: 'provider-unavailable' },
      [],
    ],
  ])('survives and reports %s', async (_, script, expected, keys) => {
    expect(await send(script)).toMatchObject(expected);
    expect(surprises).toEqual([{ provider: 'whapi', call: 'send', keys, httpStatus: script.status ?? 200 }]);
    expect(fake.wire.calls).toHaveLength(1);
  });

  itCopesWithItsWire(subject, { status: 429, body: '' });

  it('sends nothing when the time is up already', async () => {
    expect(await provider().send(codeMessage(), AbortSignal.abort())).toMatchObject({ reason: 'provider-unavailable' });
    expect(fake.wire.calls).toEqual([]);
  });

  it("keeps secrets out of the provider's words", async () => {
    const words = `token ${fake.token}, to 6281234567890@s.whatsapp.net: ${codeMessage().text}`;
    expect(await send({ status: 400, body: error(words) })).toMatchObject({ providerText: 'token …, to …: …' });
  });

  it('goes wrong as the fake does', async () => {
    fake.state = 'QR';
    expect(await send()).toMatchObject({ reason: 'provider-disconnected' });
    expect(await provider(fake.url, 'another').send(codeMessage(), AbortSignal.timeout(5_000))).toMatchObject({
      reason: 'provider-auth',
    });
    fake.state = 'AUTH';
    expect(await provider().send(codeMessage({ to: '+62' }), AbortSignal.timeout(5_000))).toMatchObject({
      reason: 'recipient-invalid',
    });
    fake.wire.forNumber('+6281234567890', { status: 402, body: error('Trial version limit exceeded') });
    expect(await send()).toMatchObject({ reason: 'provider-quota' });
    fake.wire.forNumber('+6281234567890', undefined);
    expect(await send()).toMatchObject({ kind: 'accepted' });
  });
});

describe('the state of the channel', () => {
  it.each<[WhapiState, DeviceState['state']]>([
    ['AUTH', 'connected'],
    ['QR', 'waiting-for-scan'],
    ['NOT_INIT', 'disconnected'],
    ['INIT', 'disconnected'],
    ['LAUNCH', 'disconnected'],
    ['ERROR', 'disconnected'],
    ['SYNC_ERROR', 'disconnected'],
  ])('%s is %s', async (word, expected) => {
    fake.state = word;
    expect(await deviceState()).toEqual({ state: expected, text: word });
    expect(fake.wire.calls[0]).toMatchObject({ method: 'GET', path: '/health' });
    // A channel that sleeps is asked, not woken up.
    expect(fake.wire.calls[0]?.query.get('wakeup')).toBe('false');
    expect(surprises).toEqual([]);
  });

  it.each<[string, ApiScript, DeviceState]>([
    ['unauthorised', { status: 401, body: error('Unauthorized') }, { state: 'unreachable', text: 'HTTP 401' }],
    ['gone', { status: 502, body: '' }, { state: 'unreachable', text: 'HTTP 502' }],
    ['silent', { hang: true }, { state: 'unreachable', text: 'timeout' }],
    ['cut', { reset: true }, { state: 'unreachable', text: 'reset' }],
  ])('is read when %s', async (_, script, expected) => {
    expect(await deviceState(script, 300)).toEqual(expected);
    expect(surprises).toEqual([]);
  });

  it.each<[string, ApiScript, DeviceState]>([
    ['HTML', { body: '<html></html>' }, { state: 'unreachable', text: 'bad-body' }],
    ['no word', { body: { status: { code: 4 } } }, { state: 'unreachable', text: 'bad-body' }],
    ['a new word', { body: { status: { text: 'SLEEPING' } } }, { state: 'disconnected', text: 'SLEEPING' }],
    [
      'a word of the language',
      { body: { status: { text: 'constructor' } } },
      { state: 'disconnected', text: 'constructor' },
    ],
  ])('is read and reported: %s', async (_, script, expected) => {
    expect(await deviceState(script)).toEqual(expected);
    expect(surprises).toMatchObject([{ provider: 'whapi', call: 'health', httpStatus: 200 }]);
  });
});

describe('the webhook', () => {
  let receiver: HookReceiver;
  const SECRET = 'a-secret-for-the-hook';

  beforeEach(async () => {
    receiver = await startHookReceiver();
    const webhooks = [{ url: receiver.url, mode: 'body', headers: { 'X-Hook-Secret': SECRET } }];
    await fetch(`${fake.url}/settings`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${fake.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ webhooks }),
    });
  });
  afterEach(() => receiver.close());

  const received = (): IncomingBatch[] => receiver.calls.map(({ raw }) => readWhapiWebhook(JSON.parse(raw.toString())));

  it('brings a message', async () => {
    await fake.emitIncoming([{ id: '.jua-1', timestamp: 1_713_791_337, text: { body: 'LOGIN 7K2P' }, device_id: 12 }]);
    expect(received()).toEqual([
      {
        messages: [
          {
            provider: 'whapi',
            providerMessageId: '.jua-1',
            from: '+6281234567890',
            text: 'LOGIN 7K2P',
            kind: 'text',
            media: null,
            pushName: 'Budi',
            sentAt: new Date(1_713_791_337_000),
            fromMe: false,
            isGroup: false,
          },
        ],
        receipts: [],
        skipped: 0,
        skippedKeys: [],
      },
    ]);
    expect(isFromWhapi(receiver.calls[0]?.headers ?? {}, SECRET)).toBe(true);
  });

  it('brings the echo and the statuses of a send, in whatever order', async () => {
    for (const order of ['in-order', 'reversed', 'twice'] as const) {
      receiver.calls.length = 0;
      fake.receipts = order;
      const outcome = await send();
      await fake.settled();
      const [echo, ...statuses] = received();
      expect(echo?.messages).toMatchObject([{ fromMe: true, from: '+6289876543210', isGroup: false }]);
      const told = statuses.flatMap(({ receipts }) => receipts);
      const once = order === 'reversed' ? ['delivered', 'sent'] : ['sent', 'delivered'];
      expect(told.map(({ status }) => status)).toEqual(order === 'twice' ? once.flatMap((each) => [each, each]) : once);
      const id = outcome.kind === 'accepted' ? outcome.providerMessageId : null;
      expect(told.every(({ providerMessageId, at }) => providerMessageId === id && at !== null)).toBe(true);
      expect(statuses.every(({ skipped }) => skipped === 0)).toBe(true);
    }
  });

  it('comes again until it is taken', async () => {
    receiver.answers.push(500, 401);
    expect(await fake.emitIncoming()).toEqual([500, 401, 200]);
    expect(new Set(receiver.calls.map(({ raw }) => raw.toString())).size).toBe(1);
  });

  it.each<[string, Record<string, string>, boolean]>([
    ['the secret', { 'x-hook-secret': SECRET }, true],
    ['another secret', { 'x-hook-secret': 'another' }, false],
    ['the secret and more', { 'x-hook-secret': `${SECRET}x` }, false],
    ['a part of it', { 'x-hook-secret': SECRET.slice(0, -1) }, false],
    ['none', {}, false],
  ])('is checked: %s', async (_, headers, expected) => {
    await fake.emitIncoming([{}], { headers });
    expect(isFromWhapi(receiver.calls[0]?.headers ?? {}, SECRET)).toBe(expected);
  });

  it('is nobody’s when no secret is set', () => {
    expect(isFromWhapi({ 'x-hook-secret': '' }, '')).toBe(false);
    expect(isFromWhapi({ 'x-hook-secret': ['a', 'a'] }, 'a')).toBe(false);
  });
});

describe('reading the webhook', () => {
  const one = (message: object) => readWhapiWebhook({ messages: [message] });
  const from = '6281234567890';

  it('needs only a sender and a text', () => {
    const expected = {
      providerMessageId: null,
      from: '+62812345678',
      text: 'Halo',
      kind: 'text',
      sentAt: null,
      pushName: null,
    };
    expect(one({ from: '62812345678@s.whatsapp.net', text: { body: 'Halo' } }).messages).toMatchObject([expected]);
  });

  it.each<[string, object, object]>([
    [
      'a text with a link',
      { type: 'link_preview', link_preview: { body: 'see https://x.example', id: 'file-1' } },
      { kind: 'text', text: 'see https://x.example', media: null },
    ],
    [
      'a picture',
      {
        type: 'image',
        image: { id: 'jpeg-1', mime_type: 'image/jpeg', caption: 'Ini', link: 'https://s3.example/a.jpg' },
      },
      {
        kind: 'image',
        text: 'Ini',
        media: { id: 'jpeg-1', url: 'https://s3.example/a.jpg', mimeType: 'image/jpeg', fileName: null },
      },
    ],
    [
      'a document',
      { type: 'document', document: { id: 'pdf-1', mime_type: 'application/pdf', filename: 'a\u202Efdp.exe' } },
      { kind: 'document', text: null, media: { fileName: 'a fdp.exe' } },
    ],
    [
      'a voice note',
      { type: 'voice', voice: { id: 'ogg-1', mime_type: 'audio/ogg' } },
      { kind: 'audio', media: { id: 'ogg-1' } },
    ],
    ['a GIF', { type: 'gif', gif: { id: 'mp4-1' } }, { kind: 'video' }],
    ['a sticker', { type: 'sticker', sticker: { id: 'webp-1' } }, { kind: 'sticker' }],
    [
      'a pressed button',
      { type: 'reply', reply: { type: 'buttons_reply', buttons_reply: { id: 'ButtonsV3:yes', title: 'Ya' } } },
      { kind: 'reply', text: 'Ya', media: null },
    ],
    [
      'a chosen row',
      { type: 'reply', reply: { type: 'list_reply', list_reply: { id: 'ListV3:1', title: 'Info' } } },
      { kind: 'reply', text: 'Info' },
    ],
    [
      'a place',
      { type: 'location', location: { latitude: -2.5, longitude: 140.7 } },
      { kind: 'location', text: null, media: null },
    ],
    ['a contact', { type: 'contact', contact: { name: 'Ani' } }, { kind: 'contact', text: null }],
    ['a reaction', { type: 'action', action: { type: 'reaction', emoji: '👍' } }, { kind: 'other', text: null }],
    ['a type of the language', { type: 'constructor' }, { kind: 'other', text: null }],
    ['a type that is not a text', { type: { a: 1 }, text: { body: 'x' } }, { kind: 'text', text: 'x' }],
    ['an address that is not https', { type: 'image', image: { link: 'file:///etc/passwd' } }, { media: null }],
    ['a group', { chat_id: '120363025246125708@g.us', text: { body: 'x' } }, { isGroup: true }],
    ['a channel', { chat_id: '120363@newsletter', text: { body: 'x' } }, { isGroup: true }],
    ['a status', { chat_id: 'stories', text: { body: 'x' } }, { isGroup: true }],
    ['a chat of two', { chat_id: `${from}@s.whatsapp.net` }, { isGroup: false }],
    ['an echo', { from_me: true }, { fromMe: true }],
    ['a time in digits', { timestamp: '1713791337' }, { sentAt: new Date(1_713_791_337_000) }],
    ['a time that is not a number', { timestamp: 'soon' }, { sentAt: null }],
    ['an id with a line break', { id: 'a\nb' }, { providerMessageId: null }],
    ['a name with markup', { from_name: 'Ani\n\u202E*1*' }, { pushName: 'Ani *1*' }],
    ['a NUL', { text: { body: 'a\u0000b\ud83d' } }, { text: 'ab\ufffd' }],
  ])('understands %s', (_, message, expected) => {
    const { messages, skipped } = one({ from, ...message });
    expect(messages).toMatchObject([expected]);
    expect(skipped).toBe(0);
  });

  it('finds the sender of a chat of two in its name', () => {
    expect(one({ chat_id: `${from}@s.whatsapp.net`, from: '98765432101234@lid' }).messages).toMatchObject([
      { from: `+${from}` },
    ]);
    expect(one({ chat_id: '120363@g.us', from: '98765432101234@lid' })).toMatchObject({ messages: [], skipped: 1 });
    for (const hidden of [
      { from: '98765432101234@lid' },
      { chat_id: '98765432101234@lid' },
      // The digits of a hidden id are not a number, whatever they look like.
      { chat_id: '98765432101234@lid', from: '98765432101234' },
      { chat_id: '6281234567890@lid', from: '6281234567890' },
    ])
      expect(one(hidden).messages).toMatchObject([{ from: `id:${hidden.chat_id ?? hidden.from}` }]);
    expect(one({ from_me: true, chat_id: `${from}@s.whatsapp.net` })).toMatchObject({ messages: [], skipped: 1 });
  });

  it('skips odd elements, counts them, and keeps the others', () => {
    const batch = readWhapiWebhook({
      messages: [null, 7, 'x', [], { secret: { deep: 1 } }, { from, text: { body: 'Halo' } }, { from: 'Budi' }],
      statuses: [
        { id: 'a', status: 'sent' },
        { id: 'a' },
        { status: 'read' },
        { id: 'b', status: 'levitated' },
        { id: 'c', status: 'pending' },
      ],
    });
    expect(batch.messages).toHaveLength(1);
    expect(batch.receipts).toEqual([{ provider: 'whapi', providerMessageId: 'a', status: 'sent', at: null }]);
    expect(batch.skipped).toBe(9);
    expect(readWhapiWebhook({ messages: [{ secret: { deep: 1 } }] }).skippedKeys).toEqual(['secret', 'secret.deep']);
  });

  it.each([
    [null],
    [undefined],
    [7],
    ['x'],
    [[]],
    [{}],
    [{ messages: {} }],
    [{ messages: 'x', statuses: 1 }],
    [{ health: {} }],
  ])('is empty for %j', (body) => expect(readWhapiWebhook(body)).toMatchObject({ messages: [], receipts: [] }));

  it('is bounded', () => {
    const many = Array.from({ length: 30_000 }, () => ({ from, text: { body: 'x' } }));
    const { messages, skipped } = readWhapiWebhook({ messages: many });
    expect(messages.length).toBeLessThanOrEqual(2_000);
    expect(messages.length + skipped).toBe(30_000);
    expect(one({ from, text: { body: 'x'.repeat(1_000_000) } }).messages[0]?.text?.length).toBeLessThanOrEqual(65_536);
  });

  it('never throws, whatever comes', () => {
    const value = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom('text', 'reply', 'image', from, true, 1_713_791_337, '__proto__'),
    );
    const content = fc.dictionary(
      fc.constantFrom('body', 'id', 'link', 'buttons_reply', '__proto__', 'caption'),
      value,
    );
    const element = fc.dictionary(
      fc.constantFrom(
        'id',
        'type',
        'from',
        'chat_id',
        'text',
        'image',
        'reply',
        'status',
        'timestamp',
        'from_me',
        '__proto__',
        'from_name',
      ),
      fc.oneof(value, content),
    );
    const body = fc.oneof(
      fc.jsonValue(),
      fc.record({ messages: fc.array(element), statuses: fc.array(element) }),
      fc.anything(),
    );
    fc.assert(
      fc.property(body, (hostile) => {
        const { messages, receipts } = readWhapiWebhook(hostile);
        for (const message of messages) expect(message.from).toMatch(/^(?:\+[1-9]\d{6,14}|id:[\w.@]{5,140})$/);
        for (const receipt of receipts) expect(receipt.providerMessageId).toMatch(/^[\x21-\x7e]{1,200}$/);
      }),
      { numRuns: 500 },
    );
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type ApiScript } from '../../../../test/support/fake-api.js';
import { FakeWablas } from '../../../../test/support/fake-wablas.js';
import { startHookReceiver } from '../../../../test/support/hook-receiver.js';
import { codeMessage } from '../../../../test/support/outgoing.js';
import { callsOf, itCopesWithItsWire, type Subject } from '../../../../test/support/provider-calls.js';
import type { DeviceState, OutgoingMedia } from '../message-provider.js';
import { type ContractSurprise } from '../redaction.js';
import { WablasProvider, type WablasOptions } from './wablas.js';
import { readWablasWebhook } from './webhook.js';

let fake: FakeWablas;
let surprises: ContractSurprise[];

beforeEach(async () => {
  fake = await FakeWablas.start();
  surprises = [];
});

afterEach(() => fake.close());

function provider(changes: Partial<WablasOptions> = {}): WablasProvider {
  const { url: baseUrl, token, secretKey } = fake;
  const onSurprise = (surprise: ContractSurprise) => void surprises.push(surprise);
  return new WablasProvider({ baseUrl, token, secretKey, hasWebhook: true, onSurprise, ...changes });
}

const subject: Subject = {
  name: 'wablas',
  provider: () => provider(),
  fake: () => fake,
  restart: async () => {
    fake = await FakeWablas.start();
  },
  surprises: () => surprises,
  secrets: () => [fake.token, fake.secretKey],
};
const { send, deviceState } = callsOf(subject);

const refused = (message: unknown) => ({ status: false, message });
const ID = '5be46e84-650c-4ba1-a1a6-5647d358c43a';
const one = { id: ID, phone: '6281218xxxxxx', message: 'hello there', status: 'pending' };
const queued = (data: unknown) => ({ status: true, message: 'Message is pending and waiting to be processed', data });

describe('sending', () => {
  it('posts a form with the digits of the number and the text, past the queue', async () => {
    expect(await send()).toEqual({ kind: 'accepted', providerMessageId: fake.messages[0]?.id });
    expect(fake.wire.calls).toHaveLength(1);
    const [call] = fake.wire.calls;
    expect(call).toMatchObject({ method: 'POST', path: '/api/send-message' });
    expect(call?.headers).toMatchObject({
      authorization: `${fake.token}.${fake.secretKey}`,
      'content-type': 'application/x-www-form-urlencoded',
    });
    const fields = { phone: '6281234567890', message: codeMessage().text, flag: 'instant' };
    expect(Object.fromEntries(call?.form ?? [])).toEqual(fields);
    expect(fake.codeFor('081234567890')).toBe('012345');
    expect(surprises).toEqual([]);
  });

  it('shows the token alone where the device has no secret key', async () => {
    fake.wire.next({ body: queued({ messages: [one] }) });
    await provider({ secretKey: undefined }).send(codeMessage(), AbortSignal.timeout(5_000));
    expect(fake.wire.calls[0]?.headers.authorization).toBe(fake.token);
  });

  it.each<[string, Partial<OutgoingMedia>, Record<string, string>]>([
    ['a picture', { kind: 'image' }, { caption: 'Ini' }],
    ['a video without words', { kind: 'video', caption: null }, {}],
    ['a sound, which has none', { kind: 'audio' }, {}],
    ['a document', { kind: 'document', fileName: 'hasil.pdf' }, { caption: 'Ini' }],
    ['a document, by its name', { kind: 'document', caption: null, fileName: 'hasil.pdf' }, { caption: 'hasil.pdf' }],
  ])('posts %s by its address', async (_, media, expected) => {
    const url = 'https://berkas.example/a?b=c&d=%20';
    const file = { kind: 'image', url, caption: 'Ini', fileName: null, ...media } as const;
    expect(await send(undefined, 5_000, codeMessage({ media: file }))).toMatchObject({ kind: 'accepted' });
    expect(fake.wire.calls[0]?.path).toBe(`/api/send-${file.kind}`);
    const { phone, flag, ...rest } = Object.fromEntries(fake.wire.calls[0]?.form ?? []);
    expect([phone, flag]).toEqual(['6281234567890', 'instant']);
    expect(rest).toEqual({ [file.kind]: url, ...expected });
  });

  it('sends a text that ends in half a surrogate pair', async () => {
    await send(undefined, 5_000, codeMessage({ text: 'Halo \ud83d' }));
    expect(fake.messagesFor('081234567890')).toEqual(['Halo \ufffd']);
  });

  it.each<[string, unknown]>([
    ['a list of messages', { messages: [one] }],
    ['a list under the other name', { device_id: 'A5DOYJ', quota: 97, message: [one] }],
    ['one message', { messages: one }],
    ['an answer of several senders', [{ device_id: 'A5DOYJ', quota: 'unlimited', messages: one }, { message: {} }]],
  ])('finds the id in %s', async (_, data) => {
    expect(await send({ body: queued(data) })).toEqual({ kind: 'accepted', providerMessageId: ID });
    expect(surprises).toEqual([]);
  });

  const away = 'device disconnected, need to scan qr code again';

  it.each<[string, ApiScript, object]>([
    [
      'a device that is away',
      { status: 500, body: refused(away) },
      { reason: 'provider-disconnected', providerText: away },
    ],
    ['the same with 200', { body: refused(away) }, { reason: 'provider-disconnected' }],
    [
      'a wrong token or server',
      { status: 400, body: refused('token invalid or device expired') },
      { reason: 'provider-auth' },
    ],
    [
      'the same with 500',
      { status: 500, body: refused('token invalid or device expired') },
      { reason: 'provider-auth' },
    ],
    ['a missing secret key', { status: 400, body: refused('need secret key') }, { reason: 'provider-auth' }],
    ['a spent quota', { body: refused('your quota is over') }, { reason: 'provider-quota' }],
    ['a wrong field', { status: 400, body: refused('param invalid') }, { reason: 'content' }],
    ['other words', { body: refused('something new') }, { reason: 'unclassified', providerText: 'something new' }],
    ['no words', { body: { status: false } }, { reason: 'unclassified' }],
    ['words that are none', { body: refused([]) }, { reason: 'unclassified' }],
    ['401', { status: 401, body: '' }, { reason: 'provider-auth' }],
    ['404 of a server that is none', { status: 404, body: '<html></html>' }, { reason: 'provider-auth' }],
    ['429', { status: 429, body: '' }, { reason: 'rate-limited-account' }],
    [
      '500 with other words',
      { status: 500, body: refused('oops') },
      { reason: 'provider-unavailable', providerText: 'oops' },
    ],
    ['502', { status: 502, body: '<html>Bad Gateway</html>' }, { reason: 'provider-unavailable' }],
  ])('understands a refusal: %s', async (_, script, expected) => {
    expect(await send(script)).toMatchObject({ kind: 'rejected', httpStatus: script.status ?? 200, ...expected });
    expect(surprises).toEqual([]);
  });

  it.each<[string, ApiScript, object, string[]]>([
    [
      'success without an id',
      { body: queued({}) },
      { kind: 'accepted', providerMessageId: null },
      ['status', 'message', 'data'],
    ],
    [
      '"true"',
      { body: { status: 'true', data: { messages: [one] } } },
      { providerMessageId: ID },
      ['status', 'data', 'data.messages'],
    ],
    [
      '"false"',
      { body: { status: 'false', message: away } },
      { reason: 'provider-disconnected' },
      ['status', 'message'],
    ],
    [
      'a failure that claims success',
      { status: 500, body: { status: true } },
      { kind: 'unknown', cause: 'bad-body' },
      ['status'],
    ],
    [
      '400 with other words',
      { status: 400, body: refused('teapot') },
      { reason: 'unclassified' },
      ['status', 'message'],
    ],
    [
      'a redirect',
      { status: 302, body: '', headers: { location: '/elsewhere' } },
      { reason: 'provider-unavailable' },
      [],
    ],
  ])('survives and reports %s', async (_, script, expected, keys) => {
    expect(await send(script)).toMatchObject(expected);
    expect(surprises).toEqual([{ provider: 'wablas', call: 'send', keys, httpStatus: script.status ?? 200 }]);
    expect(fake.wire.calls).toHaveLength(1);
  });

  itCopesWithItsWire(subject, { status: 429, body: '' });

  it("keeps secrets out of the provider's words", async () => {
    const words = `${fake.token}.${fake.secretKey} or ${fake.secretKey}, to 6281234567890: ${codeMessage().text}`;
    expect(await send({ body: refused(words) })).toMatchObject({ providerText: '… or …, to …: …' });
  });

  it('goes wrong as the fake does', async () => {
    const outcomeOf = (by: WablasProvider, to = '+6281234567890') =>
      by.send(codeMessage({ to }), AbortSignal.timeout(5_000));
    fake.connected = false;
    expect(await send()).toMatchObject({ reason: 'provider-disconnected', httpStatus: 500 });
    fake.connected = true;
    expect(await outcomeOf(provider({ token: 'another' }))).toMatchObject({ reason: 'provider-auth' });
    expect(await outcomeOf(provider({ secretKey: undefined }))).toMatchObject({ reason: 'provider-auth' });
    expect(await outcomeOf(provider(), '+62')).toMatchObject({ reason: 'content' });
    expect(fake.messages).toEqual([]);
  });
});

describe('the state of the device', () => {
  it('is asked for by its token alone', async () => {
    expect(await deviceState()).toEqual({ state: 'connected', text: 'connected' });
    fake.connected = false;
    expect(await deviceState()).toEqual({ state: 'disconnected', text: 'disconnected' });
    const [call] = fake.wire.calls;
    expect(call).toMatchObject({ method: 'GET', path: '/api/device/info' });
    expect([...(call?.query ?? [])]).toEqual([['token', fake.token]]);
    expect(surprises).toEqual([]);
  });

  it.each<[string, ApiScript, DeviceState]>([
    [
      'the token is wrong',
      { status: 400, body: refused('token invalid or device expired') },
      { state: 'disconnected', text: 'token invalid or device expired' },
    ],
    ['it is gone', { status: 502, body: '' }, { state: 'unreachable', text: 'HTTP 502' }],
    ['it is silent', { hang: true }, { state: 'unreachable', text: 'timeout' }],
    ['it is cut', { reset: true }, { state: 'unreachable', text: 'reset' }],
  ])('is read when %s', async (_, script, expected) => {
    expect(await deviceState(script, 300)).toEqual(expected);
    expect(surprises).toEqual([]);
  });

  it.each<[string, ApiScript, DeviceState]>([
    ['HTML', { body: '<html></html>' }, { state: 'unreachable', text: 'bad-body' }],
    ['no word', { body: { status: true, data: [] } }, { state: 'unreachable', text: 'bad-body' }],
    ['a new word', { body: { status: true, data: { status: 'pairing' } } }, { state: 'disconnected', text: 'pairing' }],
  ])('is read and reported: %s', async (_, script, expected) => {
    expect(await deviceState(script)).toEqual(expected);
    expect(surprises).toMatchObject([{ provider: 'wablas', call: 'device', httpStatus: 200 }]);
  });
});

describe('reading the webhook', () => {
  const phone = '6281234567890';
  const whole = { id: '809DE6896F', phone, messageType: 'text', message: 'Halo', sender: '6289876543210' };

  it('brings what the fake posts', async () => {
    const receiver = await startHookReceiver();
    fake.hook = receiver.url;
    await fake.emitIncoming({ id: '809DE6896F', message: 'LOGIN 7K2P', timestamp: '2021-03-31T02:15:45Z' });
    await fake.emitReports([{ id: ID, status: 'delivered' }]);
    await receiver.close();
    const batches = receiver.calls.map(({ raw }) => readWablasWebhook(JSON.parse(raw.toString())));
    expect(batches[0]).toEqual({
      messages: [
        {
          provider: 'wablas',
          providerMessageId: '809DE6896F',
          from: `+${phone}`,
          text: 'LOGIN 7K2P',
          kind: 'text',
          media: null,
          pushName: 'Budi',
          sentAt: new Date('2021-03-31T02:15:45Z'),
          fromMe: false,
          isGroup: false,
        },
      ],
      receipts: [],
      skipped: 0,
      skippedKeys: [],
    });
    expect(batches[1]?.receipts).toEqual([
      { provider: 'wablas', providerMessageId: ID, status: 'delivered', at: null },
    ]);
  });

  it.each<[string, object, object]>([
    ['a number as a number', { phone: 6281234567890 }, { from: `+${phone}` }],
    ['a national number', { phone: '081234567890' }, { from: `+${phone}` }],
    [
      'a group',
      { phone: '120363064449269999', isGroup: true, group: { sender: phone } },
      { from: `+${phone}`, isGroup: true },
    ],
    ['an echo', { isFromMe: true }, { fromMe: true }],
    ['an echo by its number', { phone: '6289876543210', sender: 6289876543210 }, { fromMe: true }],
    [
      'a picture',
      {
        messageType: 'image',
        message: 'Ini',
        url: 'https://solo.wablas.com/a.jpeg',
        file: 'a.jpeg',
        mimeType: 'image/jpeg',
      },
      {
        kind: 'image',
        text: 'Ini',
        media: { id: null, url: 'https://solo.wablas.com/a.jpeg', mimeType: 'image/jpeg', fileName: 'a.jpeg' },
      },
    ],
    ['a file at no address', { messageType: 'document', url: 'file:///etc/passwd' }, { kind: 'document', media: null }],
    ['a text with a file', { url: 'https://solo.wablas.com/a' }, { kind: 'other' }],
    ['a new type', { messageType: 'constructor' }, { kind: 'other' }],
    ['no type', { messageType: undefined }, { kind: 'other', text: 'Halo' }],
    [
      'nine digits of a second',
      { timestamp: '2024-01-22T04:56:02.41114184Z' },
      { sentAt: new Date('2024-01-22T04:56:02Z') },
    ],
    ['seconds', { timestamp: 1_763_600_000 }, { sentAt: new Date(1_763_600_000_000) }],
    ['a time that is none', { timestamp: '2024-13-99T99:99:99Z' }, { sentAt: null }],
    ['a hidden number', { phone: '98765432101234@lid' }, { from: 'id:98765432101234@lid' }],
  ])('understands %s', (_, body, wanted) => {
    expect(readWablasWebhook({ ...whole, ...body })).toMatchObject({ messages: [wanted], receipts: [], skipped: 0 });
  });

  it.each<[string, unknown, object[]]>([
    ['that it was sent', { id: ID, status: 'sent' }, [{ status: 'sent' }]],
    ['that it arrived', { id: ID, status: 'received' }, [{ status: 'delivered' }]],
    ['that it was read', { id: ID, status: 'Read', phone }, [{ status: 'read' }]],
    ['that it waits', { id: ID, status: 'pending' }, []],
    ['that it was given up', { id: ID, status: 'cancel' }, [{ status: 'failed', reason: 'unclassified' }]],
    [
      'that the device was away',
      { id: ID, status: 'reject', note: 'whatsapp sender not connected, need scan qr code again' },
      [{ status: 'failed', reason: 'provider-disconnected' }],
    ],
    [
      'two at once',
      [
        { id: ID, status: 'sent' },
        { id: 'b', status: 'rejected' },
      ],
      [{ status: 'sent' }, { status: 'failed' }],
    ],
    [
      "the device's own state",
      { deviceId: 'LJH8UM', deviceName: 'masuk', status: 'connected', note: 'ready to use' },
      [],
    ],
  ])('reads a report: %s', (_, body, receipts) => {
    expect(readWablasWebhook(body)).toMatchObject({ messages: [], receipts, skipped: 0 });
  });

  it.each<[string, unknown]>([
    ['nothing', null],
    ['a text', 'x'],
    ['an empty object', {}],
    ['a word for a sender', { ...whole, phone: 'Budi' }],
    ['an unknown word', { id: ID, status: 'levitated' }],
    ['a report of nothing', { status: 'sent' }],
    ['an id with a line break', { id: 'a\nb', status: 'sent' }],
  ])('counts %s as unread', (_, body) => {
    expect(readWablasWebhook(body)).toMatchObject({ messages: [], receipts: [], skipped: 1 });
  });

  it('never throws, whatever comes, and is bounded', () => {
    const value = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom(phone, 'sent', 'text', true, '__proto__'));
    const key = fc.constantFrom(
      ...['id', 'phone', 'sender', 'group', 'isGroup', 'isFromMe', 'message', 'messageType', 'url', 'file'],
      ...['status', 'note', 'timestamp', 'deviceName', '__proto__'],
    );
    const element = fc.dictionary(key, value);
    fc.assert(
      fc.property(fc.oneof(element, fc.array(element), fc.anything({ maxDepth: 3 })), (hostile) => {
        const { messages, receipts } = readWablasWebhook(hostile);
        for (const message of messages) expect(message.from).toMatch(/^(?:\+[1-9]\d{6,14}|id:[\w.@]{5,140})$/);
        for (const receipt of receipts) expect(receipt.providerMessageId).toMatch(/^[\x21-\x7e]{1,200}$/);
      }),
      { numRuns: 500 },
    );
    const many = readWablasWebhook(Array.from({ length: 30_000 }, () => whole));
    expect(many.messages.length).toBeLessThanOrEqual(2_000);
    expect(many.messages.length + many.skipped).toBe(30_000);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type ApiScript } from '../../../../test/support/fake-api.js';
import { FakeFonnte } from '../../../../test/support/fake-fonnte.js';
import { startHookReceiver } from '../../../../test/support/hook-receiver.js';
import { codeMessage } from '../../../../test/support/outgoing.js';
import { callsOf, itCopesWithItsWire, type Subject } from '../../../../test/support/provider-calls.js';
import type { DeviceState, OutgoingMedia } from '../message-provider.js';
import { type ContractSurprise } from '../redaction.js';
import { FonnteProvider } from './fonnte.js';
import { readFonnteWebhook } from './webhook.js';

let fake: FakeFonnte;
let surprises: ContractSurprise[];

beforeEach(async () => {
  fake = await FakeFonnte.start();
  surprises = [];
});

afterEach(() => fake.close());

function provider(baseUrl = fake.url, token = fake.token): FonnteProvider {
  return new FonnteProvider({ baseUrl, token, hasWebhook: true, onSurprise: (surprise) => surprises.push(surprise) });
}

const subject: Subject = {
  name: 'fonnte',
  provider: () => provider(),
  fake: () => fake,
  restart: async () => {
    fake = await FakeFonnte.start();
  },
  surprises: () => surprises,
  secrets: () => [fake.token],
};
const { send, deviceState } = callsOf(subject);

const refused = (reason: unknown) => ({ reason, requestid: 1, status: false });
const queued = { detail: 'success! message in queue', id: ['7'], process: 'pending', status: true };

describe('sending', () => {
  it('posts a form with the digits of the number and the text, and nothing that would change either', async () => {
    expect(await send()).toEqual({ kind: 'accepted', providerMessageId: '80367170' });
    expect(fake.wire.calls).toHaveLength(1);
    const [call] = fake.wire.calls;
    expect(call).toMatchObject({ method: 'POST', path: '/send' });
    expect(call?.headers).toMatchObject({
      authorization: fake.token,
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect(Object.fromEntries(call?.form ?? [])).toEqual({
      target: '6281234567890',
      message: codeMessage().text,
      countryCode: '0',
      connectOnly: 'true',
      preview: 'false',
    });
    expect(fake.codeFor('081234567890')).toBe('012345');
    expect(surprises).toEqual([]);
  });

  it.each<[string, Partial<OutgoingMedia>, Record<string, string>]>([
    ['a picture', { kind: 'image' }, { message: 'Ini' }],
    ['a video', { kind: 'video', caption: null }, {}],
    ['a sound, without words', { kind: 'audio' }, {}],
    [
      'a document, with its name',
      { kind: 'document', fileName: 'hasil.pdf' },
      { message: 'Ini', filename: 'hasil.pdf' },
    ],
  ])('posts %s by its address', async (_, media, expected) => {
    const url = 'https://berkas.example/a?b=c&d=%20';
    const file = { kind: 'image', url, caption: 'Ini', fileName: null, ...media } as const;
    expect(await send(undefined, 5_000, codeMessage({ media: file }))).toMatchObject({ kind: 'accepted' });
    const { target, countryCode, connectOnly, preview, ...rest } = Object.fromEntries(fake.wire.calls[0]?.form ?? []);
    expect([target, countryCode, connectOnly, preview]).toEqual(['6281234567890', '0', 'true', 'false']);
    expect(rest).toEqual({ url, ...expected });
  });

  it('sends a text that ends in half a surrogate pair', async () => {
    await send(undefined, 5_000, codeMessage({ text: 'Halo \ud83d' }));
    expect(fake.messagesFor('081234567890')).toEqual(['Halo \ufffd']);
  });

  it.each<[string, ApiScript, object]>([
    ['an id that is a number', { body: { ...queued, id: [80367170] } }, { providerMessageId: '80367170' }],
    ['an id that is in no list', { body: { ...queued, id: '7' } }, { providerMessageId: '7' }],
    ['keys in another case', { body: { Status: true, Id: ['7'] } }, { providerMessageId: '7' }],
    ['a page that is JSON', { body: JSON.stringify(queued) }, { providerMessageId: '7' }],
  ])('understands success with %s', async (_, script, expected) => {
    expect(await send(script)).toEqual({ kind: 'accepted', ...expected });
    expect(surprises).toEqual([]);
  });

  it.each<[string, ApiScript, object]>([
    ['a bad token', { body: refused('token invalid') }, { reason: 'provider-auth', providerText: 'token invalid' }],
    ['the same, in capitals', { body: { Status: false, reason: 'token invalid' } }, { reason: 'provider-auth' }],
    [
      'a device that is away',
      { body: refused('request invalid on disconnected device') },
      { reason: 'provider-disconnected' },
    ],
    ['a spent quota', { body: refused('insufficient quota') }, { reason: 'provider-quota' }],
    ['a number that is not valid', { body: refused('target invalid') }, { reason: 'recipient-invalid' }],
    ['an empty form', { body: refused('invalid/empty body value') }, { reason: 'content' }],
    ['a missing text', { body: refused('input invalid') }, { reason: 'content' }],
    ['a file that cannot be fetched', { body: refused('url unreachable') }, { reason: 'content' }],
    ['a file that is too big', { body: refused('file size must under 4MB') }, { reason: 'content' }],
    ['a kind of file that it does not send', { body: refused('file format not supported') }, { reason: 'content' }],
    ['other words', { body: refused('something new') }, { reason: 'unclassified', providerText: 'something new' }],
    ['no words', { body: { status: false } }, { reason: 'unclassified' }],
    ['words that are none', { body: refused({ token: 'invalid' }) }, { reason: 'unclassified' }],
    ['401', { status: 401, body: '' }, { reason: 'provider-auth' }],
    ['words before the status', { status: 500, body: refused('insufficient quota') }, { reason: 'provider-quota' }],
    ['502', { status: 502, body: '<html>Bad Gateway</html>' }, { reason: 'provider-unavailable' }],
    ['429', { status: 429, body: '' }, { reason: 'rate-limited-account' }],
  ])('understands a refusal: %s', async (_, script, expected) => {
    expect(await send(script)).toMatchObject({ kind: 'rejected', httpStatus: script.status ?? 200, ...expected });
    expect(surprises).toEqual([]);
  });

  const refusedKeys = ['reason', 'requestid', 'status'];

  it.each<[string, ApiScript, object, string[]]>([
    ['success without an id', { body: { status: true } }, { kind: 'accepted', providerMessageId: null }, ['status']],
    ['an id that is none', { body: { status: true, id: [{}] } }, { providerMessageId: null }, ['status', 'id']],
    ['"true"', { body: { status: 'true', id: ['7'] } }, { kind: 'accepted', providerMessageId: '7' }, ['status', 'id']],
    [
      '"false"',
      { body: { status: 'false', reason: 'token invalid' } },
      { reason: 'provider-auth' },
      ['status', 'reason'],
    ],
    [
      'a failure that claims success',
      { status: 500, body: queued },
      { kind: 'unknown', cause: 'bad-body' },
      Object.keys(queued),
    ],
    ['418', { status: 418, body: refused('teapot') }, { reason: 'unclassified' }, refusedKeys],
    [
      'a redirect',
      { status: 302, body: '', headers: { location: '/elsewhere' } },
      { reason: 'provider-unavailable' },
      [],
    ],
  ])('survives and reports %s', async (_, script, expected, keys) => {
    expect(await send(script)).toMatchObject(expected);
    expect(surprises).toEqual([{ provider: 'fonnte', call: 'send', keys, httpStatus: script.status ?? 200 }]);
    expect(fake.wire.calls).toHaveLength(1);
  });

  itCopesWithItsWire(subject, { status: 429, body: '' });

  it("keeps secrets out of the provider's words", async () => {
    const words = `token ${fake.token}, to 6281234567890: ${codeMessage().text}`;
    expect(await send({ body: refused(words) })).toMatchObject({ providerText: 'token …, to …: …' });
  });

  it('goes wrong as the fake does', async () => {
    const to = (number: string) => provider().send(codeMessage({ to: number }), AbortSignal.timeout(5_000));
    fake.connected = false;
    expect(await send()).toMatchObject({ reason: 'provider-disconnected' });
    fake.connected = true;
    expect(await to('+62')).toMatchObject({ reason: 'recipient-invalid' });
    fake.quota = 0;
    expect(await send()).toMatchObject({ reason: 'provider-quota' });
    const other = await provider(fake.url, 'another').send(codeMessage(), AbortSignal.timeout(5_000));
    expect(other).toMatchObject({ reason: 'provider-auth' });
    expect(fake.messages).toEqual([]);
  });
});

describe('the state of the device', () => {
  it('is in its profile', async () => {
    expect(await deviceState()).toEqual({ state: 'connected', text: 'connect' });
    fake.connected = false;
    expect(await deviceState()).toEqual({ state: 'disconnected', text: 'disconnect' });
    expect(fake.wire.calls[0]).toMatchObject({ method: 'POST', path: '/device' });
    expect(fake.wire.calls[0]?.headers.authorization).toBe(fake.token);
    expect(surprises).toEqual([]);
  });

  it.each<[string, ApiScript, DeviceState]>([
    ['the token is wrong', { body: refused('token invalid') }, { state: 'disconnected', text: 'token invalid' }],
    ['it is gone', { status: 502, body: '' }, { state: 'unreachable', text: 'HTTP 502' }],
    ['it is silent', { hang: true }, { state: 'unreachable', text: 'timeout' }],
    ['it is cut', { reset: true }, { state: 'unreachable', text: 'reset' }],
  ])('is read when %s', async (_, script, expected) => {
    expect(await deviceState(script, 300)).toEqual(expected);
    expect(surprises).toEqual([]);
  });

  it.each<[string, ApiScript, DeviceState]>([
    ['HTML', { body: '<html></html>' }, { state: 'unreachable', text: 'bad-body' }],
    ['no word', { body: { status: true } }, { state: 'unreachable', text: 'bad-body' }],
    ['a new word', { body: { status: true, device_status: 'pairing' } }, { state: 'disconnected', text: 'pairing' }],
  ])('is read and reported: %s', async (_, script, expected) => {
    expect(await deviceState(script)).toEqual(expected);
    expect(surprises).toMatchObject([{ provider: 'fonnte', call: 'device', httpStatus: 200 }]);
  });
});

describe('reading the webhook', () => {
  const from = '6281234567890';
  const one = (body: object) => readFonnteWebhook(body);

  it('brings what the fake posts', async () => {
    const receiver = await startHookReceiver();
    fake.hook = receiver.url;
    await fake.emitIncoming({ message: 'LOGIN 7K2P', timestamp: 1_763_600_000 });
    await fake.emitReports([{ id: '80367170', stateid: 'ABC', status: 'sent', state: 'sent' }]);
    await receiver.close();
    const [message, report] = receiver.calls.map(({ raw }) => readFonnteWebhook(JSON.parse(raw.toString())));
    expect(message).toEqual({
      messages: [
        {
          provider: 'fonnte',
          providerMessageId: null,
          from: `+${from}`,
          text: 'LOGIN 7K2P',
          kind: 'text',
          media: null,
          pushName: 'Budi',
          sentAt: new Date(1_763_600_000_000),
          fromMe: false,
          isGroup: false,
        },
      ],
      receipts: [],
      skipped: 0,
      skippedKeys: [],
    });
    expect(report?.receipts.map(({ providerMessageId, status }) => [providerMessageId, status])).toEqual([
      ['80367170', 'sent'],
      ['80367170', 'sent'],
    ]);
  });

  it.each<[string, object, object]>([
    ['keys in capitals', { Sender: from, Message: 'x' }, { from: `+${from}`, text: 'x' }],
    ['a national number', { sender: '081234567890' }, { from: `+${from}`, text: null, kind: 'other' }],
    ['a number as a number', { sender: 6281234567890 }, { from: `+${from}` }],
    ['a group', { sender: '120363025246125708@g.us', member: from, message: 'x' }, { from: `+${from}`, isGroup: true }],
    ['an echo', { sender: from, device: '081234567890' }, { fromMe: true }],
    ['a place', { sender: from, location: '-2.5,140.7' }, { kind: 'location' }],
    [
      'a file',
      {
        sender: from,
        message: 'Ini',
        url: 'https://files.example/a.pdf',
        filename: 'a\u202Efdp.exe',
        extension: 'pdf',
      },
      {
        kind: 'other',
        text: 'Ini',
        media: { id: null, url: 'https://files.example/a.pdf', mimeType: null, fileName: 'a fdp.exe' },
      },
    ],
    ['a file at no address', { sender: from, url: 'file:///etc/passwd', message: 'x' }, { media: null, kind: 'text' }],
    ['a time in digits', { sender: from, timestamp: '1763600000' }, { sentAt: new Date(1_763_600_000_000) }],
    ['a hidden number', { sender: '98765432101234@lid' }, { from: 'id:98765432101234@lid' }],
    ['an id of the inbox', { sender: from, inboxid: 0 }, { providerMessageId: null }],
  ])('understands %s', (_, body, wanted) => {
    expect(one(body)).toMatchObject({ messages: [wanted], receipts: [], skipped: 0 });
  });

  it.each<[string, object, object[]]>([
    ['a number for an id', { id: 80367170, status: 'sent' }, [{ providerMessageId: '80367170', status: 'sent' }]],
    ['a list of ids', { id: ['7'], status: 'Sent' }, [{ providerMessageId: '7', status: 'sent' }]],
    [
      'a message that arrived',
      { id: '7', status: 'sent', state: 'delivered' },
      [{ status: 'sent' }, { status: 'delivered' }],
    ],
    ['one that was read', { id: '7', state: 'read' }, [{ status: 'read' }]],
    ['the same in the other field', { id: '7', status: 'read' }, [{ status: 'read' }]],
    ['a wrong number', { id: '7', status: 'invalid' }, [{ status: 'failed', reason: 'recipient-invalid' }]],
    ['one that was given up', { id: '7', status: 'expired' }, [{ status: 'failed', reason: 'provider-disconnected' }]],
    ['one that failed', { id: '7', status: 'failed' }, [{ status: 'failed', reason: 'unclassified' }]],
    ['a file that is gone', { id: '7', status: 'url unreachable' }, [{ status: 'failed', reason: 'content' }]],
    ['one that waits', { id: '7', status: 'pending' }, []],
    ['a state of an id that no send told', { device: from, stateid: 'ABC', state: 'delivered' }, []],
    [
      "the device's own state",
      { device: from, status: 'disconnect', reason: 'logged out', timestamp: 1_763_600_000 },
      [],
    ],
  ])('reads a report: %s', (_, body, receipts) => {
    expect(one(body)).toMatchObject({ messages: [], receipts, skipped: 0 });
  });

  it.each<[string, unknown]>([
    ['nothing', null],
    ['a list', [{ sender: from }]],
    ['an empty object', {}],
    ['a word for a sender', { sender: 'Budi' }],
    ['a list of senders', { sender: [from] }],
    ['an unknown word', { id: '7', status: 'levitated' }],
    ['a status of nothing', { status: 'sent' }],
    ['an id with a line break', { id: 'a\nb', status: 'sent' }],
  ])('counts %s as unread', (_, body) => {
    expect(readFonnteWebhook(body)).toMatchObject({ messages: [], receipts: [], skipped: 1 });
  });

  it('never throws, whatever comes', () => {
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom(from, 'sent', 'delivered', '1763600000', '__proto__'),
    );
    const key = fc.constantFrom(
      ...['sender', 'member', 'device', 'message', 'url', 'filename', 'name', 'location', 'timestamp'],
      ...['id', 'stateid', 'status', 'state', 'Sender', '__proto__'],
    );
    fc.assert(
      fc.property(fc.oneof(fc.dictionary(key, value), fc.anything({ maxDepth: 3 })), (hostile) => {
        const { messages, receipts, skipped } = readFonnteWebhook(hostile);
        expect(messages.length + skipped).toBeLessThanOrEqual(1);
        for (const message of messages) expect(message.from).toMatch(/^(?:\+[1-9]\d{6,14}|id:[\w.@]{5,140})$/);
        for (const receipt of receipts) expect(receipt.providerMessageId).toMatch(/^[\x21-\x7e]{1,200}$/);
      }),
      { numRuns: 500 },
    );
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

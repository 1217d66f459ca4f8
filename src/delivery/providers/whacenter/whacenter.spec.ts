import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer, type AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import fc from 'fast-check';
import * as Fake from '../../../../test/support/fake-whacenter.js';
import { startHookReceiver, type HookReceiver } from '../../../../test/support/hook-receiver.js';
import { codeMessage } from '../../../../test/support/outgoing.js';
import { expectWait, RETRY_AFTER } from '../../../../test/support/wire-troubles.js';
import type { DeviceState, SendOutcome } from '../message-provider.js';
import { type ContractSurprise } from '../redaction.js';
import { WhacenterProvider } from './whacenter.js';
import { readWhacenterWebhook } from './webhook.js';

const TO = '+6281234567890';
const TEXT = 'Halo Budi & Söhne 👋,\n\nKode OTP:\n\n*012345*\n\n100% + rahasia = ya?';

type Script = Fake.WhacenterScript;

let fake: Fake.FakeWhacenter;
let surprises: ContractSurprise[];

beforeEach(async () => {
  fake = await Fake.startFakeWhacenter();
  surprises = [];
});

afterEach(() => fake.close());

function provider(baseUrl = fake.url, deviceId = fake.deviceId): WhacenterProvider {
  return new WhacenterProvider({ baseUrl, deviceId, onSurprise: (surprise) => surprises.push(surprise) });
}

/** Whatever comes out, it may not hold the device id. */
function discreet<T>(outcome: T): T {
  expect(JSON.stringify([outcome, surprises])).not.toContain(fake.deviceId);
  return outcome;
}

async function send(script?: Script, waitMs = 5_000, text = TEXT): Promise<SendOutcome> {
  if (script) fake.next(script);
  return discreet(await provider().send(codeMessage({ text }), AbortSignal.timeout(waitMs)));
}

async function deviceState(script?: Script, waitMs = 5_000): Promise<DeviceState> {
  if (script) fake.next({ path: '/api/statusDevice', ...script });
  return discreet(await provider().deviceState(AbortSignal.timeout(waitMs)));
}

describe('sending', () => {
  it('posts a form with the device, the digits of the number and the text', async () => {
    expect(await send()).toEqual({ kind: 'accepted', providerMessageId: '110864596' });
    expect(fake.calls).toHaveLength(1);
    expect(fake.calls[0]).toMatchObject({
      method: 'POST',
      path: '/api/send',
      fields: { device_id: fake.deviceId, number: '6281234567890', message: TEXT },
    });
    expect(fake.calls[0]?.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(fake.codeFor('081234567890')).toBe('012345');
    expect(surprises).toEqual([]);
  });

  it('keeps the connection for the next message', async () => {
    const whacenter = provider(`${fake.url}/`);
    const ports = new Set<number | undefined>();
    for (let nth = 0; nth < 3; nth += 1) {
      await whacenter.send(codeMessage({ text: TEXT }), AbortSignal.timeout(5_000));
      ports.add(fake.calls.at(-1)?.clientPort);
    }
    expect(fake.messagesFor(TO)).toHaveLength(3);
    expect(ports.size).toBe(1);
  });

  it('sends a text that ends in half a surrogate pair', async () => {
    expect(await send(undefined, 5_000, 'Halo \ud83d')).toMatchObject({ kind: 'accepted' });
    expect(fake.messagesFor(TO)).toEqual(['Halo \ufffd']);
  });

  const refused = (message: unknown) => ({ status: false, message, data: [] });
  const whole = ['status', 'message', 'data'];
  const auth = { kind: 'rejected', reason: 'provider-auth' };
  const unavailable = { kind: 'rejected', reason: 'provider-unavailable' };
  const disconnected = { kind: 'rejected', reason: 'provider-disconnected', httpStatus: 200 };
  const unclassified = { kind: 'rejected', reason: 'unclassified', httpStatus: 200 };
  const badBody = { kind: 'unknown', cause: 'bad-body' };

  it.each<[string, Script, unknown]>([
    ['success', { body: { status: true, message: 'message sent', data: { id: 7 } } }, { id: '7' }],
    ['an id as text', { body: { status: true, data: { id: 'wa_7' } } }, { id: 'wa_7' }],
    ['capital keys', { body: { Status: true, Message: 'ok', Data: { message_id: 8 } } }, { id: '8' }],
    ['application/json', { body: { status: true, data: { id: 9 } }, contentType: 'application/json' }, { id: '9' }],
    ['201', { status: 201, body: { status: true, data: { id: 9 } } }, { id: '9' }],
    ['an unlinked device', { body: refused('device not connected or not found') }, disconnected],
    ['a disconnected device', { body: refused('Device Disconnected!') }, disconnected],
    ['capital keys, refused', { body: { Status: false, Message: 'Not Connected', Data: [] } }, disconnected],
    ['another refusal', { body: refused('quota is over') }, { ...unclassified, providerText: 'quota is over' }],
    ['a refusal without words', { body: { status: false } }, unclassified],
    ['a refusal with odd words', { body: refused({ not: 'connected' }) }, unclassified],
    ['401', { status: 401, body: refused('no') }, { ...auth, httpStatus: 401, providerText: 'no' }],
    ['403', { status: 403, body: '<h1>Forbidden</h1>' }, { ...auth, httpStatus: 403 }],
    ['404', { status: 404, body: refused('device not found') }, { ...auth, httpStatus: 404 }],
    ['500', { status: 500, body: refused('oops') }, { ...unavailable, httpStatus: 500, providerText: 'oops' }],
    ['502', { status: 502, body: '<html>Bad Gateway</html>' }, { ...unavailable, httpStatus: 502 }],
    ['503', { status: 503, body: '', headers: { 'retry-after': '5' } }, { ...unavailable, retryAfterSeconds: 5 }],
  ])('understands %s', async (_, script, expected) => {
    const outcome = await send(script);
    const id = (expected as { id?: string }).id;
    if (id === undefined) expect(outcome).toMatchObject(expected as object);
    else expect(outcome).toEqual({ kind: 'accepted', providerMessageId: id });
    expect(surprises).toEqual([]);
  });

  it.each<[string, Script, object, string[]]>([
    ['"true"', { body: { status: 'true', data: { id: 1 } } }, { kind: 'accepted' }, ['status', 'data', 'data.id']],
    ['1', { body: { status: 1, data: { id: 1 } } }, { kind: 'accepted' }, ['status', 'data', 'data.id']],
    [
      '"success"',
      { body: { Status: 'Success', data: [] } },
      { kind: 'accepted', providerMessageId: null },
      ['Status', 'data'],
    ],
    ['true without an id', { body: { status: true, data: [] } }, { providerMessageId: null }, ['status', 'data']],
    ['"false"', { body: { status: 'false', message: 'not connected' } }, disconnected, ['status', 'message']],
    ['an unknown word', { body: { status: 'queued' } }, badBody, ['status']],
    ['no status', { body: { success: true } }, badBody, ['success']],
    ['null', { body: 'null' }, badBody, []],
    ['a list', { body: '[1]' }, badBody, []],
    [
      'an object',
      { body: { status: { toString: 1, valueOf: 1 } } },
      badBody,
      ['status', 'status.toString', 'status.valueOf'],
    ],
    ['nothing', { body: '' }, badBody, []],
    ['204', { status: 204 }, badBody, []],
    ['HTML', { body: '<html>Maintenance</html>' }, badBody, []],
    ['JSON after a PHP warning', { body: '<br />Warning: x\n{"status":true,"data":{"id":1}}' }, badBody, []],
    ['400', { status: 400, body: refused('no number') }, { reason: 'unclassified' }, whole],
    ['400, unlinked', { status: 400, body: refused('not connected') }, { reason: 'provider-disconnected' }, whole],
    ['400 that claims success', { status: 400, body: { status: true } }, badBody, ['status']],
    ['a redirect', { status: 302, body: '', headers: { location: '/api/elsewhere' } }, unavailable, []],
  ])('survives and reports %s', async (_, script, expected, keys) => {
    expect(await send(script)).toMatchObject(expected);
    expect(surprises).toEqual([{ provider: 'whacenter', call: 'send', keys, httpStatus: script.status ?? 200 }]);
    expect(fake.calls).toHaveLength(1);
  });

  it.each(RETRY_AFTER)('honours Retry-After as %s', async (_, value, seconds) => {
    const outcome = await send({ status: 429, body: '', headers: { 'retry-after': value } });
    expect(outcome).toMatchObject({ kind: 'rejected', reason: 'rate-limited-account', httpStatus: 429 });
    expectWait(outcome, seconds);
  });

  it.each<[Fake.WhacenterMode, object]>([
    ['disconnected', disconnected],
    ['html', badBody],
    ['garbage', badBody],
    ['bad-gateway', { ...unavailable, httpStatus: 502 }],
    ['hang', { kind: 'unknown', cause: 'timeout' }],
  ])('copes with a provider in the state %s', async (mode, expected) => {
    fake.mode = mode;
    expect(await send(undefined, 300)).toMatchObject(expected);
  });

  it.each<[string, Script, object]>([
    ['a reset before the answer', { reset: true }, { kind: 'unknown', cause: 'reset' }],
    ['a reset in the answer', { reset: 'midway' }, { kind: 'unknown', cause: 'reset' }],
    ['a hang-up', { raw: '' }, { kind: 'unknown', cause: 'reset' }],
    ['half a head', { raw: 'HTTP/1.1 200 OK\r\ncontent-' }, { kind: 'unknown', cause: 'reset' }],
    ['no HTTP at all', { raw: 'SSH-2.0-OpenSSH_9.6\r\n' }, badBody],
    ['an answer over 64 kB', { body: JSON.stringify({ status: true, pad: 'x'.repeat(64 * 1024) }) }, badBody],
    [
      'an answer that never ends',
      { body: '{', headers: { 'content-length': '10' } },
      { kind: 'unknown', cause: 'timeout' },
    ],
    ['bytes that are not gzip', { body: 'plain', headers: { 'content-encoding': 'gzip' } }, badBody],
    ['an answer after the deadline', { delayMs: 1_000 }, { kind: 'unknown', cause: 'timeout' }],
  ])('cannot know after %s', async (_, script, expected) => {
    expect(await send(script, 300)).toEqual(expected);
    expect(fake.calls).toHaveLength(1);
  });

  it.each([
    ['the device', (id: string) => `device ${id} is over`, 'device … is over'],
    ['a foreign device', () => 'device 0b54e1f2-6d9b-4b7c-9a39-2f3d4e5f6a7b is over', 'device … is over'],
    ['a URL', (id: string) => `see https://app.whacenter.com/api/send?device_id=${id} now`, 'see … now'],
    ['a number', () => 'to 6281234567890 or +62 812-3456-7890 failed', 'to … or +… failed'],
    ['our text', () => `failed: ${TEXT} (code 012345)`, 'failed: … (code …)'],
    ['control characters', () => 'a\r\n\u0000b \u202Ec', 'a b c'],
    ['a flood', () => 'na '.repeat(5_000), 'na '.repeat(67).slice(0, 200)],
  ])("keeps %s out of the provider's words", async (_, words, expected) => {
    const outcome = await send({ body: { status: false, message: words(fake.deviceId) } });
    expect(outcome).toMatchObject({ kind: 'rejected', providerText: expected });
  });

  it('keeps the device id out of the names of keys too', async () => {
    await send({ body: { [fake.deviceId]: 1, status: 'odd', data: { [`x${fake.deviceId}`]: 1 } } });
    expect(surprises[0]?.keys).toEqual(['…', 'status', 'data', 'data.x…']);
  });
});

describe('sending nowhere', () => {
  const unsent = (providerText: string) => ({ kind: 'rejected', reason: 'provider-unavailable', providerText });
  const message = codeMessage({ text: TEXT });

  it('knows that a refused connection sent nothing', async () => {
    const gone = provider();
    await fake.close();
    expect(discreet(await gone.send(message, AbortSignal.timeout(5_000)))).toEqual(unsent('ECONNREFUSED'));
    expect(await gone.deviceState(AbortSignal.timeout(5_000))).toEqual({ state: 'unreachable', text: 'ECONNREFUSED' });
    fake = await Fake.startFakeWhacenter();
  });

  it('knows that an unknown host got nothing', async () => {
    const outcome = await provider('http://whacenter.invalid').send(message, AbortSignal.timeout(10_000));
    expect(outcome).toMatchObject({ kind: 'rejected', reason: 'provider-unavailable' });
  });

  it('knows that a failed TLS handshake sent nothing', async () => {
    const outcome = await provider(fake.url.replace('http', 'https')).send(message, AbortSignal.timeout(5_000));
    expect(outcome).toMatchObject({ kind: 'rejected', reason: 'provider-unavailable' });
  });

  it('knows that a handshake which never ends sent nothing', async () => {
    const silent = createServer((socket) => socket.on('error', () => undefined).resume()).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const { port } = silent.address() as AddressInfo;
    const outcome = await provider(`https://127.0.0.1:${port}`).send(message, AbortSignal.timeout(200));
    await new Promise((resolve) => silent.close(resolve));
    expect(outcome).toEqual(unsent('ERR_CANCELED'));
  });

  it('sends nothing when the time is up already', async () => {
    expect(await provider().send(message, AbortSignal.abort())).toEqual(unsent('ERR_CANCELED'));
    expect(fake.calls).toHaveLength(0);
  });
});

describe('the state of the device', () => {
  const told = (status: unknown) => ({ status: true, message: 'ok', data: { status, qr: 'done' } });

  it.each<[string, Script, DeviceState]>([
    ['linked', { body: told('CONNECTED') }, { state: 'connected', text: 'CONNECTED' }],
    ['not linked', { body: told('NOT CONNECTED') }, { state: 'disconnected', text: 'NOT CONNECTED' }],
    [
      'capital keys',
      { body: { Status: true, Data: { Status: 'CONNECTED' } } },
      { state: 'connected', text: 'CONNECTED' },
    ],
    [
      'unknown',
      { body: { status: false, message: 'device not connected or not found', data: [] } },
      { state: 'disconnected', text: 'device not connected or not found' },
    ],
    ['gone', { status: 502, body: '<html></html>' }, { state: 'unreachable', text: 'HTTP 502' }],
    ['unauthorised', { status: 401, body: told('CONNECTED') }, { state: 'unreachable', text: 'HTTP 401' }],
    ['moved', { status: 302, body: '', headers: { location: '/' } }, { state: 'unreachable', text: 'HTTP 302' }],
    ['silent', { hang: true }, { state: 'unreachable', text: 'timeout' }],
    ['cut', { reset: 'midway' }, { state: 'unreachable', text: 'reset' }],
    ['over 64 kB', { body: 'x'.repeat(65_537) }, { state: 'unreachable', text: 'bad-body' }],
  ])('is read when %s', async (_, script, expected) => {
    expect(await deviceState(script, 300)).toEqual(expected);
    expect(surprises).toEqual([]);
  });

  it.each<[string, Script, DeviceState]>([
    ['HTML', { body: '<html>Maintenance</html>' }, { state: 'unreachable', text: 'bad-body' }],
    ['no inner status', { body: { status: true, data: [] } }, { state: 'unreachable', text: 'bad-body' }],
    ['an inner number', { body: told(1) }, { state: 'unreachable', text: 'bad-body' }],
    ['a new word', { body: told('PAIRING') }, { state: 'disconnected', text: 'PAIRING' }],
    [
      'an object for true',
      { body: { ...told('CONNECTED'), status: { toString: 1 } } },
      { state: 'connected', text: 'CONNECTED' },
    ],
    ['1 for true', { body: { ...told('CONNECTED'), status: 1 } }, { state: 'connected', text: 'CONNECTED' }],
  ])('is read and reported: %s', async (_, script, expected) => {
    expect(await deviceState(script)).toEqual(expected);
    expect(surprises).toMatchObject([{ provider: 'whacenter', call: 'statusDevice', httpStatus: 200 }]);
  });

  it.each<[string, unknown, DeviceState['state']]>([
    ['a QR is shown', 'ready', 'waiting-for-scan'],
    ['its text is given', 'data:image/png;base64,iVBORw0KGgo=', 'waiting-for-scan'],
    ['the QR ran out', 'timeout', 'disconnected'],
    ['it was linked before', 'done', 'disconnected'],
    ['nothing is said of a QR', undefined, 'disconnected'],
    ['an empty text is', '', 'disconnected'],
    ['something else is', {}, 'disconnected'],
  ])('tells what a device that is not connected waits for: %s', async (_, qr, expected) => {
    const body = { status: true, message: 'ok', data: { status: 'NOT CONNECTED', qr } };
    expect(await deviceState({ body })).toEqual({ state: expected, text: 'NOT CONNECTED' });
    expect(await deviceState({ body: { ...body, data: { status: 'CONNECTED', qr } } })).toMatchObject({
      state: 'connected',
    });
  });

  it('follows the device', async () => {
    expect(await deviceState()).toMatchObject({ state: 'connected' });
    fake.connected = false;
    expect(await deviceState()).toMatchObject({ state: 'disconnected' });
    fake.showQr();
    expect(await deviceState()).toMatchObject({ state: 'waiting-for-scan' });
    fake.scan();
    expect(await deviceState()).toMatchObject({ state: 'connected' });
    expect(fake.calls[0]).toMatchObject({ method: 'GET', fields: { device_id: fake.deviceId } });
  });

  it('works with a device id of any form, and keeps it quiet', async () => {
    const odd = 'a b&c=d/é?#';
    await provider(fake.url, odd).deviceState(AbortSignal.timeout(5_000));
    fake.next({ body: { status: false, message: `no ${odd}` } });
    const outcome = await provider(fake.url, odd).send(codeMessage({ text: TEXT }), AbortSignal.timeout(5_000));
    expect(outcome).toMatchObject({ providerText: 'no …' });
    expect(fake.calls.map((call) => call.fields['device_id'])).toEqual([odd, odd]);
  });
});

it('shows the device id to nobody who looks at the provider', async () => {
  const whacenter = provider();
  await whacenter.send(codeMessage({ text: TEXT }), AbortSignal.timeout(5_000));
  expect(inspect(whacenter, { depth: null, showHidden: true })).not.toContain(fake.deviceId);
  expect(JSON.stringify(whacenter)).not.toContain(fake.deviceId);
});

describe('the webhook', () => {
  let receiver: HookReceiver;

  beforeEach(async () => {
    receiver = await startHookReceiver();
    const query = new URLSearchParams({ device_id: fake.deviceId, webhook: receiver.url });
    await fetch(`${fake.url}/api/setWebhook?${query.toString()}`);
  });
  afterEach(() => receiver.close());

  const received = () =>
    receiver.calls.map(({ raw, headers }) => {
      const text = raw.toString();
      const json = headers['content-type']?.includes('json');
      return readWhacenterWebhook(json ? JSON.parse(text) : Object.fromEntries(new URLSearchParams(text)));
    });

  const expected = {
    provider: 'whacenter',
    providerMessageId: null,
    from: '+6281234567890',
    text: 'LOGIN 7K2P',
    kind: 'text',
    media: null,
    pushName: 'Budi',
    sentAt: new Date(1_763_600_000_000),
    fromMe: false,
    isGroup: false,
  };
  const message = { message: 'LOGIN 7K2P', timestamp: 1_763_600_000 };

  it.each<[string, Fake.WhacenterHookOptions]>([
    ['as documented', {}],
    ['as a form', { form: true }],
    ['in the other spelling', { spelling: 'other' }],
    ['in the other spelling, as a form', { spelling: 'other', form: true }],
  ])('brings a message: %s', async (_, options) => {
    await fake.emitIncoming(message, options);
    // A form cannot say null; its media are then the word.
    expect(received()).toEqual([{ messages: [expected], receipts: [], skipped: 0, skippedKeys: [] }]);
  });

  it('brings the same message again', async () => {
    expect(await fake.emitIncoming(message, { times: 3 })).toBe(200);
    expect(received().flatMap(({ messages }) => messages)).toEqual([expected, expected, expected]);
  });
});

describe('reading the webhook', () => {
  const from = '6281234567890';

  it.each<[string, object, object]>([
    ['a national number', { from: '081234567890', message: 'x' }, { from: '+6281234567890' }],
    ['a WhatsApp id', { from: `${from}@s.whatsapp.net` }, { from: `+${from}`, text: null, kind: 'other' }],
    ['a number as a number', { from: 6281234567890 }, { from: `+${from}` }],
    ['both spellings', { from, phone: '6281300000000' }, { from: `+${from}` }],
    ['a group', { from, is_group: true }, { isGroup: true }],
    ['a group, otherwise', { from, isGroup: 'true' }, { isGroup: true }],
    ['no group, as a form says it', { from, is_group: 'false' }, { isGroup: false }],
    ['an echo', { from, isFromMe: 'TRUE' }, { fromMe: true }],
    ['an echo by its number', { from, to: `0${from.slice(2)}` }, { fromMe: true }],
    [
      'media',
      { from, media: 'https://files.example/a.jpg', message: 'Ini' },
      {
        kind: 'other',
        text: 'Ini',
        media: { url: 'https://files.example/a.jpg', id: null, mimeType: null, fileName: null },
      },
    ],
    [
      'media as an object',
      { from, media: { url: 'https://files.example/a.jpg' } },
      { media: { url: 'https://files.example/a.jpg' } },
    ],
    ['media that are not an address', { from, media: 'null', message: 'x' }, { media: null, kind: 'text' }],
    ['milliseconds', { from, timestamp: '1763600000123' }, { sentAt: new Date(1_763_600_000_123) }],
    ['a time out of range', { from, timestamp: '9'.repeat(400) }, { sentAt: null }],
    ['an id, should there ever be one', { from, id: 'ABC' }, { providerMessageId: 'ABC' }],
    ['a hidden number', { from: '98765432101234@lid' }, { from: 'id:98765432101234@lid' }],
    ['its digits alone', { from: '98765432101234' }, { from: 'id:98765432101234' }],
  ])('understands %s', (_, body, wanted) => {
    expect(readWhacenterWebhook(body)).toMatchObject({ messages: [wanted], skipped: 0 });
  });

  it.each<[string, unknown, number]>([
    ['nothing', null, 1],
    ['a list', [{ from }], 1],
    ['no sender', { message: 'x' }, 1],
    ['a word for a sender', { from: 'Budi' }, 1],
    ['a list of senders', { from: [from] }, 1],
    ['a sender of the prototype', { __proto__: { from } }, 1],
    ['a group in place of the sender', { from: '120363025246125708@g.us', is_group: true }, 0],
  ])('reads no message out of %s', (_, body, skipped) => {
    expect(readWhacenterWebhook(body)).toMatchObject({ messages: [], receipts: [], skipped });
  });

  it('never throws, whatever comes', () => {
    const value = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom(from, 'true', '1763600000', '__proto__'));
    const key = fc.constantFrom(
      'from',
      'phone',
      'to',
      'message',
      'text',
      'media',
      'timestamp',
      'is_group',
      'isFromMe',
      'pushName',
      'id',
      '__proto__',
    );
    fc.assert(
      fc.property(fc.oneof(fc.dictionary(key, value), fc.anything({ maxDepth: 3 })), (hostile) => {
        const { messages, skipped } = readWhacenterWebhook(hostile);
        expect(messages.length + skipped).toBeLessThanOrEqual(1);
        for (const message of messages) expect(message.from).toMatch(/^(?:\+[1-9]\d{6,14}|id:[\w.@]{5,140})$/);
      }),
      { numRuns: 500 },
    );
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

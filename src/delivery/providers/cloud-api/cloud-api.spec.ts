import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { type ApiScript } from '../../../../test/support/fake-api.js';
import { FakeCloudApi, graphError } from '../../../../test/support/fake-cloud-api.js';
import { startHookReceiver, type HookReceiver } from '../../../../test/support/hook-receiver.js';
import { codeMessage, noticeMessage } from '../../../../test/support/outgoing.js';
import { callsOf, itCopesWithItsWire, type Subject } from '../../../../test/support/provider-calls.js';
import { CloudApiProvider } from './cloud-api.js';
import { challengeAnswer, isFromCloudApi, readCloudApiWebhook } from './webhook.js';
import type { DeviceState, RejectionReason, SendOutcome } from '../message-provider.js';
import { type ContractSurprise } from '../redaction.js';

let fake: FakeCloudApi;
let surprises: ContractSurprise[];

beforeEach(async () => {
  fake = await FakeCloudApi.start();
  surprises = [];
});

afterEach(() => fake.close());

function provider(changes: Partial<ConstructorParameters<typeof CloudApiProvider>[0]> = {}): CloudApiProvider {
  const { url: baseUrl, token, phoneId, version } = fake;
  const onSurprise = (surprise: ContractSurprise) => surprises.push(surprise);
  return new CloudApiProvider({
    baseUrl,
    version,
    token,
    phoneId,
    template: 'otp_login',
    hasWebhook: true,
    onSurprise,
    ...changes,
  });
}

const subject: Subject = {
  name: 'cloud-api',
  provider: () => provider(),
  fake: () => fake,
  restart: async () => {
    fake = await FakeCloudApi.start();
  },
  surprises: () => surprises,
  secrets: () => [fake.token],
};
const { send, deviceState } = callsOf(subject);

const taken = (changes: object = {}) => ({
  messaging_product: 'whatsapp',
  messages: [{ id: 'wamid.HBg=', ...changes }],
});

describe('sending', () => {
  it('sends a code as the template, in body and button', async () => {
    expect(await send()).toEqual({ kind: 'accepted', providerMessageId: fake.messages[0]?.id });
    expect(fake.wire.calls).toHaveLength(1);
    expect(fake.wire.calls[0]).toMatchObject({ method: 'POST', path: `/v25.0/${fake.phoneId}/messages` });
    expect(fake.wire.calls[0]?.headers).toMatchObject({
      authorization: `Bearer ${fake.token}`,
      'content-type': 'application/json',
    });
    const parameters = [{ type: 'text', text: '012345' }];
    expect(fake.wire.calls[0]?.json).toEqual({
      messaging_product: 'whatsapp',
      recipient_type: 'individual',
      to: '6281234567890',
      type: 'template',
      template: {
        name: 'otp_login',
        language: { code: 'id' },
        components: [
          { type: 'body', parameters },
          { type: 'button', sub_type: 'url', index: '0', parameters },
        ],
      },
    });
    expect(fake.codeFor('081234567890')).toBe('012345');
    expect(surprises).toEqual([]);
  });

  it('sends it in the language of the message', async () => {
    await send(undefined, 5_000, codeMessage({ language: 'en' }));
    expect(fake.messages[0]).toMatchObject({ language: 'en', code: '012345' });
    fake.templates.set('otp_login', new Set(['id']));
    expect(await send(undefined, 5_000, codeMessage({ language: 'en' }))).toMatchObject({ reason: 'template' });
  });

  it('sends a notice as free text, which reaches only who wrote before', async () => {
    expect(await send(undefined, 5_000, noticeMessage())).toMatchObject({
      kind: 'rejected',
      reason: 'recipient-unreachable',
      providerCode: '131047',
    });
    fake.openConversations.add('6281234567890');
    expect(await send(undefined, 5_000, noticeMessage())).toMatchObject({ kind: 'accepted' });
    expect(fake.wire.calls[1]?.json).toMatchObject({
      type: 'text',
      text: { preview_url: false, body: noticeMessage().text },
    });
  });

  it('keeps the connection for the next message', async () => {
    const cloud = provider({ baseUrl: `${fake.url}/` });
    for (let nth = 0; nth < 3; nth += 1) await cloud.send(codeMessage(), AbortSignal.timeout(5_000));
    expect(fake.messages).toHaveLength(3);
    expect(new Set(fake.wire.calls.map(({ clientPort }) => clientPort)).size).toBe(1);
  });

  const table: [RejectionReason, number[]][] = [
    ['provider-auth', [0, 190, 3, 10, 200, 250, 299, 368, 131005, 131031, 133010, 133016]],
    ['rate-limited-account', [4, 80007, 130429]],
    ['provider-unavailable', [1, 2, 131000, 131016, 131057]],
    ['content', [33, 100, 131008, 131009, 131051]],
    ['recipient-blocked-by-policy', [130497, 130472, 131030, 131049]],
    ['recipient-invalid', [131021]],
    ['recipient-not-on-whatsapp', [131026]],
    ['recipient-unreachable', [131047]],
    ['provider-quota', [131042, 131048]],
    ['rate-limited-recipient', [131056]],
    ['template', [132000, 132001, 132005, 132007, 132012, 132015, 132016, 132068]],
  ];
  const rows = table.flatMap(([reason, codes]) => codes.map((code): [number, RejectionReason] => [code, reason]));

  it.each(rows)('understands code %i as %s, whatever the status', async (code, reason) => {
    for (const status of [200, 400, 401, 403, 404, 429, 500]) {
      const outcome = await send(graphError(code, status, 'why so'));
      expect(outcome).toMatchObject({
        kind: 'rejected',
        reason,
        httpStatus: status,
        providerCode: String(code),
        providerText: 'why so',
      });
    }
    expect(surprises).toEqual([]);
  });

  it('reads a code that is written as text', async () => {
    expect(await send({ status: 400, body: { error: { code: '131026' } } })).toMatchObject({
      reason: 'recipient-not-on-whatsapp',
    });
  });

  it('asks for six seconds between two messages to one number, or what the answer says', async () => {
    fake.pairLimitMs = 60_000;
    await send();
    expect(await send()).toMatchObject({ reason: 'rate-limited-recipient', retryAfterSeconds: 6 });
    expect(await send({ ...graphError(131056), headers: { 'retry-after': '9' } })).toMatchObject({
      retryAfterSeconds: 9,
    });
  });

  it.each<[string, ApiScript, object]>([
    ['401 without a code', { status: 401, body: {} }, { reason: 'provider-auth' }],
    ['a page', { status: 403, body: '<h1>Forbidden</h1>' }, { reason: 'provider-auth' }],
    ['a page not found', { status: 404, body: '<h1>Not found</h1>' }, { reason: 'provider-auth' }],
    ['an unknown code', graphError(139999), { reason: 'unclassified', providerCode: '139999' }],
    ['an unknown code, 401', graphError(139999, 401), { reason: 'provider-auth' }],
    ['a code that is not a number', { status: 400, body: { error: { code: {} } } }, { reason: 'unclassified' }],
    ['a redirect', { status: 302, body: '', headers: { location: '/elsewhere' } }, { reason: 'provider-unavailable' }],
    ['a failure that claims success', { status: 400, body: taken() }, { kind: 'unknown', cause: 'bad-body' }],
    ['both at once', { body: { ...taken(), error: { code: 131026 } } }, { kind: 'unknown', cause: 'bad-body' }],
  ])('survives %s', async (_, script, expected) => {
    expect(await send(script)).toMatchObject(expected);
    const known = script.body !== undefined && JSON.stringify(script.body).includes('131026');
    expect(surprises).toHaveLength(known ? 0 : 1);
    expect(fake.wire.calls).toHaveLength(1);
  });

  it.each<[string, ApiScript, RejectionReason]>([
    ['429', { status: 429, body: '' }, 'rate-limited-account'],
    ['500', { status: 500, body: '' }, 'provider-unavailable'],
    ['502', { status: 502, body: '<html></html>' }, 'provider-unavailable'],
    ['503', { status: 503, body: '' }, 'provider-unavailable'],
  ])('understands %s without a code', async (_, script, reason) => {
    expect(await send(script)).toMatchObject({ kind: 'rejected', reason });
    expect(surprises).toEqual([]);
  });

  it.each<[string, object, SendOutcome]>([
    ['accepted', taken({ message_status: 'accepted' }), { kind: 'accepted', providerMessageId: 'wamid.HBg=' }],
    ['no status', taken(), { kind: 'accepted', providerMessageId: 'wamid.HBg=' }],
    ['held', taken({ message_status: 'held_for_quality_assessment' }), { kind: 'unknown', cause: 'held' }],
    ['paused', taken({ message_status: 'paused' }), { kind: 'unknown', cause: 'held' }],
  ])('reads a message’s status: %s', async (_, body, expected) => {
    expect(await send({ body })).toEqual(expected);
    expect(surprises).toEqual([]);
  });

  itCopesWithItsWire(subject, graphError(130429, 429));

  it("keeps secrets out of the provider's words", async () => {
    const words = `token ${fake.token}, code 012345, to 6281234567890`;
    expect(await send(graphError(100, 400, words))).toMatchObject({ providerText: 'token …, code …, to …' });
  });

  it('goes wrong as the fake does', async () => {
    const other = async (changes: Parameters<typeof provider>[0]) =>
      provider(changes).send(codeMessage(), AbortSignal.timeout(5_000));
    expect(await other({ token: 'another' })).toMatchObject({ reason: 'provider-auth', providerCode: '190' });
    expect(await other({ template: 'otp_other' })).toMatchObject({ reason: 'template', providerCode: '132001' });
    expect(await other({ phoneId: '1' })).toMatchObject({ reason: 'content', providerCode: '100' });
    fake.failFor('081234567890', 131026);
    expect(await other({})).toMatchObject({ reason: 'recipient-not-on-whatsapp' });
  });
});

describe('the state of the number', () => {
  it.each<[string | undefined, DeviceState['state']]>([
    ['CONNECTED', 'connected'],
    ['FLAGGED', 'connected'],
    ['PENDING', 'disconnected'],
    ['RESTRICTED', 'disconnected'],
    ['BANNED', 'disconnected'],
  ])('%s is %s', async (word, expected) => {
    fake.status = word;
    expect(await deviceState()).toEqual({ state: expected, text: word });
    expect(fake.wire.calls[0]).toMatchObject({ method: 'GET', path: `/v25.0/${fake.phoneId}` });
    expect(surprises).toEqual([]);
  });

  it.each<[string, ApiScript, DeviceState]>([
    ['unauthorised', graphError(190), { state: 'disconnected', text: '(#190) Something' }],
    ['unauthorised without words', { status: 401, body: '' }, { state: 'disconnected', text: 'HTTP 401' }],
    ['unknown', graphError(100), { state: 'disconnected', text: '(#100) Something' }],
    ['asked too often', graphError(80007, 400), { state: 'connected' }],
    ['in maintenance', graphError(131057, 400), { state: 'unreachable', text: 'HTTP 400' }],
    ['gone', { status: 502, body: '' }, { state: 'unreachable', text: 'HTTP 502' }],
    ['silent', { hang: true }, { state: 'unreachable', text: 'timeout' }],
    ['cut', { reset: 'midway' }, { state: 'unreachable', text: 'reset' }],
    ['answered with a page', { body: '<html></html>' }, { state: 'connected' }],
    ['told nothing', { body: { id: '1' } }, { state: 'connected' }],
  ])('is read when %s', async (_, script, expected) => {
    expect(await deviceState(script, 300)).toEqual(expected);
  });

  it('reports an answer without a state', async () => {
    await deviceState({ body: { id: '1' } });
    expect(surprises).toEqual([{ provider: 'cloud-api', call: 'number', keys: ['id'], httpStatus: 200 }]);
  });
});

describe('the webhook', () => {
  let receiver: HookReceiver;

  beforeEach(async () => {
    receiver = await startHookReceiver();
    fake.webhook = receiver.url;
  });
  afterEach(() => receiver.close());

  const genuine = () => receiver.calls.map(({ headers, raw }) => isFromCloudApi(headers, raw, fake.appSecret));
  const received = () => receiver.calls.map(({ raw }) => readCloudApiWebhook(JSON.parse(raw.toString())));

  it('answers Meta’s question with the challenge, for the right token only', async () => {
    receiver.onGet = (query) => challengeAnswer(query, fake.verifyToken);
    expect(await fake.verify(receiver.url)).toEqual({ status: 200, text: '1158201444' });
    expect(await fake.verify(receiver.url, 'another')).toEqual({ status: 403, text: '' });
  });

  it.each<[string, unknown]>([
    ['another mode', { 'hub.mode': 'unsubscribe', 'hub.verify_token': 't', 'hub.challenge': '1' }],
    ['no token', { 'hub.mode': 'subscribe', 'hub.challenge': '1' }],
    ['a list of tokens', { 'hub.mode': 'subscribe', 'hub.verify_token': ['t'], 'hub.challenge': '1' }],
    ['no challenge', { 'hub.mode': 'subscribe', 'hub.verify_token': 't' }],
    ['markup', { 'hub.mode': 'subscribe', 'hub.verify_token': 't', 'hub.challenge': '<script>' }],
    ['a novel', { 'hub.mode': 'subscribe', 'hub.verify_token': 't', 'hub.challenge': '1'.repeat(201) }],
    ['nothing', null],
  ])('answers nothing to %s', (_, query) => expect(challengeAnswer(query, 't')).toBeNull());

  it('answers nothing when no token is set', () => {
    expect(challengeAnswer({ 'hub.mode': 'subscribe', 'hub.verify_token': '', 'hub.challenge': '1' }, '')).toBeNull();
  });

  it('is signed over its bytes', async () => {
    await fake.emitIncoming();
    await fake.emitIncoming({}, { signature: 'bad' });
    await fake.emitIncoming({}, { signature: 'none' });
    expect(genuine()).toEqual([true, false, false]);
    const { headers, raw } = receiver.calls[0]!;
    expect(isFromCloudApi(headers, Buffer.concat([raw, Buffer.from(' ')]), fake.appSecret)).toBe(false);
    expect(isFromCloudApi(headers, raw, 'another')).toBe(false);
    // The same JSON in other bytes is not what was signed.
    expect(
      isFromCloudApi(headers, Buffer.from(JSON.stringify(JSON.parse(raw.toString()), null, 1)), fake.appSecret),
    ).toBe(false);
  });

  it.each([
    ['without its prefix', (mac: string) => mac],
    ['with another prefix', (mac: string) => `sha1=${mac}`],
    ['with another prefix of the same length', (mac: string) => `sha512=${mac}`],
    ['cut', (mac: string) => `sha256=${mac.slice(0, 32)}`],
    ['empty', () => 'sha256='],
    ['too long', (mac: string) => `sha256=${mac}00`],
  ])('is refused with a signature %s', (_, change) => {
    const mac = createHmac('sha256', 'key').update('{}').digest('hex');
    expect(isFromCloudApi({ 'x-hub-signature-256': `sha256=${mac}` }, Buffer.from('{}'), 'key')).toBe(true);
    expect(isFromCloudApi({ 'x-hub-signature-256': change(mac) }, Buffer.from('{}'), 'key')).toBe(false);
  });

  it('is nobody’s when no secret is set', () => {
    const mac = createHmac('sha256', '').update('{}').digest('hex');
    expect(isFromCloudApi({ 'x-hub-signature-256': `sha256=${mac}` }, Buffer.from('{}'), '')).toBe(false);
  });

  it('brings a message with its sender’s name', async () => {
    await fake.emitIncoming({ id: 'wamid.A==', text: { body: 'LOGIN 7K2P' }, from_user_id: 'ID.1' }, { times: 2 });
    expect(received()[0]).toEqual({
      messages: [
        {
          provider: 'cloud-api',
          providerMessageId: 'wamid.A==',
          from: '+6281234567890',
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
    expect(received()[1]).toEqual(received()[0]);
  });

  it('brings what became of a message, in whatever order', async () => {
    for (const order of ['in-order', 'reversed', 'twice'] as const) {
      receiver.calls.length = 0;
      fake.receipts = order;
      const outcome = await send();
      await fake.settled();
      const told = received().flatMap(({ receipts }) => receipts);
      const inOrder = ['sent', 'delivered', 'read'];
      const expected =
        order === 'reversed'
          ? [...inOrder].reverse()
          : inOrder.flatMap((each) => (order === 'twice' ? [each, each] : [each]));
      expect(told.map(({ status }) => status)).toEqual(expected);
      const id = outcome.kind === 'accepted' ? outcome.providerMessageId : null;
      expect(told.every(({ providerMessageId }) => providerMessageId === id)).toBe(true);
      expect(genuine().every(Boolean)).toBe(true);
    }
  });

  it('brings why a message failed', async () => {
    await fake.emitStatuses('wamid.A==', ['failed']);
    await fake.emitStatuses('wamid.A==', ['failed'], { code: 139999 });
    expect(received().flatMap(({ receipts }) => receipts)).toEqual([
      {
        provider: 'cloud-api',
        providerMessageId: 'wamid.A==',
        status: 'failed',
        at: new Date(1_763_600_000_000),
        reason: 'recipient-not-on-whatsapp',
        providerCode: '131026',
      },
      {
        provider: 'cloud-api',
        providerMessageId: 'wamid.A==',
        status: 'failed',
        at: new Date(1_763_600_000_000),
        reason: 'unclassified',
        providerCode: '139999',
      },
    ]);
  });

  it('brings unknown fields, which nobody minds', async () => {
    await fake.emit({
      statuses: [{ id: 'wamid.A==', status: 'read', conversation: { id: 'x' }, pricing: {}, new: [] }],
      new: { a: 1 },
    });
    expect(received()[0]).toMatchObject({ receipts: [{ status: 'read', at: null }], skipped: 0 });
  });
});

describe('reading the webhook', () => {
  const batch = (value: unknown) => readCloudApiWebhook({ entry: [{ changes: [{ value }] }] });
  const from = '6281234567890';

  it.each<[string, object, object]>([
    [
      'a text without a type',
      { text: { body: 'Halo' } },
      { kind: 'text', text: 'Halo', providerMessageId: null, sentAt: null, pushName: null },
    ],
    [
      'a pressed button',
      { type: 'interactive', interactive: { type: 'button_reply', button_reply: { id: 'yes', title: 'Ya' } } },
      { kind: 'reply', text: 'Ya', media: null },
    ],
    [
      'a chosen row',
      {
        type: 'interactive',
        interactive: { type: 'list_reply', list_reply: { id: '1', title: 'Info', description: 'x' } },
      },
      { kind: 'reply', text: 'Info' },
    ],
    [
      'a template’s button',
      { type: 'button', button: { payload: 'p', text: 'Bukan saya' } },
      { kind: 'reply', text: 'Bukan saya' },
    ],
    [
      'a picture',
      { type: 'image', image: { id: '1234', mime_type: 'image/jpeg', sha256: 'x', caption: 'Ini' } },
      { kind: 'image', text: 'Ini', media: { id: '1234', url: null, mimeType: 'image/jpeg', fileName: null } },
    ],
    [
      'a document',
      { type: 'document', document: { id: '1', filename: 'a.pdf' } },
      { kind: 'document', media: { fileName: 'a.pdf' } },
    ],
    ['a video', { type: 'video', video: { id: '1' } }, { kind: 'video' }],
    ['a voice note', { type: 'audio', audio: { id: '1', voice: true } }, { kind: 'audio' }],
    ['a sticker', { type: 'sticker', sticker: { id: '1' } }, { kind: 'sticker' }],
    [
      'a place',
      { type: 'location', location: { latitude: 1, longitude: 2 } },
      { kind: 'location', text: null, media: null },
    ],
    ['contacts', { type: 'contacts', contacts: [{}] }, { kind: 'contact', text: null }],
    ['a reaction', { type: 'reaction', reaction: { emoji: '👍' } }, { kind: 'other', text: null }],
    ['what Meta cannot show', { type: 'unsupported', errors: [{ code: 131051 }] }, { kind: 'other', text: null }],
    ['a type of the language', { type: '__proto__' }, { kind: 'other' }],
    ['a group', { group_id: 'G1', text: { body: 'x' } }, { isGroup: true }],
  ])('understands %s', (_, message, expected) => {
    expect(batch({ messages: [{ from, ...message }] })).toMatchObject({ messages: [expected], skipped: 0 });
  });

  it.each<[string, object, string]>([
    ['an id beside the message', { from_user_id: 'ID.13491208655302741918' }, 'id:ID.13491208655302741918'],
    ['an id by its older name', { user_id: 'ID.1' }, 'id:ID.1'],
    ['an id in place of the number', { from: 'ID.1' }, 'id:ID.1'],
    ['digits that are the id', { from: '13491208655302', from_user_id: 'ID.13491208655302' }, 'id:ID.13491208655302'],
    ['digits that no country has', { from: '134912086553027' }, 'id:134912086553027'],
    ['digits that begin like a number', { from: '628134912086553' }, 'id:628134912086553'],
  ])('keeps a sender without a number: %s', (_, sender, expected) => {
    const contacts = [{ profile: { name: 'Budi' }, user_id: expected.slice(3) }];
    const { messages, skipped } = batch({
      contacts,
      messages: [{ id: 'wamid.B1', type: 'text', text: { body: 'Halo' }, ...sender }],
    });
    expect(messages).toMatchObject([{ from: expected, text: 'Halo', pushName: 'Budi' }]);
    expect(skipped).toBe(0);
  });

  it('counts what became of a message to somebody without a number', () => {
    const status = { id: 'wamid.C1', status: 'delivered', timestamp: '1763600000', recipient_user_id: 'ID.1' };
    expect(batch({ statuses: [status] })).toMatchObject({
      receipts: [{ providerMessageId: 'wamid.C1', status: 'delivered' }],
      skipped: 0,
    });
  });

  it('gives each sender their own name', () => {
    const contacts = [
      { wa_id: from, profile: { name: 'Budi' } },
      { wa_id: '6281300000000', profile: { name: 'Ani' } },
      { profile: 1 },
    ];
    const { messages } = batch({
      contacts,
      messages: [{ from: '6281300000000' }, { from }, { from: '6281300000001' }],
    });
    expect(messages.map(({ pushName }) => pushName)).toEqual(['Ani', 'Budi', null]);
  });

  it('skips odd elements, counts them, and keeps the others', () => {
    const good = {
      changes: [
        {
          field: 'messages',
          value: {
            messages: [{ from, text: { body: 'x' } }, { user_id: { a: 1 } }],
            statuses: [{ id: 'a', status: 'deleted' }],
          },
        },
      ],
    };
    const body = { entry: [null, { changes: 'x' }, { changes: [7, { value: null }] }, good] };
    const { messages, receipts, skipped } = readCloudApiWebhook(body);
    expect([messages.length, receipts.length, skipped]).toEqual([1, 0, 5]);
  });

  it.each([
    [null],
    [7],
    ['x'],
    [[]],
    [{}],
    [{ entry: {} }],
    [{ entry: [[[]]] }],
    [{ object: 'page', entry: [{ messaging: [] }] }],
  ])('is empty for %j', (body) => expect(readCloudApiWebhook(body)).toMatchObject({ messages: [], receipts: [] }));

  it('is bounded', () => {
    const many = Array.from({ length: 40_000 }, (_, index) => ({ id: `a${index}`, status: 'read' }));
    const { receipts, skipped } = batch({ statuses: many });
    expect(receipts.length).toBeGreaterThanOrEqual(1_000);
    expect(receipts.length).toBeLessThanOrEqual(2_000);
    expect(receipts.length + skipped).toBe(40_000);
    const nested = readCloudApiWebhook({
      entry: Array.from({ length: 100_000 }, () => ({ changes: [{ value: { messages: [{ from }] } }] })),
    });
    expect(nested.messages.length).toBeLessThanOrEqual(2_000);
  });

  it('never throws, whatever comes', () => {
    const few = { maxLength: 3, maxKeys: 6 };
    const odd = fc.jsonValue({ maxDepth: 2 });
    const value = fc.oneof(odd, fc.constantFrom('text', 'interactive', 'failed', from, '1763600000', '__proto__'));
    const contentKey = fc.constantFrom('body', 'id', 'button_reply', 'list_reply', 'title', 'text', '__proto__');
    const content = fc.dictionary(contentKey, value, few);
    const elementKey = fc.constantFrom(
      'id',
      'type',
      'from',
      'text',
      'interactive',
      'status',
      'timestamp',
      'errors',
      'wa_id',
    );
    const elements = fc.array(fc.dictionary(elementKey, fc.oneof(value, content, fc.array(content, few)), few), few);
    const change = fc.record({ value: fc.record({ messages: elements, statuses: elements, contacts: elements }) });
    const entry = fc.record({ changes: fc.array(change, few) });
    const body = fc.oneof(odd, fc.record({ entry: fc.array(entry, few) }), fc.anything({ maxDepth: 3 }));
    fc.assert(
      fc.property(body, (hostile) => {
        const { messages, receipts } = readCloudApiWebhook(hostile);
        for (const message of messages) expect(message.from).toMatch(/^(?:\+[1-9]\d{6,14}|id:[\w.@]{5,140})$/);
        for (const receipt of receipts) expect(receipt.providerMessageId).toMatch(/^[\x21-\x7e]{1,200}$/);
        expect(
          typeof isFromCloudApi(
            { 'x-hub-signature-256': `${JSON.stringify(hostile) as string | undefined}` },
            Buffer.from('x'),
            'k',
          ),
        ).toBe('boolean');
        expect(challengeAnswer(hostile, 'secret')).toBeNull();
      }),
      { numRuns: 500 },
    );
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type ApiScript } from '../../../../test/support/fake-api.js';
import { FakeTwilio, twilioError } from '../../../../test/support/fake-twilio.js';
import { startHookReceiver, type HookReceiver } from '../../../../test/support/hook-receiver.js';
import { codeMessage } from '../../../../test/support/outgoing.js';
import { callsOf, itCopesWithItsWire, type Subject } from '../../../../test/support/provider-calls.js';
import type { DeviceState, RejectionReason } from '../message-provider.js';
import { type ContractSurprise } from '../redaction.js';
import { TwilioProvider } from './twilio.js';
import { isFromTwilio, readTwilioStatus } from './webhook.js';

let fake: FakeTwilio;
let surprises: ContractSurprise[];

beforeEach(async () => {
  fake = await FakeTwilio.start();
  surprises = [];
});

afterEach(() => fake.close());

function provider(changes: Partial<ConstructorParameters<typeof TwilioProvider>[0]> = {}): TwilioProvider {
  const { url: baseUrl, accountSid, authToken } = fake;
  const onSurprise = (surprise: ContractSurprise) => surprises.push(surprise);
  return new TwilioProvider({ baseUrl, accountSid, authToken, from: '+14155550100', onSurprise, ...changes });
}

const subject: Subject = {
  name: 'sms',
  provider: () => provider(),
  fake: () => fake,
  restart: async () => {
    fake = await FakeTwilio.start();
  },
  surprises: () => surprises,
  secrets: () => [fake.authToken, fake.accountSid],
};
const { send, deviceState } = callsOf(subject);

describe('sending', () => {
  it('posts the short text as a form, to the number with its plus', async () => {
    expect(await send()).toEqual({ kind: 'accepted', providerMessageId: fake.messages[0]?.sid });
    expect(fake.wire.calls[0]).toMatchObject({
      method: 'POST',
      path: `/2010-04-01/Accounts/${fake.accountSid}/Messages.json`,
    });
    expect(fake.wire.calls[0]?.headers['content-type']).toBe('application/x-www-form-urlencoded');
    const fields = { From: '+14155550100', To: '+6281234567890', Body: codeMessage().shortText };
    expect(Object.fromEntries(fake.wire.calls[0]?.form ?? [])).toEqual(fields);
    expect(fake.codeFor('081234567890')).toBe('012345');
    expect(surprises).toEqual([]);
  });

  it('sends by a messaging service, and with a callback, where they are set', async () => {
    const service = `MG${'0'.repeat(32)}`;
    const sms = provider({ from: service, statusCallback: 'https://otp.example/hook?a=b' });
    await sms.send(codeMessage(), AbortSignal.timeout(5_000));
    const form = fake.wire.calls[0]?.form;
    expect([form?.get('MessagingServiceSid'), form?.get('From')]).toEqual([service, null]);
    expect(form?.get('StatusCallback')).toBe('https://otp.example/hook?a=b');
    expect([sms.sendsReceipts, provider().sendsReceipts]).toEqual([true, false]);
  });

  it('keeps the connection for the next message', async () => {
    const sms = provider({ baseUrl: `${fake.url}/` });
    for (let nth = 0; nth < 3; nth += 1) await sms.send(codeMessage(), AbortSignal.timeout(5_000));
    expect(fake.messages).toHaveLength(3);
    expect(new Set(fake.wire.calls.map(({ clientPort }) => clientPort)).size).toBe(1);
  });

  const table: [RejectionReason, number[]][] = [
    ['recipient-invalid', [21211, 21217, 21265, 21614, 21635]],
    ['recipient-unreachable', [21612]],
    ['recipient-blocked-by-policy', [21408, 21608, 21610]],
    ['provider-auth', [20003, 20404]],
    ['provider-quota', [63038]],
    ['rate-limited-account', [20429, 14107, 21611]],
    ['content', [21602, 21603, 21606, 21617, 21659]],
  ];
  const rows = table.flatMap(([reason, codes]) => codes.map((code): [number, RejectionReason] => [code, reason]));

  it.each(rows)('understands code %i as %s, whatever the status', async (code, reason) => {
    for (const status of [400, 401, 403, 404, 429, 500]) {
      const outcome = await send(twilioError(code, status, 'why so'));
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

  it.each<[string, ApiScript, RejectionReason, number]>([
    ['401', { status: 401, body: '' }, 'provider-auth', 1],
    ['403', { status: 403, body: '<html></html>' }, 'provider-auth', 1],
    ['404', { status: 404, body: '' }, 'provider-auth', 1],
    ['400', { status: 400, body: '' }, 'unclassified', 1],
    ['a new code', twilioError(29999), 'unclassified', 1],
    ['a redirect', { status: 307, body: '', headers: { location: '/elsewhere' } }, 'provider-unavailable', 1],
    ['429', { status: 429, body: '' }, 'rate-limited-account', 0],
    ['500', { status: 500, body: '' }, 'provider-unavailable', 0],
    ['503', { status: 503, body: '<html></html>' }, 'provider-unavailable', 0],
  ])('understands %s without a known code', async (_, script, reason, reported) => {
    expect(await send(script)).toMatchObject({ kind: 'rejected', reason, httpStatus: script.status });
    expect(surprises).toHaveLength(reported);
  });

  it('believes an error that comes with success', async () => {
    const body = { sid: 'SM1', status: 'failed', error_code: 21610, error_message: 'opted out' };
    expect(await send({ status: 201, body })).toMatchObject({
      kind: 'rejected',
      reason: 'recipient-blocked-by-policy',
    });
    expect(await send({ status: 201, body: { sid: 'SM1', error_code: null } })).toMatchObject({ kind: 'accepted' });
  });

  itCopesWithItsWire(subject, twilioError(20429, 429));

  it("keeps secrets out of the provider's words", async () => {
    const words = `Account ${fake.accountSid} (${fake.authToken}) may not text +6281234567890: 012345`;
    expect(await send(twilioError(21408, 403, words))).toMatchObject({
      providerText: 'Account … (…) may not text +…: …',
    });
  });

  it('goes wrong as the fake does', async () => {
    expect(await provider({ authToken: 'another' }).send(codeMessage(), AbortSignal.timeout(5_000))).toMatchObject({
      reason: 'provider-auth',
    });
    expect(await provider().send(codeMessage({ to: '+0' }), AbortSignal.timeout(5_000))).toMatchObject({
      reason: 'recipient-invalid',
    });
    fake.wire.forNumber('+6281234567890', twilioError(21610));
    expect(await send()).toMatchObject({ reason: 'recipient-blocked-by-policy' });
  });
});

describe('the state of the account', () => {
  it.each<[string, ApiScript | undefined, DeviceState]>([
    ['active', undefined, { state: 'connected', text: 'active' }],
    ['suspended', { body: { status: 'suspended' } }, { state: 'disconnected', text: 'suspended' }],
    ['closed', { body: { status: 'closed' } }, { state: 'disconnected', text: 'closed' }],
    ['unauthorised', twilioError(20003, 401, 'Authenticate'), { state: 'disconnected', text: 'Authenticate' }],
    ['unauthorised without words', { status: 401, body: '' }, { state: 'disconnected', text: 'HTTP 401' }],
    ['gone', { status: 502, body: '' }, { state: 'unreachable', text: 'HTTP 502' }],
    ['asked too often', twilioError(20429, 429), { state: 'connected' }],
    ['a page', { body: '<html></html>' }, { state: 'connected' }],
    ['silent', { hang: true }, { state: 'unreachable', text: 'timeout' }],
    ['cut', { reset: true }, { state: 'unreachable', text: 'reset' }],
  ])('is read when %s', async (_, script, expected) => {
    expect(await deviceState(script, 300)).toEqual(expected);
    expect(fake.wire.calls[0]).toMatchObject({ method: 'GET', path: `/2010-04-01/Accounts/${fake.accountSid}.json` });
  });
});

describe('the status callback', () => {
  let receiver: HookReceiver;

  beforeEach(async () => {
    receiver = await startHookReceiver();
    await provider({ statusCallback: `${receiver.url}?rung=sms` }).send(codeMessage(), AbortSignal.timeout(5_000));
  });
  afterEach(() => receiver.close());

  const forms = () => receiver.calls.map(({ raw }) => new URLSearchParams(raw.toString()));
  const receipts = () => forms().flatMap((form) => readTwilioStatus(form).receipts);

  it('tells what became of a message, in whatever order', async () => {
    await fake.emitStatuses('SM1', ['queued', 'sending', 'sent', 'delivered'], { order: 'reversed' });
    await fake.emitStatuses('SM1', ['delivered'], { order: 'twice' });
    expect(receipts().map(({ status }) => status)).toEqual(['delivered', 'sent', 'delivered', 'delivered']);
    expect(receipts()[0]).toEqual({ provider: 'sms', providerMessageId: 'SM1', status: 'delivered', at: null });
  });

  it.each<[string, number | undefined, RejectionReason]>([
    ['undelivered', 30003, 'recipient-unreachable'],
    ['undelivered', 30005, 'recipient-invalid'],
    ['failed', 30007, 'content'],
    ['failed', 39999, 'unclassified'],
    ['canceled', undefined, 'unclassified'],
  ])('tells why it failed: %s, %p', async (status, errorCode, reason) => {
    await fake.emitStatuses('SM1', [status], errorCode === undefined ? {} : { errorCode });
    const code = errorCode === undefined ? {} : { providerCode: String(errorCode) };
    expect(receipts()).toEqual([
      { provider: 'sms', providerMessageId: 'SM1', status: 'failed', at: null, reason, ...code },
    ]);
  });

  it('is signed for the address that Twilio was told', async () => {
    await fake.emitStatuses('SM1', ['sent']);
    await fake.emitStatuses('SM1', ['sent'], { signed: false });
    const url = `${receiver.url}?rung=sms`;
    const genuine = (at: string, token: string, form = (given: URLSearchParams) => given) =>
      receiver.calls.map(({ headers, raw }) =>
        isFromTwilio(headers, at, form(new URLSearchParams(raw.toString())), token),
      );
    expect(genuine(url, fake.authToken)).toEqual([true, false]);
    expect(genuine(receiver.url, fake.authToken)).toEqual([false, false]);
    expect(genuine(url, 'another')).toEqual([false, false]);
    const changed = (form: URLSearchParams) =>
      new URLSearchParams({ ...Object.fromEntries(form), MessageStatus: 'read' });
    expect(genuine(url, fake.authToken, changed)).toEqual([false, false]);
    expect(isFromTwilio({}, url, new URLSearchParams(), fake.authToken)).toBe(false);
    expect(isFromTwilio({ 'x-twilio-signature': '' }, url, new URLSearchParams(), '')).toBe(false);
  });

  it('is signed as Twilio’s own example says', () => {
    // From twilio.com/docs/usage/security.
    const form = new URLSearchParams({
      CallSid: 'CA1234567890ABCDE',
      Caller: '+12349013030',
      Digits: '1234',
      From: '+12349013030',
      To: '+18005551212',
    });
    const headers = { 'x-twilio-signature': '0/KCTR6DLpKmkAf8muzZqo1nDgQ=' };
    expect(isFromTwilio(headers, 'https://mycompany.com/myapp.php?foo=1&bar=2', form, '12345')).toBe(true);
  });

  it('is skipped and counted when it is none', () => {
    expect(readTwilioStatus(new URLSearchParams({ MessageSid: 'SM1', MessageStatus: 'levitated' }))).toEqual({
      messages: [],
      receipts: [],
      skipped: 1,
      skippedKeys: ['MessageSid', 'MessageStatus'],
    });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('MessageSid', 'MessageStatus', '__proto__', 'ErrorCode'), fc.string())),
        (fields) => {
          const { receipts, skipped } = readTwilioStatus(new URLSearchParams(fields));
          expect(receipts.length + skipped).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type ApiScript } from '../../../../test/support/fake-api.js';
import { FakeHttpApi } from '../../../../test/support/fake-http-api.js';
import { codeMessage } from '../../../../test/support/outgoing.js';
import { callsOf, itCopesWithItsWire, type Subject } from '../../../../test/support/provider-calls.js';
import { settingsOf } from '../../../platform/config/read-settings.js';
import type { DeviceState } from '../message-provider.js';
import { type ContractSurprise } from '../redaction.js';
import { httpApi } from './definition.js';
import { HttpApiProvider } from './http-api.js';
import { HttpApiSettings } from './settings.js';

let fake: FakeHttpApi;
let surprises: ContractSurprise[];

beforeEach(async () => {
  fake = await FakeHttpApi.start();
  surprises = [];
});

afterEach(() => fake.close());

function provider(changes: Record<string, string> = {}): HttpApiProvider {
  const declared = { groups: [HttpApiSettings], rungs: [httpApi] };
  const { url, ...rest } = settingsOf({ ...fake.settings, ...changes }, declared).of(HttpApiSettings);
  if (url === undefined) throw new Error('the spec sets an address');
  return new HttpApiProvider({ ...rest, url, onSurprise: (surprise) => surprises.push(surprise) });
}

const subject: Subject = {
  name: 'http-api',
  provider: () => provider({ HTTP_API_STATE_URL: `${fake.wire.url}/v1/status` }),
  fake: () => fake,
  restart: async () => {
    fake = await FakeHttpApi.start();
  },
  surprises: () => surprises,
  secrets: () => [fake.key],
};
const { send } = callsOf(subject);

/** A message through an API of these settings, whatever it answers; @returns the call as it arrived */
async function callOf(changes: Record<string, string>, message = codeMessage()) {
  fake.wire.next({ body: { status: 'ok', data: [{ id: 1 }] } });
  await provider(changes).send(message, AbortSignal.timeout(5_000));
  const call = fake.wire.calls.at(-1);
  if (!call) throw new Error('nothing was called');
  return call;
}

describe('sending', () => {
  it('makes the call that the settings describe', async () => {
    expect(await send()).toEqual({ kind: 'accepted', providerMessageId: '1' });
    expect(fake.wire.calls).toHaveLength(1);
    const [call] = fake.wire.calls;
    expect(call).toMatchObject({ method: 'POST', path: '/v1/messages' });
    expect(call?.headers).toMatchObject({ 'x-api-key': fake.key, 'content-type': 'application/json' });
    expect(call?.json).toEqual({ to: '6281234567890', message: { type: 'text', body: codeMessage().text } });
    expect(fake.codeFor('081234567890')).toBe('012345');
    expect(surprises).toEqual([]);
  });

  it('keeps what is no text of a body as it is, and the order of its fields', async () => {
    const body =
      '{"z":1,"on":true,"none":null,"list":["{{e164}}",{"a":"{{ shortText }}"}],"__proto__":{"x":"{{number}}"}}';
    const { raw } = await callOf({ HTTP_API_JSON: body });
    const { shortText } = codeMessage();
    expect(raw.toString()).toBe(
      `{"z":1,"on":true,"none":null,"list":["+6281234567890",{"a":${JSON.stringify(shortText)}}],"__proto__":{"x":"6281234567890"}}`,
    );
  });

  it('puts a form, and a GET of an address alone', async () => {
    const form = {
      HTTP_API_JSON: '',
      HTTP_API_FORM: 'to={{number}}&text={{text}}&a=1+2&a=%26',
      HTTP_API_METHOD: 'PUT',
    };
    const put = await callOf(form);
    expect([put.method, put.headers['content-type']]).toEqual(['PUT', 'application/x-www-form-urlencoded']);
    expect([...put.form]).toEqual([
      ['to', '6281234567890'],
      ['text', codeMessage().text],
      ['a', '1 2'],
      ['a', '&'],
    ]);
    const address = `${fake.wire.url}/to/{{e164}}/send?text={{text}}&key=a%20b`;
    const got = await callOf({ HTTP_API_JSON: '', HTTP_API_URL: address, HTTP_API_METHOD: 'GET' });
    expect([got.method, got.path, got.raw.length]).toEqual(['GET', '/to/%2B6281234567890/send', 0]);
    expect(got.headers['content-type']).toBeUndefined();
    expect([...got.query]).toEqual([
      ['text', codeMessage().text],
      ['key', 'a b'],
    ]);
  });

  it('knows the number as text alone, in a path that nothing else reaches', async () => {
    const address = `${fake.wire.url}/a/{{number}}`;
    const call = await callOf({ HTTP_API_URL: address }, codeMessage({ to: '+62812/../../x?y#z' }));
    expect(call.path).toBe('/a/62812');
  });
});

describe('an attack by what is sent', () => {
  const hostile: [string, string][] = [
    ['quotes', '"}], "to": "6289999999999", "x": "'],
    ['backslashes', '\\", \\u0022 \\\\ \\n'],
    ['line breaks', 'a\r\nX-Evil: 1\r\n\r\nPOST / HTTP/1.1\r\n\u2028\u2029\u0085'],
    ['placeholders', '{{number}} {{text}} {{e164}} {{ {{x}} }}'],
    ['what a form takes apart', '&to=6289999999999&text=%26+%2B;='],
    ['what an address takes apart', '/../../admin?to=1#x@evil.example:80'],
    ['what a replacement reads', "$& $1 $` $' $$"],
    ['other alphabets and half a character', 'Söhne 日本語 \u202e 👋 \ud83d'],
    ['control characters', '\u0000\u0007\u001b[2J'],
  ];
  const address = () => `${fake.wire.url}/q?to={{number}}&text={{text}}`;

  it.each(hostile)('%s stay within their place', async (_, text) => {
    const message = codeMessage({ text, shortText: text });
    const expected = text.toWellFormed();
    expect((await callOf({}, message)).json).toEqual({
      to: '6281234567890',
      message: { type: 'text', body: expected },
    });
    const form = await callOf({ HTTP_API_JSON: '', HTTP_API_FORM: 'to={{number}}&text={{text}}&last=1' }, message);
    expect([...form.form].map(([name]) => name)).toEqual(['to', 'text', 'last']);
    expect(form.form.get('text')).toBe(expected);
    const query = await callOf({ HTTP_API_JSON: '', HTTP_API_URL: address(), HTTP_API_METHOD: 'GET' }, message);
    expect([query.path, ...query.query.keys()]).toEqual(['/q', 'to', 'text']);
    expect(query.query.get('text')).toBe(expected);
    expect(fake.wire.calls).toHaveLength(3);
  });

  it('whatever it is, adds no field and loses no character', async () => {
    const by = provider({ HTTP_API_JSON: '{"a":"<{{text}}>","to":"{{number}}","b":["{{text}}{{text}}"]}' });
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 200 }), async (text) => {
        await by.send(codeMessage({ text }), AbortSignal.timeout(5_000));
        const whole = text.toWellFormed();
        expect(fake.wire.calls.at(-1)?.json).toEqual({ a: `<${whole}>`, to: '6281234567890', b: [whole + whole] });
      }),
      { numRuns: 100 },
    );
  });
});

describe('an answer', () => {
  it.each<[string, ApiScript, object]>([
    [
      'another value',
      { body: { status: 'error', error: 'no credit' } },
      { reason: 'unclassified', providerText: 'no credit' },
    ],
    ['a value of another type', { body: { status: true } }, { reason: 'unclassified' }],
    ['no words', { body: { status: 'error', error: { a: 1 } } }, { reason: 'unclassified' }],
    ['401', { status: 401, body: { error: 'unknown key' } }, { reason: 'provider-auth', providerText: 'unknown key' }],
    ['402', { status: 402, body: '' }, { reason: 'provider-quota' }],
    ['404', { status: 404, body: '' }, { reason: 'provider-auth' }],
    ['422', { status: 422, body: { error: 'bad number' } }, { reason: 'unclassified', providerText: 'bad number' }],
    [
      '429',
      { status: 429, body: '', headers: { 'retry-after': '7' } },
      { reason: 'rate-limited-account', retryAfterSeconds: 7 },
    ],
    ['502', { status: 502, body: '<html></html>' }, { reason: 'provider-unavailable' }],
    ['a status of success that refuses', { status: 203, body: { status: 'error' } }, { reason: 'unclassified' }],
  ])('refuses by %s', async (_, script, expected) => {
    expect(await send(script)).toMatchObject({ kind: 'rejected', httpStatus: script.status ?? 200, ...expected });
    expect(surprises).toEqual([]);
  });

  it.each<[string, ApiScript, object, string[]]>([
    ['success without an id', { body: { status: 'ok' } }, { kind: 'accepted', providerMessageId: null }, ['status']],
    [
      'an id that is none',
      { body: { status: 'ok', data: [{ id: {} }] } },
      { providerMessageId: null },
      ['status', 'data'],
    ],
    [
      'another status of success',
      { status: 203, body: { status: 'ok' } },
      { kind: 'unknown', cause: 'bad-body' },
      ['status'],
    ],
    [
      'a failure that claims success',
      { status: 500, body: { status: 'ok' } },
      { kind: 'unknown', cause: 'bad-body' },
      ['status'],
    ],
    [
      'a redirect, which it does not follow',
      { status: 302, body: '', headers: { location: '/v1/other' } },
      { reason: 'provider-unavailable' },
      [],
    ],
    [
      'a redirect that keeps the method',
      { status: 307, body: '', headers: { location: '/v1/other' } },
      { reason: 'provider-unavailable' },
      [],
    ],
  ])('is survived and reported: %s', async (_, script, expected, keys) => {
    expect(await send(script)).toMatchObject(expected);
    expect(surprises).toEqual([{ provider: 'http-api', call: 'send', keys, httpStatus: script.status ?? 200 }]);
    expect(fake.wire.calls).toHaveLength(1);
  });

  itCopesWithItsWire(subject, { status: 429, body: '' });

  it('counts by its status alone where no field is named', async () => {
    const byStatus = { HTTP_API_SUCCESS_FIELD: '', HTTP_API_SUCCESS_VALUE: '', HTTP_API_ID_FIELD: '' };
    const outcomeOf = (script: ApiScript, more = {}) => {
      fake.wire.next(script);
      return provider({ ...byStatus, ...more }).send(codeMessage(), AbortSignal.timeout(5_000));
    };
    const accepted = { kind: 'accepted', providerMessageId: null };
    expect(await outcomeOf({ body: 'OK' })).toEqual(accepted);
    expect(await outcomeOf({ status: 202, body: '' })).toEqual(accepted);
    expect(await outcomeOf({ status: 204 })).toEqual({ kind: 'unknown', cause: 'bad-body' });
    expect(await outcomeOf({ status: 204 }, { HTTP_API_SUCCESS_STATUS: '200, 204' })).toEqual(accepted);
    expect(await outcomeOf({ status: 500, body: { status: 'ok' } })).toMatchObject({ reason: 'provider-unavailable' });
  });

  it.each([
    ['true', true, true],
    ['true', 'true', true],
    ['1', 1, true],
    ['1', true, false],
    ['ok', 'OK', false],
    ['null', null, undefined],
    ['[object Object]', {}, undefined],
  ])('accepts %j by %j: %s', async (successValue, said, accepts) => {
    fake.wire.next({ body: { status: said } });
    const by = provider({ HTTP_API_SUCCESS_VALUE: successValue, HTTP_API_ID_FIELD: '' });
    const { kind } = await by.send(codeMessage(), AbortSignal.timeout(5_000));
    expect(kind).toBe(accepts === undefined ? 'unknown' : accepts ? 'accepted' : 'rejected');
  });

  it("keeps what the operator wrote, and what was sent, out of the API's words", async () => {
    const settings = {
      HTTP_API_URL: `${fake.wire.url}/v1/credential-in-path/send?apikey=key%20in%20address`,
      HTTP_API_HEADERS: '{"Authorization":"Bearer very-secret-token"}',
      HTTP_API_JSON: '{"to":"{{number}}","text":"{{text}}","passkey":"secret in the body"}',
    };
    const words = `very-secret-token, Bearer very-secret-token, credential-in-path, key in address, secret in the body, ${codeMessage().text}`;
    fake.wire.next({ body: { status: 'error', error: words } });
    const outcome = await provider(settings).send(codeMessage(), AbortSignal.timeout(5_000));
    expect(outcome).toMatchObject({ providerText: '…, …, …, …, …, …' });
  });
});

describe('the state of the API', () => {
  const stateOf = (script: ApiScript | undefined, changes: Record<string, string>) => {
    if (script) fake.wire.next(script);
    return provider(changes).deviceState(AbortSignal.timeout(script?.hang ? 300 : 5_000));
  };

  it('is not asked for without an address', async () => {
    expect(await stateOf(undefined, {})).toEqual({ state: 'connected', text: 'not asked' });
    expect(fake.wire.calls).toEqual([]);
  });

  it.each<[string, ApiScript | undefined, DeviceState]>([
    ['works', undefined, { state: 'connected', text: 'HTTP 200' }],
    ['refuses the credential', { status: 401, body: '' }, { state: 'disconnected', text: 'HTTP 401' }],
    ['is gone', { status: 502, body: '' }, { state: 'unreachable', text: 'HTTP 502' }],
    ['has moved', { status: 302, body: '', headers: { location: '/x' } }, { state: 'unreachable', text: 'HTTP 302' }],
    ['is silent', { hang: true }, { state: 'unreachable', text: 'timeout' }],
  ])('is known when it %s', async (_, script, expected) => {
    expect(await stateOf(script, { HTTP_API_STATE_URL: `${fake.wire.url}/v1/status` })).toEqual(expected);
    expect(fake.wire.calls[0]).toMatchObject({ method: 'GET', path: '/v1/status' });
    expect(fake.wire.calls[0]?.headers['x-api-key']).toBe(fake.key);
  });

  it('is on WhatsApp, or by SMS', () => {
    expect(provider().onWhatsApp).toBe(true);
    expect(provider({ HTTP_API_CHANNEL: 'sms' }).onWhatsApp).toBe(false);
  });
});

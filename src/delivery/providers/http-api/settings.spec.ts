import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'dotenv';
import { ConfigurationError, settingsOf } from '../../../platform/config/read-settings.js';
import { httpApi } from './definition.js';
import { HttpApiSettings } from './settings.js';

const URL = 'https://sms.example/send';
const JSON_BODY = '{"to":"{{number}}","text":"{{text}}"}';
const whole = { HTTP_API_URL: URL, HTTP_API_JSON: JSON_BODY };
const production = {
  NODE_ENV: 'production',
  PUBLIC_URL: 'https://masuk.klinik.example',
  DATABASE_URL: 'postgresql://u:p@db.klinik.example/masuk',
  AUTH_SECRET: 'Zk3vN8qL1xW7tR5yB2mC9pD4sF6gH0jK',
};

const settingsFrom = (variables: Record<string, string>) =>
  settingsOf(variables, { groups: [HttpApiSettings], rungs: [httpApi] });

/** The sentences, without what goes before them. */
function problemsOf(variables: Record<string, string>): string[] {
  try {
    settingsFrom(variables);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const sentences = error.message.split('\n').filter((line) => line.includes('HTTP_API_'));
    for (const value of Object.values(variables))
      if (value.length > 12) for (const sentence of sentences) expect(sentence).not.toContain(value);
    return sentences.map((line) => line.trim().replace(/^- /, ''));
  }
}

describe('a start', () => {
  it.each<[string, Record<string, string>]>([
    ['JSON', whole],
    ['a form', { HTTP_API_URL: URL, HTTP_API_FORM: 'to={{ e164 }}&text={{shortText}}' }],
    ['an address alone', { HTTP_API_URL: `${URL}/{{number}}?text={{text}}&key=x`, HTTP_API_METHOD: 'GET' }],
    [
      'a number in the address and a text in the body',
      { HTTP_API_URL: `${URL}/{{number}}`, HTTP_API_JSON: '["{{text}}"]' },
    ],
    ['this machine without TLS', { ...whole, HTTP_API_URL: 'http://127.0.0.1:8080' }],
    ['this machine by IPv6', { ...whole, HTTP_API_URL: 'http://[::1]:8080/x' }],
    [
      'nested objects that end in braces',
      { HTTP_API_URL: URL, HTTP_API_JSON: '{"a":{"b":{"to":"{{number}}{{text}}"}}}' },
    ],
    ['a state of the same host', { ...whole, HTTP_API_STATE_URL: 'https://sms.example:443/status?x=1' }],
    ['nothing of it', { HTTP_API_METHOD: 'PUT' }],
  ])('takes %s', (_, variables) => expect(problemsOf(variables)).toEqual([]));

  it('puts it on the ladder by its address', () => {
    expect(settingsFrom(whole).providers).toEqual(['http-api']);
    expect(settingsFrom({ HTTP_API_JSON: JSON_BODY }).providers).toEqual([]);
  });

  it('takes the examples of the page', () => {
    const page = readFileSync(join(import.meta.dirname, '../../../../docs/providers/http-api.md'), 'utf8');
    const blocks = [...page.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = '']) => parse(block));
    expect(blocks).toHaveLength(2);
    for (const block of blocks) expect(problemsOf(block)).toEqual([]);
    expect(blocks.map(({ HTTP_API_URL }) => HTTP_API_URL?.slice(0, 8))).toEqual(['https://', 'https://']);
  });

  const oneOf = 'HTTP_API_URL, HTTP_API_JSON or HTTP_API_FORM must hold';

  it.each<[string, Record<string, string>, string]>([
    ['no number', { ...whole, HTTP_API_JSON: '{"text":"{{text}}"}' }, `${oneOf} {{number}} or {{e164}}`],
    ['no text', { ...whole, HTTP_API_JSON: '{"to":"{{number}}"}' }, `${oneOf} {{text}} or {{shortText}}`],
    ['two bodies', { ...whole, HTTP_API_FORM: 'a={{text}}' }, 'HTTP_API_JSON and HTTP_API_FORM must not both be set'],
    [
      'a GET with a body',
      { ...whole, HTTP_API_METHOD: 'GET' },
      'HTTP_API_METHOD must not be GET with HTTP_API_JSON or HTTP_API_FORM',
    ],
    [
      'a field without its value',
      { ...whole, HTTP_API_SUCCESS_FIELD: '/status' },
      'HTTP_API_SUCCESS_FIELD and HTTP_API_SUCCESS_VALUE must be set together',
    ],
    [
      'a value without its field',
      { ...whole, HTTP_API_SUCCESS_VALUE: 'ok' },
      'HTTP_API_SUCCESS_FIELD and HTTP_API_SUCCESS_VALUE must be set together',
    ],
    [
      'another machine without TLS',
      { ...whole, HTTP_API_URL: 'http://sms.example' },
      'HTTP_API_URL must be https, except on this machine',
    ],
    [
      'a name that only sounds local',
      { ...whole, HTTP_API_URL: 'http://localhost.sms.example' },
      'HTTP_API_URL must be https, except on this machine',
    ],
    [
      'this machine without TLS in production',
      { ...production, ...whole, HTTP_API_URL: 'http://127.0.0.1:8080' },
      'HTTP_API_URL must be https in production',
    ],
    [
      'a state of another host',
      { ...whole, HTTP_API_STATE_URL: 'https://sms.example:444/x' },
      'HTTP_API_STATE_URL must have the scheme, host and port of HTTP_API_URL, and no {{…}}',
    ],
    [
      'a state of a person',
      { ...whole, HTTP_API_STATE_URL: `${URL}/{{number}}` },
      'HTTP_API_STATE_URL must have the scheme, host and port of HTTP_API_URL, and no {{…}}',
    ],
  ])('refuses %s', (_, variables, sentence) => expect(problemsOf(variables)).toEqual([sentence]));

  it.each<[string, string]>([
    ['HTTP_API_URL', 'https://{{number}}.sms.example/'],
    ['HTTP_API_URL', 'https://sms.example:{{number}}/'],
    ['HTTP_API_URL', 'https://user:password@sms.example/'],
    ['HTTP_API_URL', 'https://sms.example\\@evil.example/'],
    ['HTTP_API_URL', 'https://sms.example/{{text}}'],
    ['HTTP_API_URL', 'https://sms.example/{{shortText}}/x'],
    ['HTTP_API_URL', 'https://sms.example/?a={{nomor}}'],
    ['HTTP_API_URL', 'https://sms.example/?a={{number'],
    ['HTTP_API_URL', 'https://sms.example/?a=number}}'],
    ['HTTP_API_URL', 'https://sms.example/#{{number}}'],
    ['HTTP_API_URL', 'https://sms.example/a b'],
    ['HTTP_API_URL', 'https://sms.example/\r\nX-Evil: 1'],
    ['HTTP_API_URL', 'https:///sms.example'],
    ['HTTP_API_URL', 'https://'],
    ['HTTP_API_URL', 'ftp://sms.example/'],
    ['HTTP_API_URL', 'sms.example/send'],
    ['HTTP_API_METHOD', 'DELETE'],
    ['HTTP_API_JSON', '{"to":"{{nomor}}"}'],
    ['HTTP_API_JSON', '{"to":"{{constructor}}"}'],
    ['HTTP_API_JSON', '{"to":"{{number"}'],
    ['HTTP_API_JSON', '{"{{number}}":"x"}'],
    ['HTTP_API_JSON', '{"to":{{number}}}'],
    ['HTTP_API_JSON', '{"to":"{{number}}",}'],
    ['HTTP_API_JSON', '"{{number}}"'],
    ['HTTP_API_FORM', 'to={{nomor}}'],
    ['HTTP_API_FORM', '{{number}}=x'],
    ['HTTP_API_FORM', '={{number}}'],
    ['HTTP_API_FORM', '&'],
    ['HTTP_API_HEADERS', 'Authorization: Bearer x'],
    ['HTTP_API_HEADERS', '["Authorization"]'],
    ['HTTP_API_HEADERS', '{"Authorization":"a\\r\\nX-Evil: 1"}'],
    ['HTTP_API_HEADERS', '{"Authorization":"a\\u0000"}'],
    ['HTTP_API_HEADERS', '{"Authorization":"künstlich"}'],
    ['HTTP_API_HEADERS', '{"Authorization":" a"}'],
    ['HTTP_API_HEADERS', '{"Authorization":""}'],
    ['HTTP_API_HEADERS', '{"Authorization":7}'],
    ['HTTP_API_HEADERS', '{"X-To":"{{number}}"}'],
    ['HTTP_API_HEADERS', '{"X Evil":"a"}'],
    ['HTTP_API_HEADERS', '{"X-Evil\\r\\n":"a"}'],
    ['HTTP_API_HEADERS', '{"Host":"evil.example"}'],
    ['HTTP_API_HEADERS', '{"Content-Length":"1"}'],
    ['HTTP_API_HEADERS', '{"Transfer-Encoding":"chunked"}'],
    ['HTTP_API_HEADERS', '{"content-type":"text/plain"}'],
    ['HTTP_API_HEADERS', '{"X-A":"1","x-a":"2"}'],
    ['HTTP_API_SUCCESS_STATUS', '200,500'],
    ['HTTP_API_SUCCESS_STATUS', '2xx'],
    ['HTTP_API_SUCCESS_FIELD', 'status'],
    ['HTTP_API_SUCCESS_FIELD', '/a~2'],
    ['HTTP_API_ID_FIELD', '$.data.id'],
    ['HTTP_API_CHANNEL', 'telegram'],
  ])('refuses %s=%j', (name, value) => {
    const [sentence, ...others] = problemsOf({ ...whole, [name]: value });
    expect(sentence).toMatch(new RegExp(`^${name} must be `));
    expect(others).toEqual([]);
  });

  it('shows admins nothing that may hold a credential', () => {
    const secret = 'very-secret-token';
    const settings = settingsFrom({
      HTTP_API_URL: `https://sms.example/${secret}?key=${secret}`,
      HTTP_API_HEADERS: JSON.stringify({ Authorization: secret }),
      HTTP_API_JSON: JSON.stringify({ to: '{{number}}', text: '{{text}}', passkey: secret }),
      HTTP_API_STATE_URL: `https://sms.example/${secret}`,
      HTTP_API_SUCCESS_FIELD: '/status',
      HTTP_API_SUCCESS_VALUE: 'ok',
    });
    const shown = settings.inForce.all.filter(({ name }) => name.startsWith('HTTP_API_'));
    expect(JSON.stringify(shown)).not.toContain(secret);
    expect(shown.filter(({ masked }) => masked).map(({ name }) => name)).toEqual([
      'HTTP_API_URL',
      'HTTP_API_HEADERS',
      'HTTP_API_JSON',
      'HTTP_API_FORM',
      'HTTP_API_STATE_URL',
    ]);
    expect(shown.find(({ name }) => name === 'HTTP_API_SUCCESS_FIELD')?.value).toBe('/status');
  });
});

import { isLoopback } from '../../../platform/config/loopback.js';
import { group } from '../../../platform/config/rows/group.js';
import { list, oneOf, Rule, text } from '../../../platform/config/rows/rule.js';
import { setting } from '../../../platform/config/rows/setting.js';
import { headersOf } from './headers.js';
import { pointerOf } from './pointer.js';
import { formTemplate, jsonTemplate, urlTemplate, type Placeholder, type Template } from './template.js';

const KNOWN = '{{number}}, {{e164}}, {{text}} and {{shortText}}';

const url = new Rule(
  'must be an http or https address of visible ASCII, without user, password and fragment; its path may hold ' +
    `{{number}} and {{e164}}, its query ${KNOWN}, and no other {{…}}`,
  urlTemplate,
);
const headers = new Rule(
  'must be a JSON object of at most 20 headers: names that may be set, texts of visible ASCII, and no {{…}}',
  headersOf,
);
const json = new Rule(`must be a JSON object or list whose texts may hold ${KNOWN}, and no other {{…}}`, jsonTemplate);
const form = new Rule(
  `must be a form such as a={{number}}&b={{text}} whose values may hold ${KNOWN}, and no other {{…}}`,
  formTemplate,
);
const field = new Rule('must be a JSON pointer such as /data/id', pointerOf);

const statuses = text(200, /^2\d\d(?:\s*,\s*2\d\d)*$/, 'must be a list of statuses from 200 to 299').as((value) =>
  list(value).map(Number),
);

/** Of an API that sends messages by one HTTP request each. */
export class HttpApiSettings extends group(
  'Delivery',
  {
    url: setting('HTTP_API_URL', url, {
      example: 'https://sms.example/send',
      doc:
        'address of an HTTP API of your own choice, https in production; its path may hold `{{number}}` and `{{e164}}`, its ' +
        'query also `{{text}}` and `{{shortText}}`; see [docs/providers/http-api.md](providers/http-api.md)',
    }),
    method: setting('HTTP_API_METHOD', oneOf('POST', 'PUT', 'GET'), {
      default: 'POST',
      doc: 'how it is called: `POST`, `PUT` or `GET`, which has no body',
    }),
    headers: setting('HTTP_API_HEADERS', headers, {
      example: '\'{"Authorization":"Bearer token"}\'',
      doc: 'headers of each call, as a JSON object of texts; credentials belong here',
    }),
    json: setting('HTTP_API_JSON', json, {
      example: '\'{"to":"{{number}}","message":"{{text}}"}\'',
      doc: 'body of each call as JSON, with placeholders within its texts',
    }),
    form: setting('HTTP_API_FORM', form, {
      example: "'to={{number}}&message={{text}}'",
      doc: 'body of each call as a form, in place of JSON, with placeholders within its values',
    }),
    successStatus: setting('HTTP_API_SUCCESS_STATUS', statuses, {
      default: '200,201,202',
      shown: true,
      doc: 'statuses of an answer that accepts the message',
    }),
    successField: setting('HTTP_API_SUCCESS_FIELD', field, {
      example: '/status',
      shown: true,
      doc: 'where the answer says whether it accepts the message, as a JSON pointer, for an API that refuses with a status of success',
    }),
    successValue: setting('HTTP_API_SUCCESS_VALUE', text(200), {
      example: 'true',
      shown: true,
      doc: 'what stands there when it does: a text, a number, `true` or `false`',
    }),
    idField: setting('HTTP_API_ID_FIELD', field, {
      example: '/data/id',
      shown: true,
      doc: "where the answer has the message's id, as a JSON pointer",
    }),
    errorField: setting('HTTP_API_ERROR_FIELD', field, {
      example: '/message',
      shown: true,
      doc: 'where a refusal says why, as a JSON pointer; admins see it',
    }),
    stateUrl: setting('HTTP_API_STATE_URL', url, {
      example: 'https://sms.example/status',
      doc: 'address of the same host that answers a `GET` with success while the API works; by default nobody asks',
    }),
    channel: setting('HTTP_API_CHANNEL', oneOf('whatsapp', 'sms'), {
      default: 'whatsapp',
      doc: 'where its messages arrive: `whatsapp` or `sms`',
    }),
  },
  (values, { production }) => {
    if (values.url === undefined) return [];
    const parts: readonly Template[] = [values.url, values.json, values.form].filter((part) => part !== undefined);
    const has = (...names: readonly Placeholder[]) =>
      parts.some(({ placeholders }) => placeholders.some((name) => names.includes(name)));
    const mayBePlain = !production && isLoopback(values.url.host);
    return [
      !values.url.isSecure &&
        !mayBePlain &&
        (production
          ? 'HTTP_API_URL must be https in production'
          : 'HTTP_API_URL must be https, except on this machine'),
      !has('number', 'e164') && `HTTP_API_URL, HTTP_API_JSON or HTTP_API_FORM must hold {{number}} or {{e164}}`,
      !has('text', 'shortText') && `HTTP_API_URL, HTTP_API_JSON or HTTP_API_FORM must hold {{text}} or {{shortText}}`,
      values.json !== undefined && values.form !== undefined && 'HTTP_API_JSON and HTTP_API_FORM must not both be set',
      values.method === 'GET' &&
        (values.json ?? values.form) !== undefined &&
        'HTTP_API_METHOD must not be GET with HTTP_API_JSON or HTTP_API_FORM',
      (values.successField === undefined) !== (values.successValue === undefined) &&
        'HTTP_API_SUCCESS_FIELD and HTTP_API_SUCCESS_VALUE must be set together',
      values.stateUrl !== undefined &&
        (values.stateUrl.origin !== values.url.origin || values.stateUrl.placeholders.length > 0) &&
        'HTTP_API_STATE_URL must have the scheme, host and port of HTTP_API_URL, and no {{…}}',
    ];
  },
) {}

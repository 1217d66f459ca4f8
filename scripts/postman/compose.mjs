import { STATUS_CODES } from 'node:http';
import { AFTER_EVERY_REQUEST, testScript } from './test-scripts.mjs';

const SCHEMA = 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json';

const script = (listen, exec) => ({ listen, script: { type: 'text/javascript', exec } });

function urlOf(path, { params = {}, query = {} }) {
  const questions = Object.entries(query).map(([key, value]) => ({ key, value }));
  const asked = questions.map(({ key, value }) => `${key}=${value}`).join('&');
  return {
    raw: `{{baseUrl}}${path}${asked ? `?${asked}` : ''}`,
    host: ['{{baseUrl}}'],
    path: path.split('/').slice(1),
    ...(asked ? { query: questions } : {}),
    ...(path.includes('/:') ? { variable: Object.entries(params).map(([key, value]) => ({ key, value })) } : {}),
  };
}

function bodyOf({ json, form, text }) {
  if (json !== undefined) {
    const raw = typeof json === 'string' ? json : JSON.stringify(json, null, 2);
    return { mode: 'raw', raw, options: { raw: { language: 'json' } } };
  }
  if (form) return { mode: 'urlencoded', urlencoded: Object.entries(form).map(([key, value]) => ({ key, value })) };
  return text === undefined ? undefined : { mode: 'raw', raw: text, options: { raw: { language: 'text' } } };
}

function headersOf({ json, text, headers = {} }) {
  const type =
    json === undefined
      ? text === undefined
        ? {}
        : { 'Content-Type': 'text/plain' }
      : { 'Content-Type': 'application/json' };
  return Object.entries({ ...type, ...headers }).map(([key, value]) => ({ key, value }));
}

function authOf({ token, apiKey }) {
  if (token) return { type: 'bearer', bearer: [{ key: 'token', value: `{{${token}}}`, type: 'string' }] };
  if (!apiKey) return { type: 'noauth' };
  const pairs = { key: 'X-API-Key', value: `{{${apiKey}}}`, in: 'header' };
  return { type: 'apikey', apikey: Object.entries(pairs).map(([key, value]) => ({ key, value, type: 'string' })) };
}

function requestOf(request) {
  const [method, path] = request.call.split(' ');
  const body = bodyOf(request);
  return {
    method,
    auth: authOf(request),
    header: headersOf(request),
    ...(body ? { body } : {}),
    url: urlOf(path, request),
    description: request.about,
  };
}

/** A saved answer, with the request that it was an answer to. */
function responseOf(request, { scene, status, headers, body }) {
  return {
    name: `${status} ${request.name}${scene ? ` (${scene})` : ''}`,
    originalRequest: requestOf({ ...request, about: undefined }),
    status: STATUS_CODES[status],
    code: status,
    _postman_previewlanguage: 'json',
    header: Object.entries(headers).map(([key, value]) => ({ key, value })),
    cookie: [],
    body: JSON.stringify(body, null, 2),
  };
}

function itemOf(request, saved, inputs) {
  const { name, before, behavior } = request;
  const events = [...(before ? [script('prerequest', before)] : []), script('test', testScript(request, inputs))];
  return {
    name,
    ...(behavior ? { protocolProfileBehavior: behavior } : {}),
    event: events,
    request: requestOf(request),
    response: saved,
  };
}

const isFolder = (entry) => 'items' in entry;

function requestsIn(entries) {
  return entries.flatMap((entry) => (isFolder(entry) ? requestsIn(entry.items) : [entry]));
}

/** The first good request of a call shows the answers to all of them, so that success and failure stand side by side. */
function savedFor(request, system, examples) {
  const siblings = requestsIn(system.items).filter(({ call }) => call === request.call);
  const shown = siblings.find(({ ok }) => ok) === request ? siblings : [request];
  return shown.flatMap((each) => (examples[each.name] ?? []).map((example) => responseOf(each, example)));
}

/**
 * Puts a collection together (format v2.1).
 *
 * @param systems folders of requests, each `{ name, about, items }`
 * @param examples saved answers by the name of their request
 * @param inputs names of the environment's variables
 */
export function collectionOf({ name, about, systems, variables, examples, inputs }) {
  const entryOf = (entry, system) =>
    isFolder(entry)
      ? { name: entry.name, description: entry.about, item: entry.items.map((each) => entryOf(each, system)) }
      : itemOf(entry, savedFor(entry, system, examples), inputs);
  return {
    info: { name, description: about, schema: SCHEMA },
    item: systems.map((system) => entryOf(system, system)),
    event: [script('test', AFTER_EVERY_REQUEST)],
    variable: variables.map(({ key, value, description }) => ({ key, value, type: 'string', description })),
    // Cookies are shown by hand where they matter; a jar would let one request log the next one in.
    protocolProfileBehavior: { disableCookies: true },
  };
}

import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure, expectFailureShape } from '../../support/answers.js';
import { openHouse, type House } from '../../support/house.js';
import { runJob } from '../../support/jobs.js';
import { OWN_PAGE } from '../../support/own-page.js';
import { rawRequest, sendRaw } from '../../support/raw-http.js';
import { type Answer, type Service } from '../../support/service.js';
import { until } from '../../support/waits.js';

// docs/contract/README.md#common-rules: whatever comes in, what goes out is a failure in the one shape, and nothing is done. The
// routes and their fields come from the OpenAPI document, so that a new one is tried the day it is born.

// Some routes are for our own pages only, and would refuse anybody else before they look at the body.
const JSON_TYPE = { 'content-type': 'application/json', ...OWN_PAGE };
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'SEARCH'];

interface Field {
  type?: string;
  example?: unknown;
  maxLength?: number;
  nullable?: boolean;
  enum?: unknown[];
}
interface BodyRoute {
  method: string;
  path: string;
  fields: Record<string, Field>;
  required: string[];
}

/** The standards' routes that take forms. */
const FORM = 'application/x-www-form-urlencoded';
const FORM_ROUTES = new Set(['/api/auth/introspect', '/api/auth/revoke']);

let house: House;
let strict: Service;
let admin: Record<string, string>;
let logRead = 0;
let routes: BodyRoute[];
let documented: Record<string, Record<string, unknown>>;

beforeAll(async () => {
  // No WhatsApp is there: accounts that are made are not linked.
  house = await openHouse({ OTP_ECHO: 'off', GATEWAY_WHATSAPP_URL: 'ws://127.0.0.1:1' });
  strict = await house.another({ AUTH_PROFILE: 'strict' });
  const person = await house.person({ role: 'ADMIN' });
  admin = { ...OWN_PAGE, authorization: `Bearer ${(await house.login(person.phone)).token}` };
  const { body: document } = await house.service.get('/openapi.json');
  documented = document.paths;
  routes = Object.entries(documented).flatMap(([path, operations]) =>
    Object.entries(operations as Record<string, any>).flatMap(([method, operation]) => {
      const schema = operation.requestBody?.content?.['application/json']?.schema;
      const { properties = {}, required = [] } = schema ? resolve(document, schema) : {};
      // Logout needs no body, and would end the session that the other routes are called with; sessions/own-sessions.spec.ts has it.
      return Object.keys(properties).length > 0 && path !== '/api/auth/logout'
        ? [{ method: method.toUpperCase(), path: filled(path), fields: properties, required }]
        : [];
    }),
  );
});
afterAll(async () => house.close());
/** Whatever was sent: no failure of ours, which would stand in the log as an error. Odd names of sessions are deleted. */
afterEach(async () => {
  const { body: sessions } = await house.service.get('/api/sessions?limit=100', admin);
  for (const { sessionId } of sessions.data)
    await house.service.send('DELETE', `/api/sessions/${sessionId}`, undefined, admin);
  await sleep(20); // for the last line to come through the pipe
  const output = house.service.output();
  const errors = output.slice(logRead).match(/^\{"level":[56]0.*$/gm) ?? [];
  logRead = output.length;
  expect(errors.map((line) => line.slice(0, 300))).toEqual([]);
});

const resolve = (document: any, schema: any) =>
  typeof schema.$ref === 'string' ? document.components.schemas[schema.$ref.split('/').at(-1)] : schema;
const filled = (path: string) => path.replace(/\{[^}]+\}/g, '00000000-0000-7000-8000-000000000000');

/** Routes of the login by code and by password, and of the reset: what they refuse leaves no trace but a charge. */
const ofLogin = () =>
  routes.filter(({ path }) => /^\/api\/(?:auth\/(?:(?:otp|browser)\/\w+|login)|forgot-password\/[\w-]+)$/.test(path));

/**
 * What a route, or a field, is to be tried with: the routes of the login with everything. The same parser and the same pipe
 * stand before all the others, so each of them is given a few, the next one the next few, until all have had their turn.
 */
const turns = <Value>(values: readonly Value[], few: number, path: string, at: number): Value[] =>
  ofLogin().some((route) => route.path === path) ? [...values] : inTurn(values, few, at);
const inTurn = <Value>(values: readonly Value[], few: number, at: number): Value[] =>
  Array.from({ length: Math.min(few, values.length) }, (_, nth) => values[(at * few + nth) % values.length]!);

/**
 * Number of rows in each table that a request may not leave anything in. Sessions that other cases made go on trying to
 * connect, which is their activity.
 */
const rows = async (): Promise<unknown> => {
  const tables = await house.database.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
        AND relname NOT IN ('audit_events', 'rate_limits', 'otp_codes', 'password_budgets', 'message_history',
          'verification_phones', 'walk_places') AND relname NOT LIKE 'activity%' ORDER BY 1`,
  );
  expect(tables.map(({ name }) => name)).toEqual(expect.arrayContaining(['login_sessions', 'messages', 'users']));
  // A refused guess leaves a row of the number, but no code in it.
  const codes = `SELECT 'codes' AS name, count(current_session_id)::int AS rows FROM otp_codes`;
  const counts = [codes, ...tables.map(({ name }) => `SELECT '${name}' AS name, count(*)::int AS rows FROM ${name}`)];
  return house.database.query(counts.join(' UNION ALL '));
};
/** Does the work and expects that no message was sent and no row made. */
const withoutTrace = async (work: () => Promise<void>) => {
  const sends = () => house.fake.calls.filter((call) => call.path === '/api/send').length;
  // What the case before has sent goes to the history behind the answer, and by a job where nobody took it.
  const states = async () => (await house.database.query('SELECT state FROM messages')).map(({ state }) => state);
  await until('nothing is left to send', async () => !(await states()).includes('PENDING'));
  if ((await states()).length > 0) await runJob(house.database, 'closed-messages');
  expect(await states()).toEqual([]);
  const [before, sent] = [await rows(), sends()];
  await work();
  expect(sends()).toBe(sent);
  expect(await rows()).toEqual(before);
};

/** A body whose fields are all good but one, which is `json` as it stands; `undefined` leaves it out. */
const bodyWith = (route: BodyRoute, name: string, json: string | undefined): string => {
  const good = Object.entries(route.fields)
    .filter(([key]) => key !== name && route.required.includes(key))
    .map(([key, field]) => `${JSON.stringify(key)}:${JSON.stringify(field.example ?? 'x')}`);
  return `{${[...good, ...(json === undefined ? [] : [`${JSON.stringify(name)}:${json}`])].join(',')}}`;
};
const send = (route: BodyRoute, body: string, service = house.service) =>
  service.send(route.method, route.path, body, { ...JSON_TYPE, ...admin });

const expectRefused = (what: object, answer: Answer, statuses: number[]) => {
  expect({ ...what, text: answer.text, ok: statuses.includes(answer.status), status: answer.status }).toMatchObject({
    ...what,
    ok: true,
  });
  expectFailureShape(answer);
};

const WRONG_TYPES: Record<string, string[]> = {
  number: ['0', '1', '-1', '123456', '81234567890', '1.5', '1e308', '-0'],
  boolean: ['true', 'false'],
  array: ['[]', '[""]', '["081234567890"]', '["123456"]', '[[]]', '[null]', '[{}]'],
  object: [
    '{}',
    '{"$gt":""}',
    '{"toString":"123456"}',
    '{"length":6}',
    '{"valueOf":1,"toString":1}',
    '{"__proto__":{"admin":true}}',
    '{"constructor":{"prototype":{"admin":true}}}',
    '{"a":{"__proto__":null}}',
  ],
  string: ['"x"'],
};
const typeOf = ({ type = 'string' }: Field) => (type === 'integer' ? 'number' : type);

const ODD_TEXTS = [
  ' ',
  '\t\n',
  '\u0000',
  '081234\u00007890',
  '123456\u0000',
  '\u0001\u001b[31m\u0007',
  '\r\nSet-Cookie: a=b',
  '\u202e0987',
  '०१२३४५',
  '१२३४५६७८९०',
  'Ａｄｍｉｎ',
  'админ',
  '王小明',
  '😀',
  'ﷺ'.repeat(20),
  'x'.repeat(65),
  '0'.repeat(300),
  'é'.repeat(9_000),
  'x'.repeat(60_000),
  "' OR '1'='1' --",
  "'; DROP TABLE users; --",
  '%00',
  '${7*7}{{7*7}}',
  '../../../../etc/passwd',
  '<script>alert(1)</script>',
  'null',
  'undefined',
  '[object Object]',
  '__proto__',
  'constructor',
  '-1',
  '1e5',
  '0x1F',
  '١٢٣',
];
/** As they stand in JSON: halves of surrogate pairs, which JSON.stringify would not write so. */
const ODD_JSON = [
  ...ODD_TEXTS.map((text) => JSON.stringify(text)),
  '"\\ud800"',
  '"\\udc00x"',
  '"12345\\ud83d"',
  '"\\u0000"',
];

describe('every field of every body', () => {
  it('is refused when it is missing, null or empty and needed', async () => {
    expect(routes.length).toBeGreaterThanOrEqual(4);
    await withoutTrace(async () => {
      for (const route of routes) {
        for (const name of route.required) {
          for (const json of [undefined, 'null', '""']) {
            if (json === '""' && typeOf(route.fields[name] ?? {}) !== 'string') continue;
            const answer = await send(route, bodyWith(route, name, json));
            expectRefused({ path: route.path, name, json }, answer, [400]);
          }
        }
      }
    });
  }, 120_000);

  it('is refused when it is of another type, nothing is converted', async () => {
    let fields = 0;
    await withoutTrace(async () => {
      for (const route of routes) {
        for (const [name, field] of Object.entries(route.fields)) {
          const others = Object.entries(WRONG_TYPES).filter(([type]) => type !== typeOf(field));
          const values = others.flatMap(([, list]) => turns(list, 1, route.path, (fields += 1)));
          const check = async (json: string) =>
            expectRefused({ path: route.path, name, json }, await send(route, bodyWith(route, name, json)), [400]);
          await Promise.all(values.map(check));
        }
      }
    });
  }, 120_000);

  it('is taken for what it is when it is an odd text', async () => {
    let fields = 0;
    // What the routes of the login make of them is the next test.
    for (const route of routes.filter(({ path }) => !ofLogin().some((login) => login.path === path))) {
      for (const [name, field] of Object.entries(route.fields)) {
        if (typeOf(field) !== 'string') continue;
        const check = async (json: string) => {
          const answer = await send(route, bodyWith(route, name, json));
          const broken = answer.status >= 500 && answer.body?.code !== 'busy';
          expect({ path: route.path, name, json, broken }).toEqual({ path: route.path, name, json, broken: false });
          if (answer.status >= 400) expectFailureShape(answer);
        };
        await Promise.all(turns(ODD_JSON, 6, route.path, (fields += 1)).map(check));
      }
    }
  }, 120_000);

  it('leads to no login and no message when it is an odd text', async () => {
    await withoutTrace(async () => {
      let fields = 0;
      for (const route of ofLogin()) {
        // What a page of ours posts goes the way of the same body at the route for everybody.
        const few = route.path.startsWith('/api/auth/browser/') ? 8 : ODD_JSON.length;
        for (const name of Object.keys(route.fields)) {
          for (const json of inTurn(ODD_JSON, few, (fields += 1))) {
            const answer = await send(route, bodyWith(route, name, json));
            expectRefused({ path: route.path, name, json }, answer, [400, 401, 404, 429]);
          }
        }
      }
    });
  }, 120_000);

  it('is refused when it is longer than it may be', async () => {
    await withoutTrace(async () => {
      for (const route of routes) {
        for (const [name, { maxLength }] of Object.entries(route.fields)) {
          if (maxLength === undefined) continue;
          const answer = await send(route, bodyWith(route, name, JSON.stringify('7'.repeat(maxLength + 1))));
          expectRefused({ path: route.path, name }, answer, [400]);
        }
      }
    });
  });
});

describe('fields that nobody knows', () => {
  const UNKNOWN = {
    role: 'ADMIN',
    isActive: true,
    userId: 'x',
    otp_session_id: 'x',
    attempts: 0,
    admin: true,
    toString: 'x',
    hasOwnProperty: 1,
    $where: '1',
    'phone[]': '081',
    '': 'x',
  };

  it('are dropped under compat', async () => {
    const person = await house.person({ email: 'tambahan@example.com', password: 'rahasia-tambahan' });
    expect((await house.service.post('/api/auth/otp/request', { phone: person.phone, ...UNKNOWN })).status).toBe(200);
    const otpCode = house.fake.codeFor(person.phone);
    const byCode = await house.service.post('/api/auth/otp/verify', { phone: person.phone, otpCode, ...UNKNOWN });
    const byPassword = await house.service.post('/api/auth/login', {
      identifier: 'tambahan@example.com',
      password: 'rahasia-tambahan',
      ...UNKNOWN,
    });
    for (const { status, body } of [byCode, byPassword]) {
      expect({ status, role: body.data?.user.role, id: body.data?.user.id }).toEqual({
        status: 200,
        role: 'USER',
        id: person.id,
      });
    }
  });

  it('are refused under strict, one by one', async () => {
    await withoutTrace(async () => {
      for (const [at, route] of routes.entries()) {
        for (const [name, value] of turns(Object.entries(UNKNOWN), 3, route.path, at)) {
          if (name in route.fields) continue;
          const answer = await send(route, bodyWith(route, name, JSON.stringify(value)), strict);
          expectRefused({ path: route.path, name }, answer, [400]);
        }
      }
    });
  });

  it('under the names of what objects are made of reach nothing', async () => {
    for (const route of ofLogin()) {
      for (const name of ['__proto__', 'constructor', 'prototype']) {
        for (const json of [
          '{"phone":"081234567890","role":"ADMIN"}',
          '{"prototype":{"role":"ADMIN"}}',
          '"x"',
          'null',
        ]) {
          for (const service of [house.service, strict]) {
            const answer = await send(route, bodyWith(route, name, json), service);
            expect(answer.status).toBeLessThan(500);
            if (answer.status >= 400) expectFailureShape(answer);
          }
        }
      }
      // Inherited fields are none: the body has to have its own.
      for (const service of [house.service, strict]) {
        const inherited = `{"__proto__":${bodyWith(route, '', undefined)}}`;
        expectRefused({ path: route.path }, await send(route, inherited, service), [400]);
      }
    }
  });
});

describe('a body', () => {
  const everyRoute = async (bodies: string[], statuses: number[], few = bodies.length) => {
    for (const [at, { method, path }] of routes.entries()) {
      for (const body of turns(bodies, few, path, at)) {
        const answer = await house.service.send(method, path, body, { ...JSON_TYPE, ...admin });
        expectRefused({ path, body: body.slice(0, 40) }, answer, statuses);
      }
    }
  };

  it('that is not JSON is refused', async () => {
    const broken = [
      '{',
      '}',
      '{"phone"',
      '{"phone":}',
      "{'phone':'0812'}",
      '{"phone":"0812",}',
      '{phone:1}',
      '<a/>',
      'phone=0812',
    ];
    const odd = [
      'undefined',
      'NaN',
      '{"a":1}{"b":2}',
      '{"phone":"\u0000"}',
      '{"phone":"\n"}',
      '\u0000',
      '[',
      '"',
      '{"a":01}',
      '{"a":"\\x"}',
    ];
    await withoutTrace(async () => {
      await everyRoute([...broken, ...odd], [400], 3);
    });
  });

  it('that is not JSON is reported as such', async () => {
    const answer = await house.service.send('POST', '/api/auth/otp/request', '{"phone":', JSON_TYPE);
    expectFailure(answer, 400, 'invalid_json', 'Isi permintaan bukan JSON yang sah');
  });

  it('that is JSON but no object is refused', async () => {
    await withoutTrace(async () => {
      const others = ['null', 'true', '0', '1', '"081234567890"', '""', '[]', '[{}]', '[[[]]]'];
      const inList = `[${JSON.stringify({ phone: '081234567890', otpCode: '123456', identifier: 'admin', password: 'x' })}]`;
      await everyRoute([inList, ...others], [400], 3);
    });
  });

  it('that is empty or missing is refused', async () => {
    await withoutTrace(async () => {
      await everyRoute([' '], [400]);
      // A change of nothing may have no body.
      for (const { method, path } of routes.filter(({ required }) => required.length > 0)) {
        for (const headers of [{}, JSON_TYPE, { 'content-type': 'text/plain;charset=UTF-8' }]) {
          for (const body of [undefined, '']) {
            const answer = await house.service.send(method, path, body, { ...headers, ...admin });
            expectRefused({ path, headers }, answer, [400]);
            expect([path, answer.body.code]).not.toEqual([path, 'invalid_json']);
          }
        }
      }
    });
  });

  it('that is not there counts as not there, whatever type is named', async () => {
    const changing = Object.entries(documented).flatMap(([path, operations]) =>
      Object.keys(operations)
        .filter((method) => method !== 'get' && path !== '/api/auth/logout' && !path.startsWith('/webhook'))
        .map((method): [string, string] => [method.toUpperCase(), filled(path)]),
    );
    expect(changing.length).toBeGreaterThan(50);
    const types = ['application/json', FORM, 'multipart/form-data; boundary=x', 'garbage'];
    for (const [method, path] of changing) {
      const ask = async (body: string | undefined, headers: Record<string, string>) => {
        const { status, body: answer } = await house.service.send(method, path, body, { ...headers, ...admin });
        return { method, path, status, code: answer?.code as unknown };
      };
      const plain = await ask(undefined, {});
      expect(plain.status).toBeLessThan(500);
      for (const type of types) expect(await ask('', { 'content-type': type })).toEqual(plain);
    }
    // Sent in chunks, of which there is none.
    for (const type of ['X-No: type', 'Content-Type: application/json', 'Content-Type: text/plain']) {
      const chunked = rawRequest('POST', '/api/auth/otp/request', [type, 'Transfer-Encoding: chunked']);
      expectFailure(await sendRaw(house.service.url, `${chunked}0\r\n\r\n`), 400, 'invalid_phone');
    }
    const text = rawRequest('POST', '/api/auth/otp/request', [
      'Content-Type: text/plain',
      'Transfer-Encoding: chunked',
    ]);
    expectFailure(await sendRaw(house.service.url, `${text}2\r\n{}\r\n0\r\n\r\n`), 415, 'unsupported_media_type');
    const zeros = rawRequest('POST', '/api/auth/otp/request', ['Content-Type: application/json', 'Content-Length: 00']);
    expectFailure(await sendRaw(house.service.url, zeros), 400, 'invalid_phone');
  });

  it('is not there: sessions end and go on as without a type', async () => {
    const typed = { 'content-type': 'application/json' };
    const person = await house.person();
    const [first, second] = [await house.login(person.phone), await house.login(person.phone)];
    const { body } = await house.service.get('/api/auth/sessions', { authorization: `Bearer ${second.token}` });
    const other = (body.data as { id: string; current: boolean }[]).find(({ current }) => !current);
    const headers = { ...typed, authorization: `Bearer ${second.token}` };
    const ended = await house.service.send('DELETE', `/api/auth/sessions/${other?.id}`, undefined, headers);
    expect(ended.status).toBe(200);
    expectFailure(
      await house.service.get('/api/auth/me', { authorization: `Bearer ${first.token}` }),
      401,
      'invalid_token',
    );
    expect((await house.service.send('POST', '/api/auth/logout', '', headers)).status).toBe(200);
  });

  it('that is packed is refused before it is read, with what is taken instead', async () => {
    const bytes = gzipSync('{"phone":"081234567890"}');
    for (const encoding of ['gzip', 'GZIP', 'x-gzip', 'deflate', 'br', 'zstd', 'identity, gzip', 'garbage']) {
      const head = ['POST /api/auth/otp/request HTTP/1.1', 'Host: x', 'Content-Type: application/json'];
      const length = [`Content-Encoding: ${encoding}`, `Content-Length: ${bytes.length}`, 'Connection: close'];
      const request = Buffer.concat([Buffer.from(`${[...head, ...length].join('\r\n')}\r\n\r\n`), bytes]);
      const answer = await sendRaw(house.service.url, request);
      expectFailure(answer, 415, 'unsupported_media_type');
      expect(answer.body.details).toMatch(/Content-Encoding/);
      expect(answer.headers.get('accept-encoding')).toBe('identity');
    }
    // The type of a form was never what was wrong.
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const packedForm = await house.service.send('POST', '/oidc/token', 'x', { ...form, 'content-encoding': 'gzip' });
    expectFailure(packedForm, 415, 'unsupported_media_type', 'Content-Type ini tidak didukung di sini');
    expect(packedForm.body.details).toMatch(/Content-Encoding/);
    const plain = { ...JSON_TYPE, 'content-encoding': 'identity' };
    expectFailure(await house.service.send('POST', '/api/auth/otp/request', '{}', plain), 400, 'invalid_phone');
  });

  it.each([
    ['/api/auth/login', 'kirim application/json'],
    ['/api/auth/introspect', 'kirim application/x-www-form-urlencoded atau application/json'],
    ['/oidc/token', 'kirim application/x-www-form-urlencoded atau application/json'],
    ['/webhook/whapi', 'kirim application/json'],
    ['/webhook/sms', 'kirim application/x-www-form-urlencoded'],
    ['/api/messages/x/image', 'kirim application/json atau multipart/form-data'],
  ])('of another type is refused at %s, with the types that it takes', async (path, details) => {
    const answer = await house.service.send('POST', path, 'x', { 'content-type': 'text/plain' });
    expectFailure(answer, 415, 'unsupported_media_type');
    expect(answer.body.details).toBe(details);
  });

  it('that is nested deeply is refused', async () => {
    await withoutTrace(async () => {
      const nested = [100, 10_000, 50_000].map((depth) => `{"phone":${'['.repeat(depth)}${']'.repeat(depth)}}`);
      await everyRoute(nested, [400, 413], 1);
      await everyRoute([`${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`, '['.repeat(100_000)], [400], 1);
    });
  });

  it('of 100 kB is read, of one byte more is not', async () => {
    const sized = (bytes: number) => {
      const start = '{"phone":"x","pad":"';
      return `${start}${'x'.repeat(bytes - start.length - 2)}"}`;
    };
    await withoutTrace(async () => {
      for (const { method, path } of ofLogin()) {
        const fits = await house.service.send(method, path, sized(100 * 1024), JSON_TYPE);
        expectRefused({ path }, fits, [400]);
        expectFailure(await house.service.send(method, path, sized(100 * 1024 + 1), JSON_TYPE), 413, 'body_too_large');
        expectFailure(await house.service.send(method, path, sized(3_000_000), JSON_TYPE), 413, 'body_too_large');
      }
    });
  });

  it('whose length is not said is not read beyond 100 kB either', async () => {
    const chunk = `${(32_768).toString(16)}\r\n${'x'.repeat(32_768)}\r\n`;
    const head = rawRequest('POST', '/api/auth/otp/request', [
      'Content-Type: application/json',
      'Transfer-Encoding: chunked',
    ]);
    expectFailure(await sendRaw(house.service.url, `${head}${chunk.repeat(6)}0\r\n\r\n`), 413, 'body_too_large');
  });

  it('whose bytes are not UTF-8, or are packed, is refused', async () => {
    await withoutTrace(async () => {
      const text = '{"phone":"081234567890"}';
      const request = async (bytes: Buffer, header = 'X-Nothing: 1') => {
        const head = `POST /api/auth/otp/request HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${header}\r\n`;
        return sendRaw(
          house.service.url,
          Buffer.concat([Buffer.from(`${head}Content-Length: ${bytes.length}\r\n\r\n`), bytes]),
        );
      };
      const broken = Buffer.from(text.replace('7', '?'));
      broken[broken.indexOf('?')] = 0xff;
      expectRefused({}, await request(broken), [400]);
      expectRefused({}, await request(Buffer.from(text, 'utf16le')), [400]);
      expectRefused({}, await request(gzipSync(text), 'Content-Encoding: gzip'), [400, 415]);
    });
  });
});

describe('a content type', () => {
  const body = JSON.stringify({ phone: '081234567890', otpCode: '123456', identifier: 'admin', password: 'x' });

  it('other than JSON is refused', async () => {
    const types = [
      'text/plain',
      'text/plain;charset=UTF-8',
      'text/html',
      'text/json',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/xml',
      'application/octet-stream',
      'application/jsonp',
      'application/json-patch+json',
      'application/vnd.api+json',
      'image/png',
      'json',
      '*/*',
      'application/*',
      'application',
      'application/json/x',
      'text/plain, application/json',
      'text/plain; application/json',
      'garbage',
      '/',
      ';',
    ];
    await withoutTrace(async () => {
      for (const [at, { method, path }] of routes.entries()) {
        const forms = FORM_ROUTES.has(path);
        for (const type of turns(types, 4, path, at).filter((type) => !(forms && type === FORM))) {
          const answer = await house.service.send(method, path, body, { 'content-type': type, ...admin });
          expect({ path, type, status: answer.status }).toEqual({ path, type, status: 415 });
          expectFailureShape(answer);
        }
      }
    });
  });

  it('is JSON in every way of writing it', async () => {
    for (const type of [
      'application/json',
      'application/json; charset=utf-8',
      'application/json;charset=UTF-8',
      'application/json ; charset="utf-8"',
      'APPLICATION/JSON',
      'Application/Json; profile=x',
    ]) {
      const answer = await house.service.send('POST', '/api/auth/otp/request', body, { 'content-type': type });
      expect({ type, code: answer.body.code }).toEqual({ type, code: 'phone_not_registered' });
    }
  });

  it('may be missing only with the body', async () => {
    const request = rawRequest('POST', '/api/auth/otp/request', ['Connection: close'], body);
    expectFailure(await sendRaw(house.service.url, request), 415, 'unsupported_media_type');
  });
});

describe('an address or a method', () => {
  const raw = (method: string, path: string) =>
    sendRaw(
      house.service.url,
      rawRequest(method, path, ['Connection: close', `Authorization: ${admin['authorization']}`]),
    );

  it.each(METHODS)('that is not known is refused: %s', async (method) => {
    const paths = ['/', '/api', '/api/auth', '/api/auth/otp', '/api/auth/otp/requests', '/api/v1/auth/login', '/.env'];
    await withoutTrace(async () => {
      for (const path of [
        ...paths,
        '/wp-login.php',
        '/api/auth/otp/request/1',
        '/.git/config',
        '/api/auth/login/admin',
      ]) {
        if (!(path in documented)) expectRefused({ method, path }, await raw(method, path), [404, 405]);
      }
    });
  });

  it.each(METHODS)('does not fit the other is refused: %s', async (method) => {
    await withoutTrace(async () => {
      for (const [path, operations] of Object.entries(documented)) {
        if (method.toLowerCase() in operations) continue;
        expectRefused({ method, path }, await raw(method, filled(path)), [404, 405]);
      }
    });
  });

  it('is not changed by a header that says so', async () => {
    const override = {
      'x-http-method-override': 'GET',
      'x-method-override': 'GET',
      'x-original-url': '/api/auth/me',
      ...JSON_TYPE,
    };
    const answer = await house.service.send('POST', '/api/auth/otp/request', '{}', override);
    expectFailure(answer, 400, 'invalid_phone');
    expectFailure(await house.service.send('POST', '/api/auth/me', '{}', override), 404, 'not_found');
  });

  it('answers HEAD where it answers GET, without a body', async () => {
    const live = await fetch(`${house.service.url}/health/live`, { method: 'HEAD' });
    expect([live.status, await live.text()]).toEqual([200, '']);
    const post = await fetch(`${house.service.url}/api/auth/otp/request`, { method: 'HEAD' });
    expect([404, 405]).toContain(post.status);
  });

  const targets: [string, string][] = [
    ...[
      '/%00',
      '/%ff',
      '/%',
      '/%zz',
      '/%c0%ae%c0%ae/',
      '/%e2%28%a1',
      '/api/auth/otp/%ff',
      '/docs/%ff',
      '/docs/a%00b',
      '/api/auth/otp/status%00',
      '/api/auth/otp/status%0d%0aX-Injected:%201',
      '/api/auth/otp/%2e%2e/me',
      '/api/auth/otp/../me',
      '/../../../../etc/passwd',
      '/..%2f..%2f..%2fetc%2fpasswd',
      '/docs/../../package.json',
      '/docs/%2e%2e/%2e%2e/package.json',
      '/docs/..%2f..%2fpackage.json',
      '//api/auth/me',
      '//evil.example/api/auth/me',
      '/\\evil.example',
      '/api/auth//me',
      '/api/auth/me;jsessionid=1',
      '/api/auth/me%20',
      '/api/auth/me.json',
      '/api/auth/me%3Fx',
      '/api/*',
      '/:path',
      '/__proto__',
      '/constructor',
      '/toString',
    ].map((target): [string, string] => [target, target]),
    ['5 kB in one piece', `/${'a'.repeat(5_000)}`],
    ['5 kB in many pieces', `/${'a/'.repeat(2_500)}`],
    ['1000 encoded letters', `/api/auth/${'%41'.repeat(1_000)}`],
  ];
  it.each(targets)('is refused in the same shape: %s', async (_name, target) => {
    const answer = await sendRaw(house.service.url, rawRequest('GET', target, ['Connection: close']));
    expectRefused({ target: target.slice(0, 60) }, answer, [400, 401, 403, 404, 414]);
    expect(answer.headers.get('x-injected')).toBeNull();
    expect(answer.text).not.toContain(target);
  });

  it('keeps its answer whatever the query says', async () => {
    for (const query of [
      '?x=%ff',
      '?%',
      '?__proto__[a]=1',
      '?constructor[prototype][a]=1',
      `?${'a=1&'.repeat(2_000)}`,
      '?phone=0812&phone=0813',
    ]) {
      const target = `/api/auth/otp/status${query}`;
      const answer = await sendRaw(house.service.url, rawRequest('GET', target, ['Connection: close']));
      expect({ query: query.slice(0, 40), status: answer.status }).toEqual({ query: query.slice(0, 40), status: 200 });
    }
  });
});

describe('headers', () => {
  const status = (headers: string[]) =>
    sendRaw(house.service.url, rawRequest('GET', '/api/auth/otp/status', ['Connection: close', ...headers]));

  it.each([
    ['a long token', [`Authorization: Bearer ${'A'.repeat(10_000)}`]],
    ['an empty token', ['Authorization: Bearer ']],
    ['an empty header', ['Authorization:']],
    ['two tokens', ['Authorization: Bearer a', 'Authorization: Bearer b']],
    ['bytes over 127', ['Authorization: Bearer \u00ff\u00fe', 'User-Agent: \u00e9\u00ff', 'Accept-Language: \u00ff']],
    ['a long language', [`Accept-Language: ${'en;q=0.1,'.repeat(900)}`]],
    ['an odd language', ['Accept-Language: ;;;,,,q=,*;q=NaN']],
    ['a long origin', [`Origin: ${'x'.repeat(5_000)}`]],
    ['many cookies', [`Cookie: ${'a=b; '.repeat(1_500)}`]],
    [
      'forwarded rubbish',
      [
        'X-Forwarded-For: x, , %00',
        'X-Forwarded-Proto: javascript',
        'X-Forwarded-Host: evil.example',
        'Forwarded: for=',
      ],
    ],
    ['many headers', Array.from({ length: 150 }, (_, index) => `X-Number-${index}: ${index}`)],
    ['names of what objects are made of', ['__proto__: x', 'constructor: x', 'toString: x', 'hasOwnProperty: x']],
    ['a range', ['Range: bytes=0-5', 'If-None-Match: *', 'If-Modified-Since: never']],
  ])('change nothing of an open route: %s', async (_what, headers) => {
    const answer = await status(headers);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ success: true, data: { connected: true } });
  });

  it('of a device and a user agent change nothing of a login', async () => {
    for (const headers of [
      ['X-Device-Token: a', 'X-Device-Token: b'],
      [`X-Device-Token: ${'A'.repeat(8_000)}`],
      ['X-Device-Token: \u00ff\u0080'],
      [`User-Agent: ${'\u00e9'.repeat(8_000)}`],
      ['User-Agent:'],
    ]) {
      const person = await house.person();
      const body = JSON.stringify({ phone: person.phone });
      const all = ['Content-Type: application/json', 'Connection: close', ...headers];
      expect((await sendRaw(house.service.url, rawRequest('POST', '/api/auth/otp/request', all, body))).status).toBe(
        200,
      );
      const code = JSON.stringify({ phone: person.phone, otpCode: house.fake.codeFor(person.phone) });
      const login = await sendRaw(house.service.url, rawRequest('POST', '/api/auth/otp/verify', all, code));
      expect({ status: login.status, id: login.body.data?.user.id }).toEqual({ status: 200, id: person.id });
    }
  });
});

describe('what is not HTTP, or more of it than we read', () => {
  const body = '{"phone":"081234567890"}';
  const post = 'POST /api/auth/otp/request HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
  it.each([
    ['a method that nobody knows', 'FOO /api/auth/otp/status HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['an address of 20 kB', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`],
    ['headers of 40 kB', `GET /api/auth/otp/status HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(40_000)}\r\n\r\n`],
    ['rubbish', 'hello\r\n\r\n'],
    ['a length below zero', `${post}Content-Length: -1\r\n\r\n${body}`],
    ['two lengths', `${post}Content-Length: 24\r\nContent-Length: 5\r\n\r\n${body}`],
    ['a length and chunks', `${post}Content-Length: 24\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['a broken chunk', `${post}Transfer-Encoding: chunked\r\n\r\nzz\r\n${body}\r\n0\r\n\r\n`],
    ['a folded header', `${post}X-A: b\r\n c\r\nContent Length: 1\r\n\r\n`],
    ['a NUL in a header', `GET /api/auth/otp/status HTTP/1.1\r\nHost: x\r\nX-A: a\u0000b\r\n\r\n`],
  ])('is refused in the same shape: %s', async (_what, bytes) => {
    await withoutTrace(async () => {
      const answer = await sendRaw(house.service.url, bytes);
      expectRefused({}, answer, [400, 404, 405, 408, 414, 417, 431]);
    });
  });

  it('is refused without a host', async () => {
    const answer = await sendRaw(house.service.url, 'GET /api/auth/otp/status HTTP/1.1\r\n\r\n');
    expectFailure(answer, 400, 'malformed_request');
  });

  const expecting = (expectation: string, version = '1.1') =>
    sendRaw(
      house.service.url,
      `GET /api/auth/otp/status HTTP/${version}\r\nHost: x\r\nExpect: ${expectation}\r\nConnection: close\r\n\r\n`,
    );

  it('is refused when it expects what is not known, and nothing is done', async () => {
    for (const expectation of ['x', '200-ok', '100-continued', 'x'.repeat(5_000)]) {
      const answer = await expecting(expectation);
      expectFailure(answer, 417, 'expectation_failed', 'Header Expect hanya boleh berisi 100-continue');
      expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    }
    const person = await house.person();
    const asked = rawRequest(
      'POST',
      '/api/auth/otp/request',
      ['Content-Type: application/json', 'Expect: x', 'Connection: close'],
      JSON.stringify({ phone: person.phone }),
    );
    expectFailure(await sendRaw(house.service.url, asked), 417, 'expectation_failed');
    expect(house.sendsTo(person.phone)).toBe(0);
  });

  it('is served when it expects what is known, or nothing', async () => {
    expect((await expecting('')).status).toBe(200);
    // HTTP/1.0 knows no expectations (RFC 9110 section 10.1.1).
    expect((await expecting('x', '1.0')).status).toBe(200);
    const body = '{"phone":"1"}';
    const asked = rawRequest(
      'POST',
      '/api/auth/otp/request',
      ['Content-Type: application/json', 'Expect: 100-continue', 'Connection: close'],
      body,
    );
    // The interim answer, and behind it the one to the request.
    const answer = await sendRaw(house.service.url, asked);
    expect([answer.status, answer.text]).toEqual([100, expect.stringContaining('"code":"invalid_phone"')]);
  });

  it('is refused when it wants a connection to somewhere else', async () => {
    for (const target of ['example.com:443', '127.0.0.1:5432', '/api/auth/otp/status']) {
      const answer = await sendRaw(house.service.url, `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
      expectFailure(answer, 405, 'method_not_allowed', 'Metode tidak didukung');
      expect(answer.headers.get('connection')).toBe('close');
    }
  });

  it('does nothing when the sender hangs up half-way, and logs no failure', async () => {
    await withoutTrace(async () => {
      const person = JSON.stringify({ phone: '081234567890' });
      const half = rawRequest('POST', '/api/auth/otp/request', ['Content-Type: application/json'], person).slice(0, -5);
      const { hostname, port } = new URL(house.service.url);
      for (let times = 0; times < 5; times++) {
        const socket = connect(Number(port), hostname, () =>
          socket.write(half, () => setTimeout(() => socket.destroy(), 20)),
        );
        await once(socket, 'close');
      }
      // The last line of a request comes behind its end; another one is answered meanwhile.
      expect((await house.service.get('/health/live')).status).toBe(200);
    });
  });

  it('stops nobody else', async () => {
    await Promise.all(
      Array.from({ length: 50 }, () => sendRaw(house.service.url, 'hello\r\n\r\n').catch(() => undefined)),
    );
    expect((await house.service.get('/health/live')).status).toBe(200);
  });
});

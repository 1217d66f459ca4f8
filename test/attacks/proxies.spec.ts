import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure, expectFailureShape } from '../support/answers.js';
import { clientAt, type Client } from '../support/clients.js';
import { tally } from '../support/crowds.js';
import { newPhone, openHouse, type House } from '../support/house.js';
import { rawRequest, sendRaw } from '../support/raw-http.js';

// Somebody who says that they call from somewhere else, and requests that two programs read differently. It holds behind
// nginx (scripts/attacks-behind-nginx.mjs) and without it; addresses out of TRUST_PROXY: sikeskoja/addresses.spec.ts.

const SENDS = 20;
const FAILURES = 20;

let house: House;
let made = 0;

beforeAll(async () => {
  house = await openHouse(
    { ADDRESS_SENDS_PER_HOUR: String(SENDS), ADDRESS_FAILURES_PER_HOUR: String(FAILURES), LOG_LEVEL: 'info' },
    { instances: 2 },
  );
});
afterAll(async () => house.close());

const newClient = (): Client => clientAt(house.service.url, `127.1.0.${++made}`);

/** Headers by which a client claims to be somebody else, never twice the same. */
const claims = (at: number): Record<string, string | string[]> => {
  const address = `203.0.113.${at % 250}`;
  const ways: Record<string, string | string[]>[] = [
    { 'x-forwarded-for': address },
    { 'x-forwarded-for': `${address}, 127.0.0.1` },
    { 'x-forwarded-for': [address, '127.0.0.1'] },
    { 'x-forwarded-for': `127.0.0.1, ${address}` },
    { forwarded: `for=${address};proto=https` },
    { 'x-real-ip': address, 'true-client-ip': address, 'cf-connecting-ip': address },
    { 'x-client-ip': address, 'x-cluster-client-ip': address, via: `1.1 ${address}` },
    { 'x-forwarded-for': `[2001:db8:${at.toString(16)}::1]:443` },
    { 'x-forwarded-for': 'unknown' },
    { 'x-forwarded-for': `${address}${', 10.0.0.1'.repeat(50)}` },
  ];
  return ways[at % ways.length] ?? {};
};

describe('an address', () => {
  it('V4.1.3, V15.3.4: is the caller’s own, whatever it claims: its allowance of sends ends', async () => {
    const [attacker, neighbour] = [newClient(), newClient()];
    const answers = [];
    for (let at = 0; at < SENDS + 12; at++)
      answers.push(await attacker.post('/api/auth/otp/request', { phone: (await house.person()).phone }, claims(at)));
    expect(tally(answers)).toEqual({ 200: SENDS, 429: 12 });
    const own = await neighbour.post('/api/auth/otp/request', { phone: (await house.person()).phone });
    expect(own.status).toBe(200);
  });

  it('V4.1.3, V15.3.4: so does that of failures, on every route that counts them', async () => {
    const [attacker, neighbour] = [newClient(), newClient()];
    const answers = [];
    for (let at = 0; at < FAILURES + 12; at++) {
      const tries: [string, object][] = [
        ['/api/auth/login', { identifier: `n${at}@x.example`, password: 'salah' }],
        ['/api/auth/otp/verify', { phone: newPhone(), otpCode: '123456' }],
        ['/api/auth/refresh', { refreshToken: `x${at}` }],
        ['/api/forgot-password/verify-otp', { noHp: newPhone(), otp: '123456' }],
      ];
      const [path, body] = tries[at % tries.length]!;
      answers.push((await attacker.post(path, body, claims(at))).status);
    }
    expect(answers.slice(FAILURES)).toEqual(Array<number>(12).fill(429));
    expect(answers.slice(0, FAILURES).filter((status) => status === 429)).toEqual([]);
    const own = await neighbour.post('/api/auth/login', { identifier: 'x', password: 'x' });
    expect(own.status).toBe(401);
  });

  it('V16.2.1, V4.1.3: is what the audit log says, not what was claimed', async () => {
    const attacker = newClient();
    const { e164, phone } = await house.person();
    await attacker.post('/api/auth/otp/verify', { phone, otpCode: '000000' }, { 'x-forwarded-for': '198.51.100.77' });
    const [row] = await house.database.query<{ address: string }>(
      `SELECT address FROM audit_events WHERE type = 'login.otp' AND detail ->> 'phone' LIKE '%' || right($1, 3) ORDER BY occurred_at DESC LIMIT 1`,
      [e164],
    );
    expect(row?.address).toBe(attacker.address);
  });
});

describe('a request', () => {
  const JSON_TYPE = 'Content-Type: application/json';
  const body = JSON.stringify({ identifier: 'x', password: 'x' });
  const smuggled = 'GET /api/auth/me HTTP/1.1\r\nHost: x\r\n\r\n';

  it.each([
    ['two lengths', [JSON_TYPE, `Content-Length: ${body.length}`, 'Content-Length: 1'], body],
    ['a length and chunks', [JSON_TYPE, 'Transfer-Encoding: chunked', 'Content-Length: 4'], `0\r\n\r\n${smuggled}`],
    ['chunks under an odd name', [JSON_TYPE, 'Transfer-Encoding: xchunked'], `0\r\n\r\n${smuggled}`],
    ['chunks and something else', [JSON_TYPE, 'Transfer-Encoding: chunked, identity'], `0\r\n\r\n${smuggled}`],
    ['chunks twice', [JSON_TYPE, 'Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], `0\r\n\r\n${smuggled}`],
    ['a blank before the colon', [JSON_TYPE, 'Transfer-Encoding : chunked'], `0\r\n\r\n${smuggled}`],
    ['a signed length', [JSON_TYPE, 'Content-Length: +2'], '{}'],
    ['a length in hex', [JSON_TYPE, 'Content-Length: 0x2'], '{}'],
    ['a chunk of a negative size', [JSON_TYPE, 'Transfer-Encoding: chunked'], `-1\r\nx\r\n0\r\n\r\n${smuggled}`],
    ['a line that goes on', [JSON_TYPE, 'X-A: b', ' Transfer-Encoding: chunked', 'Content-Length: 2'], '{}'],
  ])('V4.2.1: with %s is answered once and refused, or read in one way', async (_, headers, payload) => {
    const lines = ['POST /api/auth/login HTTP/1.1', 'Host: 127.0.0.1', 'Connection: close', ...headers];
    const answer = await sendRaw(house.service.url, `${lines.join('\r\n')}\r\n\r\n${payload}`);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(502);
    expect(answer.text).not.toContain('HTTP/1.1');
  });

  it.each([
    ['no host', []],
    ['two hosts', ['Host: 127.0.0.1', 'Host: evil.example']],
    ['the same host twice', ['Host: 127.0.0.1', 'Host: 127.0.0.1']],
  ])('V4.2.1: with %s is refused in the one shape, before any route is looked for', async (_, hosts) => {
    for (const path of ['/health/live', '/nowhere']) {
      const lines = [`GET ${path} HTTP/1.1`, ...hosts, 'Connection: close'];
      const answer = await sendRaw(house.service.url, `${lines.join('\r\n')}\r\n\r\n`);
      expect(answer.status).toBe(400);
      // What nginx refuses by itself has its own shape.
      if (process.env['MASUK_TEST_NGINX'] !== '1') expectFailure(answer, 400, 'malformed_request');
    }
  });

  it('V4.1.3: leads to no other route or method by a header, nor to another host', async () => {
    for (const header of [
      'X-Original-URL: /api/users',
      'X-Rewrite-URL: /api/users',
      'X-HTTP-Method-Override: DELETE',
    ]) {
      const answer = await sendRaw(house.service.url, rawRequest('GET', '/health/live', [header, 'Connection: close']));
      expect(answer.status).toBe(200);
    }
    const lines = ['GET /login HTTP/1.1', 'Host: evil.example', 'X-Forwarded-Host: evil.example', 'Connection: close'];
    const answer = await sendRaw(house.service.url, `${lines.join('\r\n')}\r\n\r\n`);
    expect(answer.text).not.toContain('evil.example');
    expect(answer.headers.get('location') ?? '').not.toContain('evil.example');
  });

  it('V16.5.1: that is too large for its route gets the one shape, also behind nginx', async () => {
    const large = await house.service.post('/api/auth/login', { identifier: 'x', password: 'x'.repeat(200_000) });
    expect(large.status).toBe(413);
    expectFailureShape(large);
  });

  it('V4.2.1: leaves nothing behind for the next one', async () => {
    expect((await house.service.get('/api/auth/me')).status).toBe(401);
    expect((await house.service.get('/health/live')).status).toBe(200);
  });
});

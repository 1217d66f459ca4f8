import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader, type JSONWebKeySet } from 'jose';
import { MOVING_CLOCK, passIn } from '../../support/clock.js';
import { leakedKey, segment, signed } from '../../support/forged-tokens.js';
import { openHouse, type House } from '../../support/house.js';
import { until } from '../../support/waits.js';

// The service in `examples/consumer`, run as its README says, between people with tokens and the running service.

const ROOT = join(import.meta.dirname, '..', '..', '..');
const ISSUER = 'https://masuk.dinkes.example';
/** How long the consumer waits between two looks for an unknown kid, in seconds. */
const COOLDOWN = 60;
const SECRET = 'rW4xP9tK2vB7nM5qL8zC3jH6gF1dS0aY-consumer';

let house: House;
const consumers: ChildProcess[] = [];
let consumer: { process: ChildProcess; url: string; output(): string };
/** Between the consumer and the service: counts what is fetched. */
let turnstile: { server: Server; url: string; fetched: string[]; closed: boolean };

beforeAll(async () => {
  house = await openHouse({ PUBLIC_URL: ISSUER, AUTH_SECRET: SECRET }, { movingClock: true });
  turnstile = await startTurnstile();
  consumer = await startConsumer();
});
afterAll(async () => {
  const ended = once(consumer.process, 'exit');
  consumer.process.kill();
  await ended;
  turnstile.server.close();
  await house.close();
});

async function startTurnstile(): Promise<typeof turnstile> {
  const fetched: string[] = [];
  const server = createServer((request, response) => {
    fetched.push(request.url ?? '');
    if (turnstile.closed) return void response.writeHead(503).end();
    void house.service.get(request.url ?? '/').then(({ status, text }) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { closed: false, fetched, server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function startConsumer(): Promise<typeof consumer> {
  const env = {
    PATH: process.env['PATH'] ?? '',
    PORT: '0',
    MASUK_URL: turnstile.url,
    MASUK_ISSUER: ISSUER,
    KEYS_COOLDOWN_MS: `${COOLDOWN * 1000}`,
    NODE_OPTIONS: MOVING_CLOCK,
    CLOCK_AHEAD_MS: `${house.clock.ahead}`,
  };
  const child = spawn(process.execPath, ['server.mjs'], {
    cwd: join(ROOT, 'examples', 'consumer'),
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  consumers.push(child);
  let output = '';
  child.stdout!.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr!.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const address = () => /listening at (http:\S+)/.exec(output)?.[1];
  await until('the consumer listens', () => address() !== undefined);
  return { process: child, url: address()!, output: () => output };
}

async function ask(token?: string): Promise<{ status: number; body: any }> {
  const answer = await fetch(
    consumer.url,
    token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
  );
  return { status: answer.status, body: await answer.json() };
}

/** Lets time pass for the service and its consumers. */
async function pass(seconds: number): Promise<void> {
  await Promise.all([house.clock.pass(seconds), ...consumers.map((each) => passIn(each, seconds * 1000))]);
}

/** Goes on to a moment when an unknown kid makes the consumer look again. */
const cooledDown = () => pass(COOLDOWN + 1);

async function expectRefused(tokens: Record<string, string>): Promise<void> {
  for (const [what, token] of Object.entries(tokens))
    expect({ what, ...(await ask(token)) }).toEqual({
      what,
      status: 401,
      body: { success: false, code: 'invalid_token' },
    });
}

it('accepts a valid token and shows its owner', async () => {
  expect((await ask()).status).toBe(401);
  expect(turnstile.fetched).toEqual([]);
  const person = await house.person({ role: 'OPERATOR' });
  const { token } = await house.login(person.phone);
  const data = { id: person.id, role: 'OPERATOR', sessionId: decodeJwt(token)['sid'] };
  expect(await ask(token)).toEqual({ status: 200, body: { success: true, data } });
  expect(turnstile.fetched).toEqual(['/.well-known/jwks.json']);
});

it('refuses what is forged, and fetches nothing that a token points at', async () => {
  const { token } = await house.login((await house.person()).phone);
  const [head = '', body = '', signature = ''] = token.split('.');
  const header = decodeProtectedHeader(token);
  const claims = decodeJwt(token);
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const own = { jwk: publicKey.export({ format: 'jwk' }), jku: `${turnstile.url}/trap`, x5u: `${turnstile.url}/trap` };
  await expectRefused({
    'no signature': `${segment({ ...header, alg: 'none' })}.${body}.`,
    'another algorithm': `${segment({ ...header, alg: 'HS256' })}.${body}.${signature}`,
    "a stranger's key": signed(header, claims, privateKey),
    'keys of its own': signed({ ...header, ...own }, claims, privateKey),
    'keys of its own, no kid': signed({ ...header, ...own, kid: undefined }, claims, privateKey),
    'other claims': `${head}.${segment({ ...claims, role: 'ADMIN' })}.${signature}`,
    'an odd kid': signed({ ...header, kid: ['x'] }, claims, privateKey),
    'no token': 'x',
    'cut short': token.slice(0, -20),
  });
  expect((await ask(token)).status).toBe(200);
  expect(new Set(turnstile.fetched)).toEqual(new Set(['/.well-known/jwks.json']));
});

it('refuses what our key signed for others, for other times, or as another type', async () => {
  const { token } = await house.login((await house.person()).phone);
  const { kid, key } = await leakedKey(house);
  const header = { ...decodeProtectedHeader(token), kid };
  const claims = decodeJwt(token);
  const minted = (change: object, more: object = {}) => signed({ ...header, ...more }, { ...claims, ...change }, key);
  // The service publishes the key once it has met it.
  const published = async () => (await house.service.get('/.well-known/jwks.json')).body as JSONWebKeySet;
  await until('the key is published', async () => {
    await house.service.get('/api/auth/me', { authorization: `Bearer ${minted({})}` });
    return (await published()).keys.some((each) => each.kid === kid);
  });
  await cooledDown();
  expect((await ask(minted({}))).status).toBe(200);
  await expectRefused({
    expired: minted({ exp: Math.floor(Date.now() / 1000) - 1 }),
    'without an end': minted({ exp: undefined }),
    'not valid yet': minted({ nbf: Math.floor(Date.now() / 1000) + 600 }),
    'another audience': minted({ aud: 'other' }),
    'another issuer': minted({ iss: 'https://other.example' }),
    'no issuer': minted({ iss: undefined }),
    'no session': minted({ sid: undefined }),
    'another type': minted({}, { typ: 'JWT' }),
    'no type': minted({}, { typ: undefined }),
    'to be understood': minted({}, { crit: ['x'], x: 1 }),
  });
});

it('answers 503 while the keys cannot be fetched', async () => {
  const { token } = await house.login((await house.person()).phone);
  turnstile.closed = true;
  const fresh = await startConsumer();
  try {
    const headers = { authorization: `Bearer ${token}` };
    expect((await fetch(fresh.url, { headers })).status).toBe(503);
    // Who has the keys goes on with them.
    expect((await ask(token)).status).toBe(200);
    turnstile.closed = false;
    await cooledDown();
    expect((await fetch(fresh.url, { headers })).status).toBe(200);
  } finally {
    turnstile.closed = false;
    fresh.process.kill();
  }
});

it('is not made to hammer the key set', async () => {
  const { token } = await house.login((await house.person()).phone);
  await cooledDown();
  const before = turnstile.fetched.length;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const header = decodeProtectedHeader(token);
  const unknown = Array.from({ length: 100 }, (_, at) =>
    signed({ ...header, kid: `unknown-${at}` }, decodeJwt(token), privateKey),
  );
  const statuses = await Promise.all(unknown.map(async (each) => (await ask(each)).status));
  expect(new Set(statuses)).toEqual(new Set([401]));
  expect((await ask(token)).status).toBe(200);
  expect(turnstile.fetched.length - before).toBe(1);
});

it('picks up a rotated key automatically', async () => {
  const person = await house.person();
  const login = await house.login(person.phone);
  const before: string = login.token;
  const { refreshToken } = login as { refreshToken: string };
  const env = { PATH: process.env['PATH'] ?? '', NODE_ENV: 'test', DATABASE_URL: house.database.url };
  const rotate = join(ROOT, 'dist', 'cli', 'keys-rotate.js');
  const { stdout } = await promisify(execFile)(process.execPath, [rotate], {
    env: { ...env, AUTH_SECRET: SECRET, PUBLIC_URL: ISSUER },
    cwd: '/tmp',
  });
  expect(stdout).toMatch(/^A new key is announced; it signs from \S+Z on\.$/m);
  await house.database.query(`UPDATE signing_keys SET activates_at = now() WHERE state = 'NEXT'`);
  // Instances look every half minute or so.
  await pass(45);
  const renewed = await house.service.post('/api/auth/refresh', { refreshToken });
  const after: string = renewed.body.data.token;
  expect(decodeProtectedHeader(after).kid).not.toBe(decodeProtectedHeader(before).kid);
  await cooledDown();
  expect(await ask(after)).toMatchObject({ status: 200, body: { data: { id: person.id } } });
  // Those of the old one are as good as before.
  expect((await ask(before)).status).toBe(200);
  expect(consumer.process.exitCode).toBeNull();
  expect(consumer.output().trim().split('\n')).toHaveLength(1);
}, 120_000);

import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure } from '../../support/answers.js';
import { openGatewayHouse, type GatewayHouse } from '../../support/gateway-house.js';
import { type Answer, type Service } from '../../support/service.js';

// A service that may have few linked accounts, and that calls from its own machine need no key for.

type Headers = Record<string, string>;

/** Linked accounts that the service may have. */
const MOST = 5;

let house: GatewayHouse;
let made = 0;

beforeAll(async () => {
  house = await openGatewayHouse({ GATEWAY_MAX_SESSIONS: String(MOST), GATEWAY_KEYLESS_LOOPBACK: '' });
});
afterAll(async () => house.close());
afterEach(async () => {
  const { body } = await house.service.get('/api/sessions?limit=100', house.admin);
  for (const { id, sessionId } of body.data) expect((await remove(id ?? sessionId)).status).toBe(200);
});

/** By its id, or by its name where no key made it. */
const remove = (session: string) => house.service.send('DELETE', `/api/sessions/${session}`, undefined, house.admin);
const newName = () => `limited-${(made += 1)}`;
const create = (headers = house.admin, service = house.service, sessionId = newName()) =>
  service.post('/api/sessions/create', { sessionId }, headers);
const createAtOnce = (count: number, headers?: Headers) =>
  Promise.all(Array.from({ length: count }, () => create(headers)));
const madeOf = (answers: Answer[]) => answers.filter(({ status }) => status === 201).length;

describe('the number of linked accounts', () => {
  it('is at most GATEWAY_MAX_SESSIONS, even in parallel', async () => {
    const answers = await createAtOnce(12);
    expect(madeOf(answers)).toBe(MOST);
    expect(answers.filter(({ body }) => body.code === 'session_limit_reached')).toHaveLength(12 - MOST);
    expectFailure(await create(), 409, 'session_limit_reached');
  });

  it('leaves room for other keys, even when one requests everything at once', async () => {
    const [greedy, other] = [await house.key('sessions'), await house.key('sessions')];
    const answers = await createAtOnce(8, greedy);
    expect(madeOf(answers)).toBe(3);
    for (const { status, body } of answers) if (status !== 201) expect(body.code).toBe('session_limit_reached');
    expect(madeOf(await createAtOnce(8, other))).toBe(1);
    // Admins have no share of their own.
    expect(madeOf(await createAtOnce(8))).toBe(1);
    expectFailure(await create(greedy), 409, 'session_limit_reached');
  });

  it('keeps the last place for an admin who has none, however many keys there are', async () => {
    const counts: number[] = [];
    for (let key = 0; key < 3; key++) counts.push(madeOf(await createAtOnce(8, await house.key('sessions'))));
    expect(counts).toEqual([3, 1, 0]);
    expect(madeOf(await createAtOnce(2))).toBe(1);
  });
});

describe('a call from the service’s own machine', () => {
  const get = (headers: Headers) => house.service.get('/api/sessions', headers);

  it('needs no key outside production, under compat', async () => {
    const name = newName();
    expect((await create({}, house.service, name)).status).toBe(201);
    expect((await house.service.get(`/api/sessions/${name}/status`)).status).toBe(200);
    expect((await get({})).body.data.length).toBeGreaterThan(0);
    expect((await get({ origin: 'http://localhost:3000' })).status).toBe(200);
  });

  it.each<[string, Headers]>([
    ['a page that another name was made to point here', { host: 'evil.example' }],
    ["another site's page", { origin: 'https://evil.example' }],
    ['a page without an origin', { origin: 'null' }],
    ["another site's page, by a picture", { 'sec-fetch-site': 'cross-site' }],
    ['a neighbouring page, by a picture', { 'sec-fetch-site': 'same-site' }],
    ['a proxy on this machine', { 'x-forwarded-for': '203.0.113.7' }],
    ['a proxy on this machine', { forwarded: 'for=203.0.113.7' }],
    ['a proxy on this machine', { 'x-real-ip': '203.0.113.7' }],
    ['a wrong key', { 'x-api-key': 'msk_x' }],
    ['a wrong token', { authorization: 'Bearer x' }],
  ])('is not %s: %j', async (_, headers) => {
    expect((await rawGet(house.service, '/api/sessions', headers)).status).toBe(401);
  });

  it('works without a key only on routes that allow it', async () => {
    expectFailure(await house.service.get('/api/api-keys'), 401, 'unauthenticated');
    expectFailure(await house.service.post('/api/auth/introspect', { token: 'x' }), 401, 'unauthenticated');
    expect(new URL(house.service.url).host).toContain('127.0.0.1');
  });
});

describe('a service without Baileys', () => {
  it('starts, and the gateway’s routes say what is missing', async () => {
    const hook = join(import.meta.dirname, '..', '..', 'support', 'without-baileys.mjs');
    const bare = await house.anotherProcess({ NODE_OPTIONS: `--import=${hook}`, GATEWAY_KEYLESS_LOOPBACK: 'off' });
    expect((await bare.get('/health/ready')).status).toBe(200);
    const answers = [
      await create(house.admin, bare),
      await bare.get('/api/sessions', house.admin),
      await bare.get('/api/sessions/x/status', house.admin),
      await house.text('x', '081234567890', 'halo', house.admin, bare),
    ];
    for (const answer of answers) expectFailure(answer, 503, 'gateway_unavailable');
    // A call of this machine that may not go without a key.
    expectFailure(await bare.get('/api/sessions'), 401, 'unauthenticated');
    expect((await bare.stop()).code).toBe(0);
  });
});

/** `fetch` sets some headers itself; here they are sent as they stand. */
async function rawGet(service: Service, path: string, headers: Headers): Promise<{ status: number }> {
  return new Promise((resolve, reject) => {
    const call = request(service.url + path, { headers }, (answer) => {
      answer.resume();
      resolve({ status: answer.statusCode ?? 0 });
    });
    call.on('error', reject).end();
  });
}

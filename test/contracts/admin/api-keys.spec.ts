import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectAhead } from '../../support/answers.js';
import { type TestDatabase } from '../../support/database.js';
import { AS_IN_DEVELOPMENT, openHouse, type House } from '../../support/house.js';
import { type Answer, type Service } from '../../support/service.js';

const AUTH_SECRET = 'k7Jq2vX9mB4nT6wZ1cR8yL3pH5sD0fGa-api-keys';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const KEY = /^msk_[A-Za-z0-9_-]{43}$/;
const APIKEY = join(import.meta.dirname, '..', '..', '..', 'dist', 'cli', 'apikey.js');

let house: House;
let database: TestDatabase;
let one: Service;
let two: Service;
let admin: Record<string, string>;
/** Every key that was made in this file: none may be found anywhere afterwards. */
const made: string[] = [];

async function tokenOf(service: Service, identifier: string): Promise<Record<string, string>> {
  const answer = await service.post('/api/auth/login', { identifier, password: 'password123' });
  return { authorization: `Bearer ${answer.body.data.token}` };
}

async function create(wish: Record<string, unknown> = {}): Promise<{ id: string; key: string; answer: Answer }> {
  const body = { name: 'Antrean RSUD', scopes: ['tokens'], ...wish };
  const answer = await one.post('/api/api-keys', body, admin);
  if (answer.status !== 201) throw new Error(answer.text);
  made.push(answer.body.data.key);
  return { id: answer.body.data.id, key: answer.body.data.key, answer };
}

/** A call that a key with the scope `tokens` may make. */
const call = (key: string, service = one, headers = {}): Promise<Answer> =>
  service.post('/api/auth/introspect', { token: 'nothing' }, { 'x-api-key': key, ...headers });

const outcome = ({ status, body }: Answer) => [status, body?.code];

/** The command line, as `npm run apikey` starts it. */
function apikey(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { PATH: process.env['PATH'] ?? '', NODE_ENV: 'test', DATABASE_URL: database.url, AUTH_SECRET };
  return new Promise((resolve) => {
    execFile(process.execPath, [APIKEY, ...args], { env, cwd: '/tmp' }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

beforeAll(async () => {
  house = await openHouse({ ...AS_IN_DEVELOPMENT, AUTH_SECRET, LOG_LEVEL: 'trace' }, { movingClock: true });
  ({ database, service: one } = house);
  two = await house.another();
  admin = await tokenOf(one, 'admin');
});

afterAll(async () => house.close());

describe('POST /api/api-keys', () => {
  it('shows the key this once', async () => {
    const { key, answer } = await create({ name: '  Antrean RSUD  ', scopes: ['messages', 'otp'] });
    expect(answer.body).toEqual({
      success: true,
      message: 'API key dibuat. Simpan sekarang, karena tidak akan ditampilkan lagi',
      data: {
        id: expect.stringMatching(UUID),
        name: 'Antrean RSUD',
        key: expect.stringMatching(KEY),
        hint: key.slice(0, 8),
        scopes: ['messages', 'otp'],
        requestsPerMinute: 600,
        expiresAt: null,
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      },
    });
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('takes an end of life and a rate of its own', async () => {
    const { answer } = await create({ expiresAt: '2099-12-31T23:59:59+09:00', requestsPerMinute: 5 });
    expect(answer.body.data).toMatchObject({ expiresAt: '2099-12-31T14:59:59.000Z', requestsPerMinute: 5 });
    const { answer: plain } = await create({ expiresAt: null, requestsPerMinute: null });
    expect(plain.body.data).toMatchObject({ expiresAt: null, requestsPerMinute: 600 });
    // As a form sends it.
    expect((await create({ requestsPerMinute: '10' })).answer.body.data).toMatchObject({ requestsPerMinute: 10 });
  });

  it.each<[string, unknown]>([
    ['name', undefined],
    ['name', ''],
    ['name', '   '],
    ['name', 'x'.repeat(101)],
    ['name', 'two\nlines'],
    ['name', 'nul\u0000'],
    ['name', '\ud800'],
    ['name', 'hidden\u202e'],
    ['name', ['a']],
    ['scopes', undefined],
    ['scopes', []],
    ['scopes', 'otp'],
    ['scopes', ['otp', 'otp']],
    ['scopes', ['root']],
    ['scopes', ['OTP']],
    ['scopes', [['otp']]],
    ['scopes', { 0: 'otp', length: 1 }],
    ['expiresAt', '2020-01-01T00:00:00Z'],
    ['expiresAt', '2099-02-30T00:00:00Z'],
    ['expiresAt', '2099-01-01T00:00:00'],
    ['expiresAt', 4_102_444_800],
    ['expiresAt', 'tomorrow'],
    ['requestsPerMinute', 0],
    ['requestsPerMinute', 1.5],
    ['requestsPerMinute', 'ten'],
    ['requestsPerMinute', '1e1'],
    ['requestsPerMinute', 100_001],
  ])('refuses %s: %j', async (field, value) => {
    const answer = await one.post('/api/api-keys', { name: 'x', scopes: ['otp'], [field]: value }, admin);
    expect(outcome(answer)).toEqual([400, 'validation_failed']);
    expect(answer.body.details).toEqual([{ field, problem: expect.any(String) }]);
  });

  it('keeps names as they are written', async () => {
    for (const name of ["O'Brien; DROP TABLE api_keys --", 'Puskesmas Abepura ☕', '<b>x</b>', '😀'.repeat(100)]) {
      expect((await create({ name })).answer.body.data.name).toBe(name);
    }
  });
});

describe('who may manage keys', () => {
  it.each([
    ['GET', '/api/api-keys', 'operator'],
    ['POST', '/api/api-keys', 'supervisor'],
    ['DELETE', '/api/api-keys/018f0000-0000-7000-8000-000000000000', 'supervisor'],
  ])('%s %s is not for keys, nor for an account like %s', async (method, path, who) => {
    const { key } = await create({
      scopes: ['sessions', 'messages', 'otp', 'otp:read', 'analytics', 'webhooks', 'tokens'],
    });
    const send = (headers: Record<string, string>) => one.send(method, path, undefined, headers);
    expect(outcome(await send({}))).toEqual([401, 'unauthenticated']);
    expect(outcome(await send({ 'x-api-key': key }))).toEqual([401, 'unauthenticated']);
    expect(outcome(await send({ authorization: `Bearer ${key}` }))).toEqual([401, 'invalid_token']);
    expect(outcome(await send(await tokenOf(one, who)))).toEqual([403, 'forbidden']);
  });
});

describe('GET /api/api-keys', () => {
  it('lists all keys, newest first, in pages, and never the key', async () => {
    const ids: string[] = [];
    for (const name of ['a', 'b', 'c']) ids.unshift((await create({ name })).id);
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = await one.get(`/api/api-keys?limit=2${cursor && `&cursor=${cursor}`}`, admin);
      expect(page.status).toBe(200);
      expect(page.body.data.length).toBeLessThanOrEqual(2);
      for (const key of made) expect(page.text).not.toContain(key.slice(8));
      seen.push(...page.body.data.map(({ id }: { id: string }) => id));
      cursor = page.body.nextCursor;
    } while (cursor);
    expect(seen.slice(0, 3)).toEqual(ids);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.length).toBe(made.length);
  });

  it('shows what an admin needs to know', async () => {
    const { id, key } = await create();
    const { body } = await one.get('/api/api-keys?limit=1', admin);
    expect(body.data[0]).toEqual({
      id,
      name: 'Antrean RSUD',
      hint: key.slice(0, 8),
      scopes: ['tokens'],
      requestsPerMinute: 600,
      createdBy: expect.stringMatching(UUID),
      createdAt: expect.any(String),
      expiresAt: null,
      lastUsedAt: null,
      revokedAt: null,
    });
  });

  it.each(['limit=0', 'limit=101', 'limit=ten', 'limit=-1', 'limit=1&limit=2', 'cursor=1', "cursor=';--"])(
    'refuses ?%s',
    async (query) => {
      expect(outcome(await one.get(`/api/api-keys?${query}`, admin))).toEqual([400, 'validation_failed']);
    },
  );
});

describe('a call with a key', () => {
  it('goes through with one of the scopes', async () => {
    const { key } = await create();
    const answer = await call(key);
    expect([answer.status, answer.body]).toEqual([200, { active: false }]);
  });

  it('is refused beyond the scopes', async () => {
    const { key } = await create({ scopes: ['messages', 'otp', 'otp:read'] });
    expect(outcome(await call(key))).toEqual([403, 'forbidden']);
  });

  it('is not needed by an admin, and does not help anybody else with a token', async () => {
    const { key } = await create();
    expect((await call('', one, admin)).status).toBe(200);
    expect(outcome(await call(key, one, await tokenOf(one, 'operator')))).toEqual([403, 'forbidden']);
    expect(outcome(await call(key, one, { authorization: 'Bearer x' }))).toEqual([401, 'invalid_token']);
  });

  it('is refused without a key', async () => {
    const answer = await one.post('/api/auth/introspect', { token: 'nothing' });
    expect(outcome(answer)).toEqual([401, 'unauthenticated']);
  });

  it('is refused with anything but a valid key', async () => {
    const { key } = await create();
    const other = `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`;
    const odd = [
      '',
      ' ',
      'msk_',
      key.slice(4),
      `${key}=`,
      key.slice(0, -1),
      key.toUpperCase(),
      other,
      `msk_${'A'.repeat(43)}`,
      `msk_${'A'.repeat(4_000)}`,
      `sk_live_4eC39HqLyjWDarjtT1zdp7dc`,
      `Bearer ${key}`,
      `"${key}"`,
      `${key}, ${key}`,
      "' OR '1'='1",
      'null',
      '[object Object]',
      createHash('sha256').update(key).digest('hex'),
      'ÿ'.repeat(47),
    ];
    for (const presented of odd) expect(outcome(await call(presented))).toEqual([401, 'invalid_api_key']);
    expect((await call(key)).status).toBe(200);
  });

  it('is not taken from the query, the body or the Authorization header', async () => {
    const { key } = await create();
    const path = `/api/auth/introspect?x-api-key=${key}&apiKey=${key}`;
    expect(outcome(await one.post(path, { token: 'nothing', apiKey: key }))).toEqual([401, 'unauthenticated']);
    const bearer = { authorization: `ApiKey ${key}` };
    expect(outcome(await one.post(path, { token: 'nothing' }, bearer))).toEqual([401, 'invalid_token']);
  });

  it('is refused when the key is past its time', async () => {
    const { id, key } = await create({ expiresAt: '2099-01-01' });
    expect((await call(key)).status).toBe(200);
    await database.query("UPDATE api_keys SET expires_at = now() - interval '1 second' WHERE id = $1", [id]);
    expect(outcome(await call(key))).toEqual([401, 'invalid_api_key']);
  });

  it('is noted, once a minute', async () => {
    const { id, key } = await create();
    const lastUse = async () =>
      (await database.query<{ at: Date }>('SELECT last_used_at AS at FROM api_keys WHERE id = $1', [id]))[0]?.at;
    await Promise.all(Array.from({ length: 20 }, () => call(key)));
    const first = await lastUse();
    expect(first).toBeInstanceOf(Date);
    await call(key, two);
    expect(await lastUse()).toEqual(first);
    await database.query("UPDATE api_keys SET last_used_at = now() - interval '61 seconds' WHERE id = $1", [id]);
    await call(key, two);
    expect((await lastUse())!.getTime()).toBeGreaterThanOrEqual(first!.getTime());
  });
});

describe('requests a minute', () => {
  it('are counted exactly, over two instances and 100 calls at once', async () => {
    const { key } = await create({ requestsPerMinute: 20 });
    const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => call(key, n % 2 ? two : one)));
    const refused = answers.filter(({ status }) => status === 429);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(20);
    expect(refused).toHaveLength(80);
    for (const { body, headers } of refused) {
      expect(body.code).toBe('rate_limited');
      expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(30);
      expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(60);
    }
  });

  it('are each key’s own, and come back with the next minute', async () => {
    const { id, key } = await create({ requestsPerMinute: 1 });
    const { key: other } = await create({ requestsPerMinute: 1 });
    expect((await call(key)).status).toBe(200);
    expect(outcome(await call(key, two))).toEqual([429, 'rate_limited']);
    expect((await call(other, two)).status).toBe(200);
    await database.query(
      "UPDATE rate_limits SET window_started_at = test_clock.now() - interval '61 seconds' WHERE name = 'api_key' AND subject = $1",
      [id],
    );
    // An instance that was told no asks again after a second.
    await house.clock.pass(1.1);
    expect((await call(key, two)).status).toBe(200);
  });

  it('count calls beyond the scopes too', async () => {
    const { key } = await create({ scopes: ['otp'], requestsPerMinute: 2 });
    const answers = [await call(key), await call(key), await call(key)];
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 429]);
  });

  it('refuse nobody of a crowd that there is room for', async () => {
    const { key } = await create({ requestsPerMinute: 600 });
    const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => call(key, n % 2 ? two : one)));
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  });
});

describe('DELETE /api/api-keys/:id', () => {
  it('acts at the next call, on every instance, and once', async () => {
    const { id, key } = await create();
    expect([(await call(key)).status, (await call(key, two)).status]).toEqual([200, 200]);
    const answer = await one.send('DELETE', `/api/api-keys/${id}`, undefined, admin);
    expect([answer.status, answer.body]).toEqual([200, { success: true, message: 'API key dicabut' }]);
    expect(outcome(await call(key))).toEqual([401, 'invalid_api_key']);
    expect(outcome(await call(key, two))).toEqual([401, 'invalid_api_key']);
    const revokedAt = async () =>
      (await one.get('/api/api-keys?limit=100', admin)).body.data.find((row: { id: string }) => row.id === id)
        .revokedAt;
    const at = await revokedAt();
    expect(at).toEqual(expect.any(String));
    const again = await Promise.all(
      [one, two, one].map((s) => s.send('DELETE', `/api/api-keys/${id}`, undefined, admin)),
    );
    expect(again.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await revokedAt()).toBe(at);
    const events = await database.query(
      "SELECT 1 FROM audit_events WHERE type = 'api_key.revoked' AND subject_id = $1",
      [id],
    );
    expect(events).toHaveLength(1);
  });

  it.each(['018f0000-0000-7000-8000-000000000000', '1', 'null', "'", 'msk_x', '%00'])('knows no %s', async (id) => {
    const answer = await one.send('DELETE', `/api/api-keys/${id}`, undefined, admin);
    expect(outcome(answer)).toEqual([404, 'api_key_not_found']);
  });
});

describe('npm run apikey', () => {
  it('makes a key that works, and prints it alone', async () => {
    const began = Date.now();
    const { code, stdout, stderr } = await apikey(
      'Gateway',
      '--scopes',
      'tokens, otp',
      '--expires',
      '90d',
      '--rate',
      '3',
    );
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining('Key "Gateway" for tokens, otp, 3 calls a minute, until '),
    ]);
    expect(stdout).toMatch(/^msk_[A-Za-z0-9_-]{43}\n$/);
    const key = stdout.trim();
    made.push(key);
    expect(stderr).not.toContain(key);
    const statuses = [await call(key), await call(key, two), await call(key), await call(key)].map(
      ({ status }) => status,
    );
    expect(statuses).toEqual([200, 200, 200, 429]);
    // Not the first of the list: the services' clock is ahead of that of the command.
    const rows: any[] = (await one.get('/api/api-keys?limit=100', admin)).body.data;
    const row = rows.find(({ name }) => name === 'Gateway');
    expect(row).toMatchObject({ scopes: ['tokens', 'otp'], requestsPerMinute: 3, createdBy: null });
    expectAhead(row.expiresAt, 90 * 86_400, began);
  });

  it.each([
    [['--scopes', 'otp']],
    [['Two', 'names', '--scopes', 'otp']],
    [['Name']],
    [['Name', '--scopes', 'root']],
    [['Name', '--scopes', 'otp', '--expires', 'soon']],
    [['Name', '--scopes', 'otp', '--expires', '999999999d']],
    [['Name', '--scopes', 'otp', '--rate', 'many']],
    [['Name', '--scopes', 'otp', '--force']],
  ])('says how it is used: %j', async (args) => {
    const { code, stdout, stderr } = await apikey(...args);
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining('usage: npm run apikey')]);
  });
});

describe('a key', () => {
  it('is told of in the audit log without its secret', async () => {
    const { id } = await create({ name: 'Audited', scopes: ['otp'], requestsPerMinute: 7, expiresAt: '2099-01-01' });
    await one.send('DELETE', `/api/api-keys/${id}`, undefined, admin);
    const events = await database.query('SELECT * FROM audit_events WHERE subject_id = $1 ORDER BY occurred_at, id', [
      id,
    ]);
    const by = { outcome: 'success', user_id: expect.stringMatching(UUID), request_id: expect.any(String) };
    expect(events).toEqual([
      expect.objectContaining({
        ...by,
        type: 'api_key.created',
        address: '127.0.0.1',
        detail: { name: 'Audited', scopes: ['otp'], requestsPerMinute: 7, expiresAt: '2099-01-01T00:00:00.000Z' },
      }),
      expect.objectContaining({ ...by, type: 'api_key.revoked', detail: { name: 'Audited' } }),
    ]);
  });

  it('is in no table, only its hash, and in no log', async () => {
    const { id, key } = await create();
    await one.get(`/api/nothing/${key}?key=${key}`);
    await one.send('DELETE', `/api/api-keys/${key}`, undefined, admin);
    await one.post('/api/api-keys', `{"name":"${key}`, { ...admin });
    const tables = await database.query<{ name: string }>(
      `SELECT quote_ident(table_name) AS name FROM information_schema.tables
        WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
    );
    const dump = await Promise.all(
      tables.map(async ({ name }) =>
        (await database.query(`SELECT t::text FROM ${name} t`)).map((row) => row['t']).join(),
      ),
    );
    const everywhere = [...dump, one.output(), two.output()].join('\n');
    for (const secret of made) {
      expect(everywhere).not.toContain(secret.slice(8));
      expect(everywhere).not.toContain(Buffer.from(secret).toString('hex'));
    }
    const [row] = await database.query<{ key_hash: Buffer }>('SELECT key_hash FROM api_keys WHERE id = $1', [id]);
    expect(row?.key_hash).toEqual(createHash('sha256').update(key).digest());
    // The search would have found it.
    expect(everywhere).toContain(row?.key_hash.toString('hex'));
    expect(everywhere).toContain('/api/nothing/[id]');
  });
});

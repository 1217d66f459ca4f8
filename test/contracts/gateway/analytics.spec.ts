import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure, INSTANT } from '../../support/answers.js';
import { wrong } from '../../support/codes.js';
import { openGatewayHouse, type GatewayHouse } from '../../support/gateway-house.js';
import { newNumber } from '../../support/house.js';
import { bearer, logIn, newcomer } from '../../support/logins.js';
import { until } from '../../support/waits.js';

type Headers = Record<string, string>;

let house: GatewayHouse;
let key: Headers;
let stranger: Headers;
/** Numbers that were written to: often, once, and in vain. */
let friend: string;
let other: string;
let nobody: string;

const SCOPES = ['sessions', 'messages', 'otp', 'analytics'];

beforeAll(async () => {
  house = await openGatewayHouse();
  [key, stranger] = await Promise.all([house.key(...SCOPES), house.key(...SCOPES)]);
  await house.link('clinic', newNumber(), key);
  await house.link('shop', newNumber(), stranger);
  [friend, other, nobody] = [newNumber(), newNumber(), newNumber()];
  for (const to of [friend, friend, friend, other]) await house.text('clinic', to, 'halo', key);
  house.whatsapp.strangers.add(nobody);
  await house.text('clinic', nobody, 'halo', key);
  await house.text('shop', newNumber(), 'halo', stranger);
  expect((await house.service.post('/api/messages/clinic/otp', { to: friend }, key)).status).toBe(200);
  const code = /^\*(\d+)\*$/m.exec(house.whatsapp.messagesTo(friend).at(-1)!.text ?? '')![1]!;
  await house.service.post('/api/otp/verify', { phone: friend, otp: wrong(code) }, key);
  expect((await house.service.post('/api/otp/verify', { phone: friend, otp: code }, key)).status).toBe(200);
  await until('what came in is logged', async () => {
    const [row] = await house.database.query<{ count: number }>(
      `SELECT count(*)::int FROM activity_log WHERE action IN ('otp.refused', 'otp.verified')`,
    );
    return row!.count === 2;
  });
});
afterAll(async () => house.close());

const get = (path: string, headers = key, more: Headers = {}) =>
  house.service.get(`/api/analytics/${path}`, { ...headers, ...more });
const masked = (digits: string) => `+${digits.slice(0, 5)}****${digits.slice(-3)}`;

describe('GET /api/analytics/dashboard', () => {
  it("counts what the key's linked accounts did", async () => {
    const answer = await get('dashboard');
    expect(answer.status).toBe(200);
    const { data } = answer.body;
    expect(data).toMatchObject({
      sessions: { total: 1, connected: 1 },
      messages: { total: 6, success: 5, failure: 1, unknown: 0, successRate: 5 / 6 },
      byKind: [{ kind: 'text', total: 6, success: 5, failure: 1 }],
      received: 0,
      otp: { sent: 1, verified: 1, refused: 1, expired: 0, failed: 0, verifiedRate: 1 },
      from: INSTANT,
      to: INSTANT,
    });
    expect(data.responseTimes.p50).toBeGreaterThan(0);
    expect(data.responseTimes.p95).toBeGreaterThanOrEqual(data.responseTimes.p50);
    expect(data.peakHours).toHaveLength(24);
    expect(data.peakHours[0]).toEqual({ hour: new Date().getUTCHours(), count: 6 });
    expect(data.busiestNumbers).toEqual([
      { number: masked(friend), count: 4 },
      { number: masked(other), count: 1 },
    ]);
    expect(data.uptime.connected).toBeGreaterThan(0);
    expect(data.uptime.connected).toBeLessThanOrEqual(1);
    expect(data.uptime.instanceSeconds).toBeGreaterThan(0);
    expect(answer.text).not.toContain(friend);
  });

  it('counts everything for an admin, and one linked account where one is asked for', async () => {
    const { data } = (await get('dashboard', house.admin)).body;
    expect(data).toMatchObject({ sessions: { total: 2, connected: 2 }, messages: { total: 7, success: 6 } });
    expect(data.busiestNumbers).toHaveLength(3);
    expect((await get('dashboard?sessionId=shop', house.admin)).body.data).toMatchObject({
      sessions: { total: 1 },
      messages: { total: 1 },
    });
    expectFailure(await get('dashboard?sessionId=shop'), 404, 'session_not_found');
  });

  it('counts nothing outside the span', async () => {
    const { data } = (await get('dashboard?from=2020-01-01&to=2020-01-02')).body;
    expect(data).toMatchObject({
      from: '2020-01-01T00:00:00.000Z',
      to: '2020-01-02T00:00:00.000Z',
      messages: { total: 0, successRate: null },
      byKind: [],
      responseTimes: { p50: null, p95: null },
      busiestNumbers: [],
    });
  });

  it.each(['from=2026-11-20&to=2026-11-19', 'from=2020-01-01', 'from=yesterday', 'to=1', 'sessionId=../x'])(
    'refuses %s',
    async (query) => {
      expectFailure(await get(`dashboard?${query}`), 400, 'validation_failed');
    },
  );

  it('asks for the scope', async () => {
    expectFailure(await get('dashboard', {}), 401, 'unauthenticated');
    expectFailure(await get('dashboard', await house.key('messages')), 403, 'forbidden');
  });
});

describe('GET /api/analytics/sessions/:id/stats', () => {
  it("tells of the key's own linked accounts alone", async () => {
    const { data } = (await get('sessions/clinic/stats')).body;
    expect(data).toMatchObject({
      sessionId: 'clinic',
      status: 'connected',
      lastConnectedAt: INSTANT,
      messages: { total: 6 },
    });
    expectFailure(await get('sessions/clinic/stats', stranger), 404, 'session_not_found');
    expectFailure(await get('sessions/..%2fclinic/stats'), 404, 'session_not_found');
    expect((await get('sessions/shop/stats', stranger)).body.data.messages.total).toBe(1);
  });
});

describe('the logs', () => {
  it('tell each thing that happened, newest first, page by page', async () => {
    const all = (await get('logs/activity?limit=1000')).body.data as any[];
    expect(new Set(all.map(({ sessionId }) => sessionId))).toEqual(new Set(['clinic']));
    const actions = all.map(({ action }) => action);
    for (const action of ['session.qr', 'session.connected', 'message.text', 'otp.sent', 'otp.refused', 'otp.verified'])
      expect(actions).toContain(action);
    const times = all.map(({ occurredAt }) => Date.parse(occurredAt));
    expect(times).toEqual([...times].sort((a, b) => b - a));
    const paged: any[] = [];
    let cursor = '';
    do {
      const page = (await get(`logs/activity?limit=3&cursor=${cursor}`)).body;
      paged.push(...page.data);
      cursor = page.nextCursor ?? '';
    } while (cursor !== '');
    expect(paged).toEqual(all);
  });

  it('are filtered', async () => {
    const lines = async (query: string, headers = key) =>
      (await get(`logs/activity?${query}`, headers)).body.data as any[];
    expect(await lines('action=message.text&status=failure')).toEqual([
      {
        id: expect.any(String),
        occurredAt: INSTANT,
        sessionId: 'clinic',
        action: 'message.text',
        status: 'failure',
        error: 'not_on_whatsapp',
        number: masked(nobody),
        ms: null,
      },
    ]);
    expect(await lines('action=message.text&status=success')).toHaveLength(5);
    expect((await lines('action=message.text&status=success'))[0].ms).toBeGreaterThan(0);
    expect(await lines('sessionId=shop&action=message.text')).toEqual([]);
    expect(await lines('sessionId=shop&action=message.text', house.admin)).toHaveLength(1);
    expect(await lines('from=2020-01-01&to=2020-01-02')).toEqual([]);
    for (const query of ['status=x', 'action=DROP', 'limit=0', 'cursor=x', 'from=2026-02-02&to=2026-02-01'])
      expectFailure(await get(`logs/activity?${query}`), 400, 'validation_failed');
  });

  it('of errors tell what failed', async () => {
    const lines = (await get('logs/errors')).body.data as any[];
    expect(lines.map(({ action, error }) => [action, error])).toEqual([
      ['otp.refused', 'wrong_code'],
      ['message.text', 'not_on_whatsapp'],
    ]);
    await house.service.post('/api/sessions/create', { sessionId: 'unlinked' }, key);
    expectFailure(await house.text('unlinked', friend, 'halo', key), 409, 'session_not_connected');
    expect((await get('logs/errors?sessionId=unlinked')).body.data).toMatchObject([
      { action: 'message.text', error: 'session_not_connected', number: masked(friend) },
    ]);
  });

  it('of codes tell what became of them, to the key that sent them', async () => {
    expect((await get('logs/otp')).body.data).toEqual([
      {
        id: expect.any(String),
        sessionId: 'clinic',
        phone: masked(friend),
        companyName: 'sessions messages otp analytics',
        status: 'verified',
        attempts: 2,
        createdAt: INSTANT,
        expiresAt: INSTANT,
        endedAt: INSTANT,
      },
    ]);
    expect((await get('logs/otp?status=pending')).body.data).toEqual([]);
    expect((await get('logs/otp?status=verified&sessionId=clinic')).body.data).toHaveLength(1);
    expect((await get('logs/otp', stranger)).body.data).toEqual([]);
    expect((await get('logs/otp', house.admin)).body.data).toHaveLength(1);
  });

  it('come as CSV for who asks for it', async () => {
    const csv = await get('logs/activity?action=message.text&status=failure&sessionId=clinic', key, {
      accept: 'text/csv',
    });
    expect(csv.headers.get('content-type')).toContain('text/csv');
    expect(csv.headers.get('content-disposition')).toBe('attachment; filename="activity.csv"');
    const [columns, line, end] = csv.text.split('\r\n');
    expect(columns).toBe('id,occurredAt,sessionId,action,status,error,number,ms');
    // A number with a plus would be a formula.
    expect(line).toMatch(
      new RegExp(`,clinic,message.text,failure,not_on_whatsapp,'\\+\\d+\\*{4}${nobody.slice(-3)},$`),
    );
    expect(end).toBe('');
    const codes = await get('logs/otp', key, { accept: 'text/csv' });
    expect(codes.text.split('\r\n')).toHaveLength(3);
    expectFailure(await get('logs/otp?cursor=x', key, { accept: 'text/csv' }), 400, 'validation_failed');
  });

  describe('as a file', () => {
    let short: Headers;
    beforeAll(async () => {
      short = await house.key('analytics');
      // More than all buffers on the way hold, so that the service is still reading when what let the reader in ends.
      await house.database.query(
        `INSERT INTO activity_log (id, session_id, session_name, api_key_id, action, status, error)
         SELECT gen_random_uuid(), gen_random_uuid(), 'long', id, 'message.text', 'failure', repeat('x', 500)
           FROM api_keys, generate_series(1, 40000) WHERE key_hash = sha256(convert_to($1, 'UTF8'))`,
        [short['x-api-key']],
      );
    });
    afterAll(async () => {
      await house.database.query(`DELETE FROM activity_log WHERE session_name = 'long'`);
    });

    const fileFor = (headers: Headers) =>
      fetch(`${house.service.url}/api/analytics/logs/activity`, { headers: { ...headers, accept: 'text/csv' } });

    it('break off when the login of the admin who asked for them ends', async () => {
      const { username } = await newcomer(house, { role: 'ADMIN' });
      const login = await logIn(house.service, username);
      const answer = await fileFor(bearer(login));
      expect(answer.status).toBe(200);
      expect((await house.service.post('/api/auth/logout', { refreshToken: login.refreshToken })).status).toBe(200);
      await expect(answer.text()).rejects.toThrow();
    });

    it('break off when the key that asked for them ends', async () => {
      const answer = await fileFor(short);
      expect(answer.status).toBe(200);
      await house.database.query(
        `UPDATE api_keys SET revoked_at = now() WHERE key_hash = sha256(convert_to($1, 'UTF8'))`,
        [short['x-api-key']],
      );
      await expect(answer.text()).rejects.toThrow();
    });
  });

  it('hold no whole number and no text', async () => {
    const [row] = await house.database.query(`SELECT string_agg(l::text, ' ') AS text FROM activity_log l`);
    for (const number of [friend, other, nobody]) expect(row!['text']).not.toContain(number);
    expect(row!['text']).not.toContain('halo');
  });
});

describe('POST /api/analytics/cleanup', () => {
  const clean = (body: object, headers = key) => house.service.post('/api/analytics/cleanup', body, headers);
  const old = async (days: number) => {
    const { query } = house.database;
    const day = new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
    const name = day.replaceAll('-', '_');
    await query(
      `CREATE TABLE IF NOT EXISTS partitions.activity_log_${name} PARTITION OF activity_log FOR VALUES FROM ('${day}T00:00:00Z') TO ('${day}T24:00:00Z')`,
    );
    await query(
      `INSERT INTO activity_log (id, occurred_at, session_id, session_name, api_key_id, action, status)
       SELECT gen_random_uuid(), '${day}T12:00:00Z', id, name, api_key_id, 'message.text', 'success' FROM gateway_sessions`,
    );
  };

  it("deletes old lines of the key's own linked accounts, and tells the audit log", async () => {
    await old(10);
    expectFailure(await clean({ olderThanDays: 0 }), 400, 'validation_failed');
    expectFailure(await clean({}, await house.key('messages')), 403, 'forbidden');
    expect((await clean({})).body.data).toEqual({ activity: 0, otp: 0, more: false });
    const before = await house.database.query('SELECT 1 FROM activity_log');
    const cleaned = (await clean({ olderThanDays: 5 })).body.data;
    expect(cleaned).toEqual({ activity: 2, otp: 0, more: false });
    expect(await house.database.query('SELECT 1 FROM activity_log')).toHaveLength(before.length - 2);
    expect((await clean({ olderThanDays: 5 }, house.admin)).body.data.activity).toBe(1);
    const told = await house.database.query(
      `SELECT detail->>'activity' AS activity FROM audit_events WHERE type = 'analytics.cleaned' ORDER BY occurred_at`,
    );
    expect(told).toEqual([{ activity: '0' }, { activity: '2' }, { activity: '1' }]);
  });
});

describe('GET /api/health/sessions', () => {
  it('tells the state of each linked account to who may see it', async () => {
    const health = (headers: Headers) => house.service.get('/api/health/sessions', headers);
    expect((await health(stranger)).body).toEqual({
      success: true,
      status: 'ok',
      total: 1,
      connected: 1,
      data: [{ sessionId: 'shop', status: 'connected', lastConnectedAt: INSTANT }],
    });
    const all = (await health(house.admin)).body;
    expect(all).toMatchObject({ status: 'degraded', total: 3, connected: 2 });
    expectFailure(await health({}), 401, 'unauthenticated');
    const anonymous = await house.service.get('/api/health');
    expect(anonymous.text).not.toContain('clinic');
  });
});

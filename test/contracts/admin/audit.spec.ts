import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure } from '../../support/answers.js';
import { wrong } from '../../support/codes.js';
import { newPhone, openHouse, type House, type Resident } from '../../support/house.js';
import { PASSWORD, bearer, logIn, me, newcomer, refresh, type Login } from '../../support/logins.js';
import { type Answer, type Service } from '../../support/service.js';
import { until } from '../../support/waits.js';

// The log of security events, read as admins read it. Each test is a client of its own: the proxy that says so is this process.

type Headers = Record<string, string>;

const SECRET = 'of this spec, and long enough for a secret';

let house: House;
/** Addresses of its clients, and ranges of numbers, may do little. */
let strict: Service;
let admin: Resident & { username: string };
let adminHeaders: Headers;
let addresses = 0;

beforeAll(async () => {
  house = await openHouse({
    AUTH_SECRET: SECRET,
    TRUST_PROXY: '127.0.0.1',
    WHAPI_WEBHOOK_SECRET: 'gHt5-Kp2w-Zq8x-Lm3v',
  });
  strict = await house.another({ ADDRESS_FAILURES_PER_HOUR: '2', PREFIX_SENDS_PER_HOUR: '1' });
  admin = await newcomer(house, { role: 'ADMIN' });
  adminHeaders = bearer(await logIn(house.service, admin.username));
});
afterAll(async () => house.close());

const freshAddress = () => {
  const address = `203.0.113.${++addresses}`;
  return { address, from: { 'x-forwarded-for': address } };
};

const post = (path: string, body: unknown, headers: Headers = {}) => house.service.post(path, body, headers);

const ask = (query: Record<string, string | number>, headers: Headers = adminHeaders): Promise<Answer> =>
  house.service.get(`/api/admin/audit?${new URLSearchParams(query as Record<string, string>).toString()}`, headers);

/** An event as the answer shows it. */
interface Shown {
  id: string;
  occurredAt: string;
  type: string;
  outcome: string;
  userId: string | null;
  subjectId: string | null;
  address: string | null;
  requestId: string | null;
  detail: any;
  count: number;
  lastAt: string | null;
  lastRequestId: string | null;
}

const total = (shown: readonly Shown[]) => shown.reduce((sum, { count }) => sum + count, 0);

async function events(query: Record<string, string | number>): Promise<Shown[]> {
  const answer = await ask(query);
  if (answer.status !== 200) throw new Error(answer.text);
  return answer.body.data;
}

const idOf = (answer: Answer) => answer.headers.get('x-request-id');

/** The events of the request that got this answer; those behind the answer may take a second. */
async function eventsOf(answer: Answer): Promise<Shown[]> {
  let found: Shown[] = [];
  await until('the event of the request', async () => {
    found = await events({ requestId: idOf(answer)! });
    return found.length > 0;
  });
  return found;
}

const row = (type: string, outcome: string, more: object = {}) => expect.objectContaining({ type, outcome, ...more });

describe('an event', () => {
  it('says who, what, where from, how it ended, and in which request', async () => {
    const { address, from } = freshAddress();
    const person = await newcomer(house);
    const answer = await post('/api/auth/login', { identifier: person.username, password: PASSWORD }, from);
    const [event, ...others] = await eventsOf(answer);
    expect(others).toEqual([]);
    expect(event).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      occurredAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      type: 'login.password',
      outcome: 'success',
      userId: person.id,
      subjectId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      address,
      requestId: idOf(answer),
      detail: null,
      count: 1,
      lastAt: null,
      lastRequestId: null,
    });
  });

  it('of a refusal counts all of its kind in a minute', async () => {
    const { address, from } = freshAddress();
    const { e164, phone, id } = await house.person();
    await house.code(phone, from);
    const guesses: Answer[] = [];
    for (const guess of ['000001', '000002', '000003']) guesses.push(await house.verify(phone, guess, from));
    const found = await events({ address, outcome: 'failure', type: 'login.otp' });
    expect(total(found)).toBe(3);
    const [first, last] = [found.at(-1)!, found[0]!];
    expect(first).toMatchObject({ userId: id, address, requestId: idOf(guesses[0]!), detail: { code: 'invalid_otp' } });
    expect(first.occurredAt).toMatch(/:00\.000Z$/);
    expect(last.lastRequestId).toBe(idOf(guesses[2]!));
    expect(Date.parse(last.lastAt!)).toBeGreaterThanOrEqual(Date.parse(last.occurredAt));
    expect(first.detail.phone).toBe(`${e164.slice(0, 6)}****${e164.slice(-3)}`);
    expect((await events({ requestId: idOf(guesses[2]!)! }))[0]!.id).toBe(last.id);
  });

  it('holds no code, token, password or whole number', async () => {
    const { from } = freshAddress();
    const person = await newcomer(house);
    const code = await house.code(person.phone, from);
    await house.verify(person.phone, wrong(code), from);
    const login = (await house.verify(person.phone, code, from)).body.data;
    await post('/api/auth/login', { identifier: person.username, password: 'salah sekali ini' }, from);
    await post('/api/auth/refresh', { refreshToken: `${login.refreshToken}x` }, from);
    await house.service.get('/api/users', { authorization: 'Bearer garbage.token.here', ...from });
    await until('all is written', async () => (await events({ type: 'session.refresh' })).length > 0);
    const log = JSON.stringify(await events({ limit: 1000 }));
    for (const secret of [code, login.token, login.refreshToken, login.deviceToken, 'salah sekali', 'garbage'])
      expect([secret, log.includes(secret)]).toEqual([secret, false]);
    for (const spelling of [person.digits, person.phone, person.e164]) expect(log).not.toContain(spelling);
  });
});

describe('what is recorded', () => {
  it('codes and logins of each kind', async () => {
    const { address, from } = freshAddress();
    const person = await newcomer(house);
    const asked = await house.request(person.phone, from);
    const entered = await house.verify(person.phone, house.fake.codeFor(person.phone)!, from);
    const typed = await post('/api/auth/login', { identifier: person.username, password: PASSWORD }, from);
    const own = { ...from, 'sec-fetch-site': 'same-origin' };
    const page = await post('/api/auth/browser/login', { identifier: person.username, password: PASSWORD }, own);
    expect([asked, entered, typed, page].map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const who = { userId: person.id, address };
    expect(await events({ address, limit: 10 })).toEqual([
      row('login.password', 'success', { ...who, detail: { heldBy: 'cookie' } }),
      row('login.password', 'success', { ...who, detail: null }),
      row('login.otp', 'success', { ...who, detail: null }),
      row('otp.requested', 'success', { ...who, detail: { purpose: 'login' }, subjectId: asked.body.data.sessionId }),
    ]);
  });

  it('guesses that were refused, and by what', async () => {
    const { address, from } = freshAddress();
    const person = await newcomer(house);
    const code = await house.code(person.phone, from);
    for (let guess = 0; guess < 6; guess++) await house.verify(person.phone, wrong(code, guess + 1), from);
    for (let guess = 0; guess < 11; guess++)
      await post('/api/auth/login', { identifier: person.username, password: `salah ${guess}` }, from);
    await house.verify(newPhone(), '123456', from);
    const counts = new Map<string, number>();
    for (const { type, detail, count } of await events({ address, outcome: 'failure' }))
      counts.set(`${type} ${detail.code}`, (counts.get(`${type} ${detail.code}`) ?? 0) + count);
    expect(Object.fromEntries(counts)).toEqual({
      'login.otp invalid_otp': 6,
      'login.otp otp_locked': 1,
      'login.password invalid_credentials': 10,
      'login.password login_locked': 1,
    });
  });

  it('sessions: their end, and tokens that came twice', async () => {
    const { address, from } = freshAddress();
    const person = await newcomer(house);
    const login = await logIn(house.service, person.username, from);
    await post('/api/auth/logout', {}, { ...bearer(login), ...from });
    const stolen = await logIn(house.service, person.username, from);
    const next = (await refresh(house.service, stolen.refreshToken)).body.data;
    expect((await refresh(house.service, next.refreshToken)).status).toBe(200);
    const reused = await post('/api/auth/refresh', { refreshToken: stolen.refreshToken }, from);
    expectFailure(reused, 401, 'invalid_refresh_token');
    expect(await events({ subjectId: login.sid })).toEqual([
      row('session.ended', 'success', { userId: person.id, address }),
      row('login.password', 'success'),
    ]);
    await until('the refusal is written', async () => (await events({ address, type: 'session.refresh' })).length > 0);
    expect(await events({ subjectId: stolen.sid })).toEqual(
      expect.arrayContaining([
        row('session.refresh_reuse', 'failure', { userId: person.id, requestId: idOf(reused) }),
        row('session.refresh', 'failure', { detail: expect.objectContaining({ code: 'invalid_refresh_token' }) }),
      ]),
    );
  });

  it('what people do with their accounts: registration, another number, a reset, an export', async () => {
    const { address, from } = freshAddress();
    const phone = newPhone();
    const registered = await post('/api/auth/register', { fullName: 'Orang Baru', phone }, from);
    const { id } = registered.body.data.user;
    expect(await eventsOf(registered)).toEqual([
      row('user.registered', 'success', { userId: id, subjectId: id, address, detail: { role: 'USER' } }),
    ]);

    const headers = { ...bearer(await house.login(phone, from)), ...from };
    const other = newPhone();
    await post('/api/auth/me/phone', { phone: other }, headers);
    const code = house.fake.codeFor(other)!;
    const missed = await post('/api/auth/me/phone/verify', { phone: other, otpCode: wrong(code) }, headers);
    expect(await eventsOf(missed)).toEqual([
      row('user.changed', 'failure', { userId: id, detail: expect.objectContaining({ code: 'invalid_otp' }) }),
    ]);
    const changed = await post('/api/auth/me/phone/verify', { phone: other, otpCode: code }, headers);
    expect(changed.status).toBe(200);
    expect(await eventsOf(changed)).toEqual(
      expect.arrayContaining([row('user.changed', 'success', { userId: id, detail: { fields: ['phone'] } })]),
    );

    const noHp = other.slice(1);
    await post('/api/forgot-password/request-otp', { nama: 'Orang Baru', noHp }, from);
    const otp = house.fake.codeFor(other)!;
    await post('/api/forgot-password/verify-otp', { noHp, otp: wrong(otp) }, from);
    await post('/api/forgot-password/verify-otp', { noHp, otp }, from);
    const passwords = { newPassword: 'rahasia-baru', confirmPassword: 'rahasia-baru' };
    const reset = await post('/api/forgot-password/reset-password', { noHp, otp, ...passwords }, from);
    expect(reset.status).toBe(200);
    expect(await events({ userId: id, type: 'user.password_reset' })).toEqual(
      expect.arrayContaining([
        row('user.password_reset', 'success', { subjectId: id, requestId: idOf(reset) }),
        row('user.password_reset', 'failure', { detail: expect.objectContaining({ code: 'invalid_otp' }) }),
      ]),
    );
    expect(await events({ userId: id, type: 'otp.requested' })).toEqual(
      ['reset', 'phone-change', 'login'].map((purpose) => row('otp.requested', 'success', { detail: { purpose } })),
    );

    const shown = bearer(await house.login(other, from));
    expect(await eventsOf(await house.service.get('/api/auth/me/export', shown))).toEqual([
      row('user.exported', 'success', { userId: id, subjectId: id }),
    ]);
  });

  it('what admins do with accounts and keys, and what became of a key that was taken away', async () => {
    const created = await post('/api/users', { fullName: 'Pegawai', phone: newPhone() }, adminHeaders);
    const { id } = created.body.data;
    await house.service.send('PATCH', `/api/users/${id}`, '{"role":"OPERATOR"}', {
      'content-type': 'application/json',
      ...adminHeaders,
    });
    await post(`/api/users/${id}/unlock`, {}, adminHeaders);
    await post(`/api/users/${id}/reset-password`, {}, adminHeaders);
    await house.service.get(`/api/users/${id}/export`, adminHeaders);
    await house.service.send('DELETE', `/api/users/${id}`, undefined, adminHeaders);
    expect((await events({ subjectId: id })).map(({ type, userId }) => [type, userId])).toEqual(
      ['erased', 'exported', 'password_removed', 'unlocked', 'changed', 'created'].map((what) => [
        `user.${what}`,
        admin.id,
      ]),
    );

    const made = await post('/api/api-keys', { name: 'Antrean', scopes: ['otp'] }, adminHeaders);
    const { key, id: keyId } = made.body.data;
    const use = () => post('/api/auth/introspect', { token: 'x' }, { 'x-api-key': key });
    const beyond = await use();
    expectFailure(beyond, 403, 'forbidden');
    await house.service.send('DELETE', `/api/api-keys/${keyId}`, undefined, adminHeaders);
    const late = await use();
    expectFailure(late, 401, 'invalid_api_key');
    expect(late.body.details).toBeUndefined();
    await eventsOf(late);
    const about = await events({ subjectId: keyId });
    expect(about).toEqual(
      expect.arrayContaining([
        row('api_key.refused', 'failure', { detail: expect.objectContaining({ reason: 'revoked' }) }),
        row('access.refused', 'failure', { detail: expect.objectContaining({ code: 'forbidden' }) }),
        row('api_key.created', 'success', { userId: admin.id }),
        row('api_key.revoked', 'success', { userId: admin.id }),
      ]),
    );
    expect(about).toHaveLength(4);
  });

  it('the making of signing keys', async () => {
    expect(await events({ type: 'signing_key.created' })).toEqual([
      row('signing_key.created', 'success', { userId: null, detail: { kid: expect.any(String), by: 'service' } }),
    ]);
  });

  it('who was kept out of where', async () => {
    const { address, from } = freshAddress();
    const user = bearer(await logIn(house.service, (await newcomer(house)).username, from));
    const answers = [
      await house.service.get('/api/users', { ...user, ...from }),
      await house.service.get('/api/admin/audit', from),
      await house.service.get('/api/api-keys', { authorization: 'Bearer garbage', ...from }),
      await post(
        '/api/auth/browser/login',
        { identifier: 'x', password: 'y' },
        { ...from, origin: 'https://evil.example' },
      ),
      await post('/api/auth/introspect', { token: 'x' }, { 'x-api-key': `msk_${'x'.repeat(43)}`, ...from }),
      await post('/webhook/whapi', { messages: [] }, { 'x-hook-secret': 'guessed', ...from }),
      // Anybody's calls without a token, where everybody may come, are nobody's business.
      await house.service.get('/api/auth/me', from),
    ];
    expect(answers.map(({ status }) => status)).toEqual([403, 401, 401, 403, 401, 401, 401]);
    await until('all are written', async () => (await events({ address, outcome: 'failure' })).length >= 6);
    const found = await events({ address, outcome: 'failure' });
    expect(found.map(({ type, detail }) => `${type} ${detail.code} ${detail.route}`).sort()).toEqual(
      [
        'access.refused forbidden GET /api/users',
        'access.refused foreign_origin POST /api/auth/browser/login',
        'access.refused invalid_token GET /api/api-keys',
        'access.refused unauthenticated GET /api/admin/audit',
        'api_key.refused invalid_api_key POST /api/auth/introspect',
        'webhook.refused invalid_webhook_secret POST /webhook/whapi',
      ].sort(),
    );
    expect(await eventsOf(answers[0]!)).toEqual([row('access.refused', 'failure', { userId: expect.any(String) })]);
  });

  it('limits of numbers, and numbers that nobody has', async () => {
    const { address, from } = freshAddress();
    const { phone, id } = await house.person();
    await house.code(phone, from);
    expectFailure(await house.resend(phone, from), 429, 'otp_rate_limited');
    const stranger = newPhone();
    expectFailure(await house.request(stranger, from), 404, 'phone_not_registered');
    await post('/api/forgot-password/request-otp', { nama: 'Siapa', noHp: stranger }, from);
    await until('all are written', async () => (await events({ address, outcome: 'failure' })).length >= 3);
    const masked = expect.stringMatching(/^\+62\d{3}\*{4}\d{3}$/);
    expect(await events({ address, outcome: 'failure' })).toEqual(
      expect.arrayContaining([
        row('limits.reached', 'failure', { userId: id, detail: expect.objectContaining({ code: 'otp_rate_limited' }) }),
        row('otp.requested', 'failure', {
          userId: null,
          detail: expect.objectContaining({ code: 'phone_not_registered', phone: masked }),
        }),
        row('otp.requested', 'failure', { detail: expect.objectContaining({ code: 'user_not_found', phone: masked }) }),
      ]),
    );
  });
});

describe('an address that has used its allowance up', () => {
  it('is written down by the guard that stops it', async () => {
    const { address, from } = freshAddress();
    const guess = () => strict.post('/api/auth/login', { identifier: 'siapa', password: 'salah' }, from);
    for (let n = 0; n < 2; n++) expectFailure(await guess(), 401, 'invalid_credentials');
    for (let n = 0; n < 5; n++) expectFailure(await guess(), 429, 'login_locked');
    const counted = async () => total(await events({ address, type: 'limits.reached' }));
    await until('all five are counted', async () => (await counted()) === 5);
    const event = (await events({ address, type: 'limits.reached' }))[0]!;
    expect(event.detail).toEqual({ code: 'login_locked', route: 'POST /api/auth/login' });
    expect(event.lastRequestId === event.requestId).toBe(false);
  });
});

describe('GET /api/admin/audit', () => {
  it('finds all of an account: what it did, and what was done to it, also page by page', async () => {
    const { id, username } = await newcomer(house);
    await logIn(house.service, username);
    await post(`/api/users/${id}/unlock`, {}, adminHeaders);
    const [all, byIt, toIt] = [
      await events({ accountId: id }),
      await events({ userId: id }),
      await events({ subjectId: id }),
    ];
    expect(all.map(({ type }) => type)).toEqual(['user.unlocked', 'login.password']);
    const ids = [...byIt, ...toIt].map((event) => event.id);
    expect(all.map((event) => event.id).sort()).toEqual([...new Set(ids)].sort());
    expect(all.map(({ occurredAt }) => occurredAt)).toEqual(
      all
        .map(({ occurredAt }) => occurredAt)
        .sort()
        .reverse(),
    );
    const paged: Shown[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const { body }: Answer = await ask({ accountId: id, limit: 1, ...(cursor !== '' && { cursor }) });
      paged.push(...body.data);
      cursor = body.nextCursor;
    }
    expect(paged).toEqual(all);
  });

  it('is for admins only, and its query is checked', async () => {
    const query = { limit: 1 };
    expectFailure(await ask(query, {}), 401, 'unauthenticated');
    const operator = await newcomer(house, { role: 'OPERATOR' });
    expectFailure(await ask(query, bearer(await logIn(house.service, operator.username))), 403, 'forbidden');
    for (const [field, values] of Object.entries({
      from: ['kemarin', '2026-11-20T00:00:00', '2026-13-01'],
      to: ['2026-11-20 00:00'],
      type: ["login'; DROP TABLE", 'LOGIN'],
      outcome: ['maybe'],
      userId: ['1', 'me'],
      subjectId: ['x'],
      accountId: ['x', 'me'],
      address: ['localhost', '1.2.3', "' OR 1=1"],
      requestId: ['a b', 'x'.repeat(65)],
      limit: ['0', '1001', '-1', 'all', '1.5'],
      cursor: ['garbage', Buffer.from('1 2').toString('base64url'), 'x'.repeat(201)],
    })) {
      for (const value of values) {
        const { details } = expectFailure(await ask({ [field]: value }), 400, 'validation_failed');
        expect([value, details[0].field]).toEqual([value, field]);
      }
    }
    const span = await ask({ from: '2026-11-20', to: '2026-11-20' });
    expect(expectFailure(span, 400, 'validation_failed').details[0].field).toBe('from');
  });

  it('finds a request by its id, also by one of another form, and a rare kind, by an index and not through every login', async () => {
    const old = '0c5d3b52-5e0c-4f0e-9a55-0d2b7d3f6a01';
    // Many logins, and two events of rare kinds.
    await house.database.query(
      `INSERT INTO audit_events (id, occurred_at, type, outcome, request_id)
       SELECT gen_random_uuid(), now() - n * interval '10 microseconds', CASE WHEN n < 3 THEN 'otp.opened' ELSE 'login.otp' END, 'success',
              CASE n WHEN 1 THEN $1 END FROM generate_series(1, 4000) n`,
      [old],
    );
    await house.database.query('ANALYZE audit_events');
    const used = async () => {
      const [row] = await house.database.query<{ scans: number }>(
        `SELECT sum(idx_scan)::int AS scans FROM pg_stat_all_indexes WHERE indexrelname LIKE 'audit_events_%_type_occurred_at_idx'`,
      );
      return row!.scans;
    };
    const before = await used();
    await until('the index of rare kinds is used', async () => {
      expect((await events({ requestId: old })).map(({ type }) => type)).toEqual(['otp.opened']);
      expect((await events({ type: 'otp.opened' })).length).toBeGreaterThanOrEqual(2);
      return (await used()) > before;
    });
    expect(await events({ requestId: 'none-of-ours' })).toEqual([]);
  });

  it('filters, by one thing or several', async () => {
    const { address, from } = freshAddress();
    const person = await newcomer(house);
    const before = new Date();
    const login = await logIn(house.service, person.username, from);
    await post('/api/auth/login', { identifier: person.username, password: 'salah' }, from);
    await post('/api/auth/logout', {}, { ...bearer(login), ...from });
    const types = async (query: Record<string, string>) =>
      (await events(query)).map(({ type, outcome }) => `${type} ${outcome}`).sort();
    const all = ['login.password failure', 'login.password success', 'session.ended success'];
    expect(await types({ address })).toEqual(all);
    expect(await types({ userId: person.id })).toEqual(all);
    expect(await types({ userId: person.id, type: 'login.password' })).toEqual(all.slice(0, 2));
    expect(await types({ userId: person.id, outcome: 'failure' })).toEqual(all.slice(0, 1));
    expect(await types({ userId: person.id, type: 'login.password', outcome: 'success' })).toEqual(all.slice(1, 2));
    expect(await types({ subjectId: login.sid })).toEqual(all.slice(1));
    expect(await types({ userId: person.id, address: '203.0.113.254' })).toEqual([]);
    // A refusal stands at the beginning of its minute, which is before that, unless a minute has just begun.
    const later = (await events({ userId: person.id })).filter(({ occurredAt }) => occurredAt >= before.toISOString());
    expect(later.length).toBeGreaterThanOrEqual(2);
    expect(await types({ userId: person.id, from: before.toISOString() })).toEqual(
      later.map(({ type, outcome }) => `${type} ${outcome}`).sort(),
    );
    expect(await types({ userId: person.id, to: new Date(before.getTime() - 120_000).toISOString() })).toEqual([]);
    // Blank fields of a form do not filter.
    expect(await types({ userId: person.id, type: '', from: '', address: '' })).toEqual(all);
  });

  it('finds an IPv6 client by any of its addresses', async () => {
    const person = await newcomer(house);
    const login = await logIn(house.service, person.username, { 'x-forwarded-for': '2001:db8:7:1::5' });
    for (const address of ['2001:db8:7:1::5', '2001:DB8:7:1:ffff::1', '2001:db8:7:1::/64'])
      expect((await events({ address })).map(({ subjectId }) => subjectId)).toEqual([login.sid]);
    expect(await events({ address: '2001:db8:7:2::5' })).toEqual([]);
  });

  it('is an event itself, before anything is read', async () => {
    const { address, from } = freshAddress();
    const target = await house.person();
    const answer = await ask({ userId: target.id, address: '198.51.100.9', limit: 5 }, { ...adminHeaders, ...from });
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(answer.body).toEqual({ success: true, message: 'Catatan keamanan', data: [], nextCursor: null });
    const reading = { userId: admin.id, address, requestId: idOf(answer) };
    const event = (await events({ address, type: 'audit.read' }))[0]!;
    expect(event).toMatchObject(reading);
    // Whose address was looked for would outlive the erasure of that person.
    expect(event.detail).toEqual({ as: 'page', userId: target.id, address: '…' });
  });

  it('gives each event once, page by page, newest first, while others arrive', async () => {
    const { address, from } = freshAddress();
    const person = await newcomer(house);
    const sids: string[] = [];
    for (let n = 0; n < 7; n++) sids.unshift((await logIn(house.service, person.username, from)).sid);
    const seen: string[] = [];
    let cursor: string | null = '';
    let pages = 0;
    while (cursor !== null) {
      const page: Answer = await ask({ address, limit: 3, cursor });
      seen.push(...page.body.data.map(({ subjectId }: { subjectId: string }) => subjectId));
      cursor = page.body.nextCursor;
      pages += 1;
      await logIn(house.service, person.username, from);
    }
    expect(seen).toEqual(sids);
    expect(pages).toBe(3);
  });

  it('tells events of one instant apart', async () => {
    const subject = '0190b000-0000-7000-8000-000000000001';
    const ids = Array.from({ length: 5 }, (_, n) => `0190b000-0000-7000-8000-00000000010${n}`);
    await house.database.query(
      `INSERT INTO audit_events (id, occurred_at, type, outcome, subject_id) SELECT id, date_trunc('second', now()), 'spec', 'success', $2 FROM unnest($1::uuid[]) id`,
      [ids, subject],
    );
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: Answer = await ask({ subjectId: subject, limit: 2, cursor });
      seen.push(...page.body.data.map(({ id }: { id: string }) => id));
      cursor = page.body.nextCursor;
    }
    expect(seen).toEqual([...ids].reverse());
  });
});

describe('the same as CSV', () => {
  const csv = (query: Record<string, string>, headers: Headers = {}) =>
    ask(query, { ...adminHeaders, accept: 'text/csv', ...headers });

  it('has every event that fits, in the same order', async () => {
    const subject = '0190b000-0000-7000-8000-000000000002';
    await house.database.query(
      `INSERT INTO audit_events (id, occurred_at, type, outcome, subject_id)
       SELECT gen_random_uuid(), now() - n * interval '1 millisecond', 'spec', 'success', $1 FROM generate_series(1, 1234) n`,
      [subject],
    );
    const answer = await csv({ subjectId: subject });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="audit.csv"');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const [header, ...lines] = answer.text.trimEnd().split('\r\n');
    expect(header).toBe(
      'id,occurredAt,type,outcome,userId,subjectId,address,requestId,detail,count,lastAt,lastRequestId',
    );
    expect(lines).toHaveLength(1_234);
    expect(new Set(lines).size).toBe(1_234);
    const times = lines.map((line) => line.split(',')[1]!);
    expect(times).toEqual([...times].sort().reverse());
    const some = (await csv({ subjectId: subject, limit: '700' })).text.trimEnd().split('\r\n');
    expect(some).toEqual([header, ...lines.slice(0, 700)]);
    const [reading] = await events({ requestId: idOf(answer)! });
    expect(reading).toMatchObject({ type: 'audit.read', detail: { as: 'export', subjectId: subject } });
  });

  it('lets no text be a formula', async () => {
    const subject = '0190b000-0000-7000-8000-000000000003';
    await house.database.query(
      `INSERT INTO audit_events (id, type, outcome, subject_id, address, detail) VALUES (gen_random_uuid(), '=cmd|x', 'success', $1, '+1,2', '{"a": "=\\"b\\""}')`,
      [subject],
    );
    const [, line] = (await csv({ subjectId: subject })).text.split('\r\n');
    expect(line).toContain(`,'=cmd|x,success,`);
    expect(line).toContain(`,"'+1,2",`);
    expect(line).toContain(`,"{""a"":""=\\""b\\""""}",1,`);
  });

  describe('of many events', () => {
    const subject = randomUUID();
    beforeAll(async () => {
      // More than all buffers on the way hold, so that the service is still reading when the login ends.
      await house.database.query(
        `INSERT INTO audit_events (id, occurred_at, type, outcome, subject_id, detail)
         SELECT gen_random_uuid(), now(), 'spec', 'success', $1, jsonb_build_object('long', repeat('x', 2000)) FROM generate_series(1, 10000)`,
        [subject],
      );
    });

    it.each([
      ['login', `UPDATE login_sessions SET revoked_at = now(), revoked_reason = 'logout' WHERE user_id = $1`],
      ['account', 'UPDATE users SET is_active = false WHERE id = $1'],
      ['role', `UPDATE users SET role = 'OPERATOR' WHERE id = $1`],
    ])('breaks off when the reader is no longer an admin: %s', async (_, end) => {
      const { id, username } = await newcomer(house, { role: 'ADMIN' });
      const headers = { ...bearer(await logIn(house.service, username)), accept: 'text/csv' };
      const answer = await fetch(`${house.service.url}/api/admin/audit?subjectId=${subject}`, { headers });
      expect(answer.status).toBe(200);
      await house.database.query(end, [id]);
      await expect(answer.text()).rejects.toThrow();
    });
  });

  it('is JSON when JSON is asked for as well, and fails as JSON', async () => {
    for (const accept of ['application/json, text/csv', '*/*', 'text/html, */*'])
      expect((await csv({ limit: '1' }, { accept })).body.success).toBe(true);
    expectFailure(await csv({ cursor: 'garbage' }), 400, 'validation_failed');
    expectFailure(await csv({}, { authorization: 'Bearer garbage' }), 401, 'invalid_token');
  });
});

describe('a person’s log', () => {
  const refusalsOf = async (userId: string) => {
    const kinds = (await events({ userId, outcome: 'failure', limit: 100 })).map(
      ({ type, detail }) => `${type} ${detail.code}`,
    );
    return [...new Set(kinds)].sort();
  };
  const wrongPassword = (identifier: string, from: Headers) =>
    post('/api/auth/login', { identifier, password: 'salah sekali ini' }, from);

  it('has every refusal that concerned them, locks too', async () => {
    const { from } = freshAddress();
    const person = await newcomer(house);
    const code = await house.code(person.phone, from);
    for (let guess = 1; guess <= 6; guess++) await house.verify(person.phone, wrong(code, guess), from);
    expectFailure(await house.resend(person.phone, from), 429, 'otp_rate_limited');
    for (let guess = 0; guess < 11; guess++) await wrongPassword(person.username, from);
    await until('all are written', async () => (await refusalsOf(person.id)).length >= 5);
    expect(await refusalsOf(person.id)).toEqual([
      'limits.reached otp_rate_limited',
      'login.otp invalid_otp',
      'login.otp otp_locked',
      'login.password invalid_credentials',
      'login.password login_locked',
    ]);
    const guesses = await events({ userId: person.id, type: 'login.otp', outcome: 'failure' });
    expect(total(guesses)).toBe(6);
  });

  it('has what was refused while no code lived, while they were disabled, and at a dead token', async () => {
    const { from } = freshAddress();
    const person = await newcomer(house);
    const login = await logIn(house.service, person.username, from);
    await house.verify(person.phone, '123456', from);
    await post('/api/auth/logout', {}, { ...bearer(login), ...from });
    await refresh(house.service, login.refreshToken);
    await house.database.query('UPDATE users SET is_active = false WHERE id = $1', [person.id]);
    await wrongPassword(person.username.toUpperCase(), from);
    expectFailure(await house.request(person.phone, from), 404, 'phone_not_registered');
    await until('all are written', async () => (await refusalsOf(person.id)).length >= 4);
    expect(await refusalsOf(person.id)).toEqual([
      'login.otp invalid_otp',
      'login.password invalid_credentials',
      'otp.requested phone_not_registered',
      'session.refresh invalid_refresh_token',
    ]);
  });

  it('has what the limits of others kept from them: of an address, and of a range of numbers', async () => {
    const { from } = freshAddress();
    const [first, person] = [
      await house.person({ phone: '+6281377770001' }),
      await newcomer(house, { phone: '+6281377770002' }),
    ];
    const ask = (phone: string) => strict.post('/api/auth/otp/request', { phone }, from);
    expect([(await ask(first.phone)).status, (await ask(person.phone)).status]).toEqual([200, 429]);
    for (let guess = 0; guess < 3; guess++)
      await strict.post('/api/auth/login', { identifier: person.username, password: 'salah' }, from);
    await until('all are written', async () => (await refusalsOf(person.id)).length >= 3);
    expect(await refusalsOf(person.id)).toEqual([
      'limits.reached login_locked',
      'limits.sends otp_rate_limited',
      'login.password invalid_credentials',
    ]);
  });
});

describe('the filter by number', () => {
  const typesOf = async (phone: string) => (await events({ phone, limit: 100 })).map(({ type }) => type);

  it('finds what was done with a number, in any spelling, and nothing of others', async () => {
    const { from } = freshAddress();
    const [person, other] = [await house.person(), await house.person()];
    await house.login(other.phone, from);
    const code = await house.code(person.phone, from);
    await house.verify(person.phone, wrong(code), from);
    await house.verify(person.phone, code, from);
    for (const spelling of [person.phone, person.e164, person.digits, person.phone.replace(/(....)/g, '$1 ')])
      expect((await typesOf(spelling)).sort()).toEqual(['login.otp', 'login.otp', 'otp.requested']);
    for (const { userId } of await events({ phone: person.phone })) expect(userId).toBe(person.id);
    const [, read] = await events({ type: 'audit.read', userId: admin.id });
    expect(read!.detail).toMatchObject({ as: 'page', phone: '…' });
  });

  it('works for a number that nobody has', async () => {
    const { from } = freshAddress();
    const phone = newPhone();
    await house.verify(phone, '123456', from);
    expectFailure(await house.request(phone, from), 404, 'phone_not_registered');
    await until('both are written', async () => (await typesOf(phone)).length >= 2);
    expect((await typesOf(phone)).sort()).toEqual(['login.otp', 'otp.requested']);
    expect(await typesOf(newPhone())).toEqual([]);
  });

  it('tells two numbers apart that look the same when they are masked', async () => {
    const { from } = freshAddress();
    const [one, two] = ['081399991777', '081399992777'];
    for (const phone of [one, two]) await house.verify(phone, '123456', from);
    for (const phone of [one, two]) expect(total(await events({ phone }))).toBe(1);
  });

  it('refuses an invalid number', async () => {
    const answer = await ask({ phone: '12' });
    expectFailure(answer, 400, 'validation_failed');
    expect(answer.body.details).toEqual([{ field: 'phone', problem: expect.any(String) }]);
  });

  it('finds nothing any more of a person who was erased', async () => {
    const { address, from } = freshAddress();
    const phone = newPhone();
    await house.verify(phone, '123456', from);
    const person = await house.person({ phone });
    await house.login(person.phone, from);
    expect((await typesOf(phone)).sort()).toEqual(['login.otp', 'login.otp', 'otp.requested']);
    expect((await house.service.send('DELETE', `/api/users/${person.id}`, undefined, adminHeaders)).status).toBe(200);
    expect(await typesOf(phone)).toEqual([]);
    // That somebody from that address guessed at some number stays told.
    expect(await events({ address })).toEqual([
      expect.objectContaining({ type: 'login.otp', userId: null, detail: { code: 'invalid_otp' } }),
    ]);
  });
});

describe('the table', () => {
  const refused = async (sql: string, ...values: unknown[]) =>
    expect(house.database.query(sql, values)).rejects.toThrow(/append-only/);

  it('lets events be added, but not changed or deleted', async () => {
    const login: Login = await logIn(house.service, admin.username);
    for (const change of [
      `outcome = 'success'`,
      `outcome = 'failure'`,
      `user_id = NULL`,
      `address = NULL`,
      `address = '1.2.3.4'`,
      `detail = '{}'`,
      `occurred_at = occurred_at - interval '1 second'`,
      `count = 2`,
      `phone_key = NULL`,
    ])
      await refused(`UPDATE audit_events SET ${change} WHERE subject_id = $1`, login.sid);
    await refused('DELETE FROM audit_events WHERE subject_id = $1', login.sid);
    await refused('TRUNCATE audit_events');
    const months = await house.database.query<{ name: string }>(
      `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'audit_events'::regclass`,
    );
    expect(months.length).toBeGreaterThan(1);
    for (const { name } of months) await refused(`TRUNCATE ${name}`);
    expect(await events({ subjectId: login.sid })).toHaveLength(1);
    expect((await me(house.service, login)).status).toBe(200);
  });

  it('lets a count grow within its minutes, and nothing else of it change', async () => {
    const subject = '0190b000-0000-7000-8000-000000000004';
    await house.database.query(
      `INSERT INTO audit_events (id, occurred_at, type, outcome, subject_id, count, last_at)
       VALUES (gen_random_uuid(), now(), 'spec', 'failure', $1, 5, now()), (gen_random_uuid(), now() - interval '6 minutes', 'old', 'failure', $1, 5, now())`,
      [subject],
    );
    const ours = `WHERE type = 'spec' AND subject_id = $1`;
    await house.database.query(`UPDATE audit_events SET count = 6, last_at = now() ${ours}`, [subject]);
    await refused(`UPDATE audit_events SET count = 6 ${ours}`, subject);
    await refused(`UPDATE audit_events SET count = 5 ${ours}`, subject);
    await refused(`UPDATE audit_events SET count = 7, type = 'other' ${ours}`, subject);
    await refused(`UPDATE audit_events SET count = 7, last_at = last_at - interval '1 second' ${ours}`, subject);
    await refused(`UPDATE audit_events SET count = 7 WHERE type = 'old' AND subject_id = $1`, subject);
  });

  it('lets a number without an account be forgotten, and nothing else with it', async () => {
    const { address, from } = freshAddress();
    await house.verify(newPhone(), '123456', from);
    for (const change of [
      `phone_key = '\\x00'`,
      `phone_key = NULL, address = NULL`,
      `phone_key = NULL, detail = NULL`,
      `detail = detail - 'phone'`,
    ])
      await refused(`UPDATE audit_events SET ${change} WHERE address = $1`, address);
    const forget = `UPDATE audit_events SET phone_key = NULL, detail = detail - 'phone' WHERE address = $1`;
    await house.database.query(forget, [address]);
    expect(await events({ address })).toHaveLength(1);
  });

  it('lets what is personal go with its owner, and not before', async () => {
    const { address, from } = freshAddress();
    const person = await newcomer(house);
    await logIn(house.service, person.username, from);
    const missed = await post('/api/auth/login', { identifier: person.username, password: 'salah' }, from);
    const code = await house.code(person.phone, from);
    await house.verify(person.phone, wrong(code), from);
    await refused(
      'UPDATE audit_events SET address = NULL, request_id = NULL, detail = NULL WHERE user_id = $1',
      person.id,
    );
    const erased = await house.service.send('DELETE', `/api/users/${person.id}`, undefined, adminHeaders);
    expect(erased.status).toBe(200);
    expect(await events({ address })).toEqual([]);
    expect(await events({ requestId: idOf(missed)! })).toEqual([]);
    const left = await events({ userId: person.id });
    expect(left.length).toBeGreaterThan(3);
    for (const event of left)
      expect(event).toMatchObject({ address: null, requestId: null, lastRequestId: null, detail: null });
    // Emptied is not enough: the rows themselves stay.
    await refused('DELETE FROM audit_events WHERE user_id = $1', person.id);
    await refused(`UPDATE audit_events SET detail = '{}' WHERE user_id = $1`, person.id);
  });

  it('loses whole months past their retention', async () => {
    await house.database.query(
      `CREATE TABLE partitions.audit_events_2020_01 PARTITION OF audit_events FOR VALUES FROM ('2020-01-01Z') TO ('2020-02-01Z')`,
    );
    await house.database.query(
      `INSERT INTO audit_events (id, occurred_at, type, outcome) VALUES (gen_random_uuid(), '2020-01-15Z', 'spec', 'success')`,
    );
    await refused(`DELETE FROM partitions.audit_events_2020_01`);
    await house.database.query('DROP TABLE partitions.audit_events_2020_01');
    expect(await events({ to: '2020-02-01' })).toEqual([]);
  });
});

// Last: from then on no instance starts that does not know the new secret.
describe('while AUTH_SECRET is replaced', () => {
  it('events of a number are found under both secrets', async () => {
    const { from } = freshAddress();
    const phone = newPhone();
    await house.verify(phone, '123456', from);
    const rotating = { AUTH_SECRET: 'another secret, quite as long as it must be', AUTH_SECRET_PREVIOUS: SECRET };
    const next = await house.another(rotating);
    const login = await logIn(next, admin.username);
    await next.post('/api/auth/otp/verify', { phone, otpCode: '123456' }, from);
    const found = await next.get(`/api/admin/audit?phone=${phone}`, bearer(login));
    expect(total(found.body.data)).toBe(2);
  });
});

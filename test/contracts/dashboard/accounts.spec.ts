import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { expectAhead, expectFailure, INSTANT, SOME_TEXT } from '../../support/answers.js';
import { openHouse, type House } from '../../support/house.js';
import { type Answer, type Service } from '../../support/service.js';

// docs/contract/dashboard.md#accounts-and-tokens, field by field. Who may register: `dashboard/registration.spec.ts`.

const PASSWORD = 'kuda-lari-7';
const WEEK = 604_800;

let house: House;
let service: Service;

beforeAll(async () => {
  house = await openHouse();
  service = house.service;
});
afterAll(async () => house.close());

let made = 0;
/** A body that registers somebody new; a field set to undefined is left out. */
function newcomer(more: Record<string, unknown> = {}): Record<string, unknown> {
  made += 1;
  const username = `orang${made}`;
  return {
    name: 'Budi Santoso',
    email: `${username}@papua.example`,
    username,
    password: PASSWORD,
    role: 'karyawan',
    ...more,
  };
}

const register = (body: unknown) => service.post('/auth/register', body);
const login = (identifier: unknown, password: unknown = PASSWORD) =>
  service.post('/auth/login', { identifier, password });
const refresh = (token: unknown) => service.post('/auth/refresh', { refresh_token: token });
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const exactly = ({ status, body }: Answer) => ({ status, body: body as unknown });
const tokens = {
  access_token: expect.stringMatching(/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/),
  token_type: 'bearer',
  refresh_token: SOME_TEXT,
  expires_in: WEEK,
};

/** Expects a 400 that names these fields and no others. */
function expectRefused(answer: Answer, fields: string[]): void {
  const { details } = expectFailure(answer, 400, 'validation_failed');
  expect(details.map(({ field }: { field: string }) => field)).toEqual(fields);
  for (const each of details) expect(each).toEqual({ field: expect.any(String), problem: expect.stringMatching(/\S/) });
}

describe('POST /auth/register', () => {
  it.each([
    ['karyawan', 'karyawan', 'KARYAWAN'],
    ['agent', 'karyawan', 'KARYAWAN'],
  ])('makes an account with the role %s', async (role, answered, stored) => {
    const body = newcomer({ role });
    const began = Date.now();
    const answer = await register(body);
    expect(exactly(answer)).toStrictEqual({
      status: 201,
      body: {
        message: 'Register success',
        data: {
          id: SOME_TEXT,
          name: body['name'],
          username: body['username'],
          email: body['email'],
          role: answered,
          created_at: INSTANT,
        },
      },
    });
    expectAhead(answer.body.data.created_at, 0, began);
    const rows = await house.database.query(
      'SELECT role, phone, is_active, password_hash FROM users WHERE username = $1',
      [body['username']],
    );
    const row = { role: stored, phone: null, is_active: true, password_hash: expect.stringMatching(/^\$argon2id\$/) };
    expect(rows).toEqual([row]);
    expect((await login(body['username'])).body.data).toEqual(omit(answer.body.data, 'created_at'));
  });

  it('spells names as the service does and drops what it does not know', async () => {
    const { username, email } = newcomer() as { username: string; email: string };
    const body = { name: '  Siti   Aminah ', username: ` ${username.toUpperCase()} `, email: email.toUpperCase() };
    const odd = { id: 'mine', is_active: false, isAdmin: true, phone: '081234567890', roles: ['admin'] };
    const answer = await register(newcomer({ ...body, ...odd }));
    expect(answer.status).toBe(201);
    expect(answer.body.data).toMatchObject({ name: 'Siti Aminah', username, email, role: 'karyawan' });
    expect(answer.body.data.id).not.toBe('mine');
    expect((await login(email.toUpperCase())).status).toBe(200);
    const me = await service.get('/auth/me', bearer((await login(` ${username}`)).body.access_token));
    expect(me.body.data.phone).toBeNull();
  });

  it.each(['name', 'email', 'username', 'password', 'role'])('refuses by field: no %s', async (field) => {
    for (const value of [undefined, null, '', 7, true, [], ['admin'], {}, { $ne: '' }])
      expectRefused(await register(newcomer({ [field]: value })), [field]);
  });

  it.each<[string, unknown[]]>([
    ['name', ['   ', '\t', 'x'.repeat(201), 'nul\u0000', 'bel\u0007']],
    ['email', ['budi', 'budi@', '@papua.example', 'a b@papua.example', 'a@b@papua.example', 'a@papua', 'a@x..example']],
    ['email', [`${'x'.repeat(250)}@papua.example`, 'a\u0000@papua.example']],
    ['username', ['12345', '081234567890', 'budi@x', 'bu di', 'x'.repeat(65), '   ', 'nul\u0000x']],
    ['role', ['ADMIN', 'Karyawan', 'user', 'operator', 'supervisor', 'root', ' admin', '__proto__']],
  ])('refuses by field: an odd %s', async (field, values) => {
    for (const value of values) expectRefused(await register(newcomer({ [field]: value })), [field]);
  });

  it('names every field that is at fault, and makes nothing', async () => {
    expectRefused(await register({}), ['name', 'email', 'username', 'password', 'role']);
    expectRefused(await register(newcomer({ name: ' ', email: 'x', username: '1' })), ['name', 'email', 'username']);
    const count = 'SELECT count(*)::int AS accounts FROM users';
    const [before] = await house.database.query(count);
    for (const body of [[], [newcomer()], 'text', 7, null])
      expectFailure(await register(body), 400, 'validation_failed');
    expect(await house.database.query(count)).toEqual([before]);
  });

  it('refuses passwords by rule, both ends included', async () => {
    const short = expectFailure(await register(newcomer({ password: '12345' })), 400, 'password_refused');
    expect(short.details).toEqual([{ rule: 'too_short', problem: expect.any(String) }]);
    const long = expectFailure(await register(newcomer({ password: 'p'.repeat(73) })), 400, 'password_refused');
    expect(long.details).toEqual([{ rule: 'too_long', problem: expect.any(String) }]);
    for (const password of ['123456', 'p'.repeat(72)]) {
      const body = newcomer({ password });
      expect((await register(body)).status).toBe(201);
      expect((await login(body['email'], password)).status).toBe(200);
    }
  });

  it.each([
    ['email', 'email_taken', 'Email sudah dipakai'],
    ['username', 'username_taken', 'Username sudah dipakai'],
  ])('refuses an %s that is taken, in any spelling', async (field, code, message) => {
    const first = newcomer();
    expect((await register(first)).status).toBe(201);
    const taken = String(first[field]);
    for (const spelling of [taken, taken.toUpperCase(), ` ${taken} `, taken.replace('o', '\uff2f')]) {
      const { details } = expectFailure(await register(newcomer({ [field]: spelling })), 409, code, message);
      expect(details).toEqual({ field });
    }
  });

  it.each([
    ['email', 'email_taken'],
    ['username', 'username_taken'],
  ])('lets one of many through that want one %s at once', async (field, code) => {
    const wanted = String(newcomer()[field]);
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, at) => register(newcomer({ [field]: at % 2 ? wanted.toUpperCase() : wanted }))),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 201))
      expect(expectFailure(answer, 409, code).details).toEqual({ field });
  });
});

describe('POST /auth/login', () => {
  it('takes e-mail, username or phone', async () => {
    const person = await house.person({
      fullName: 'Yohana',
      role: 'ADMIN',
      email: 'yohana@papua.example',
      username: 'yohana',
      password: PASSWORD,
    });
    const { phone, e164, digits } = person;
    for (const identifier of ['yohana@papua.example', 'YOHANA', phone, e164, digits]) {
      const answer = await login(identifier);
      const data = { id: person.id, name: 'Yohana', username: 'yohana', email: 'yohana@papua.example', role: 'admin' };
      expect(exactly(answer)).toStrictEqual({ status: 200, body: { message: 'Login success', data, ...tokens } });
      expect(decodeJwt(answer.body.access_token)).toMatchObject({ sub: person.id, role: 'ADMIN' });
    }
  });

  it('says null for what an account does not have', async () => {
    const { phone, id } = await house.person({ fullName: 'Tanpa Nama', password: PASSWORD });
    const data = { id, name: 'Tanpa Nama', username: null, email: null, role: 'user' };
    expect((await login(phone)).body.data).toStrictEqual(data);
  });

  it('refuses strangers, wrong passwords and disabled accounts alike', async () => {
    await house.person({ username: 'kenalan', password: PASSWORD });
    await house.person({ username: 'mantan', password: PASSWORD, active: false });
    const message = 'Email, username, nomor telepon atau kata sandi salah';
    const refusals = [await login('kenalan', 'salah-sama-sekali'), await login('siapa'), await login('mantan')];
    for (const answer of refusals) expectFailure(answer, 401, 'invalid_credentials', message);
    expect(new Set(refusals.map(({ text }) => text)).size).toBe(1);
  });

  it.each(['identifier', 'password'])('refuses by field: an odd %s', async (field) => {
    for (const value of [undefined, null, '', 7, [], ['x'], {}])
      expectRefused(await service.post('/auth/login', { identifier: 'x', password: 'y', [field]: value }), [field]);
  });
});

describe('POST /auth/refresh', () => {
  it('answers with tokens of the same session, and the old one is used up', async () => {
    const { username } = newcomer() as { username: string };
    await house.person({ username, password: PASSWORD });
    const first = (await login(username)).body;
    const second = await refresh(first.refresh_token);
    expect(exactly(second)).toStrictEqual({ status: 200, body: tokens });
    expect(second.body.refresh_token).not.toBe(first.refresh_token);
    const [before, after] = [decodeJwt(first.access_token), decodeJwt(second.body.access_token)];
    expect([after['sid'], after.sub]).toEqual([before['sid'], before.sub]);
    expect(after.jti).not.toBe(before.jti);
    expect((await service.get('/auth/me', bearer(second.body.access_token))).status).toBe(200);
    // The next one proves that the second arrived; from then on the first is a theft.
    const third = await refresh(second.body.refresh_token);
    expect(third.status).toBe(200);
    expectFailure(await refresh(first.refresh_token), 401, 'invalid_refresh_token');
    expectFailure(await refresh(third.body.refresh_token), 401, 'invalid_refresh_token');
    expectFailure(await service.get('/auth/me', bearer(third.body.access_token)), 401, 'invalid_token');
  });

  it('refuses what it never gave', async () => {
    for (const token of ['x', 'x'.repeat(43), 'x'.repeat(4096), '\u0000', "' OR 1=1 --"])
      expectFailure(await refresh(token), 401, 'invalid_refresh_token');
    for (const token of [undefined, null, '', 7, [], {}, 'x'.repeat(4097)])
      expectRefused(await refresh(token), ['refresh_token']);
  });
});

describe('GET /auth/me', () => {
  it('answers with the account, its phone in national form', async () => {
    const account = { fullName: 'Markus', email: 'markus@papua.example', username: 'markus' };
    const person = await house.person({ ...account, role: 'SUPERVISOR', password: PASSWORD });
    const answer = await service.get('/auth/me', bearer((await login('markus')).body.access_token));
    const data = { id: person.id, name: 'Markus', username: 'markus', email: 'markus@papua.example' };
    expect(exactly(answer)).toStrictEqual({
      status: 200,
      body: { data: { ...data, phone: person.phone, role: 'supervisor', created_at: INSTANT } },
    });
  });

  it('says null where there is no phone', async () => {
    const body = newcomer();
    const { data } = (await register(body)).body;
    const answer = await service.get('/auth/me', bearer((await login(body['email'])).body.access_token));
    expect(answer.body).toStrictEqual({ data: { ...data, phone: null } });
  });

  it('wants a token', async () => {
    expectFailure(await service.get('/auth/me'), 401, 'unauthenticated');
    expectFailure(await service.get('/auth/me', bearer('x')), 401, 'invalid_token');
  });
});

describe('signs of life', () => {
  it('GET / answers, and sends browsers on', async () => {
    const answer = await service.get('/');
    expect({ status: answer.status, text: answer.text }).toEqual({ status: 200, text: '{"status":"ok"}' });
    expect(answer.headers.get('content-type')).toContain('application/json');
    const accept = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
    const browser = await service.get('/', { accept });
    expect(browser.status).toBe(302);
    expect(browser.headers.get('location')).toMatch(/^\/[a-z]/);
    expect((await service.get(browser.headers.get('location')!, { accept })).status).toBe(200);
  });

  it('GET /db-connect answers', async () => {
    const { status, text } = await service.get('/db-connect');
    expect({ status, text }).toEqual({ status: 200, text: '{"database":"postgresql","status":"connected"}' });
  });
});

function omit(object: Record<string, unknown>, key: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key));
}

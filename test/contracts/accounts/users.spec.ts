import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { hash as bcrypt } from '@node-rs/bcrypt';
import { INSTANT } from '../../support/answers.js';
import { type TestDatabase } from '../../support/database.js';
import { AS_IN_DEVELOPMENT, openHouse, type House } from '../../support/house.js';
import { messagesOf } from '../../support/messages.js';
import { until } from '../../support/waits.js';
import { type Answer, type Service } from '../../support/service.js';

let house: House;
let database: TestDatabase;
let service: Service;
let admin: Record<string, string>;

beforeAll(async () => {
  house = await openHouse({ ...AS_IN_DEVELOPMENT, OTP_SENDS_PER_HOUR: '100', OTP_SENDS_PER_DAY: '100' });
  ({ database, service } = house);
  admin = bearer(await passwordLogin('admin'));
});

afterAll(async () => house.close());

const bearer = (login: Answer) => ({ authorization: `Bearer ${login.body.data.token}` });
const passwordLogin = (identifier: string, password = 'password123') =>
  service.post('/api/auth/login', { identifier, password });
const me = (headers: Record<string, string>) => service.get('/api/auth/me', headers);

async function newestCode(phone: string): Promise<string> {
  const inbox = await service.get('/dev/inbox');
  const message = inbox.body.data.find(({ to }: { to: string }) => to === phone);
  return message.code;
}

async function codeLogin(phone: string): Promise<Answer> {
  const asked = await service.post('/api/auth/otp/request', { phone });
  expect(asked.status).toBe(200);
  return service.post('/api/auth/otp/verify', { phone, otpCode: await newestCode(phone) });
}

const create = (body: object, headers = admin) => service.post('/api/users', body, headers);
const change = (id: string, body: unknown, headers = admin) =>
  service.send('PATCH', `/api/users/${id}`, JSON.stringify(body), { 'content-type': 'application/json', ...headers });
const erase = (id: string, headers = admin) => service.send('DELETE', `/api/users/${id}`, undefined, headers);

let numbers = 0;
const nextPhone = () => `0857${String(10_000_000 + ++numbers)}`;

async function person(body: object = {}): Promise<{ id: string; phone: string }> {
  const phone = nextPhone();
  const made = await create({ fullName: 'Orang Baru', phone, ...body });
  expect(made.status).toBe(201);
  return { id: made.body.data.id, phone };
}

async function withPassword(id: string, hash: string): Promise<void> {
  await database.query('UPDATE users SET password_hash = $2 WHERE id = $1', [id, hash]);
}

describe('who has access', () => {
  const routes: [string, string][] = [
    ['GET', '/api/users'],
    ['POST', '/api/users'],
    ['GET', '/api/users/0190a000-0000-7000-8000-000000000000'],
    ['PATCH', '/api/users/0190a000-0000-7000-8000-000000000000'],
    ['DELETE', '/api/users/0190a000-0000-7000-8000-000000000000'],
    ['GET', '/api/users/0190a000-0000-7000-8000-000000000000/export'],
    ['POST', '/api/users/0190a000-0000-7000-8000-000000000000/unlock'],
    ['POST', '/api/users/0190a000-0000-7000-8000-000000000000/reset-password'],
    ['GET', '/api/users/0190a000-0000-7000-8000-000000000000/sessions'],
    ['DELETE', '/api/users/0190a000-0000-7000-8000-000000000000/sessions'],
  ];
  const isRead = ([method, path]: [string, string]) => method === 'GET' && !path.endsWith('/export');

  it.each(routes)('%s %s: nobody below a supervisor', async (method, path) => {
    expect((await service.send(method, path)).status).toBe(401);
    const operator = bearer(await passwordLogin('operator'));
    const refused = await service.send(method, path, undefined, operator);
    expect([refused.status, refused.body.code]).toEqual([403, 'forbidden']);
  });

  it.each(routes)('%s %s: a supervisor reads, and changes nothing', async (method, path) => {
    const supervisor = bearer(await passwordLogin('supervisor'));
    const { status } = await service.send(method, path, undefined, supervisor);
    expect(status === 403).toBe(!isRead([method, path]));
  });

  it.each(routes.filter(([, path]) => path !== '/api/users'))('%s %s: nobody is there', async (method, path) => {
    const headers = method === 'PATCH' ? { ...admin, 'content-type': 'application/json' } : admin;
    const body = method === 'PATCH' ? '{}' : undefined;
    for (const at of [path, path.replace('0190a000-0000-7000-8000-000000000000', 'nobody')]) {
      const answer = await service.send(method, at, body, headers);
      expect([answer.status, answer.body.code]).toEqual([404, 'user_not_found']);
    }
  });
});

describe('POST /api/users', () => {
  it('creates an account that logs in by code', async () => {
    const phone = nextPhone();
    const made = await create({
      fullName: '  Ani   Wanggai ',
      email: 'Ani@Papua.Example',
      username: 'AniW',
      phone: `+62 ${phone.slice(1, 4)}-${phone.slice(4)}`,
      role: 'OPERATOR',
    });
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      success: true,
      message: 'Akun dibuat',
      data: {
        id: expect.any(String),
        email: 'ani@papua.example',
        username: 'aniw',
        phone,
        role: 'OPERATOR',
        profile: { fullName: 'Ani Wanggai', phone },
        isActive: true,
        createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
        lastLoginAt: null,
      },
    });
    const login = await codeLogin(phone);
    expect(login.body.data.user.role).toBe('OPERATOR');
    const shown = await service.get(`/api/users/${made.body.data.id}`, admin);
    expect(shown.body.data.lastLoginAt).toMatch(/Z$/);
  });

  it('accepts a phone alone, as a USER', async () => {
    const { id } = await person();
    const { body } = await service.get(`/api/users/${id}`, admin);
    expect(body.data).toMatchObject({ role: 'USER', email: null, username: null });
  });

  it('treats blank form fields as left out', async () => {
    const made = await create({ fullName: 'Budi', email: '', username: '', phone: nextPhone(), role: '' });
    expect(made.status).toBe(201);
    expect(made.body.data).toMatchObject({ email: null, username: null, role: 'USER' });
  });

  it('has no way to set or show a password, nor an id or a time', async () => {
    const phone = nextPhone();
    const made = await create({
      fullName: 'X Y',
      phone,
      password: 'password123',
      passwordHash: '$2b$x',
      id: 'x',
      erasedAt: 1,
    });
    expect(made.status).toBe(201);
    expect(made.body.data.role).toBe('USER');
    expect(made.text).not.toMatch(/hash|\$argon|password/i);
    const rows = await database.query('SELECT password_hash FROM users WHERE id = $1', [made.body.data.id]);
    expect(rows).toEqual([{ password_hash: null }]);
  });

  it.each([
    [{}, 'fullName'],
    [{ fullName: '', phone: '08571' }, 'fullName'],
    [{ fullName: '   ', username: 'abc' }, 'fullName'],
    [{ fullName: null, username: 'abc' }, 'fullName'],
    [{ fullName: ['x'], username: 'abc' }, 'fullName'],
    [{ fullName: 'x'.repeat(201), username: 'abc' }, 'fullName'],
    [{ fullName: 'a\u0000b', username: 'abc' }, 'fullName'],
    [{ fullName: 'Ani' }, 'identity'],
    [{ fullName: 'Ani', email: null, phone: null }, 'identity'],
    [{ fullName: 'Ani', email: 'ani' }, 'email'],
    [{ fullName: 'Ani', email: '', username: '', phone: '' }, 'identity'],
    [{ fullName: 'Ani', email: ' ' }, 'email'],
    [{ fullName: 'Ani', email: 'a b@x.example' }, 'email'],
    [{ fullName: 'Ani', email: 'a@b@x.example' }, 'email'],
    [{ fullName: 'Ani', email: { $ne: null } }, 'email'],
    [{ fullName: 'Ani', email: '6281234567890@s.whatsapp.net' }, 'email'],
    [{ fullName: 'Ani', email: ' +60123456789@C.US ' }, 'email'],
    [{ fullName: 'Ani', username: '12345' }, 'username'],
    [{ fullName: 'Ani', username: 'a@b' }, 'username'],
    [{ fullName: 'Ani', username: 'a b' }, 'username'],
    [{ fullName: 'Ani', username: 'кошка' }, 'username'],
    [{ fullName: 'Ani', username: 'abc', role: 'ROOT' }, 'role'],
    [{ fullName: 'Ani', username: 'abc', role: null }, 'role'],
    [{ fullName: 'Ani', username: 'abc', isActive: 'false' }, 'isActive'],
    [{ fullName: 'Ani', username: 'abc', isActive: null }, 'isActive'],
  ])('refuses %j', async (body, field) => {
    const answer = await create(body);
    expect([answer.status, answer.body.code]).toEqual([400, 'validation_failed']);
    expect(answer.body.details).toContainEqual({ field, problem: expect.any(String) });
  });

  it.each(['1', '02112345678', '+1 212 555 0100', '81355500041.0', {}, 81234567890])(
    'refuses the phone %j',
    async (phone) => {
      const answer = await create({ fullName: 'Ani', phone });
      expect([answer.status, answer.body.code]).toEqual([400, 'invalid_phone']);
    },
  );

  it.each([
    [{ email: 'ADMIN@sikeskoja.com' }, 'email_taken', 'email'],
    [{ username: 'Admin' }, 'username_taken', 'username'],
    [{ phone: '+62 812-3456-7890' }, 'phone_taken', 'phone'],
  ])('says that %j is taken', async (identity, code, field) => {
    const answer = await create({ fullName: 'Ani', ...identity });
    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({ success: false, code, details: { field } });
  });
});

describe('GET /api/users', () => {
  const list = (query: string) => service.get(`/api/users?${query}`, admin);
  const names = (answer: Answer) => answer.body.data.map(({ profile }: any) => profile.fullName);

  beforeAll(async () => {
    await create({ fullName: 'Cari_Satu 100%', email: 'cari.satu@x.example' });
    await create({ fullName: 'CariXDua', username: 'cari-dua' });
    await create({ fullName: 'CARI Tiga', phone: '085799887766', role: 'KARYAWAN', isActive: false });
  });

  it.each([
    ['search=cari', ['CARI Tiga', 'CariXDua', 'Cari_Satu 100%']],
    ['search=CARI&limit=2', ['CARI Tiga', 'CariXDua']],
    ['search=cari_', ['Cari_Satu 100%']],
    ['search=100%25', ['Cari_Satu 100%']],
    ['search=%25', ['Cari_Satu 100%']],
    ['search=%5C', []],
    ['search=cari.satu%40x', ['Cari_Satu 100%']],
    ['search=cari-dua', ['CariXDua']],
    ['search=0857-9988-7766', ['CARI Tiga']],
    ['search=%2B62857%20998877', ['CARI Tiga']],
    ['search=08579988', ['CARI Tiga']],
    ['search=99887766', ['CARI Tiga']],
    ['search=%EF%BC%98%EF%BC%95%EF%BC%97%EF%BC%99%EF%BC%99', ['CARI Tiga']],
    ['search=cari&role=KARYAWAN', ['CARI Tiga']],
    ['search=cari&isActive=false', ['CARI Tiga']],
    ['search=cari&isActive=true&role=&limit=&cursor=', ['CariXDua', 'Cari_Satu 100%']],
    ['search=tidak-ada-yang-begini', []],
    ["search=' OR 1=1 --", []],
  ])('%s', async (query, expected) => {
    const answer = await list(query);
    expect(answer.status).toBe(200);
    expect(names(answer)).toEqual(expected);
  });

  it('a search for nothing but a zero character counts as left out', async () => {
    expect((await list('search=%00')).status).toBe(200);
  });

  it('pages through everybody, newest first, without a gap or a repetition', async () => {
    const all = (await list('limit=100')).body.data.map(({ id }: any) => id);
    const paged: string[] = [];
    let cursor = '';
    do {
      const answer = await list(`limit=3&cursor=${cursor}`);
      paged.push(...answer.body.data.map(({ id }: any) => id));
      cursor = answer.body.nextCursor;
      // An account that is made meanwhile does not leave a gap.
      if (paged.length === 3) await person();
    } while (cursor);
    expect(paged).toEqual(all);
  });

  it.each([
    'limit=0',
    'limit=101',
    'limit=x',
    'limit=1.5',
    'role=ROOT',
    'isActive=1',
    'cursor=x',
    'cursor=MTIz',
    'search=a&search=b',
  ])('refuses %s', async (query) => {
    const answer = await list(query);
    expect([answer.status, answer.body.code]).toEqual([400, 'validation_failed']);
  });
});

describe('PATCH /api/users/:id', () => {
  it('changes the given fields and leaves the rest', async () => {
    const { id, phone } = await person({ email: 'ubah@x.example' });
    const answer = await change(id, { fullName: 'Nama Lain', username: 'ubah' });
    expect(answer.status).toBe(200);
    expect(answer.body.data).toMatchObject({
      id,
      email: 'ubah@x.example',
      username: 'ubah',
      phone,
      profile: { fullName: 'Nama Lain', phone },
    });
    expect((await change(id, {})).body.data).toEqual(answer.body.data);
    const blank = { fullName: '', email: '', username: '', phone: '', role: '', isActive: '' };
    expect((await change(id, blank)).body.data).toEqual(answer.body.data);
    const events = await database.query(
      `SELECT type, detail, user_id = subject_id AS own FROM audit_events WHERE subject_id = $1 ORDER BY occurred_at, id`,
      [id],
    );
    expect(events).toEqual([
      { type: 'user.created', detail: { role: 'USER' }, own: false },
      { type: 'user.changed', detail: { fields: ['fullName', 'username'] }, own: false },
    ]);
  });

  it('null removes an identity, but never the last one', async () => {
    const { id } = await person({ email: 'hapus@x.example' });
    expect((await change(id, { phone: null })).body.data.phone).toBeNull();
    const last = await change(id, { email: null });
    expect([last.status, last.body.details[0].field]).toEqual([400, 'identity']);
    for (const body of [{ fullName: null }, { role: null }, { isActive: null }, [], 'x', 1]) {
      expect((await change(id, body)).status).toBe(400);
    }
  });

  it('refuses an e-mail address that is a phone number', async () => {
    const { id } = await person({});
    const refused = await change(id, { email: '６２８1234567890:3@S.WhatsApp.net' });
    expect([refused.status, refused.body.code, refused.body.details]).toEqual([
      400,
      'validation_failed',
      [{ field: 'email', problem: 'adalah nomor WhatsApp, bukan alamat email' }],
    ]);
  });

  it('disabling ends sessions, tokens and codes at once, and enabling again revives none', async () => {
    const { id, phone } = await person();
    const login = await codeLogin(phone);
    const asked = await service.post('/api/auth/otp/request', { phone });
    expect(asked.status).toBe(200);
    const code = await newestCode(phone);
    expect((await change(id, { isActive: false })).body.data.isActive).toBe(false);
    expect((await me(bearer(login))).status).toBe(401);
    expect((await service.post('/api/auth/otp/verify', { phone, otpCode: code })).body.code).toBe('invalid_otp');
    expect((await service.post('/api/auth/otp/request', { phone })).status).toBe(404);
    expect((await change(id, { isActive: true })).status).toBe(200);
    expect((await me(bearer(login))).status).toBe(401);
    expect((await service.post('/api/auth/otp/verify', { phone, otpCode: code })).body.code).toBe('invalid_otp');
  });

  it('a role acts on the next call of the same token', async () => {
    const { id, phone } = await person({ role: 'ADMIN' });
    const token = bearer(await codeLogin(phone));
    expect((await service.get('/api/users', token)).status).toBe(200);
    expect((await change(id, { role: 'USER' })).status).toBe(200);
    expect((await service.get('/api/users', token)).status).toBe(403);
    expect((await me(token)).status).toBe(200);
  });

  it('a code to the old number opens nothing', async () => {
    const { id, phone } = await person();
    const login = await codeLogin(phone);
    await service.post('/api/auth/otp/resend', { phone });
    const code = await newestCode(phone);
    const other = nextPhone();
    expect((await change(id, { phone: other })).body.data.phone).toBe(other);
    expect((await me(bearer(login))).status).toBe(401);
    expect((await service.post('/api/auth/otp/verify', { phone, otpCode: code })).status).toBe(400);
    expect((await codeLogin(other)).body.data.user.id).toBe(id);
  });

  it('the last active admin stays', async () => {
    const { body } = await me(admin);
    const others = await service.get('/api/users?role=ADMIN&isActive=true&limit=100', admin);
    for (const { id } of others.body.data) if (id !== body.data.id) await change(id, { role: 'USER' });
    for (const answer of [
      await change(body.data.id, { isActive: false }),
      await change(body.data.id, { role: 'USER' }),
      await erase(body.data.id),
    ])
      expect([answer.status, answer.body.code]).toEqual([409, 'last_admin']);
    expect((await change(body.data.id, { fullName: 'Administrator', role: 'ADMIN', isActive: true })).status).toBe(200);
    const { id } = await person({ role: 'ADMIN' });
    expect((await change(id, { isActive: false })).status).toBe(200);
    expect((await change(body.data.id, { role: 'USER' })).status).toBe(409);
  });
});

describe('POST /api/users/:id/unlock', () => {
  it('resets guesses, sends and password failures', async () => {
    const { id, phone } = await person({ email: 'kunci@x.example', username: 'kunci' });
    await service.post('/api/auth/otp/request', { phone });
    for (let i = 0; i < 6; i++) await service.post('/api/auth/otp/verify', { phone, otpCode: '000000' });
    expect((await service.post('/api/auth/otp/verify', { phone, otpCode: '000000' })).status).toBe(429);
    for (let i = 0; i < 11; i++) await passwordLogin('kunci@x.example', 'salah-sekali');
    expect((await passwordLogin('kunci@x.example', 'salah-sekali')).status).toBe(429);
    const answer = await service.send('POST', `/api/users/${id}/unlock`, undefined, admin);
    expect([answer.status, answer.body]).toEqual([200, { success: true, message: 'Akun dibuka kembali' }]);
    expect((await passwordLogin('Kunci@x.example', 'salah-sekali')).status).toBe(401);
    expect((await codeLogin(phone)).status).toBe(200);
  });
});

describe('POST /api/users/:id/reset-password', () => {
  const reset = (id: string) => service.send('POST', `/api/users/${id}/reset-password`, undefined, admin);

  it('removes the password and ends the sessions', async () => {
    const { id, phone } = await person({ username: 'lupa' });
    await withPassword(id, await bcrypt('kata sandi lama', 4));
    const login = await passwordLogin('lupa', 'kata sandi lama');
    expect(login.status).toBe(200);
    expect((await reset(id)).status).toBe(200);
    expect((await me(bearer(login))).status).toBe(401);
    expect((await passwordLogin('lupa', 'kata sandi lama')).status).toBe(401);
    expect((await codeLogin(phone)).status).toBe(200);
  });

  it('needs a number that a code can go to', async () => {
    const { id } = await person({ username: 'tanpa-nomor' });
    await change(id, { phone: null });
    const answer = await reset(id);
    expect([answer.status, answer.body.code]).toEqual([409, 'phone_required']);
  });
});

describe('a password of a replaced system', () => {
  it('logs in, however often at once, and is argon2id from then on', async () => {
    const { id } = await person({ username: 'lama' });
    await withPassword(id, (await bcrypt('sandí lama', 8)).replace(/^\$2b/, '$2a'));
    const logins = await Promise.all(Array.from({ length: 6 }, () => passwordLogin('lama', 'sandí lama')));
    expect(logins.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
    const [row] = await database.query('SELECT password_hash, password_changed_at FROM users WHERE id = $1', [id]);
    expect(row).toEqual({ password_hash: expect.stringMatching(/^\$argon2id\$/), password_changed_at: null });
    expect((await passwordLogin('lama', 'sandí lama'.normalize('NFD'))).status).toBe(200);
    expect((await passwordLogin('lama', 'sandi lama')).status).toBe(401);
  });
});

describe('a person’s data', () => {
  it('is shown to that person and to admins, complete', async () => {
    const { id, phone } = await person({ email: 'data@x.example' });
    const own = bearer(await codeLogin(phone));
    await database.query(`UPDATE otp_codes SET sends = '{}' WHERE phone = $1`, [`+62${phone.slice(1)}`]);
    expect((await service.post('/api/auth/otp/request', { phone })).status).toBe(200);
    await change(id, { fullName: 'Nama Baru' });
    await until('it is noted that the first code was used', async () => {
      const used = 'SELECT id FROM message_history WHERE user_id = $1 AND verified_at IS NOT NULL';
      return (await database.query(`${used} UNION ${used.replace('message_history', 'messages')}`, [id])).length > 0;
    });
    const mine = await service.get('/api/auth/me/export', own);
    expect(mine.status).toBe(200);
    expect(mine.headers.get('cache-control')).toBe('no-store');
    const { account, sessions, codes, limits, messages, events } = mine.body.data;
    expect(account).toMatchObject({ id, phone, email: 'data@x.example', hasPassword: false, isActive: true });
    expect(sessions).toEqual([expect.objectContaining({ method: 'OTP', address: '127.0.0.1', endedAt: null })]);
    // The first one was used, and is held no more.
    expect(codes).toEqual([expect.objectContaining({ purpose: 'login', address: '127.0.0.1' })]);
    expect(limits).toEqual([{ purpose: 'login', sends: [expect.any(String)], guesses: [] }]);
    const message = { purpose: 'login', provider: 'console' };
    expect(messages).toEqual([
      expect.objectContaining({ ...message, codeUsedAt: INSTANT }),
      expect.objectContaining({ ...message, codeUsedAt: null }),
    ]);
    expect(events.map(({ type, address }: any) => [type, address])).toEqual([
      ['user.created', null],
      ['otp.requested', '127.0.0.1'],
      ['login.otp', '127.0.0.1'],
      ['otp.requested', '127.0.0.1'],
      ['user.changed', null],
    ]);
    expect(mine.text).not.toMatch(/\$argon|sealed|code_?hash|"\d{6}"/i);
    const theirs = await service.get(`/api/users/${id}/export`, admin);
    expect(theirs.body.data.account).toEqual(account);
    expect((await service.get('/api/auth/me/export')).status).toBe(401);
  });

  it('is gone when it is erased', async () => {
    const { id, phone } = await person({ email: 'hilang@x.example', username: 'hilang', fullName: 'Hilang Sudah' });
    await withPassword(id, await bcrypt('kata sandi lama', 4));
    const login = await codeLogin(phone);
    const refreshed = await service.post('/api/auth/refresh', { refreshToken: login.body.data.refreshToken });
    expect(refreshed.status).toBe(200);
    const tokensOf = (sessions: unknown[]) =>
      database.query('SELECT session_id FROM refresh_tokens WHERE session_id = ANY($1)', [sessions]);
    const sessionsOf = () => database.query('SELECT id FROM login_sessions WHERE user_id = $1', [id]);
    const sessions = (await sessionsOf()).map((session) => session['id']);
    expect(await tokensOf(sessions)).toHaveLength(1);
    await passwordLogin('hilang', 'salah');
    await service.post('/api/auth/otp/request', { phone });
    const e164 = `+62${phone.slice(1)}`;
    await until('both acceptances are written', async () => {
      const accepted = await database.query('SELECT 1 FROM message_history WHERE user_id = $1', [id]);
      return accepted.length === 2;
    });
    await database.query(
      `INSERT INTO message_history (id, purpose, recipient, user_id, state, provider_message_id, attempts, created_at)
       VALUES (gen_random_uuid(), 'login', $1, $2, 'DELIVERED', 'wamid.1', 1, now())`,
      [e164, id],
    );
    const answer = await erase(id);
    expect([answer.status, answer.body]).toEqual([200, { success: true, message: 'Data akun dihapus' }]);

    expect((await me(bearer(login))).status).toBe(401);
    expect([await sessionsOf(), await tokensOf(sessions)]).toEqual([[], []]);
    expect((await service.get(`/api/users/${id}`, admin)).status).toBe(404);
    expect((await service.get(`/api/users/${id}/export`, admin)).status).toBe(404);
    expect((await erase(id)).status).toBe(404);
    expect((await service.get('/api/users?search=hilang', admin)).body.data).toEqual([]);
    expect((await service.post('/api/auth/otp/request', { phone })).status).toBe(404);

    const tables = await database.query<{ table_name: string }>(
      `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
    );
    const traces = /hilang|kata sandi/i;
    for (const { table_name } of tables) {
      const rows = await database.query(`SELECT t::text AS row FROM "${table_name}" t`);
      for (const { row } of rows) {
        expect([table_name, traces.test(row as string)]).toEqual([table_name, false]);
        expect([table_name, (row as string).includes(e164)]).toEqual([table_name, false]);
      }
    }
    const events = await database.query('SELECT type, address, request_id FROM audit_events WHERE user_id = $1', [id]);
    expect(events.length).toBeGreaterThan(1);
    expect(events.every(({ address, request_id }) => address === null && request_id === null)).toBe(true);
    // The login's code, the one that was asked for last, and the one of before.
    const history = await database.query(`SELECT provider_message_id FROM message_history WHERE recipient = 'erased'`);
    expect(history).toEqual(Array(3).fill({ provider_message_id: null }));

    // The whole row, so that a new column must be decided about, too.
    const [row] = await database.query('SELECT * FROM users WHERE id = $1', [id]);
    expect(row).toEqual({
      id,
      full_name: 'Erased',
      email: null,
      username: null,
      phone: null,
      phone_proven_at: null,
      phone_claimed: false,
      email_claimed: false,
      self_registered: false,
      role: 'USER',
      is_active: false,
      password_hash: null,
      password_changed_at: null,
      has_second_factor: false,
      devices_valid_from: expect.any(Date),
      created_at: expect.any(Date),
      updated_at: expect.any(Date),
      erased_at: expect.any(Date),
    });

    // The number, the e-mail and the name are free for somebody else.
    expect(
      (await create({ fullName: 'Orang Lain', phone, email: 'hilang@x.example', username: 'hilang' })).status,
    ).toBe(201);
  });

  it('is nobody else’s: a number that another account has by now is neither shown nor forgotten with it', async () => {
    const asker = await person({});
    const token = bearer(await codeLogin(asker.phone));
    const number = `0899${String(process.pid).padStart(5, '0').slice(-5)}77`;
    expect((await service.post('/api/auth/me/phone', { phone: number }, token)).status).toBe(200);
    const owner = await create({ fullName: 'Pemilik', phone: number });
    expect(owner.status).toBe(201);
    expect((await service.post('/api/auth/otp/request', { phone: number })).status).toBe(200);
    const wrongGuess = await service.post('/api/auth/otp/verify', { phone: number, otpCode: '000000' });
    expect(wrongGuess.status).toBe(400);

    const shown = (await service.get('/api/auth/me/export', token)).body.data;
    expect(
      shown.messages.map(({ purpose, phone }: any) => [purpose, phone.endsWith(number.slice(1))]),
    ).not.toContainEqual(['login', true]);
    expect((await erase(asker.id)).status).toBe(200);
    const e164 = `+62${number.slice(1)}`;
    const [budget] = await database.query(
      `SELECT cardinality(guesses) AS guesses, current_session_id FROM otp_codes WHERE phone = $1 AND purpose = 'login'`,
      [e164],
    );
    expect(budget).toEqual({ guesses: 1, current_session_id: expect.any(String) });
    expect(await messagesOf(database, e164)).toMatchObject([{ purpose: 'login' }]);
  });
});

describe('two admins at one account', () => {
  it('tells the second what the first has changed, and overwrites nothing', async () => {
    const { id } = await person({ fullName: 'Rina' });
    const seen = await service.get(`/api/users/${id}`, admin);
    const tag = seen.headers.get('etag') ?? '';
    const first = await change(id, { fullName: 'Rina Wulandari' }, { ...admin, 'if-match': tag });
    expect(first.status).toBe(200);
    const late = await change(id, { fullName: 'Rina W.' }, { ...admin, 'if-match': tag });
    expect([late.status, late.body.code]).toEqual([412, 'account_changed']);
    expect(late.body.details).toMatchObject({ fullName: 'Rina Wulandari', role: 'USER', isActive: true });
    expect((await service.get(`/api/users/${id}`, admin)).body.data.profile.fullName).toBe('Rina Wulandari');
    const again = { ...admin, 'if-match': `W/${first.headers.get('etag')}` };
    expect((await change(id, { fullName: 'Rina W.' }, again)).status).toBe(200);
  });

  it('lets one of many through that start from the same state', async () => {
    const { id } = await person({ fullName: 'Joko' });
    const tag = (await service.get(`/api/users/${id}`, admin)).headers.get('etag') ?? '';
    const names = ['Joko A', 'Joko B', 'Joko C', 'Joko D'];
    const answers = await Promise.all(names.map((fullName) => change(id, { fullName }, { ...admin, 'if-match': tag })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412]);
  });
});

describe('sessions of somebody else', () => {
  it('are shown and ended, and both is on record', async () => {
    const { id, phone } = await person();
    const { token } = (await codeLogin(phone)).body.data;
    const listed = await service.get(`/api/users/${id}/sessions`, admin);
    expect(listed.body.data).toEqual([
      expect.objectContaining({ method: 'otp', current: false, device: expect.any(String) }),
    ]);
    const ended = await service.send('DELETE', `/api/users/${id}/sessions`, undefined, admin);
    expect([ended.status, ended.body.data]).toEqual([200, { ended: 1 }]);
    expect((await me({ authorization: `Bearer ${token}` })).status).toBe(401);
    const { body } = await service.get(`/api/admin/audit?subjectId=${id}&type=user.sessions_ended`, admin);
    expect(body.data).toEqual([expect.objectContaining({ outcome: 'success', detail: { count: 1 } })]);
  });
});

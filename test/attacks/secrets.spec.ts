import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openHouse, QUICK, type House } from '../support/house.js';
import { browserOf, OWN_PAGE } from '../support/own-page.js';
import { requestReset, resetCodeOf, resetPassword, verifyReset } from '../support/resets.js';
import { type Answer } from '../support/service.js';
import { until } from '../support/waits.js';
import { answersTo, postWhapi, whapiMessage } from '../support/webhooks.js';

// A hunt for secrets (ASVS V16.2.5, V14.2.4, V16.5.1): all flows are run with values that cannot be mistaken, at the most
// talkative level; then log, refusals, audit log and every column of the database are searched for them, as they are and
// in base64, base64url and hex. There is no port with metrics. The gateway's own hunt: test/contracts/gateway/text.spec.ts.

/** Columns in which a whole phone number may stand; docs/security.md says so. */
const PHONES_ALLOWED = [
  'public.users.phone',
  'public.otp_codes.phone',
  'public.messages.recipient',
  'public.message_history.recipient',
  'public.conversations.phone',
  'public.conversation_messages.phone',
];

const canary = (what: string) => `${what}-${randomBytes(12).toString('base64url')}`;
const HOOK_SECRET = canary('hook');
const ADDRESS_SECRET = canary('address');
const AUTH_SECRET = canary('kunci-rahasia-layanan-ini');

let house: House;
/** Everything that must be nowhere, by what it is. */
const secrets = new Map<string, string>();
const people: { e164: string; digits: string; phone: string }[] = [];
const refusals: string[] = [];
let admin: Record<string, string>;

const note = <Value extends string>(what: string, value: Value): Value => {
  if (value.length < 8) throw new Error(`${what} is too short to be told from chance`);
  secrets.set(`${what} ${secrets.size}`, value);
  return value;
};
/** Keeps the body of whatever was refused. */
const seen = (answer: Answer): Answer => {
  if (answer.status >= 400) refusals.push(answer.text);
  return answer;
};
const post = async (path: string, body: unknown, headers?: Record<string, string>) =>
  seen(await house.service.post(path, body, headers));
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const person = async (given: Parameters<House['person']>[0]) => {
  const resident = await house.person(given);
  people.push(resident);
  return resident;
};
const noteTokens = (data: { token: string; refreshToken: string; deviceToken?: string }) => {
  note('access token', data.token);
  note('signature', data.token.split('.')[2] ?? '');
  note('refresh token', data.refreshToken);
  if (data.deviceToken) note('device token', data.deviceToken);
  return data;
};

beforeAll(async () => {
  house = await openHouse({
    ...QUICK,
    LOG_LEVEL: 'trace',
    OTP_LENGTH: '8',
    AUTH_SECRET: note('AUTH_SECRET', AUTH_SECRET),
    WHAPI_WEBHOOK_SECRET: note('webhook secret', HOOK_SECRET),
    WHACENTER_WEBHOOK_SECRET: note('webhook address', ADDRESS_SECRET),
  });
  note('device id', house.fake.deviceId);
  await loginsByCode();
  await logins();
  await resets();
  await accountsAndKeys();
  await conversations();
  await mistakes();
  await until('all is sent', async () => {
    const left = await house.database.query(`SELECT 1 FROM messages WHERE state = 'PENDING'`);
    return left.length === 0;
  });
});
afterAll(async () => house.close());

async function loginsByCode(): Promise<void> {
  const { phone } = await person({});
  const headers = { 'idempotency-key': `"${note('idempotency key', canary('kunci'))}"` };
  await post('/api/auth/otp/request', { phone }, headers);
  await post('/api/auth/otp/request', { phone }, headers);
  const first = note('code', house.fake.codeFor(phone) ?? '');
  await house.pass(phone, 61);
  await post('/api/auth/otp/resend', { phone });
  const code = note('code', house.fake.codeFor(phone) ?? '');
  await post('/api/auth/otp/verify', { phone, otpCode: first });
  await post('/api/auth/otp/verify', { phone, otpCode: note('guess', '90817263') });
  const login = noteTokens((await post('/api/auth/otp/verify', { phone, otpCode: code })).body.data);
  const refreshed = noteTokens((await post('/api/auth/refresh', { refreshToken: login.refreshToken })).body.data);
  const again = noteTokens((await post('/api/auth/refresh', { refreshToken: refreshed.refreshToken })).body.data);
  // A token that comes again after its successor was used.
  await post('/api/auth/refresh', { refreshToken: login.refreshToken });
  await post('/api/auth/logout', {}, bearer(again.token));
  const other = await person({});
  await house.request(other.phone);
  const typed = { phone: other.phone, otpCode: note('code', house.fake.codeFor(other.phone) ?? '') };
  const browser = browserOf(await post('/api/auth/browser/verify', typed, OWN_PAGE));
  note('cookie', browser.session.split('=')[1] ?? '');
  note('device cookie', browser.device.split('=')[1] ?? '');
  seen(await house.service.get('/api/auth/me', browser.headers));
}

async function logins(): Promise<void> {
  const password = note('password', canary('Sandi'));
  const { phone } = await person({ username: 'kanari', password });
  await post('/api/auth/login', { identifier: 'kanari', password: note('wrong password', canary('Salah')) });
  await post('/api/auth/login', { identifier: note('typed into the wrong field', canary('Sandi')), password: 'x' });
  noteTokens((await post('/api/auth/login', { identifier: phone, password })).body.data);
  await house.person({ role: 'ADMIN', username: 'kepala', password });
  admin = bearer(noteTokens((await post('/api/auth/login', { identifier: 'kepala', password })).body.data).token);
}

async function resets(): Promise<void> {
  const { phone } = await person({ fullName: 'Budi Kanari', password: note('password', canary('Lama')) });
  seen(await requestReset(house.service, 'Orang Lain', phone));
  const code = note('reset code', await resetCodeOf(house.service, house.fake, 'Budi Kanari', phone));
  seen(await verifyReset(house.service, phone, '11223344'));
  seen(await verifyReset(house.service, phone, code));
  const password = note('new password', canary('Baru'));
  seen(await resetPassword(house.service, phone, code, { newPassword: password, confirmPassword: canary('Beda') }));
  seen(await resetPassword(house.service, phone, code, { newPassword: password, confirmPassword: password }));
  noteTokens((await post('/api/auth/login', { identifier: phone, password })).body.data);
}

async function accountsAndKeys(): Promise<void> {
  const password = note('password', canary('Daftar'));
  await post('/api/auth/register', { fullName: 'Baru Kanari', username: 'kanari-baru', password });
  await post('/api/auth/register', { fullName: 'Baru Kanari', username: 'kanari-baru', password });
  const key = await post('/api/api-keys', { name: 'kanari', scopes: ['tokens'] }, admin);
  note('API key', key.body.data.key);
  const headers = { 'x-api-key': key.body.data.key as string };
  await post('/api/auth/introspect', { token: admin['authorization']?.slice(7) }, headers);
  await post('/api/auth/introspect', { token: note('strange token', canary('eyJ')) }, headers);
  await post('/api/auth/introspect', { token: 'x' }, { 'x-api-key': note('strange key', canary('msk_')) });
}

async function conversations(): Promise<void> {
  const { phone, e164 } = await person({});
  const text = note('message', canary('demam berdarah'));
  const name = note('sender’s name', canary('Nama Orang'));
  const hook = { 'x-hook-secret': HOOK_SECRET };
  seen(await postWhapi(house.service, [whapiMessage(phone, text, { from_name: name })], hook));
  seen(await postWhapi(house.service, [whapiMessage(phone, text)], { 'x-hook-secret': 'x' }));
  await post(`/webhook/whacenter/${ADDRESS_SECRET}`, { from: e164.slice(1), message: text, pushName: name });
  await post(`/webhook/whacenter/${ADDRESS_SECRET}x`, { from: e164.slice(1), message: text });
  const reply = note('reply', canary('Balasan petugas'));
  await post(`/api/conversations/${e164}/reply`, { text: reply }, admin);
  await answersTo(house, e164);
}

/** What people and programs do by mistake: secrets where they do not belong. */
async function mistakes(): Promise<void> {
  const token = note('refresh token in an address', randomBytes(32).toString('base64url'));
  const [somebody] = people;
  for (const path of [`/api/auth/me?access_token=${token}`, `/${token}`, `/api/auth/otp/verify/${somebody?.digits}`])
    seen(await house.service.get(path));
  await post('/api/auth/otp/verify', { phone: somebody?.phone, otpCode: { code: note('code', '55443322') } });
  await post('/api/auth/otp/verify', { phone: somebody?.phone, otpCode: note('no code', canary('x')) });
  await post('/api/auth/refresh', { refreshToken: note('broken token', canary('rusak')) });
  const body = `{"identifier":"kanari","password":"${note('password in broken JSON', canary('Patah'))}"`;
  seen(await house.service.send('POST', '/api/auth/login', body, { 'content-type': 'application/json' }));
  await post('/api/auth/login', { identifier: 'x', password: 'x', [note('name of a field', canary('nama'))]: 1 });
  seen(await house.service.get('/api/auth/me', bearer(note('bearer', canary('token')))));
  const odd = { 'x-device-token': note('strange device', canary('perangkat')), cookie: `__Host-masuk=${randomUUID()}` };
  await post('/api/auth/otp/request', { phone: somebody?.phone }, odd);
  await house.database.query('ALTER TABLE login_sessions RENAME TO login_sessions_away');
  await post('/api/auth/login', { identifier: 'kepala', password: note('password at a fault', canary('Sandi')) });
  seen(await house.service.get('/api/auth/me', admin));
  await house.database.query('ALTER TABLE login_sessions_away RENAME TO login_sessions');
}

/** A value as it is and as programs write it. */
const forms = (value: string) =>
  new Set([
    value,
    ...(['base64', 'base64url', 'hex'] as const).map((each) => Buffer.from(value).toString(each).replace(/=+$/, '')),
  ]);

/** Which secrets a text has in it. */
const found = (text: string) =>
  [...secrets].filter(([, value]) => [...forms(value)].some((form) => text.includes(form))).map(([what]) => what);

/** Which of our people's numbers a text has in it whole, in any spelling. */
const numbersIn = (text: string) => people.filter(({ e164 }) => text.includes(e164.slice(3))).map(({ e164 }) => e164);

const audit = (headers: Record<string, string> = {}) =>
  house.service.get('/api/admin/audit?limit=1000', { ...admin, ...headers });

/** Every column of every table, with all that stands in it. */
async function dump(): Promise<Map<string, string>> {
  const tables = await house.database.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
  );
  const columns = new Map<string, string>();
  for (const { name } of tables) {
    const rows = await house.database.query<{ row: Record<string, unknown> }>(
      `SELECT to_jsonb(t) AS row FROM ${name} t`,
    );
    for (const { row } of rows)
      for (const [column, value] of Object.entries(row))
        columns.set(`${name}.${column}`, `${columns.get(`${name}.${column}`) ?? ''}\n${JSON.stringify(value)}`);
  }
  return columns;
}

describe('no secret is in', () => {
  it('V16.2.5: the log at its most talkative, no whole number either', () => {
    const log = house.service.output();
    expect(log.split('\n').length).toBeGreaterThan(50);
    expect(secrets.size).toBeGreaterThan(50);
    expect([found(log), numbersIn(log)]).toEqual([[], []]);
  });

  it('V16.5.1: what is said to those who are refused', () => {
    expect(refusals.length).toBeGreaterThan(20);
    const all = refusals.join('\n');
    expect([found(all), numbersIn(all)]).toEqual([[], []]);
  });

  it('V16.2.5: the audit log, as JSON and as CSV, no whole number either', async () => {
    for (const answer of [await audit(), await audit({ accept: 'text/csv' })]) {
      expect(answer.status).toBe(200);
      expect(answer.text).toContain('login.otp');
      expect([found(answer.text), numbersIn(answer.text)]).toEqual([[], []]);
    }
  });

  it('V14.2.4, V11.4.2, V6.5.2: the database but hashed or sealed, in whatever column', async () => {
    const columns = await dump();
    expect(columns.size).toBeGreaterThan(100);
    const leaks = [...columns].flatMap(([column, text]) => found(text).map((what) => `${what} in ${column}`));
    expect(leaks).toEqual([]);
  });

  it('V14.2.4: the database, of whole numbers, outside the columns that have them for a reason', async () => {
    // A message that is on its way is in the outbox.
    const { phone } = await person({});
    house.fake.forNumber(phone, { hang: true, delivers: false });
    const sending = post('/api/auth/otp/request', { phone });
    await until('it is on its way', () => house.sendsTo(phone) === 1);
    const columns = [...(await dump())].filter(([, text]) => numbersIn(text).length > 0).map(([column]) => column);
    await sending;
    const having = new Set(columns.map((column) => column.replace(/^partitions\.(\w+)_\d{4}_\d{2}\./, 'public.$1.')));
    expect([...having].sort()).toEqual([...PHONES_ALLOWED].sort());
  });
});

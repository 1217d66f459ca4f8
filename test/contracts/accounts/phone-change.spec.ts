import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestDatabase } from '../../support/database.js';
import { AS_IN_DEVELOPMENT, openHouse, type House } from '../../support/house.js';
import { type Answer, type Service } from '../../support/service.js';
import { until } from '../../support/waits.js';

let house: House;
let database: TestDatabase;
let service: Service;

beforeAll(async () => {
  house = await openHouse(AS_IN_DEVELOPMENT);
  ({ database, service } = house);
});

afterAll(async () => house.close());

type Headers = Record<string, string>;
const bearer = (login: Answer): Headers => ({ authorization: `Bearer ${login.body.data.token}` });
const request = (phone: string, headers: Headers, at = service) => at.post('/api/auth/me/phone', { phone }, headers);
const verify = (phone: string, otpCode: string, headers: Headers) =>
  service.post('/api/auth/me/phone/verify', { phone, otpCode }, headers);
const me = (headers: Headers) => service.get('/api/auth/me', headers);

let numbers = 0;
const nextPhone = () => `0856${String(10_000_000 + ++numbers)}`;
const e164 = (phone: string) => `+62${phone.slice(1)}`;

async function inboxOf(phone: string, at = service): Promise<{ text: string; code: string | null }[]> {
  const inbox = await at.get('/dev/inbox');
  return inbox.body.data.filter(({ to }: { to: string }) => to === phone);
}
const newestCode = async (phone: string) => (await inboxOf(phone))[0]!.code!;

async function login(phone: string): Promise<Headers> {
  await service.post('/api/auth/otp/resend', { phone });
  return bearer(await service.post('/api/auth/otp/verify', { phone, otpCode: await newestCode(phone) }));
}

async function person(): Promise<{ id: string; phone: string; headers: Headers }> {
  const phone = nextPhone();
  const [row] = await database.query<{ id: string }>(
    `INSERT INTO users (id, full_name, phone) VALUES (gen_random_uuid(), 'Ani Baru', $1) RETURNING id`,
    [e164(phone)],
  );
  return { id: row!.id, phone, headers: await login(phone) };
}

it('changes the number with a code to the new one, ends other sessions and tells both', async () => {
  const { id, phone, headers } = await person();
  const elsewhere = await login(phone);
  await service.post('/api/auth/otp/request', { phone });
  const oldCode = await newestCode(phone);
  const other = nextPhone();

  const asked = await request(`+62 ${other.slice(1)}`, headers);
  expect(asked.status).toBe(200);
  expect(asked.body).toMatchObject({ success: true, data: { sessionId: expect.any(String), channel: 'console' } });
  expect((await inboxOf(other))[0]!.text).toContain('Kode OTP untuk memakai nomor ini');
  const code = await newestCode(other);
  // It opens no login, and no login's code changes a number.
  expect((await service.post('/api/auth/otp/verify', { phone: other, otpCode: code })).body.code).toBe('invalid_otp');

  const changed = await verify(other, code, headers);
  expect(changed.status).toBe(200);
  expect(changed.body.data).toMatchObject({ id, phone: other, profile: { phone: other } });
  expect((await me(headers)).body.data.phone).toBe(other);
  expect((await me(elsewhere)).status).toBe(401);
  expect((await service.post('/api/auth/otp/verify', { phone, otpCode: oldCode })).body.code).toBe('invalid_otp');
  for (const told of [phone, other]) {
    await until('the message comes', async () => (await inboxOf(told))[0]!.text.includes('telah diganti'));
    expect((await inboxOf(told))[0]).toMatchObject({ code: null, text: expect.stringContaining('Halo Ani Baru,') });
  }
  const [event] = await database.query(
    `SELECT type, detail FROM audit_events WHERE subject_id = $1 AND type = 'user.changed'`,
    [id],
  );
  expect(event).toEqual({ type: 'user.changed', detail: { fields: ['phone'] } });
  expect((await verify(other, code, headers)).body.code).toBe('invalid_otp');
});

it('takes a fresh login for fresh at an instance whose clock is twenty minutes ahead', async () => {
  const clock = join(import.meta.dirname, '..', '..', 'support', 'settable-clock.mjs');
  const ahead = await house.anotherProcess({ NODE_OPTIONS: `--import=${clock}`, CLOCK_AHEAD: '1200' });
  const { headers } = await person();
  expect((await request(nextPhone(), headers, ahead)).status).toBe(200);
  await ahead.stop();
});

describe('refuses', () => {
  it('a login older than ten minutes', async () => {
    const { id, headers } = await person();
    await database.query(`UPDATE login_sessions SET created_at = now() - interval '11 minutes' WHERE user_id = $1`, [
      id,
    ]);
    for (const answer of [await request(nextPhone(), headers), await verify(nextPhone(), '123456', headers)])
      expect([answer.status, answer.body.code]).toEqual([403, 'fresh_login_required']);
  });

  it('callers without a token, and invalid numbers', async () => {
    expect((await request(nextPhone(), {})).status).toBe(401);
    expect((await verify(nextPhone(), '123456', {})).status).toBe(401);
    const { headers } = await person();
    expect((await request('123', headers)).body.code).toBe('invalid_phone');
    expect((await verify('123', '123456', headers)).body.code).toBe('invalid_phone');
  });

  it('a number that somebody has, the own one included', async () => {
    const { headers, phone } = await person();
    for (const taken of ['081234567890', phone]) {
      const answer = await request(taken, headers);
      expect([answer.status, answer.body.code, answer.body.details]).toEqual([409, 'phone_taken', { field: 'phone' }]);
    }
  });

  it('a number that somebody got meanwhile', async () => {
    const { headers } = await person();
    const other = nextPhone();
    await request(other, headers);
    await database.query(`INSERT INTO users (id, full_name, phone) VALUES (gen_random_uuid(), 'Cepat', $1)`, [
      e164(other),
    ]);
    const answer = await verify(other, await newestCode(other), headers);
    expect([answer.status, answer.body.code]).toEqual([409, 'phone_taken']);
  });

  it('wrong codes, up to the budget', async () => {
    const { headers } = await person();
    const other = nextPhone();
    await request(other, headers);
    const code = await newestCode(other);
    const wrong = code === '000000' ? '111111' : '000000';
    for (const left of [2, 1, 0]) {
      const answer = await verify(other, wrong, headers);
      expect([answer.status, answer.body.details]).toEqual([400, { attemptsLeft: left }]);
    }
    expect((await verify(other, code, headers)).status).toBe(400);
    await verify(other, code, headers);
    expect((await verify(other, code, headers)).status).toBe(429);
  });

  it('a code that another account has asked for', async () => {
    const [one, another] = [await person(), await person()];
    const wanted = nextPhone();
    await request(wanted, one.headers);
    const code = await newestCode(wanted);
    expect((await verify(wanted, code, another.headers)).body.code).toBe('invalid_otp');
    // It stays good for whom it was made.
    expect((await verify(wanted, code, one.headers)).status).toBe(200);
  });
});

it('conceals which numbers are taken, where that is asked for', async () => {
  const concealing = await house.another({ UNKNOWN_PHONE: 'conceal' });
  const own = bearer(await concealing.post('/api/auth/login', { identifier: 'admin', password: 'password123' }));
  const free = nextPhone();
  const [taken, open] = [await request('081234567891', own, concealing), await request(free, own, concealing)];
  const shape = ({ status, body }: Answer) => ({
    status,
    body: { ...body, data: { ...body.data, sessionId: '', expiresAt: '', resendAt: '' } },
  });
  expect(shape(taken)).toEqual(shape(open));
  expect(shape(await request('081234567891', own, concealing))).toEqual(shape(await request(free, own, concealing)));
  await until('the message comes', async () => (await inboxOf(free)).length === 1);
  expect(await inboxOf('081234567891')).toEqual([]);
});

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { expectAhead, expectFailure, expectRetryAfter, retryAfter } from '../../support/answers.js';
import { wrong } from '../../support/codes.js';
import { national, newPhone, openHouse, type House } from '../../support/house.js';
import { type Answer, type Service } from '../../support/service.js';
import { until } from '../../support/waits.js';

// docs/contract/README.md#profiles: with UNKNOWN_PHONE=conceal (strict) nobody learns who is registered.

/** A gateway may take as long as it can be given. */
const PATIENT = { PROVIDER_TIMEOUT: '30', SEND_TIMEOUT: '30' };

let house: House;

beforeAll(async () => {
  house = await openHouse({ ...PATIENT, AUTH_PROFILE: 'strict' }, { movingClock: true });
});
afterAll(async () => house.close());

/** Phones of each kind, in the order that `same` expects. */
const phones = async (): Promise<string[]> => [
  (await house.person()).phone,
  national(newPhone()),
  (await house.person({ active: false })).phone,
];

/** An answer without what differs for everybody: ids and times, and seconds that are left, which go by between two answers. */
const outline = ({ status, headers, body }: Answer) => {
  const data = body?.data && { ...body.data, sessionId: 'id', expiresAt: 'time', resendAt: 'time' };
  const kept = [...headers].filter(([name]) => !['date', 'x-request-id', 'ratelimit', 'retry-after'].includes(name));
  return { status, headers: kept, body: data ? { ...body, data } : body };
};

/** When the numbers of each test were made. */
let began = 0;
beforeEach(() => {
  began = Date.now();
});

/** Asks for each kind of phone and expects one answer for all. */
const same = async (kinds: string[], ask: (phone: string) => Promise<Answer>): Promise<Answer> => {
  const answers: Answer[] = [];
  for (const phone of kinds) answers.push(await ask(phone));
  const [known, ...others] = answers as [Answer, ...Answer[]];
  const gone = Math.ceil((Date.now() - began) / 1000);
  for (const other of others) {
    expect(outline(other)).toEqual(outline(known));
    expect(other.headers.has('retry-after')).toBe(known.headers.has('retry-after'));
    // Each number's time runs from its own first request; the two lie apart by no more than the test has taken.
    if (known.headers.has('retry-after'))
      expect(Math.abs(retryAfter(other) - retryAfter(known))).toBeLessThanOrEqual(gone);
  }
  return known;
};

const arrived = async (phone: string) => {
  await until('the code', () => house.fake.codeFor(phone) !== undefined);
  return house.fake.codeFor(phone)!;
};

/** Returns when what an answer leaves to be sent behind it has been sent: a later one has arrived. */
const othersWouldHaveArrived = async () => {
  const { phone } = await house.person();
  expect((await house.request(phone)).status).toBe(200);
  await arrived(phone);
};

describe('names and passwords', () => {
  it('do not tell that two names are one person’s: those of a locked account are answered like wrong ones', async () => {
    const names = { username: 'satu-orang', email: 'satu.orang@dinkes.example' };
    const person = await house.person({ ...names, password: 'sandi yang cukup panjang' });
    const login = (identifier: string, password = 'sandi yang cukup panjang') =>
      house.service.post('/api/auth/login', { identifier, password });
    for (let time = 0; time < 10; time++)
      expectFailure(await login(names.username, 'salah sama sekali'), 401, 'invalid_credentials');
    const refused = await login(names.email);
    expectFailure(refused, 401, 'invalid_credentials');
    expect(outline(refused)).toEqual(outline(await login('tidak.ada@dinkes.example')));
    expectFailure(await login(person.phone), 401, 'invalid_credentials');
    await house.database.query(
      `UPDATE password_budgets SET failures = ARRAY(SELECT f - interval '15 minutes' FROM unnest(failures) f)`,
    );
    expect((await login(names.email)).status).toBe(200);
  });
});

describe('unknown, inactive and known numbers', () => {
  it('get the same first answer; only the known one gets a message', async () => {
    const kinds = await phones();
    const now = Date.now();
    const answers: Answer[] = [];
    const known = await same(kinds, async (phone) => {
      const answer = await house.request(phone);
      answers.push(answer);
      return answer;
    });
    expect(known.status).toBe(200);
    expect(outline(known).body).toStrictEqual({
      success: true,
      message: 'Kode OTP telah dikirim ke WhatsApp Anda',
      data: { sessionId: 'id', expiresAt: 'time', resendAt: 'time', channel: 'whacenter' },
    });
    for (const { body } of answers) {
      expect(body.data.sessionId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/);
      expectAhead(body.data.expiresAt, 300, now, house.clock);
      expectAhead(body.data.resendAt, 60, now, house.clock);
    }
    expect(await arrived(kinds[0] ?? '')).toMatch(/^\d{6}$/);
    await othersWouldHaveArrived();
    expect(kinds.map((phone) => house.sendsTo(phone))).toEqual([1, 0, 0]);
  });

  it('get the same second answer, within and after the cooldown', async () => {
    const kinds = await phones();
    const sessions = new Map<string, string>();
    for (const phone of kinds) sessions.set(phone, (await house.request(phone)).body.data.sessionId);
    const again = await same(kinds, async (phone) => {
      const answer = await house.request(phone);
      expect(answer.body.data.sessionId).toBe(sessions.get(phone));
      return answer;
    });
    expect(again.body.data.alreadySent).toBe(true);
    const early = await same(kinds, (phone) => house.resend(phone));
    expectFailure(early, 429, 'otp_rate_limited');
    for (const phone of kinds) await house.pass(phone, 61);
    const resent = await same(kinds, (phone) => house.resend(phone));
    expect(resent.body.data.alreadySent).toBeUndefined();
    expect(kinds.every((phone) => sessions.get(phone) !== resent.body.data.sessionId)).toBe(true);
  });

  it('get the same failures for a code, up to the lock', async () => {
    const kinds = await phones();
    for (const phone of kinds) await house.request(phone);
    const code = await arrived(kinds[0] ?? '');
    for (const attemptsLeft of [2, 1, 0, 0, 0]) {
      const guess = wrong(code, attemptsLeft + 1);
      const answer = await same(kinds, (phone) => house.verify(phone, guess));
      expect(expectFailure(answer, 400, 'invalid_otp').details).toEqual({ attemptsLeft });
    }
    expectFailure(await same(kinds, (phone) => house.verify(phone, wrong(code))), 429, 'otp_locked');
  });

  it('meet the same limits, so that a limit is not an oracle', async () => {
    const kinds = await phones();
    const began = Date.now();
    for (let send = 0; send < 5; send++) {
      expect((await same(kinds, (phone) => house.resend(phone))).status).toBe(200);
      for (const phone of kinds) await house.pass(phone, 301);
    }
    const refused = await same(kinds, (phone) => house.resend(phone));
    expectFailure(refused, 429, 'otp_rate_limited');
    expectRetryAfter(refused, 3600 - 5 * 301, began);
  });

  it('get the same answer when another application asks while a code lives', async () => {
    const ids = [randomUUID(), randomUUID()];
    await house.database.query(
      `INSERT INTO oidc_clients (id, name, kind, redirect_uris, post_logout_redirect_uris, scopes, resources,
                                 access_token_seconds, refresh_token_seconds)
       SELECT id, 'Aplikasi', 'browser', ARRAY['https://a.example/'], '{}', '{}', '{}', 3600, 0 FROM unnest($1::uuid[]) id`,
      [ids],
    );
    const [one, other] = ids.map((id) => ({ 'x-client-id': id }));
    for (const phone of await phones()) {
      expect((await house.request(phone, one)).body.data.alreadySent).toBeUndefined();
      for (const headers of [other, {}]) {
        const refused = await house.request(phone, headers);
        expectFailure(refused, 429, 'otp_rate_limited');
        expect(Math.abs(retryAfter(refused) - 60)).toBeLessThanOrEqual(20);
      }
      expect((await house.request(phone, one)).body.data.alreadySent).toBe(true);
    }
  });

  it('log in when they are known; the token lives fifteen minutes', async () => {
    const person = await house.person();
    await house.request(person.phone);
    const { status, body } = await house.verify(person.phone, await arrived(person.phone));
    expect(status).toBe(200);
    expect(body.data.user.id).toBe(person.id);
    expect(body.data.expiresIn).toBe(900);
    const { exp = 0, iat = 0 } = decodeJwt(body.data.token as string);
    expect(exp - iat).toBe(900);
  });

  it('are answered without waiting for the gateway', async () => {
    const [known = '', unknown = ''] = await phones();
    house.fake.forNumber(known, { hang: true });
    for (const phone of [known, unknown]) expect((await house.request(phone)).status).toBe(200);
    expect(await arrived(known)).toMatch(/^\d{6}$/);
    // Nobody has given the hanging call up: a gateway has half a minute here.
    expect(house.fake.hanging).toBe(1);
  });

  it('take the same time', async () => {
    const times: Record<'known' | 'unknown', number[]> = { known: [], unknown: [] };
    for (let round = 0; round < 15; round++) {
      const [known = '', unknown = ''] = await phones();
      for (const [kind, phone] of [
        ['known', known],
        ['unknown', unknown],
      ] as const) {
        const started = performance.now();
        await house.request(phone);
        times[kind].push(performance.now() - started);
      }
    }
    const middle = (list: number[]) => list.sort((a, b) => a - b)[7] ?? 0;
    expect(Math.abs(middle(times.known) - middle(times.unknown))).toBeLessThan(Math.max(8, middle(times.known)));
  });

  it('send one code to twenty requests at once, and none to a decoy', async () => {
    const kinds = await phones();
    for (const phone of kinds) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => house.request(phone)));
      expect(new Set(answers.map(({ body }) => body.data?.sessionId)).size).toBe(1);
      expect(answers.filter(({ body }) => body.data.alreadySent === undefined)).toHaveLength(1);
    }
    await arrived(kinds[0] ?? '');
    await othersWouldHaveArrived();
    expect(kinds.map((phone) => house.sendsTo(phone))).toEqual([1, 0, 0]);
  });

  it('cannot be told apart by an account that appears later: its decoy opens nothing', async () => {
    const e164 = newPhone();
    await house.request(e164);
    await house.person({ phone: e164 });
    for (let guess = 0; guess < 3; guess++) {
      expectFailure(await house.verify(e164, `00000${guess}`), 400, 'invalid_otp');
    }
    await house.pass(e164, 901);
    await house.request(e164);
    expect((await house.verify(e164, await arrived(e164))).status).toBe(200);
  });
});

describe('a gateway in trouble', () => {
  /** The state of the device is remembered for a second. */
  beforeEach(() => house.clock.pass(1.1));

  it('means 503 for everybody, told from its state alone, without details', async () => {
    const kinds = await phones();
    house.fake.connected = false;
    const answer = await same(kinds, (phone) => house.request(phone)).finally(() => (house.fake.connected = true));
    expect(expectFailure(answer, 503, 'whatsapp_unavailable')).toStrictEqual({
      success: false,
      message: 'Gagal mengirim OTP via WhatsApp. Perangkat tidak terhubung.',
      code: 'whatsapp_unavailable',
    });
    expect(kinds.map((phone) => house.sendsTo(phone))).toEqual([0, 0, 0]);
    await house.clock.pass(1.1);
    expect((await same(kinds, (phone) => house.request(phone))).body.data.alreadySent).toBeUndefined();
  });

  it('that fails only when it is sent to is nothing that the answer tells', async () => {
    const kinds = await phones();
    const [known = ''] = kinds;
    house.fake.forNumber(known, { status: 502, body: 'Bad Gateway' });
    expect((await same(kinds, (phone) => house.request(phone))).status).toBe(200);
    expect((await same(kinds, (phone) => house.request(phone))).body.data).toMatchObject({
      alreadySent: true,
      channel: 'whacenter',
    });
    await until('it was tried', () => house.sendsTo(known) > 0);
    house.fake.forNumber(known, undefined);
    // Within the request, or by recovery afterwards: the code comes while it lives.
    await house.clock.until('the code', () => house.fake.codeFor(known) !== undefined, 40);
    expect((await house.verify(known, house.fake.codeFor(known) ?? '')).status).toBe(200);
  });
});

describe('an open registration', () => {
  let open: Service;
  beforeAll(async () => {
    open = await house.another({ REGISTRATION: 'open' });
  });

  const PASSWORD = 'kopi susu di teras 9';
  const register = (body: object, headers?: Record<string, string>) =>
    open.post('/api/auth/register', { fullName: 'Siti', password: PASSWORD, ...body }, headers);
  let names = 0;
  // All of one length: the answer repeats what was typed.
  const newName = () => `siti${String((names += 1)).padStart(4, '0')}`;
  const rows = () => house.database.query<{ count: number }>('SELECT count(*)::int AS count FROM users');
  /** What a stranger sees, but for the id, the token and what they have typed themselves. */
  const seen = ({ status, headers, body }: Answer) => {
    const passing = ['date', 'x-request-id', 'ratelimit'];
    const { user, registrationToken, ...data } = body.data;
    const { id, phone, email, username, profile, ...rest } = user;
    const lengths = [id.length, id[14], registrationToken.length];
    const given = [typeof phone, typeof email, typeof username, Object.keys(profile)];
    const kept = [...headers].filter(([name]) => !passing.includes(name));
    return { status, headers: kept, body: { ...body, data: { ...data, rest, lengths, given } } };
  };

  it('tells known numbers, e-mails and usernames from unknown ones by nothing', async () => {
    const taken = { email: `${newName()}@papua.example`, username: newName() };
    const known = await house.person(taken);
    const inactive = await house.person({ active: false });
    const other = national(newPhone());
    expect((await register({ phone: other, username: newName() })).status).toBe(201);
    const fresh = () => ({ email: `${newName()}@papua.example`, username: newName(), phone: national(newPhone()) });
    const asked = [
      fresh(),
      { ...fresh(), phone: known.phone },
      { ...fresh(), phone: inactive.phone },
      { ...fresh(), phone: other },
      { ...fresh(), email: taken.email },
      { ...fresh(), username: taken.username.toUpperCase() },
      { ...taken, phone: known.phone },
    ];
    const answers = [];
    for (const body of asked) answers.push(await register(body));
    for (const [at, answer] of answers.entries()) {
      const { phone, email, username } = asked[at]!;
      const user = { phone, email: email.toLowerCase(), username: username.toLowerCase() };
      expect(answer.body.data.user).toMatchObject({ ...user, profile: { fullName: 'Siti', phone } });
      expect(seen(answer)).toEqual(seen(answers[0]!));
      // Nor is there a way to find out afterwards: a password logs in to none of them, and all are sent codes alike.
      expectFailure(
        await open.post('/api/auth/login', { identifier: username, password: PASSWORD }),
        401,
        'invalid_credentials',
      );
    }
    await same([asked[0]!.phone, known.phone, inactive.phone], (phone) =>
      open.post('/api/auth/otp/request', { phone }),
    );
    // Asked twice, it is known by now, and answers as it did.
    expect(seen(await register(asked[0]!))).toEqual(seen(answers[0]!));
  });

  it('makes an account where the number is free, and leaves out a name that is not', async () => {
    const taken = { email: `${newName()}@papua.example`, username: newName() };
    await house.person(taken);
    const phone = national(newPhone());
    const username = newName();
    const answer = await register({ phone, email: taken.email, username });
    const { registrationToken } = answer.body.data;
    await open.post('/api/auth/otp/request', { phone });
    const otpCode = await arrived(phone);
    const login = await open.post('/api/auth/otp/verify', { phone, otpCode, registrationToken });
    expect(login.body.data.user).toMatchObject({ id: answer.body.data.user.id, username, email: null });
    expect((await open.post('/api/auth/login', { identifier: phone, password: PASSWORD })).status).toBe(200);
  });

  it('changes nothing at a number that somebody has, whose owner finds the try in their data', async () => {
    const { id, phone } = await house.person({ username: newName() });
    const [before] = await house.database.query('SELECT * FROM users WHERE id = $1', [id]);
    const { count } = (await rows())[0]!;
    const { user, registrationToken } = (await register({ phone, username: newName() })).body.data;
    expect(user.id).not.toBe(id);
    expect((await rows())[0]!.count).toBe(count);
    await open.post('/api/auth/otp/request', { phone });
    const login = await open.post('/api/auth/otp/verify', { phone, otpCode: await arrived(phone), registrationToken });
    expect(login.body.data.user.id).toBe(id);
    const [after] = await house.database.query('SELECT * FROM users WHERE id = $1', [id]);
    expect(after).toEqual({ ...before, phone_proven_at: expect.any(Date), updated_at: expect.any(Date) });
    const held = await open.get('/api/auth/me/export', { authorization: `Bearer ${login.body.data.token}` });
    const tries = held.body.data.events.filter(({ type }: { type: string }) => type === 'user.registered');
    expect(tries).toMatchObject([{ outcome: 'failure' }]);
  });

  it('takes a number, and says so: a password alone would tell whether its e-mail was known', async () => {
    const email = `${newName()}@papua.example`;
    await house.person({ email });
    for (const each of [email, `${newName()}@papua.example`]) {
      const message = 'Pendaftaran memerlukan nomor telepon';
      expectFailure(await register({ email: each }), 403, 'registration_by_phone_only', message);
      const atD = { name: 'Siti', email: each, username: newName(), password: PASSWORD, role: 'karyawan' };
      expectFailure(await open.post('/auth/register', atD), 403, 'registration_by_phone_only', message);
    }
  });

  it('tells an admin what is taken', async () => {
    const { phone } = await house.person();
    await house.person({ role: 'ADMIN', username: 'kepala-dinas', password: PASSWORD });
    const { token } = (await open.post('/api/auth/login', { identifier: 'kepala-dinas', password: PASSWORD })).body
      .data;
    expectFailure(await register({ phone }, { authorization: `Bearer ${token}` }), 409, 'phone_taken');
  });

  it('of twenty for one number at once makes one account, and answers all alike', async () => {
    const phone = national(newPhone());
    const email = `${newName()}@papua.example`;
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        register(
          at % 2 ? { phone, email, username: newName() } : { phone: national(newPhone()), email, username: newName() },
        ),
      ),
    );
    for (const answer of answers) expect(seen(answer)).toEqual(seen(answers[0]!));
    const made = await house.database.query('SELECT email FROM users WHERE phone = $1 OR email = $2', [
      `+62${phone.slice(1)}`,
      email,
    ]);
    expect(made.filter((row) => row['email'] === email)).toHaveLength(1);
  });
});

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure } from '../../support/answers.js';
import { national, newPhone, openHouse, type House } from '../../support/house.js';
import { bearer, logIn, newcomer } from '../../support/logins.js';
import { type Answer, type Service } from '../../support/service.js';
import { until } from '../../support/waits.js';

// draft-ietf-httpapi-idempotency-key-header: a request that is sent again with its key acts once.

type Headers = Record<string, string>;

const SECRET = 'tV9wQ2xR7yB4nM1kL6jH3gF8dS5aP0oI-uY_iT4eW2z';
const NEXT_SECRET = 'nX2bV7mK4qJ9wE6rT1yU8iO3pA5sD0fG-hH_jK1lZ7x';

let house: House;
/** Another instance, whose clients may ask for one code. */
let narrow: Service;
let addresses = 0;

beforeAll(async () => {
  house = await openHouse({
    ...{ TRUST_PROXY: '127.0.0.1', OTP_ECHO: 'off', AUTH_SECRET: SECRET },
    ...{ PROVIDER_TIMEOUT: '5', SEND_TIMEOUT: '5' },
  });
  narrow = await house.another({ ADDRESS_SENDS_PER_HOUR: '1' });
});
afterAll(async () => house.close());

const REQUEST = '/api/auth/otp/request';
const RESEND = '/api/auth/otp/resend';

const freshAddress = (): Headers => ({ 'x-forwarded-for': `198.51.100.${++addresses}` });
const keyed = (key: string, from: Headers): Headers => ({ 'idempotency-key': key, ...from });
const newKey = () => `"${randomUUID()}"`;
const post = (path: string, body: unknown, headers: Headers, service = house.service) =>
  service.post(path, body, headers);
const ask = (phone: string, headers: Headers, service?: Service) => post(REQUEST, { phone }, headers, service);
const isReplayed = ({ headers }: Answer) => headers.get('idempotency-replayed') === 'true';
const keys = async () => house.database.query('SELECT * FROM idempotency_keys');

/** Expects the same answer once more, but for what each request has of its own. */
function expectReplay(again: Answer, first: Answer): void {
  expect([again.status, again.text, isReplayed(again)]).toEqual([first.status, first.text, true]);
  for (const name of ['content-type', 'cache-control', 'content-security-policy', 'x-content-type-options'])
    expect([name, again.headers.get(name)]).toEqual([name, first.headers.get(name)]);
  expect(again.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'));
}

describe('a request that is sent again with its key', () => {
  it('gets the first answer, and nothing is sent again', async () => {
    const { phone } = await house.person();
    const headers = keyed(newKey(), freshAddress());
    const first = await ask(phone, headers);
    expect([first.status, isReplayed(first)]).toEqual([200, false]);
    expect(first.body.data.alreadySent).toBeUndefined();
    for (let again = 0; again < 3; again++) expectReplay(await ask(phone, headers), first);
    expect(house.sendsTo(phone)).toBe(1);
    // Without the key it would have been another request, with another answer.
    expect((await ask(phone, freshAddress())).body.data.alreadySent).toBe(true);
  });

  it('may have the key in quotes or without, and its fields in any order', async () => {
    const nama = 'Budi Santoso';
    const { digits: noHp } = await house.person({ fullName: nama });
    const [id, from] = [randomUUID(), freshAddress()];
    const path = '/api/forgot-password/request-otp';
    const first = await post(path, { nama, noHp }, keyed(`"${id}"`, from));
    expect([first.status, first.body.phoneNumber]).toEqual([200, noHp]);
    expectReplay(await post(path, { noHp, nama }, keyed(id, from)), first);
    expect(house.sendsTo(noHp)).toBe(1);
  });

  it('does not run into cooldowns and limits, and is not charged', async () => {
    const { phone } = await house.person();
    const from = freshAddress();
    await ask(phone, freshAddress());
    await house.pass(phone, 61);
    const headers = keyed(newKey(), from);
    const first = await post(RESEND, { phone }, headers, narrow);
    expect(first.status).toBe(200);
    expectFailure(await post(RESEND, { phone }, from, narrow), 429, 'otp_rate_limited');
    for (let again = 0; again < 3; again++) expectReplay(await post(RESEND, { phone }, headers, narrow), first);
    expect(house.sendsTo(phone)).toBe(2);
  });

  it('gets it at every instance', async () => {
    const { phone } = await house.person();
    const headers = keyed(newKey(), freshAddress());
    const first = await ask(phone, headers);
    expectReplay(await ask(phone, headers, narrow), first);
  });

  it('gets refusals again too, that say what is wrong with it', async () => {
    const from = freshAddress();
    const unknown = keyed(newKey(), from);
    const stranger = national(newPhone());
    const first = await ask(stranger, unknown);
    expectFailure(first, 404, 'phone_not_registered');
    await house.person({ phone: `+62${stranger.slice(1)}` });
    expectReplay(await ask(stranger, unknown), first);
    const garbled = keyed(newKey(), from);
    const refused = await ask('12', garbled);
    expectFailure(refused, 400, 'invalid_phone');
    expectReplay(await ask('12', garbled), refused);
  });

  it('tries again after a refusal of the moment', async () => {
    const { phone } = await house.person();
    const headers = keyed(newKey(), freshAddress());
    house.fake.connected = false;
    expectFailure(await ask(phone, headers), 503, 'whatsapp_unavailable');
    house.fake.connected = true;
    const first = await ask(phone, headers);
    expect([first.status, isReplayed(first)]).toEqual([200, false]);

    const again = keyed(newKey(), freshAddress());
    expectFailure(await post(RESEND, { phone }, again), 429, 'otp_rate_limited');
    await house.pass(phone, 61);
    const resent = await post(RESEND, { phone }, again);
    expect([resent.status, isReplayed(resent)]).toEqual([200, false]);
  });
});

describe('a key', () => {
  it.each(['""', '"a', 'a b', '"a", "b"', '"a";p=1', '"\u00e9"', `"${'x'.repeat(256)}"`])(
    'that is invalid is refused: %s',
    async (key) => {
      const { phone } = await house.person();
      const before = await keys();
      expectFailure(await ask(phone, keyed(key, freshAddress())), 400, 'idempotency_key_invalid');
      expect(house.sendsTo(phone)).toBe(0);
      expect(await keys()).toEqual(before);
    },
  );

  it('does not serve for another request', async () => {
    const [one, other] = [await house.person(), await house.person()];
    const headers = keyed(newKey(), freshAddress());
    const first = await ask(one.phone, headers);
    expectFailure(await ask(other.phone, headers), 422, 'idempotency_key_reused');
    expectFailure(await post(RESEND, { phone: one.phone }, headers), 422, 'idempotency_key_reused');
    expectFailure(await post(`${REQUEST}?x=1`, { phone: one.phone }, headers), 422, 'idempotency_key_reused');
    expect(house.sendsTo(other.phone)).toBe(0);
    expectReplay(await ask(one.phone, headers), first);
  });

  it('is refused while its first request is under way', async () => {
    const { phone } = await house.person();
    house.fake.forNumber(phone, { delayMs: 1_500 });
    const headers = keyed(newKey(), freshAddress());
    const first = ask(phone, headers);
    await until('it is under way', () => house.sendsTo(phone) === 1);
    const [same, another] = await Promise.all([ask(phone, headers), ask(newPhone(), headers)]);
    expectFailure(same, 409, 'idempotency_conflict');
    // Another request under it is told so at once.
    expectFailure(another, 422, 'idempotency_key_reused');
    const answer = await first;
    expectReplay(await ask(phone, headers), answer);
    expect(house.sendsTo(phone)).toBe(1);
  });

  it('is its caller’s own: address, device and account', async () => {
    const person = await newcomer(house);
    const key = newKey();
    const from = freshAddress();
    const device = (await house.login(person.phone)).deviceToken;
    await house.pass(person.phone, 400);
    const first = await ask(person.phone, keyed(key, from));
    expect(isReplayed(first)).toBe(false);
    const account = bearer(await logIn(house.service, person.username));
    for (const caller of [freshAddress(), { ...from, 'x-device-token': device }, { ...from, ...account }]) {
      const answer = await ask(person.phone, keyed(key, caller));
      expect([answer.status, isReplayed(answer)]).toEqual([200, false]);
      expectReplay(await ask(person.phone, keyed(key, caller)), answer);
    }
    // An account is the same from wherever it calls.
    expect(isReplayed(await ask(person.phone, keyed(key, { ...freshAddress(), ...account })))).toBe(true);
    expectReplay(await ask(person.phone, keyed(key, from)), first);
  });

  it('means nothing on routes that are safe to repeat, or absent', async () => {
    const { phone } = await house.person();
    const before = await keys();
    await house.service.get('/api/auth/options', { 'idempotency-key': '"' });
    await house.request(phone);
    await post('/api/auth/otp/verify', { phone, otpCode: '123456' }, keyed('"x"', freshAddress()));
    expect(await keys()).toEqual(before);
  });

  it('is bounded for an address', async () => {
    const { phone } = await house.person();
    const from = freshAddress();
    await house.database.query(
      `INSERT INTO rate_limits (name, subject, window_started_at, used) VALUES ('idempotency', $1, now(), 1000)`,
      [from['x-forwarded-for']],
    );
    expectFailure(await ask(phone, keyed(newKey(), from)), 429, 'rate_limited');
    expect((await ask(phone, from)).status).toBe(200);
  });

  it('is kept for a day, hashed, with its answer sealed', async () => {
    const { phone, e164, digits } = await house.person();
    const key = randomUUID();
    const headers = keyed(`"${key}"`, freshAddress());
    const first = await ask(phone, headers);
    const [row] = await house.database.query<{ row: string; hours: number; key_hash: Buffer }>(
      `SELECT k::text AS row, round(extract(epoch FROM expires_at - now()) / 3600)::int AS hours, key_hash
         FROM idempotency_keys k ORDER BY expires_at DESC LIMIT 1`,
    );
    expect(row!.hours).toBe(24);
    const hex = (text: string) => Buffer.from(text).toString('hex');
    for (const text of [key, phone, e164, digits, first.body.data.sessionId, 'success'])
      expect([text, row!.row.includes(text), row!.row.includes(hex(text))]).toEqual([text, false, false]);
    await house.database.query(`UPDATE idempotency_keys SET expires_at = now() WHERE key_hash = $1`, [row!.key_hash]);
    const anew = await ask(phone, headers);
    expect([anew.status, isReplayed(anew), anew.body.data.alreadySent]).toEqual([200, false, true]);
  });
});

describe('every route that sends', () => {
  it('takes keys: the number of an account', async () => {
    const person = await newcomer(house);
    const headers = { ...bearer(await logIn(house.service, person.username)), ...keyed(newKey(), freshAddress()) };
    const phone = newPhone();
    const first = await post('/api/auth/me/phone', { phone }, headers);
    expect(first.status).toBe(200);
    expectReplay(await post('/api/auth/me/phone', { phone }, headers), first);
    expect(house.sendsTo(phone)).toBe(1);
    // The answer to a login that is no longer fresh is not kept.
    const stale = { ...headers, ...keyed(newKey(), {}) };
    await house.database.query(
      `UPDATE login_sessions SET created_at = created_at - interval '11 minutes' WHERE user_id = $1`,
      [person.id],
    );
    expectFailure(await post('/api/auth/me/phone', { phone }, stale), 403, 'fresh_login_required');
    expect(await post('/api/auth/me/phone', { phone }, stale).then(isReplayed)).toBe(false);
  });

  it('says so in the API’s description, and to browsers', async () => {
    const { paths } = (await house.service.get('/openapi.json')).body;
    const described = Object.entries<any>(paths).flatMap(([path, operations]) =>
      Object.entries<any>(operations)
        .filter(([, { parameters = [] }]) => parameters.some(({ name }: any) => name === 'Idempotency-Key'))
        .map(([method, { responses }]) => [
          `${method} ${path}`,
          Object.keys(responses).filter((s) => /409|422/.test(s)),
        ]),
    );
    const ofPeople = ['auth/otp/request', 'auth/otp/resend', 'forgot-password/request-otp', 'auth/me/phone'];
    const sending = [...ofPeople, 'conversations/{phone}/reply', 'messages/{sessionId}/otp', 'otp/resend'];
    expect(Object.fromEntries(described)).toEqual(
      Object.fromEntries(sending.map((path) => [`post /api/${path}`, ['409', '422']])),
    );
    const preflight = await house.service.send('OPTIONS', REQUEST, undefined, {
      origin: 'http://localhost:3000',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,idempotency-key',
    });
    expect(preflight.headers.get('access-control-allow-headers')).toContain('idempotency-key');
    const answer = await house.service.get('/health/live', { origin: 'http://localhost:3000' });
    expect(answer.headers.get('access-control-expose-headers')).toContain('idempotency-replayed');
  });
});

// Last: from then on no instance starts that does not know the new secret.
describe('with UNKNOWN_PHONE=conceal, and while AUTH_SECRET is replaced', () => {
  let strict: Service;
  beforeAll(async () => {
    strict = await house.another({
      AUTH_PROFILE: 'strict',
      AUTH_SECRET: NEXT_SECRET,
      AUTH_SECRET_PREVIOUS: SECRET,
    });
  });

  it('tells nobody who is registered', async () => {
    const kinds = [(await house.person()).phone, national(newPhone()), (await house.person({ active: false })).phone];
    const outline = ({ status, headers, body }: Answer) => ({
      status,
      headers: [...headers].filter(([name]) => !['date', 'x-request-id'].includes(name)),
      body: { ...body, data: { ...body.data, sessionId: 'id', expiresAt: 'time', resendAt: 'time' } },
    });
    const outlines: unknown[] = [];
    for (const phone of kinds) {
      const headers = keyed(newKey(), freshAddress());
      const first = await ask(phone, headers, strict);
      const again = await ask(phone, headers, strict);
      expectReplay(again, first);
      const reused = await ask(newPhone(), headers, strict);
      expectFailure(reused, 422, 'idempotency_key_reused');
      outlines.push([outline(first), outline(again), outline(reused)]);
    }
    expect(outlines[1]).toEqual(outlines[0]);
    expect(outlines[2]).toEqual(outlines[0]);
    const [row] = await house.database.query<{ lengths: number }>(
      'SELECT count(DISTINCT octet_length(sealed_answer))::int AS lengths FROM (SELECT sealed_answer FROM idempotency_keys ORDER BY expires_at DESC LIMIT 3) k',
    );
    expect(row!.lengths).toBe(1);
  });

  it('is readable under the new secret', async () => {
    const { phone } = await house.person();
    const headers = keyed(newKey(), freshAddress());
    const first = await ask(phone, headers);
    expectReplay(await ask(phone, headers, strict), first);
    expectFailure(await ask(newPhone(), headers, strict), 422, 'idempotency_key_reused');
  });
});

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailureShape } from '../support/answers.js';
import { national, newPhone, openHouse, type House } from '../support/house.js';
import { PASSWORD } from '../support/logins.js';
import { type Answer } from '../support/service.js';

// Somebody who wants to know who has an account, over two instances with UNKNOWN_PHONE=conceal. Step by step:
// test/contracts/sikeskoja/conceal.spec.ts, ticketing/conceal.spec.ts, service/idempotency.spec.ts; by time: spying-times.spec.ts.

const NAME = 'Budi Santoso';

let house: House;

beforeAll(async () => {
  house = await openHouse(
    { AUTH_PROFILE: 'strict', PUBLIC_URL: 'https://masuk.example.org', HSTS_SUBDOMAINS: 'on' },
    { instances: 2 },
  );
});
afterAll(async () => house.close());

type Kind = 'known' | 'unknown' | 'inactive' | 'without a password';

/** A number of each kind, all in the state that `state` writes. */
async function numbers(state?: (e164: string) => Promise<unknown>): Promise<Record<Kind, string>> {
  const made = {
    known: (await house.person({ fullName: NAME, password: PASSWORD })).phone,
    unknown: national(newPhone()),
    inactive: (await house.person({ fullName: NAME, password: PASSWORD, active: false })).phone,
    'without a password': (await house.person({ fullName: NAME })).phone,
  };
  for (const phone of Object.values(made)) await state?.(phone.replace('0', '+62'));
  return made;
}

/** What a stranger sees, without what differs between any two answers. */
function outline({ status, headers, body }: Answer) {
  const text = JSON.stringify(body)
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'id')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'time')
    .replace(/62\d{9,12}|08\d{8,11}/g, 'number');
  const passing = ['date', 'x-request-id', 'ratelimit', 'retry-after', 'content-length'];
  const seconds = Math.round(Number(headers.get('retry-after') ?? 0) / 10);
  return { status, seconds, headers: [...headers].filter(([name]) => !passing.includes(name)), text };
}

const post = (path: string, body: object) => house.service.post(path, body);
const ASKS: Record<string, (phone: string) => Promise<Answer>> = {
  'asks for a code': (phone) => post('/api/auth/otp/request', { phone }),
  'asks for a new code': (phone) => post('/api/auth/otp/resend', { phone }),
  'guesses a code': (phone) => post('/api/auth/otp/verify', { phone, otpCode: '000000' }),
  'guesses a password': (phone) => post('/api/auth/login', { identifier: phone, password: 'salah sama sekali' }),
  'asks to reset a password': (noHp) => post('/api/forgot-password/request-otp', { nama: NAME, noHp }),
  'guesses a code to reset': (noHp) => post('/api/forgot-password/verify-otp', { noHp, otp: '000000' }),
  'sets a password with a guess': (noHp) =>
    post('/api/forgot-password/reset-password', {
      ...{ noHp, otp: '000000' },
      ...{ newPassword: 'kopi susu di teras 9', confirmPassword: 'kopi susu di teras 9' },
    }),
};

const budget = (columns: string) => (e164: string) =>
  house.database.query(
    `INSERT INTO otp_codes (phone, purpose, ${columns.split('=')[0]})
     SELECT $1, purpose, ${columns.split('=')[1]} FROM unnest(ARRAY['login', 'reset']) purpose`,
    [e164],
  );

const STATES: Record<string, ((e164: string) => Promise<unknown>) | undefined> = {
  'that nobody has touched': undefined,
  'that is locked': budget('guesses = array_fill(now(), ARRAY[5])'),
  'that is closed': budget('failures = 100'),
  'whose sends are used up': budget('sends = array_fill(now(), ARRAY[10])'),
};

describe('V6.3.8: somebody who', () => {
  it.each(Object.keys(ASKS))('%s gets the same answer for every kind of number, in whatever state', async (what) => {
    for (const [state, write] of Object.entries(STATES)) {
      const kinds = Object.entries(await numbers(write));
      // Twice: what comes second is often another answer.
      for (let time = 0; time < 2; time++) {
        const seen = [];
        for (const [kind, phone] of kinds) seen.push({ kind, saw: outline(await ASKS[what]!(phone)) });
        for (const { kind, saw } of seen) expect({ state, kind, saw }).toEqual({ state, kind, saw: seen[0]!.saw });
      }
    }
  });
});

describe('somebody without an account', () => {
  it('V6.3.8: learns from registration nothing, where only admins make accounts', async () => {
    const { phone } = await house.person({ username: 'sudah-ada' });
    const answers = [];
    for (const typed of [{ username: 'sudah-ada' }, { username: 'belum-ada' }, { phone }, { phone: newPhone() }])
      answers.push(
        outline(await post('/api/auth/register', { fullName: 'x', password: 'kopi susu di teras', ...typed })),
      );
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect([401, 403]).toContain(answers[0]!.status);
  });

  it('V8.2.1: gets no further at any id than at one that is not there', async () => {
    const { id } = await house.person();
    for (const path of ['/api/users/', '/api/auth/sessions/', '/api/api-keys/', '/api/sessions/']) {
      const [there, nowhere] = [
        await house.service.send('DELETE', `${path}${id}`),
        await house.service.send('DELETE', `${path}${randomUUID()}`),
      ];
      expect(there.status).toBe(401);
      expect(outline(there)).toEqual(outline(nowhere));
    }
  });

  it('V13.4.6, V16.5.1: is told nowhere what the service is made of', async () => {
    for (const path of [
      '/',
      '/no/such',
      '/api/users',
      '/health/ready',
      '/login',
      '/.env',
      '/.git/config',
      '/package.json',
    ]) {
      const answer = await house.service.get(path);
      for (const name of ['server', 'x-powered-by', 'via']) {
        const said = answer.headers.get(name);
        expect([path, said === null || said === 'nginx']).toEqual([path, true]);
      }
      if (answer.status >= 400) expectFailureShape(answer);
    }
  });
});

it('V3.4.1, V3.4.4, V3.4.5, V3.4.6, V4.1.1: every answer says how it is to be read, by whom, and over what', async () => {
  const { service } = house;
  for (const path of [
    '/api/auth/me',
    '/no/such',
    '/login',
    '/health/ready',
    '/.well-known/jwks.json',
    '/api/auth/options',
  ]) {
    const { headers } = await service.get(path);
    const said = (name: string) => [path, name, headers.get(name) ?? ''];
    expect(said('strict-transport-security')[2]).toMatch(/^max-age=31536000; includeSubDomains$/);
    expect(said('x-content-type-options')).toEqual([path, 'x-content-type-options', 'nosniff']);
    expect(said('referrer-policy')).toEqual([path, 'referrer-policy', 'no-referrer']);
    expect(said('content-security-policy')[2]).toMatch(/frame-ancestors 'none'/);
    expect(said('content-security-policy')[2]).toMatch(/default-src 'none'/);
    expect(said('content-type')[2]).toMatch(/; charset=utf-8$/i);
  }
});

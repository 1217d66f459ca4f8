import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure, expectFailureShape } from '../support/answers.js';
import { newPhone, openHouse, type House } from '../support/house.js';
import { PASSWORD, bearer, logIn, newcomer } from '../support/logins.js';
import { rawRequest, sendRaw } from '../support/raw-http.js';
import { pause } from '../support/waits.js';

// Somebody who sends what no form would. Every field of every route: test/contracts/service/bad-input.spec.ts; webhooks: webhooks.spec.ts.

let house: House;

beforeAll(async () => {
  house = await openHouse({ LOG_LEVEL: 'trace' }, { instances: 2 });
});
afterAll(async () => house.close());

const post = (path: string, body: unknown, headers?: Record<string, string>) => house.service.post(path, body, headers);
const accounts = () => house.database.query<{ id: string; role: string }>('SELECT id, role FROM users ORDER BY id');

const NO_TEXTS = [true, false, 0, 1, 123456, null, [], ['123456'], [[]], {}, { $ne: '' }, { $gt: '' }, { length: 6 }];
const INJECTIONS = [
  `' OR '1'='1`,
  `'; DROP TABLE users; --`,
  `" OR ""="`,
  `\\'; SELECT pg_sleep(5); --`,
  `1) UNION SELECT password_hash FROM users --`,
  `$1`,
  `:phone`,
  `%' OR 1=1 --`,
  `\${7*7}`,
  `{{7*7}}`,
  `\`id\``,
  `$(sleep 5)`,
  `../../etc/passwd`,
  `*)(uid=*))(|(uid=*`,
  `\u202e\u0007\u001b[31m`,
];

describe('a value', () => {
  it('V15.3.5: is refused as a code, number, password, identifier or token when it is not a text', async () => {
    const { phone } = await house.person();
    await house.code(phone);
    for (const odd of NO_TEXTS) {
      const answers = [
        await post('/api/auth/otp/verify', { phone, otpCode: odd }),
        await post('/api/auth/otp/request', { phone: odd }),
        await post('/api/auth/login', { identifier: odd, password: odd }),
        await post('/api/auth/refresh', { refreshToken: odd }),
        await post('/api/forgot-password/verify-otp', { noHp: phone, otp: odd }),
      ];
      for (const answer of answers) {
        expect([odd, answer.status]).toEqual([odd, 400]);
        expectFailureShape(answer);
      }
    }
    const [row] = await house.database.query<{ guesses: Date[] }>(
      `SELECT guesses FROM otp_codes WHERE phone LIKE '%' || $1`,
      [phone.slice(1)],
    );
    expect(row?.guesses).toEqual([]);
  });

  it('V1.2.4, V1.2.5: with SQL, shell, template or LDAP in it is only ever a text', async () => {
    const { username } = await newcomer(house);
    const { phone } = await house.person();
    const before = await accounts();
    let slept = 0;
    let isOver = false;
    const watch = async () => {
      while (!isOver) {
        const asleep = `SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()`;
        slept += (await house.database.query(asleep)).length;
        await pause(100);
      }
    };
    const watching = watch();
    for (const text of INJECTIONS) {
      const answers = [
        await post('/api/auth/login', { identifier: text, password: text }),
        await post('/api/auth/login', { identifier: `${username}${text}`, password: PASSWORD }),
        await post('/api/auth/otp/verify', { phone: text, otpCode: text }),
        await post('/api/auth/otp/verify', { phone, otpCode: text }),
        await post('/api/forgot-password/request-otp', { nama: text, noHp: phone }),
        await house.service.get(`/api/auth/sessions/${encodeURIComponent(text)}`),
        await house.service.get('/api/auth/me', { authorization: `Bearer ${encodeURIComponent(text)}` }),
        await post('/api/auth/otp/request', { phone: newPhone() }, { 'x-device-token': encodeURIComponent(text) }),
      ];
      for (const answer of answers) {
        expect(answer.status).toBeGreaterThanOrEqual(400);
        expect(answer.status).toBeLessThan(500);
        expectFailureShape(answer);
      }
    }
    isOver = true;
    await watching;
    expect(slept).toBe(0);
    expect(await accounts()).toEqual(before);
  });

  it('V16.4.1: with line breaks and JSON in it forges no line of the log', async () => {
    const forged = '\n{"level":60,"msg":"forged"}\r\n';
    await post('/api/auth/login', { identifier: forged, password: forged });
    await house.service.get(`/no-such${encodeURIComponent(forged)}`);
    await house.service.get('/api/auth/me', {
      'user-agent': 'x{"level":60}',
      authorization: 'Bearer {"msg":"forged"}',
    });
    await sendRaw(
      house.service.url,
      rawRequest('GET', '/no-such%0a%7b%22msg%22%3a%22forged%22%7d', ['Connection: close']),
    );
    await pause(50); // for the last line to come through the pipe
    for (const line of house.service
      .output()
      .split('\n')
      .filter((each) => each !== '')) {
      const entry = JSON.parse(line) as { level: number; msg?: string };
      expect([entry.level, entry.msg]).not.toContain('forged');
      expect(entry.level).toBeLessThan(50);
    }
  });
});

describe('a field', () => {
  it('V15.3.3: that an action does not have changes nothing, in bodies and queries', async () => {
    const more = {
      role: 'ADMIN',
      isActive: true,
      id: '018f0000-0000-7000-8000-000000000000',
      passwordHash: 'x',
      password_hash: 'x',
      devicesValidFrom: '2000-01-01T00:00:00Z',
      createdAt: '2000-01-01T00:00:00Z',
      erasedAt: null,
      verified: true,
      userId: '018f0000-0000-7000-8000-000000000000',
    };
    // Outside production somebody may make themself the first admin; here is one.
    const admin = await house.person({ role: 'ADMIN' });
    const registered = await post('/api/auth/register', {
      ...{ fullName: 'Budi', username: 'budi-massal', password: 'kopi-susu-9' },
      ...{ ...more, role: undefined },
    });
    expect(registered.status).toBe(201);
    const asAdmin = { fullName: 'Budi', username: 'budi-massal-2', password: 'kopi-susu-9', ...more };
    expectFailure(await post('/api/auth/register', asAdmin), 403, 'forbidden');
    const { phone } = await house.person();
    const login = await post(`/api/auth/otp/verify?role=ADMIN&userId=${more.id}`, {
      ...{ phone, otpCode: await house.code(phone) },
      ...more,
    });
    expect(login.body.data.user.role).toBe('USER');
    const roles = (await accounts()).filter(({ role, id }) => role !== 'USER' || id === more.id);
    expect(roles).toEqual([{ id: admin.id, role: 'ADMIN' }]);
  });

  it('V15.3.6: under the name of what objects are made of reaches none of them', async () => {
    for (const body of [
      '{"__proto__":{"phone":"081234567890","role":"ADMIN"}}',
      '{"constructor":{"prototype":{"phone":"081234567890"}}}',
      '{"identifier":"x","password":"y","__proto__":{"admin":true}}',
      '{"phone":"081234567890","otpCode":"000000","toString":"x","hasOwnProperty":1}',
    ]) {
      for (const path of ['/api/auth/otp/request', '/api/auth/otp/verify', '/api/auth/login', '/api/auth/register']) {
        const answer = await house.service.send('POST', path, body, { 'content-type': 'application/json' });
        expect(answer.status).toBeGreaterThanOrEqual(400);
        expect(answer.status).toBeLessThan(500);
      }
    }
    const me = await house.service.get(
      '/api/auth/me',
      bearer(await logIn(house.service, (await newcomer(house)).username)),
    );
    expect(JSON.stringify(me.body)).not.toMatch(/admin/i);
  });

  it('V15.3.7: counts where it belongs: a query fills no body, and of a field that comes twice one is read', async () => {
    const [known, other] = [await house.person(), await house.person()];
    expectFailure(await post(`/api/auth/otp/request?phone=${known.phone}`, {}), 400, 'invalid_phone');
    const twice = `{"phone":"${known.phone}","phone":"${other.phone}"}`;
    await house.service.send('POST', '/api/auth/otp/request', twice, { 'content-type': 'application/json' });
    expect([house.sendsTo(known.phone), house.sendsTo(other.phone)]).toEqual([0, 1]);
  });
});

import { createHmac, createSecretKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  exportSPKI,
  generateKeyPair,
  importJWK,
  jwtVerify,
  SignJWT,
  type JSONWebKeySet,
  type JWTPayload,
} from 'jose';
import { expectFailure } from '../../support/answers.js';
import { openHouse, type House } from '../../support/house.js';
import { type Service } from '../../support/service.js';

// docs/contract/sikeskoja.md#access-tokens, the key set that verifies them, and `GET /api/auth/me`.

const ISSUER = 'https://masuk.dinkes.example';
const HS_SECRET = 'w9Qx2-vT7mLz4Kc8Rb1Nf6Hs3Jd0Pg5Y';

let house: House;

beforeAll(async () => {
  house = await openHouse({ PUBLIC_URL: ISSUER });
});
afterAll(async () => house.close());

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const me = (token: string, service = house.service) => service.get('/api/auth/me', bearer(token));
const keySet = async (service: Service) => (await service.get('/.well-known/jwks.json')).body as JSONWebKeySet;

const loginVia = async (service: Service, role: 'ADMIN' | 'USER' = 'USER') => {
  const person = await house.person({ role });
  await service.post('/api/auth/otp/request', { phone: person.phone });
  const otpCode = house.fake.codeFor(person.phone);
  const { body } = await service.post('/api/auth/otp/verify', { phone: person.phone, otpCode });
  return { person, ...(body.data as { token: string; expiresIn: number }) };
};

describe('the access token', () => {
  it('verifies against the published keys and has every claim of the contract', async () => {
    const began = Date.now() / 1000;
    const { person, token, expiresIn } = await loginVia(house.service, 'ADMIN');
    const keys = await keySet(house.service);
    const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(keys), {
      issuer: ISSUER,
      audience: 'masuk',
      typ: 'at+jwt',
      algorithms: ['ES256'],
      requiredClaims: ['sub', 'role', 'iat', 'exp', 'iss', 'aud', 'jti', 'sid'],
    });
    expect(protectedHeader).toStrictEqual({ alg: 'ES256', typ: 'at+jwt', kid: keys.keys[0]?.kid });
    expect(payload).toMatchObject({ sub: person.id, role: 'ADMIN', iss: ISSUER, aud: 'masuk' });
    expect(expiresIn).toBe(604_800);
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(expiresIn);
    expect(payload.iat).toBeGreaterThanOrEqual(Math.floor(began));
    expect(payload.iat).toBeLessThanOrEqual(Date.now() / 1000);
    // Who it is, not what is known of them.
    const how = ['acr', 'amr', 'auth_time'];
    expect(Object.keys(payload).sort()).toEqual(
      [...how, 'aud', 'exp', 'iat', 'iss', 'jti', 'role', 'sid', 'sub'].sort(),
    );
    expect(payload).toMatchObject({ acr: 'urn:masuk:otp', amr: ['otp'] });
    expect(Math.abs(Number(payload['auth_time']) - (payload.iat ?? 0))).toBeLessThanOrEqual(2);
    const [session] = await house.database.query<{ id: string }>('SELECT id FROM login_sessions WHERE user_id = $1', [
      person.id,
    ]);
    expect(payload['sid']).toBe(session?.id);
  });

  it('is another one at each login', async () => {
    const person = await house.person();
    const tokens = [await house.login(person.phone), await house.login(person.phone)].map(({ token }) =>
      decodeJwt(token),
    );
    expect(tokens[0]?.jti).not.toBe(tokens[1]?.jti);
    expect(tokens[0]?.['sid']).not.toBe(tokens[1]?.['sid']);
    expect(tokens[0]?.sub).toBe(tokens[1]?.sub);
  });

  it('is verified by keys that are public and nothing else', async () => {
    const answer = await house.service.get('/.well-known/jwks.json');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toContain('max-age');
    const { keys } = answer.body as JSONWebKeySet;
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) {
      expect(key).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig', kid: expect.any(String) });
      expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    }
  });

  it('is signed with RS256 when configured', async () => {
    const service = await house.another({ JWT_ALGORITHM: 'RS256' });
    const { token } = await loginVia(service);
    const keys = await keySet(service);
    expect(keys.keys[0]).toMatchObject({ kty: 'RSA', alg: 'RS256', use: 'sig' });
    // 128 bits of security want 3,072 bits (ASVS V11.2.3).
    expect(Buffer.from(keys.keys[0]?.n ?? '', 'base64url')).toHaveLength(384);
    for (const part of ['d', 'p', 'q', 'dp', 'dq', 'qi']) expect(keys.keys[0]).not.toHaveProperty(part);
    const { protectedHeader } = await jwtVerify(token, createLocalJWKSet(keys), { algorithms: ['RS256'] });
    expect(protectedHeader).toStrictEqual({ alg: 'RS256', typ: 'at+jwt', kid: keys.keys[0]?.kid });
    expect((await me(token, service)).status).toBe(200);
    // The instance that signs with ES256 takes exactly that.
    expectFailure(await me(token), 401, 'invalid_token');
    expectFailure(await me((await loginVia(house.service)).token, service), 401, 'invalid_token');
  });

  it('is signed with HS256, lower-case role, own lifetime, issuer and audience when configured', async () => {
    const service = await house.another({
      JWT_ALGORITHM: 'HS256',
      JWT_SECRET: HS_SECRET,
      JWT_ROLE_CASE: 'lower',
      JWT_EXPIRES_IN: '2h',
      JWT_ISSUER: 'dinkes',
      JWT_AUDIENCE: 'layanan',
    });
    const { token, expiresIn } = await loginVia(service, 'ADMIN');
    expect(await keySet(service)).toStrictEqual({ keys: [] });
    const { payload, protectedHeader } = await jwtVerify(token, createSecretKey(Buffer.from(HS_SECRET)), {
      algorithms: ['HS256'],
      issuer: 'dinkes',
      audience: 'layanan',
      typ: 'at+jwt',
    });
    expect(protectedHeader.alg).toBe('HS256');
    expect(payload['role']).toBe('admin');
    expect([expiresIn, (payload.exp ?? 0) - (payload.iat ?? 0)]).toEqual([7200, 7200]);
    const answer = await me(token, service);
    // SiKesKoja's answers write roles in upper case whatever the token does.
    expect({ status: answer.status, role: answer.body.data.role }).toEqual({ status: 200, role: 'ADMIN' });
    expectFailure(await me(token), 401, 'invalid_token');
  });
});

describe('me', () => {
  it('answers with the account behind the token', async () => {
    const person = await house.person({
      fullName: 'Siti',
      role: 'SUPERVISOR',
      email: 'me@dinkes.example',
      username: 'me-siti',
    });
    const { token, user } = await house.login(person.phone);
    const answer = await me(token);
    expect(answer.status).toBe(200);
    expect(answer.body).toStrictEqual({
      success: true,
      message: expect.any(String),
      data: {
        id: person.id,
        email: 'me@dinkes.example',
        username: 'me-siti',
        phone: person.phone,
        role: 'SUPERVISOR',
        profile: { fullName: 'Siti', phone: person.phone },
      },
    });
    expect(answer.body.data).toStrictEqual(user);
  });

  it('wants a token', async () => {
    expectFailure(await house.service.get('/api/auth/me'), 401, 'unauthenticated', 'Anda harus login terlebih dahulu');
    const { token } = await loginVia(house.service);
    expectFailure(await house.service.get(`/api/auth/me?access_token=${token}&token=${token}`), 401, 'unauthenticated');
    expectFailure(await house.service.get('/api/auth/me', { cookie: `token=${token}` }), 401, 'unauthenticated');
    expectFailure(await house.service.get('/api/auth/me', { authorization: token }), 401, 'invalid_token');
    expectFailure(await house.service.get('/api/auth/me', { authorization: `Token ${token}` }), 401, 'invalid_token');
  });

  it('tells at once when the account is disabled, changed or gone', async () => {
    const { person, token } = await loginVia(house.service);
    await house.database.query(`UPDATE users SET role = 'ADMIN', full_name = 'Baru' WHERE id = $1`, [person.id]);
    expect((await me(token)).body.data).toMatchObject({ role: 'ADMIN', profile: { fullName: 'Baru' } });
    await house.database.query('UPDATE users SET is_active = false WHERE id = $1', [person.id]);
    expectFailure(await me(token), 401, 'invalid_token', 'Token tidak valid atau sudah kadaluarsa');
    await house.database.query('UPDATE users SET is_active = true WHERE id = $1', [person.id]);
    expect((await me(token)).status).toBe(200);
    await house.database.query('DELETE FROM users WHERE id = $1', [person.id]);
    expectFailure(await me(token), 401, 'invalid_token');
  });

  it('tells at once when the session is revoked or over', async () => {
    const revoked = await loginVia(house.service);
    await house.database.query(
      `UPDATE login_sessions SET revoked_at = now(), revoked_reason = 'test' WHERE user_id = $1`,
      [revoked.person.id],
    );
    expectFailure(await me(revoked.token), 401, 'invalid_token');
    const over = await loginVia(house.service);
    await house.database.query(
      `UPDATE login_sessions SET idle_expires_at = now() - interval '1 second' WHERE user_id = $1`,
      [over.person.id],
    );
    expectFailure(await me(over.token), 401, 'invalid_token');
  });
});

describe('a token that is not ours', () => {
  it('is refused, whatever was done to it', async () => {
    const { token } = await loginVia(house.service);
    const [head = '', body = '', signature = ''] = token.split('.');
    const claims = decodeJwt(token);
    const header = decodeProtectedHeader(token) as { alg: string; kid: string; typ: string };
    const { keys } = await keySet(house.service);
    const stranger = await generateKeyPair('ES256', { extractable: true });
    const signed = (payload: JWTPayload, more: object = {}) =>
      new SignJWT(payload).setProtectedHeader({ ...header, ...more }).sign(stranger.privateKey);
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const unsigned = (more: object) => `${encode({ ...header, ...more })}.${body}.`;
    const published = await importJWK({ ...keys[0] }, 'ES256', { extractable: true });
    const confused = (secret: string) => {
      const start = `${encode({ ...header, alg: 'HS256' })}.${body}`;
      return `${start}.${createHmac('sha256', secret).update(start).digest('base64url')}`;
    };
    const tokens: Record<string, string> = {
      'another role': `${head}.${encode({ ...claims, role: 'ADMIN' })}.${signature}`,
      'no signature': `${head}.${body}.`,
      'alg none': unsigned({ alg: 'none' }),
      'alg None': unsigned({ alg: 'None' }),
      'no alg': `${encode({ typ: 'at+jwt' })}.${body}.${signature}`,
      "a stranger's key": await signed(claims),
      'an embedded key': await signed(claims, { jwk: { ...keys[0] } }),
      'a foreign key set': await signed(claims, { jku: `${house.fake.url}/jwks.json`, x5u: `${house.fake.url}/x` }),
      'an unknown kid': await signed(claims, { kid: 'x' }),
      'a path as kid': await signed(claims, { kid: '../../../../dev/null' }),
      'a query as kid': await signed(claims, { kid: "' OR 1=1 --" }),
      'a list as kid': `${encode({ ...header, kid: ['a'] })}.${body}.${signature}`,
      'a long kid': await signed(claims, { kid: 'k'.repeat(2000) }),
      'NUL as kid': await signed(claims, { kid: '\u0000' }),
      'the public key as secret': confused(await exportSPKI(published as never)),
      'the published key as secret': confused(JSON.stringify(keys[0])),
      'an empty secret': confused(''),
      'type JWT': await signed(claims, { typ: 'JWT' }),
      'no claims': `${head}.${encode({})}.${signature}`,
      'a list of claims': `${head}.${encode([])}.${signature}`,
      'two parts': `${head}.${body}`,
      'five parts': `${token}.x.y`,
      'no JSON': 'a.b.c',
      nothing: '.',
      'very long': 'A'.repeat(12_000),
      'very long parts': `${head}.${'A'.repeat(12_000)}.${signature}`,
    };
    const calls = house.fake.calls.length;
    for (const [what, each] of Object.entries(tokens)) {
      const answer = await me(each);
      expect({ what, status: answer.status }).toEqual({ what, status: 401 });
      expectFailure(answer, 401, 'invalid_token');
    }
    // Nothing was fetched from where a header pointed.
    expect(house.fake.calls.length).toBe(calls);
    expect((await me(token)).status).toBe(200);
  });
});

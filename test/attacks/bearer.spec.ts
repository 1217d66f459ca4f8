import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { expectFailure, expectFailureShape } from '../support/answers.js';
import { expectQuietLog, inspector, signed } from '../support/forged-tokens.js';
import { openHouse, type House } from '../support/house.js';
import { rawRequest, sendRaw } from '../support/raw-http.js';

// Where and how a token may be shown: in one Authorization header, and nowhere else.

let house: House;
let token: string;
let refreshToken: string;
let deviceToken: string;

beforeAll(async () => {
  house = await openHouse({ LOG_LEVEL: 'trace' });
  ({ token, refreshToken, deviceToken } = await house.login((await house.person()).phone));
});
afterAll(async () => house.close());

const bearer = (each: string) => ({ authorization: `Bearer ${each}` });
const me = (headers: Record<string, string>) => house.service.get('/api/auth/me', headers);
const forged = () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return signed(decodeProtectedHeader(token), decodeJwt(token), privateKey);
};

it('V9.2.2: takes neither a refresh token nor a device token for an access token', async () => {
  for (const each of [refreshToken, deviceToken]) {
    for (const path of ['/api/auth/me', '/auth/me'])
      expectFailure(await house.service.get(path, bearer(each)), 401, 'invalid_token');
  }
  expectFailure(await house.service.post('/auth/refresh', { refresh_token: token }), 401, 'invalid_refresh_token');
  const admin = await house.login((await house.person({ role: 'ADMIN' })).phone);
  const key = await inspector(house.service, admin.token);
  const seen = await house.service.post('/api/auth/introspect', { token: deviceToken }, key);
  expect(seen.body).toEqual({ active: false });
});

it('V14.2.1: reads no token out of an address, a cookie or a body', async () => {
  for (const path of ['/api/auth/me', '/auth/me']) {
    for (const name of ['access_token', 'token', 'authorization', 'auth_token', 'jwt', 'bearer']) {
      expectFailure(await house.service.get(`${path}?${name}=${token}`), 401, 'unauthenticated');
      const headers = { cookie: `${name}=${token}`, [`x-${name.replace('_', '-')}`]: token };
      expectFailure(await house.service.get(path, headers), 401, 'unauthenticated');
    }
  }
  expectFailure(await house.service.get(`/no/such/${token}?token=${token}`), 404, 'not_found');
  expectFailure(await house.service.post('/api/auth/me/phone', { access_token: token }), 401, 'unauthenticated');
});

it('V7.2.1: takes the scheme in any case (RFC 9110, 11.1) and nothing else in its place', async () => {
  for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
    expect((await me({ authorization: `${scheme} ${token}` })).status).toBe(200);
    expectFailure(await me({ authorization: `${scheme} ${forged()}` }), 401, 'invalid_token');
  }
  const odd = [
    token,
    `Basic ${token}`,
    `Token ${token}`,
    `DPoP ${token}`,
    `Bearer: ${token}`,
    `Bearer=${token}`,
    'Bearer',
  ];
  odd.push(`Bearer ${token} x`, `Bearer x ${token}`, `x Bearer ${token}`, `Bearer ${token},`, `Bearer Bearer ${token}`);
  odd.push(`Bearer ${token}, Bearer x`, `Bearer "${token}"`, `Bearer token=${token}`, `Bearer${token}`);
  for (const authorization of odd) {
    for (const path of ['/api/auth/me', '/auth/me']) {
      const answer = await house.service.get(path, { authorization });
      expect([authorization.replaceAll(token, '…'), answer.status]).toEqual([
        authorization.replaceAll(token, '…'),
        401,
      ]);
      expectFailureShape(answer);
    }
  }
});

it('V7.2.1: refuses two Authorization headers, whichever is good', async () => {
  const good = `Authorization: Bearer ${token}`;
  const bad = 'authorization: Bearer x';
  for (const lines of [
    [good, bad],
    [bad, good],
    [good, good],
    [good, 'Authorization:'],
  ]) {
    const answer = await sendRaw(house.service.url, rawRequest('GET', '/api/auth/me', [...lines, 'Connection: close']));
    expectFailure(answer, 401, 'invalid_token');
  }
});

it('V16.2.5: none of it failed or was logged', () => expectQuietLog(house.service, token, refreshToken, deviceToken));

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure } from '../support/answers.js';
import { openHouse, type House } from '../support/house.js';
import { PASSWORD, bearer, endGrace, logIn, me, newcomer, refresh, refreshed } from '../support/logins.js';
import { browserLogin } from '../support/own-page.js';
import { NEW_PASSWORD, resetPassword, verifiedCodeOf } from '../support/resets.js';

// Somebody who has got hold of what was valid once, over two instances. Webhooks: webhooks.spec.ts.

let house: House;

beforeAll(async () => {
  house = await openHouse({}, { instances: 2 });
});
afterAll(async () => house.close());

/** Each instance is asked: requests go to them in turn. */
const twice = async (ask: () => Promise<unknown>) => {
  await ask();
  await ask();
};

describe('a code', () => {
  it('V6.5.1: opens one session and nothing afterwards, also not with an Idempotency-Key', async () => {
    const { phone } = await house.person();
    const code = await house.code(phone);
    const headers = { 'idempotency-key': `"${randomUUID()}"` };
    expect((await house.verify(phone, code, headers)).status).toBe(200);
    await twice(async () => expectFailure(await house.verify(phone, code, headers), 400, 'invalid_otp'));
  });

  it('V6.6.2: is dead when a newer one was sent', async () => {
    const { phone } = await house.person();
    const old = await house.code(phone);
    await house.pass(phone, 61);
    await house.resend(phone);
    if (house.fake.codeFor(phone) !== old) expectFailure(await house.verify(phone, old), 400, 'invalid_otp');
    expect((await house.verify(phone, house.fake.codeFor(phone) ?? '')).status).toBe(200);
  });

  it('V6.5.5: is dead after its five minutes', async () => {
    const { phone } = await house.person();
    const code = await house.code(phone);
    await house.pass(phone, 301);
    expectFailure(await house.verify(phone, code), 400, 'invalid_otp');
  });

  it('V6.4.3: resets a password once, and none that was changed since', async () => {
    const { phone } = await house.person({ fullName: 'Budi Santoso', password: PASSWORD });
    const code = await verifiedCodeOf(house.service, house.fake, 'Budi Santoso', phone);
    expect((await resetPassword(house.service, phone, code)).status).toBe(200);
    const again = { newPassword: 'sandi si penyerang 1', confirmPassword: 'sandi si penyerang 1' };
    await twice(async () => expectFailure(await resetPassword(house.service, phone, code, again), 400, 'invalid_otp'));
    const login = { identifier: phone, password: NEW_PASSWORD };
    expect((await house.service.post('/api/auth/login', login)).status).toBe(200);
  });
});

describe('a refresh token', () => {
  it('V10.4.5, RFC 9700 4.14: that was used ends its family when it comes again, for thief and owner', async () => {
    const { username } = await newcomer(house);
    const stolen = await logIn(house.service, username);
    const owner = await refreshed(house.service, stolen.refreshToken);
    const newest = await refreshed(house.service, owner.refreshToken);
    await endGrace(house.database, stolen.sid);
    await twice(async () =>
      expectFailure(await refresh(house.service, stolen.refreshToken), 401, 'invalid_refresh_token'),
    );
    await twice(async () =>
      expectFailure(await refresh(house.service, newest.refreshToken), 401, 'invalid_refresh_token'),
    );
    await twice(async () => expectFailure(await me(house.service, newest), 401, 'invalid_token'));
  });
});

describe('a session', () => {
  it('V7.4.1: that was logged out is over at once, at every instance, for each of its tokens', async () => {
    const { username } = await newcomer(house);
    const login = await logIn(house.service, username);
    await house.service.post('/api/auth/logout', {}, bearer(login));
    await twice(async () => expectFailure(await me(house.service, login), 401, 'invalid_token'));
    await twice(async () =>
      expectFailure(await refresh(house.service, login.refreshToken), 401, 'invalid_refresh_token'),
    );
  });

  it('V7.4.1, V3.3.4: of a browser likewise: the cookie that somebody kept opens nothing', async () => {
    const { username } = await newcomer(house);
    const browser = await browserLogin(house.service, username, PASSWORD);
    const own = () => house.service.get('/api/auth/me', browser.headers);
    await twice(async () => expect((await own()).status).toBe(200));
    await house.service.post('/api/auth/logout', {}, browser.headers);
    await twice(async () => expect((await own()).status).toBe(401));
  });

  it('V7.4.3: and its device are strangers after a reset', async () => {
    const { phone } = await house.person({ fullName: 'Budi Santoso', password: PASSWORD });
    const stolen = await house.login(phone);
    const code = await verifiedCodeOf(house.service, house.fake, 'Budi Santoso', phone);
    await resetPassword(house.service, phone, code);
    await twice(async () => expectFailure(await me(house.service, stolen), 401, 'invalid_token'));
    const device = { 'x-device-token': stolen.deviceToken as string };
    await house.pass(phone, 61);
    await house.code(phone);
    for (let guess = 0; guess < 5; guess++) await house.verify(phone, '000000', guess % 2 ? device : {});
    expectFailure(await house.verify(phone, '000000', device), 429, 'otp_locked');
  });
});

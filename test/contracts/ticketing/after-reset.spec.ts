import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure } from '../../support/answers.js';
import { wrong } from '../../support/codes.js';
import { openHouse, type House, type Person, type Resident } from '../../support/house.js';
import { logIn, me, PASSWORD, refresh } from '../../support/logins.js';
import { messagesOf } from '../../support/messages.js';
import { browserLogin } from '../../support/own-page.js';
import { NEW_PASSWORD, resetCodeOf, resetPassword, verifiedCodeOf, verifyReset } from '../../support/resets.js';
import { type Answer } from '../../support/service.js';
import { until } from '../../support/waits.js';

// docs/contract/ticketing.md#after-the-reset: all that a reset ends, and who is told.

const NAME = 'Dewi Lestari';

let house: House;
let named = 0;

beforeAll(async () => {
  house = await openHouse({}, { movingClock: true });
});
afterAll(async () => house.close());

/** Somebody who logs in by e-mail, username and phone, all with `PASSWORD`. */
async function member(more: Person = {}): Promise<Resident & { email: string; username: string }> {
  named += 1;
  const names = { email: `dewi${named}@tiket.example`, username: `dewi${named}` };
  return { ...names, ...(await house.person({ fullName: NAME, password: PASSWORD, ...names, ...more })) };
}
const verified = (phone: string, service = house.service) => verifiedCodeOf(service, house.fake, NAME, phone);
const reset = (phone: string, otp: string, more: Parameters<typeof resetPassword>[3] = {}) =>
  resetPassword(house.service, phone, otp, more);
const both = (password: unknown) => ({ newPassword: password, confirmPassword: password });
const login = (identifier: string, password: string) => house.service.post('/api/auth/login', { identifier, password });
const done = (answer: Answer) =>
  expect({ status: answer.status, body: answer.body }).toStrictEqual({
    status: 200,
    body: { success: true, message: 'Password updated, please login' },
  });

describe('after a reset', () => {
  it('the code is gone, for both steps and for good', async () => {
    const { phone } = await member();
    const code = await verified(phone);
    done(await reset(phone, code));
    expectFailure(await reset(phone, code, both('another password')), 400, 'invalid_otp');
    expectFailure(await verifyReset(house.service, phone, code), 400, 'invalid_otp');
    expect((await login(phone, NEW_PASSWORD)).status).toBe(200);
    // Another one can be asked for at once, and says nothing of the old one.
    await resetCodeOf(house.service, house.fake, NAME, phone);
  });

  it('every session of the account is dead at once: tokens, refresh tokens, cookies; nobody else’s is', async () => {
    const { phone, username, id } = await member();
    const bystander = await logIn(house.service, (await member()).username);
    const tokens = await logIn(house.service, username);
    const byCode = await house.login(phone);
    const dashboard = await house.service.post('/auth/login', { identifier: username, password: PASSWORD });
    const browser = await browserLogin(house.service, username, PASSWORD);
    const other = await house.another();
    done(await reset(phone, await verified(phone)));
    for (const service of [house.service, other]) {
      for (const token of [tokens.token, byCode.token, dashboard.body.access_token])
        expectFailure(await me(service, { token }), 401, 'invalid_token');
      for (const refreshToken of [tokens.refreshToken, byCode.refreshToken, dashboard.body.refresh_token])
        expectFailure(await refresh(service, refreshToken), 401, 'invalid_refresh_token');
      expectFailure(await service.get('/api/auth/me', browser.headers), 401, 'unauthenticated');
      expect((await me(service, bystander)).status).toBe(200);
    }
    const reasons = await house.database.query(
      'SELECT DISTINCT revoked_reason FROM login_sessions WHERE user_id = $1',
      [id],
    );
    expect(reasons).toEqual([{ revoked_reason: 'reset' }]);
  });

  it('earlier login codes are void, and a new one can be requested at once', async () => {
    const { phone } = await member();
    const code = await verified(phone);
    const outstanding = await house.code(phone);
    done(await reset(phone, code));
    expectFailure(await house.verify(phone, outstanding), 400, 'invalid_otp');
    expect((await house.request(phone)).body.data.alreadySent).toBeUndefined();
    const fresh = house.fake.codeFor(phone) ?? '';
    expect((await house.verify(phone, fresh)).status).toBe(200);
  });

  it('devices are no longer known, by header or by cookie', async () => {
    const { phone, username } = await member();
    const { deviceToken } = await house.login(phone);
    const { device } = await browserLogin(house.service, username, PASSWORD);
    done(await reset(phone, await verified(phone)));
    for (let send = 0; send < 5; send++) {
      await house.resend(phone);
      await house.pass(phone, 301);
    }
    for (const headers of [{}, { 'x-device-token': deviceToken }, { cookie: device }])
      expectFailure(await house.resend(phone, headers), 429, 'otp_rate_limited');
  });

  it('the old password is refused and the new one works, also where strangers had locked every name', async () => {
    const { phone, email, username } = await member();
    const identifiers = [phone, email, username];
    for (const identifier of identifiers) {
      for (let attempt = 0; attempt < 10; attempt++) await login(identifier, 'salah');
      expectFailure(await login(identifier, PASSWORD), 429, 'login_locked');
    }
    done(await reset(phone, await verified(phone)));
    for (const identifier of identifiers) expectFailure(await login(identifier, PASSWORD), 401, 'invalid_credentials');
    for (const identifier of identifiers) expect((await login(identifier, NEW_PASSWORD)).status).toBe(200);
  });

  it('the owner is told over WhatsApp, after the answer and once', async () => {
    const { phone, e164 } = await member();
    done(await reset(phone, await verified(phone)));
    await until('the owner was told', () => house.fake.messagesFor(phone).length === 2);
    // Recovery has looked for what somebody left lying.
    await house.clock.pass(5);
    const [, notice, ...more] = house.fake.messagesFor(phone);
    expect(more).toEqual([]);
    // By whoever made it, and not by the recovery of what somebody left lying.
    const notices = (await messagesOf(house.database, e164)).filter(({ purpose }) => purpose !== 'reset');
    expect(notices).toMatchObject([{ purpose: 'notice.password_changed', state: 'ACCEPTED', attempts: 1 }]);
    expect(notice).toBe(
      [
        'Halo Dewi Lestari,',
        '',
        'Kata sandi akun Anda di SiKesKoja - Sistem Kesehatan Kota Jayapura telah diubah, dan semua perangkat telah dikeluarkan dari akun.',
        '',
        'Jika bukan Anda yang mengubahnya, segera hubungi Tim SiKesKoja.',
        '',
        'Terima kasih,',
        'Tim SiKesKoja',
      ].join('\n'),
    );
  });

  it('it is recorded who, what and where from, but no code, no password and no whole number', async () => {
    const { phone, e164, digits, id } = await member();
    await logIn(house.service, `dewi${named}`);
    const code = await resetCodeOf(house.service, house.fake, NAME, phone);
    const missed = wrong(code);
    await verifyReset(house.service, phone, missed);
    await reset(phone, code);
    await verifyReset(house.service, phone, code);
    await reset(phone, wrong(code, 2));
    done(await reset(phone, code));
    const events = await house.database.query(
      `SELECT type, outcome, user_id, subject_id, address, detail FROM audit_events
        WHERE user_id = $1 AND type NOT LIKE 'login.%' AND outcome = 'success' ORDER BY occurred_at, id`,
      [id],
    );
    // Refusals are counted by the minute, and a minute may end in between.
    const refusals = await house.database.query(
      `SELECT type, user_id, subject_id, address, detail, sum(count)::int AS count FROM audit_events
        WHERE (user_id = $1 OR detail->>'phone' LIKE '%' || right($2, 3)) AND outcome = 'failure'
        GROUP BY 1, 2, 3, 4, 5 ORDER BY detail->>'code'`,
      [id, e164],
    );
    const codeId = events[0]?.['subject_id'];
    const mine = { user_id: id, address: '127.0.0.1' };
    const refused = (reason: string, count: number) => ({
      ...{ ...mine, type: 'user.password_reset', subject_id: codeId, count },
      detail: { code: reason, phone: `${e164.slice(0, 6)}****${e164.slice(-3)}` },
    });
    expect(refusals).toEqual([refused('invalid_otp', 2), refused('otp_not_verified', 1)]);
    expect(events).toEqual([
      { ...mine, type: 'otp.requested', outcome: 'success', subject_id: codeId, detail: { purpose: 'reset' } },
      // One transaction, one instant: the order is that of the ids.
      { ...mine, type: 'session.ended', outcome: 'success', subject_id: id, detail: null },
      { ...mine, type: 'user.password_reset', outcome: 'success', subject_id: id, detail: null },
    ]);
    const rows = JSON.stringify(await house.database.query('SELECT * FROM audit_events'));
    for (const secret of [digits, phone, NEW_PASSWORD, PASSWORD]) {
      expect(rows).not.toContain(secret);
      expect(house.service.output()).not.toContain(secret);
    }
    for (const guess of [code, missed]) {
      expect(rows).not.toContain(`"${guess}"`);
      expect(house.service.output()).not.toMatch(new RegExp(`\\b${guess}\\b`));
    }
  });
});

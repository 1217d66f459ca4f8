import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure, retryAfter } from '../support/answers.js';
import { atOnce, tally } from '../support/crowds.js';
import { CROWD, openHouse, type House, type Person } from '../support/house.js';
import { bearer, claimsOf, logIn, me, newcomer, PASSWORD, refresh, refreshed, type Login } from '../support/logins.js';
import { codeOf, enrolTotp, secondFactor, wrongCodeOf, type EnrolledTotp } from '../support/second-factors.js';
import { type Answer, type Service } from '../support/service.js';
import { until } from '../support/waits.js';

// What somebody may try who has an admin's first factor, an admin's session, or both.

const STEP = 30;

let house: House;
let other: Service;

beforeAll(async () => {
  house = await openHouse({ ...CROWD, LOG_LEVEL: 'trace' }, { movingClock: true });
  other = await house.anotherProcess();
});
afterAll(async () => house.close());

/** One of the two instances, which are processes of their own. */
const instance = (at: number): Service => (at % 2 === 0 ? house.service : other);

interface Staff extends EnrolledTotp {
  readonly id: string;
  readonly username: string;
  readonly phone: string;
  /** What a stranger has who knows the first factor alone. */
  readonly stranger: Login;
}

/** Somebody of staff with an authenticator app, and a stranger who knows their password. */
async function staff(person: Person = {}): Promise<Staff> {
  const { id, username, phone } = await newcomer(house, { role: 'ADMIN', ...person });
  const enrolled = await enrolTotp(house, await logIn(house.service, username));
  await house.clock.pass(STEP, 15);
  return { id, username, phone, ...enrolled, stranger: await logIn(house.service, username) };
}

const asAdmin = (tokens: { token: string }): Promise<Answer> => house.service.get('/api/users?limit=1', bearer(tokens));
const withheld = (answer: Answer) => expectFailure(answer, 403, 'second_factor_required');
const eventsOf = (id: string, type: string) =>
  house.database.query<{ outcome: string; count: number | null; detail: any; user_id: string }>(
    'SELECT outcome, count, detail, user_id FROM audit_events WHERE type = $1 AND (user_id = $2 OR subject_id = $2)',
    [type, id],
  );

describe('V7.4.3: a session that a thief has proved by a recovery code', () => {
  it('proves anew once the owner has new codes, another app, or no factor', async () => {
    const { tokens, stranger, recoveryCodes, secret } = await staff();
    const proveBy = async (code: string) => {
      const proved = await secondFactor(house.service, stranger).post('recovery-codes/verify', { code });
      expect(proved.status).toBe(200);
      return proved.body.data.tokens as { token: string };
    };
    const owner = secondFactor(house.service, tokens);
    const first = await proveBy(recoveryCodes[0]!);
    expect((await asAdmin(first)).status).toBe(200);
    const { recoveryCodes: newCodes } = (await owner.post('recovery-codes')).body.data;
    withheld(await asAdmin(first));

    const second = await proveBy(newCodes[0]);
    expect((await asAdmin(second)).status).toBe(200);
    const setup = await owner.post('totp/setup');
    const replaced = await owner.post('totp', { code: codeOf(house, setup.body.data.secret) });
    expect([replaced.status, setup.body.data.secret === secret]).toEqual([200, false]);
    withheld(await asAdmin(second));
  });
});

describe('V6.3.3: a session that has proved the first factor only', () => {
  it('has no right of the role, whatever the route', async () => {
    const { stranger } = await staff();
    const { body: document } = await house.service.get('/openapi.json');
    const routes = [
      '/api/users',
      '/api/api-keys',
      '/api/admin/audit',
      '/api/admin/jobs',
      '/api/oidc/clients',
      '/api/sessions',
    ];
    for (const route of [...routes, '/api/analytics/dashboard', '/api/webhooks', '/api/conversations'])
      withheld(await house.service.get(route, bearer(stranger)));
    expect(Object.keys(document.paths).length).toBeGreaterThan(50);
    withheld(await house.service.post('/api/auth/introspect', { token: 'x' }, bearer(stranger)));
  });

  it('registers nobody with a role, on any of the routes', async () => {
    const strict = await house.another({ REGISTRATION: 'admin' });
    const { stranger } = await staff();
    const wish = {
      name: 'Budi',
      email: 'budi@x.example',
      username: 'budi.baru',
      password: 'Sandi-panjang-77',
      role: 'admin',
    };
    withheld(await strict.post('/auth/register', wish, bearer(stranger)));
    withheld(await strict.post('/api/auth/register', { fullName: 'Budi', phone: '081299887766' }, bearer(stranger)));
  });

  it('keeps what everybody has: the own account, its sessions, the logout', async () => {
    const { stranger } = await staff();
    expect((await me(house.service, stranger)).body.data.role).toBe('ADMIN');
    expect((await house.service.get('/api/auth/sessions', bearer(stranger))).status).toBe(200);
    expect((await house.service.post('/api/auth/logout', {}, bearer(stranger))).status).toBe(200);
  });

  it('takes the account over by no other number and no other password', async () => {
    const { stranger } = await staff();
    const calls = house.service;
    withheld(await calls.post('/api/auth/me/phone', { phone: '081299887755' }, bearer(stranger)));
    withheld(
      await calls.post('/api/auth/me/phone/verify', { phone: '081299887755', otpCode: '123456' }, bearer(stranger)),
    );
    const password = { currentPassword: PASSWORD, newPassword: 'sandi baru yang panjang' };
    withheld(await calls.post('/api/auth/me/password', password, bearer(stranger)));
  });

  it('gains nothing by a refresh', async () => {
    const { stranger } = await staff();
    const next = await refreshed(house.service, stranger.refreshToken);
    expect(claimsOf(next.token)).toMatchObject({ acr: 'urn:masuk:pwd', amr: ['pwd'] });
    withheld(await asAdmin(next));
  });

  it('enrols no factor of its own beside the owner’s, also when both begin at once', async () => {
    const { stranger } = await staff();
    const calls = secondFactor(house.service, stranger);
    for (const path of ['totp/setup', 'passkeys/options', 'recovery-codes'])
      expectFailure(await calls.post(path), 403, 'second_factor_required');
    expectFailure(await calls.remove('totp'), 403, 'second_factor_required');

    const { username } = await newcomer(house, { role: 'ADMIN' });
    const logins = await Promise.all([logIn(house.service, username), logIn(house.service, username)]);
    const confirmed = await Promise.all(
      logins.map(async (login) => {
        const { secret } = (await secondFactor(house.service, login).post('totp/setup')).body.data;
        return { login, code: codeOf(house, secret) };
      }),
    );
    const answers = await Promise.all(
      confirmed.map(({ login, code }, at) => secondFactor(instance(at), login).post('totp', { code })),
    );
    expect(tally(answers)).toEqual({ 200: 1, 403: 1 });
    withheld(answers.find(({ status }) => status === 403)!);
  });

  it('confirms no key that another session, or an earlier try, has begun', async () => {
    const { username } = await newcomer(house, { role: 'SUPERVISOR' });
    const [one, other] = [await logIn(house.service, username), await logIn(house.service, username)];
    const first = (await secondFactor(house.service, one).post('totp/setup')).body.data;
    const code = codeOf(house, first.secret);
    expectFailure(await secondFactor(house.service, other).post('totp', { code }), 409, 'second_factor_setup_expired');
    await secondFactor(house.service, one).post('totp/setup');
    expectFailure(await secondFactor(house.service, one).post('totp', { code }), 400, 'invalid_second_factor');
    await house.clock.pass(601, 20);
    expectFailure(await secondFactor(house.service, one).post('totp', { code }), 409, 'second_factor_setup_expired');
  });
});

describe('V6.5.1: a one-time password', () => {
  it('lifts the session that shows it, once, and tells so in new tokens', async () => {
    const { id, secret, stranger, tokens } = await staff();
    const code = codeOf(house, secret);
    const answer = await secondFactor(house.service, stranger).post('totp/verify', { code });
    expect(answer.status).toBe(200);
    const lifted = answer.body.data.tokens;
    expect(claimsOf(lifted.token)).toMatchObject({
      sub: id,
      sid: stranger.sid,
      acr: 'urn:masuk:mfa',
      amr: ['pwd', 'otp', 'mfa'],
    });
    expect((await asAdmin(lifted)).status).toBe(200);
    // Another session, and this one again.
    const late = await logIn(
      house.service,
      (await house.database.query('SELECT username FROM users WHERE id = $1', [id]))[0]!['username'] as string,
    );
    for (const each of [late, lifted, tokens])
      expectFailure(
        await secondFactor(house.service, each).post('totp/verify', { code }),
        400,
        'invalid_second_factor',
      );
    withheld(await asAdmin(late));
  });

  it('works once, also when it is shown to two instances at the same moment', async () => {
    const { secret, username } = await staff();
    const logins = await atOnce(5, () => logIn(house.service, username));
    const code = codeOf(house, secret);
    const answers = await atOnce(5, (at) => secondFactor(instance(at), logins[at]!).post('totp/verify', { code }));
    expect(tally(answers)).toEqual({ 200: 1, 400: 4 });
    const lifted = await Promise.all(logins.map((login) => refresh(house.service, login.refreshToken)));
    // The one that was lifted has another refresh token now.
    expect(tally(lifted)).toEqual({ 200: 4, 401: 1 });
  });

  it('of an older step is worth nothing once a newer one was used', async () => {
    const { secret, stranger } = await staff();
    const [before, next] = [codeOf(house, secret), codeOf(house, secret, 1)];
    const { tokens } = (await secondFactor(house.service, stranger).post('totp/verify', { code: next })).body.data;
    expectFailure(
      await secondFactor(house.service, tokens).post('totp/verify', { code: before }),
      400,
      'invalid_second_factor',
    );
  });
});

describe('V6.6.3, V6.3.1: guesses at one-time passwords and recovery codes', () => {
  const wrongRecoveryCode = (at: number) => `${at}`.padEnd(24, 'a');
  /** Wrong recovery codes of the present hour: the first is one, and the others are written down. */
  async function guessed(id: string, login: Login, times: number): Promise<void> {
    const wrong = await secondFactor(house.service, login).post('recovery-codes/verify', {
      code: wrongRecoveryCode(99),
    });
    expectFailure(wrong, 400, 'invalid_second_factor');
    await house.database.query('UPDATE second_factors SET recovery_guesses = $2 WHERE user_id = $1', [id, times]);
  }
  /** What all the refusals of an account's proofs sum up to. */
  async function refused(id: string): Promise<number> {
    const refusals = (await eventsOf(id, 'second_factor.proved')).filter(({ outcome }) => outcome === 'failure');
    return refusals.reduce((all, { count }) => all + (count ?? 1), 0);
  }

  it('at one-time passwords are at most five in 15 minutes for an account, over all sessions and instances, however many come at once', async () => {
    const { id, username, secret } = await staff();
    const logins = await atOnce(4, () => logIn(house.service, username));
    const answers = await atOnce(24, (at) =>
      secondFactor(instance(at), logins[at % 4]!).post('totp/verify', { code: wrongCodeOf(house, secret, at) }),
    );
    expect(tally(answers)).toEqual({ 400: 5, 429: 19 });
    for (const answer of answers.filter(({ status }) => status === 429)) {
      expectFailure(answer, 429, 'second_factor_locked');
      expect(retryAfter(answer)).toBeLessThanOrEqual(900);
    }
    // The right one is not looked at, by whatever session.
    const right = { code: codeOf(house, secret) };
    for (const login of logins)
      expectFailure(await secondFactor(house.service, login).post('totp/verify', right), 429, 'second_factor_locked');
    expect(await refused(id)).toBe(24 + 4);
    await house.clock.pass(901, 20);
    const login = await logIn(house.service, username);
    const late = await secondFactor(house.service, login).post('totp/verify', { code: codeOf(house, secret) });
    expect(late.status).toBe(200);
  });

  it('at recovery codes are at most 500 in an hour for an account, however many come at once', async () => {
    const { id, username, recoveryCodes, stranger } = await staff();
    const logins = await atOnce(4, () => logIn(house.service, username));
    await guessed(id, stranger, 495);
    const answers = await atOnce(16, (at) =>
      secondFactor(instance(at), logins[at % 4]!).post('recovery-codes/verify', { code: wrongRecoveryCode(at) }),
    );
    expect(tally(answers)).toEqual({ 400: 5, 429: 11 });
    const right = { code: recoveryCodes[0]! };
    const locked = await secondFactor(house.service, logins[0]!).post('recovery-codes/verify', right);
    expect(expectFailure(locked, 429, 'second_factor_locked').details).toBeUndefined();
    expect(retryAfter(locked)).toBeLessThanOrEqual(3_600);
    expect(await refused(id)).toBe(1 + 16 + 1);
    await house.clock.pass(3_601, 20);
    const login = await logIn(house.service, username);
    expect((await secondFactor(house.service, login).post('recovery-codes/verify', right)).status).toBe(200);
  });

  it('of one kind keep nobody from the other, even when a hundred have closed the first', async () => {
    const { id, username, secret, recoveryCodes, stranger } = await staff();
    const calls = secondFactor(house.service, stranger);
    await atOnce(6, (at) => calls.post('totp/verify', { code: wrongCodeOf(house, secret, at) }));
    await house.database.query('UPDATE second_factors SET failures = 100 WHERE user_id = $1', [id]);
    expectFailure(await calls.post('totp/verify', { code: codeOf(house, secret) }), 429, 'second_factor_locked');
    const owner = await logIn(house.service, username);
    const recovered = await secondFactor(house.service, owner).post('recovery-codes/verify', {
      code: recoveryCodes[0],
    });
    expect(recovered.status).toBe(200);

    await guessed(id, stranger, 500);
    expectFailure(await calls.post('recovery-codes/verify', { code: recoveryCodes[1] }), 429, 'second_factor_locked');
    const other = await logIn(house.service, username);
    const proved = await secondFactor(house.service, other).post('totp/verify', { code: codeOf(house, secret) });
    expect(proved.status).toBe(200);
  });

  it('close the factor after a hundred in a row, until another admin resets it', async () => {
    const { id, secret, stranger } = await staff();
    await house.database.query('UPDATE second_factors SET failures = 99 WHERE user_id = $1', [id]);
    const calls = secondFactor(house.service, stranger);
    expectFailure(await calls.post('totp/verify', { code: wrongCodeOf(house, secret) }), 400, 'invalid_second_factor');
    await house.clock.pass(3_700, 60);
    const closed = await calls.post('totp/verify', { code: codeOf(house, secret) });
    expect(expectFailure(closed, 429, 'second_factor_locked').details).toEqual({ closed: true });
  });

  it('take what is no code for no guess', async () => {
    const { secret, stranger } = await staff();
    const calls = secondFactor(house.service, stranger);
    for (const code of ['', '12345', '1234567', 'abcdef', 123456, null, ['123456'], { code: 1 }])
      expectFailure(await calls.post('totp/verify', { code }), 400, 'validation_failed');
    for (const code of ['', 'a'.repeat(101), 5, ['x'], null])
      expectFailure(await calls.post('recovery-codes/verify', { code }), 400, 'validation_failed');
    expect((await calls.post('totp/verify', { code: codeOf(house, secret) })).status).toBe(200);
  });
});

describe('V6.5.2, V6.5.3: recovery codes', () => {
  it('are ten, each good for one session, once, also at two instances at once', async () => {
    const { username, recoveryCodes } = await staff();
    expect(new Set(recoveryCodes).size).toBe(10);
    const logins = await atOnce(4, () => logIn(house.service, username));
    const [code] = recoveryCodes;
    const answers = await atOnce(4, (at) =>
      secondFactor(instance(at), logins[at]!).post('recovery-codes/verify', { code }),
    );
    expect(tally(answers)).toEqual({ 200: 1, 400: 3 });
    const { tokens } = answers.find(({ status }) => status === 200)!.body.data;
    expect(claimsOf(tokens.token)).toMatchObject({ acr: 'urn:masuk:mfa' });
    expect((await secondFactor(house.service, tokens).state()).body.data.recoveryCodesLeft).toBe(9);
  });

  it('are no one else’s', async () => {
    const [one, other] = [await staff(), await staff()];
    const answer = await secondFactor(house.service, other.stranger).post('recovery-codes/verify', {
      code: one.recoveryCodes[0],
    });
    expectFailure(answer, 400, 'invalid_second_factor');
  });

  it('end when new ones are made', async () => {
    const { tokens, recoveryCodes, stranger } = await staff();
    const made = await secondFactor(house.service, tokens).post('recovery-codes');
    expect(made.body.data.recoveryCodes).toHaveLength(10);
    const old = await secondFactor(house.service, stranger).post('recovery-codes/verify', { code: recoveryCodes[3] });
    expectFailure(old, 400, 'invalid_second_factor');
  });
});

describe('V6.3.7, NIST 800-63B-4 4.6: the owner of an account', () => {
  async function noticesOf(id: string): Promise<string[]> {
    const rows = await house.database.query<{ purpose: string }>(
      `SELECT purpose FROM (SELECT purpose, user_id, created_at FROM messages
                             UNION ALL SELECT purpose, user_id, created_at FROM message_history) m
        WHERE user_id = $1 AND purpose LIKE 'notice%' ORDER BY created_at`,
      [id],
    );
    return rows.map(({ purpose }) => purpose);
  }
  /** The notice that has these words, once it has arrived. */
  async function told(phone: string, words: string): Promise<string> {
    const find = () => house.fake.messagesFor(phone).find((text) => text.includes(words));
    await until(`a notice: ${words}`, () => find() !== undefined);
    return find()!;
  }

  it('is told of new recovery codes, and of each that is used with how many are left, without a code', async () => {
    const { id, phone, tokens, stranger } = await staff();
    const made = await secondFactor(house.service, tokens).post('recovery-codes');
    const codes = made.body.data.recoveryCodes as string[];
    const used = await secondFactor(house.service, stranger).post('recovery-codes/verify', { code: codes[4] });
    expect(used.status).toBe(200);
    // A wrong one is no use of one.
    await secondFactor(house.service, tokens).post('recovery-codes/verify', { code: codes[4] });
    const texts = [
      await told(phone, 'Kode pemulihan baru telah dibuat untuk akun Anda'),
      await told(phone, 'Sisa kode pemulihan: 9.'),
    ];
    expect(await noticesOf(id)).toEqual([
      'notice.second_factor_added',
      'notice.recovery_codes_made',
      'notice.recovery_code_used',
    ]);
    for (const code of codes)
      for (const text of texts) expect(text.replaceAll('-', '')).not.toContain(code.replaceAll('-', ''));
    expect(await eventsOf(id, 'second_factor.proved')).toContainEqual(
      expect.objectContaining({ outcome: 'success', detail: { factor: 'RECOVERY_CODE', codesLeft: 9 } }),
    );
  });

  it('is told how many are left when two are used at the same moment', async () => {
    const { phone, username, recoveryCodes } = await staff();
    const logins = await atOnce(2, () => logIn(house.service, username));
    const answers = await atOnce(2, (at) =>
      secondFactor(instance(at), logins[at]!).post('recovery-codes/verify', { code: recoveryCodes[at] }),
    );
    expect(tally(answers)).toEqual({ 200: 2 });
    expect(await told(phone, 'Sisa kode pemulihan: 9.')).not.toBe(await told(phone, 'Sisa kode pemulihan: 8.'));
  });

  it('is told of every factor that is added or removed', async () => {
    const { id, tokens } = await staff();
    expect((await secondFactor(house.service, tokens).remove('totp')).status).toBe(200);
    expect(await noticesOf(id)).toEqual(['notice.second_factor_added', 'notice.second_factor_removed']);
  });

  it('gets at most five notices of one kind in an hour, however many come at once', async () => {
    const { id, tokens } = await staff();
    const answers = await atOnce(12, (at) => secondFactor(instance(at), tokens).post('recovery-codes'));
    expect(tally(answers)).toEqual({ 200: 12 });
    const made = async () => (await noticesOf(id)).filter((each) => each === 'notice.recovery_codes_made').length;
    expect(await made()).toBe(5);
    // What is not sent is recorded all the same, and another kind of notice is not kept back.
    expect(await eventsOf(id, 'second_factor.codes_made')).toHaveLength(12);
    expect((await secondFactor(house.service, tokens).remove('totp')).status).toBe(200);
    expect(await noticesOf(id)).toContain('notice.second_factor_removed');
  });
});

describe('V7.2.4: what was stolen before a proof', () => {
  it('gains nothing by it: the access token stays as it was, the refresh token ends the session', async () => {
    const { secret, stranger: owner } = await staff();
    const stolen = { ...owner };
    const { tokens } = (await secondFactor(house.service, owner).post('totp/verify', { code: codeOf(house, secret) }))
      .body.data;
    withheld(await asAdmin(stolen));
    expectFailure(await secondFactor(house.service, stolen).post('recovery-codes'), 403, 'second_factor_required');
    expect((await asAdmin(tokens)).status).toBe(200);
    const next = await refreshed(house.service, tokens.refreshToken);
    expect((await asAdmin(next)).status).toBe(200);
    expectFailure(await refresh(house.service, stolen.refreshToken), 401, 'invalid_refresh_token');
    expectFailure(await asAdmin(next), 401, 'invalid_token');
  });
});

describe('V6.4.4: a factor that somebody has lost', () => {
  const reset = (id: string, tokens: { token: string }, service = house.service) =>
    service.post(`/api/users/${id}/reset-second-factor`, {}, bearer(tokens));

  it('is reset by another admin only: the sessions end, the owner is told, and it is recorded', async () => {
    const lost = await staff({ role: 'SUPERVISOR' });
    const [helper, supervisor] = [await staff(), await staff({ role: 'SUPERVISOR' })];
    expectFailure(await reset(lost.id, supervisor.tokens), 403, 'forbidden');
    withheld(await reset(lost.id, helper.stranger));
    expectFailure(await reset(helper.id, helper.tokens), 409, 'own_second_factor');
    expect((await reset(lost.id, helper.tokens)).status).toBe(200);
    for (const tokens of [lost.tokens, lost.stranger])
      expectFailure(await me(house.service, tokens), 401, 'invalid_token');
    expect(await eventsOf(lost.id, 'user.second_factor_reset')).toMatchObject([
      { outcome: 'success', user_id: helper.id },
    ]);
    const notices = await house.database.query(
      `SELECT purpose FROM messages WHERE user_id = $1 AND purpose LIKE '%reset' UNION ALL
       SELECT purpose FROM message_history WHERE user_id = $1 AND purpose LIKE '%reset'`,
      [lost.id],
    );
    expect(notices).toEqual([{ purpose: 'notice.second_factor_reset' }]);
    const again = await logIn(house.service, lost.username);
    expect((await secondFactor(house.service, again).state()).body.data).toMatchObject({
      needs: 'nothing',
      totp: null,
      recoveryCodesLeft: 0,
    });
    expectFailure(
      await secondFactor(house.service, again).post('recovery-codes/verify', { code: lost.recoveryCodes[0] }),
      409,
      'second_factor_not_enrolled',
    );
    expectFailure(await reset(lost.id, helper.tokens), 409, 'second_factor_not_enrolled');
    expectFailure(await reset('0190a000-0000-7000-8000-000000000000', helper.tokens), 404, 'user_not_found');
  });

  it('is proved by nobody in the moment of its reset', async () => {
    const helper = await staff();
    for (let round = 0; round < 5; round += 1) {
      const lost = await staff();
      const code = codeOf(house, lost.secret);
      const [proved, done] = await Promise.all([
        secondFactor(house.service, lost.stranger).post('totp/verify', { code }),
        reset(lost.id, helper.tokens, other),
      ]);
      expect(done.status).toBe(200);
      if (proved.status === 200) expectFailure(await me(house.service, proved.body.data.tokens), 401, 'invalid_token');
      expectFailure(await me(house.service, lost.stranger), 401, 'invalid_token');
    }
  });
});

describe('V6.3.3: an account', () => {
  it('that is disabled proves nothing', async () => {
    const { id, secret, stranger } = await staff();
    await house.database.query('UPDATE users SET is_active = false WHERE id = $1', [id]);
    const answer = await secondFactor(house.service, stranger).post('totp/verify', {
      code: codeOf(house, secret),
    });
    expectFailure(answer, 401, 'invalid_token');
  });

  it('that is no staff has no second factor', async () => {
    const login = await logIn(house.service, (await newcomer(house)).username);
    const calls = secondFactor(house.service, login);
    expectFailure(await calls.state(), 403, 'forbidden');
    for (const path of [
      'totp/setup',
      'totp',
      'totp/verify',
      'recovery-codes',
      'passkeys/options',
      'passkeys/verify/options',
    ])
      expectFailure(await calls.post(path, { code: '123456' }), 403, 'forbidden');
  });

  it('shows a factor to its owner without its secrets, and forgets it with the person', async () => {
    const { id, tokens } = await staff();
    const admin = await staff();
    const own = await house.service.get('/api/auth/me/export', bearer(tokens));
    expect(own.body.data.secondFactor).toEqual({ totpSince: expect.any(String), passkeys: [], recoveryCodesLeft: 10 });
    expect((await house.service.send('DELETE', `/api/users/${id}`, undefined, bearer(admin.tokens))).status).toBe(200);
    const left = await house.database.query(
      `SELECT (SELECT count(*)::int FROM second_factors WHERE user_id = $1) AS factors,
              (SELECT count(*)::int FROM recovery_codes WHERE user_id = $1) AS codes,
              (SELECT has_second_factor FROM users WHERE id = $1) AS has`,
      [id],
    );
    expect(left).toEqual([{ factors: 0, codes: 0, has: false }]);
  });

  it('loses its last factor where one is required to nobody but an admin', async () => {
    const required = await house.another({ STAFF_SECOND_FACTOR: 'require' });
    const { username, tokens, secret } = await staff();
    expectFailure(await secondFactor(required, tokens).remove('totp'), 409, 'last_second_factor');
    expect((await secondFactor(house.service, tokens).remove('totp')).status).toBe(200);
    // The session has proved a factor that is none any more.
    expectFailure(await required.get('/api/users', bearer(tokens)), 403, 'second_factor_enrolment_required');
    const login = await logIn(required, username);
    expectFailure(await required.get('/api/users', bearer(login)), 403, 'second_factor_enrolment_required');
    expect((await secondFactor(required, login).state()).body.data).toMatchObject({
      mode: 'require',
      needs: 'enrolment',
    });
    const calls = secondFactor(required, login);
    expectFailure(await calls.post('totp/verify', { code: codeOf(house, secret) }), 409, 'second_factor_not_enrolled');
    const { tokens: enrolled } = await enrolTotp(house, login, required);
    expect((await required.get('/api/users', bearer(enrolled))).status).toBe(200);
  });

  it('is asked for nothing where it is off, and enrols nothing', async () => {
    const off = await house.another({ STAFF_SECOND_FACTOR: 'off' });
    const { stranger } = await staff();
    expect((await off.get('/api/users', bearer(stranger))).status).toBe(200);
    expectFailure(await secondFactor(off, stranger).post('totp/setup'), 409, 'second_factor_off');
    withheld(await asAdmin(stranger));
  });
});

describe('V14.2.4, V16.2.5: what is stored, shown and logged', () => {
  it('holds no secret and no code', async () => {
    const { secret, recoveryCodes, tokens, stranger } = await staff();
    const code = codeOf(house, secret);
    await secondFactor(house.service, stranger).post('totp/verify', { code });
    await secondFactor(house.service, stranger).post('recovery-codes/verify', { code: recoveryCodes[1] });
    const state = await secondFactor(house.service, tokens).state();
    const raw = Buffer.from(secret);
    const rows = await house.database.query<{ row: string }>(
      `SELECT f::text AS row FROM second_factors f UNION ALL SELECT r::text FROM recovery_codes r UNION ALL
       SELECT c::text FROM second_factor_challenges c UNION ALL SELECT a::text FROM audit_events a`,
    );
    const stored = rows.map(({ row }) => row).join('\n');
    const said = house.service.output() + state.text;
    for (const each of [
      secret,
      raw.toString('hex'),
      recoveryCodes[0]!,
      recoveryCodes[1]!,
      recoveryCodes[1]!.replaceAll('-', ''),
    ]) {
      expect(stored).not.toContain(each);
      expect(said).not.toContain(each);
    }
    expect(said).not.toMatch(new RegExp(`"code":"?${code}`));
  });
});

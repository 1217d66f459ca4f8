import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createMasuk, MasukError, type Masuk, type MasukOptions } from '../../client/src/masuk.js';
import { expectAhead, INSTANT, SOME_TEXT } from '../support/answers.js';
import { wrong } from '../support/codes.js';
import { openHouse, type House, type Resident } from '../support/house.js';
import { newcomer, PASSWORD } from '../support/logins.js';
import { startUnreliableProxy, type UnreliableProxy } from '../support/unreliable-proxy.js';

let house: House;
/** Lets everything through here; it shows what was sent. */
let wire: UnreliableProxy;

beforeAll(async () => {
  house = await openHouse({ MESSAGE_LANGUAGE: 'negotiate', OTP_MAX_ATTEMPTS: '2', GUESS_BUDGET: '2' });
  wire = await startUnreliableProxy(house.service.url);
});
afterEach(() => wire.forget());
afterAll(async () => {
  await wire.close();
  await house.close();
});

const clientOf = (options: MasukOptions & { session?: 'memory' } = {}) =>
  createMasuk({ baseUrl: wire.url, ...options });

const SOME_WORDS = expect.stringMatching(/\S/) as unknown as string;

const setTimeoutOfNode = globalThis.setTimeout;

function thrownBy(work: () => void): string {
  try {
    work();
  } catch (error) {
    return String(error);
  }
  return 'nothing';
}

/** The failure that a call must end with. */
async function failureOf(call: Promise<unknown>): Promise<MasukError> {
  const failure = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(MasukError);
  return failure as MasukError;
}

describe('a login by code', () => {
  let somebody: Resident;
  let masuk: Masuk;
  beforeEach(async () => {
    somebody = await house.person();
    masuk = clientOf();
  });

  it('asks for a code, verifies it and holds the tokens', async () => {
    const told: unknown[] = [];
    masuk.onTokens((tokens) => told.push(tokens));
    const sent = await masuk.requestOtp(somebody.phone);
    expect(sent).toEqual({ sessionId: SOME_TEXT, expiresAt: INSTANT, resendAt: INSTANT, channel: 'whacenter' });
    const otpCode = house.fake.codeFor(somebody.digits)!;
    const began = Date.now();
    const login = await masuk.verifyOtp({ phone: somebody.phone, otpCode, sessionId: sent.sessionId });
    expect(login).toMatchObject({ token: SOME_TEXT, tokenType: 'Bearer', user: { id: somebody.id } });
    const { tokens } = masuk;
    expect(tokens).toEqual({
      token: login.token,
      refreshToken: login.refreshToken,
      expiresAt: expect.any(Number),
      userId: somebody.id,
    });
    expectAhead(new Date(tokens!.expiresAt).toISOString(), login.expiresIn!, began);
    expect(told).toEqual([tokens]);
    expect(await masuk.me()).toEqual(login.user);
  });

  it('gets the code that lives when it asks twice, and no new one before its time', async () => {
    const first = await masuk.requestOtp(somebody.phone);
    expect(await masuk.requestOtp(somebody.phone)).toEqual({ ...first, alreadySent: true });
    const refused = await failureOf(masuk.resendOtp(somebody.phone));
    expect(refused).toMatchObject({ code: 'otp_rate_limited', status: 429, requestId: SOME_TEXT });
    expect(refused.retryAfter).toBeGreaterThan(50);
    await house.pass(somebody.phone, 61);
    expect((await masuk.resendOtp(somebody.phone)).sessionId).not.toBe(first.sessionId);
  });

  it('tells how many guesses are left, then how long to wait, with the words for people', async () => {
    await masuk.requestOtp(somebody.phone);
    const otpCode = wrong(house.fake.codeFor(somebody.digits)!);
    const guess = () => failureOf(masuk.verifyOtp({ phone: somebody.phone, otpCode }));
    const failure = await guess();
    expect(failure).toMatchObject({ code: 'invalid_otp', status: 400, details: { attemptsLeft: 1 }, retryAfter: null });
    expect([failure.message, failure.name]).toEqual(['Kode OTP tidak valid atau sudah kadaluarsa', 'MasukError']);
    await guess();
    const locked = await guess();
    expect(locked).toMatchObject({ code: 'otp_locked', status: 429 });
    expect(locked.retryAfter).toBeGreaterThan(800);
    expect(masuk.tokens).toBeNull();
  });

  it('asks for the language of its user', async () => {
    const failure = await failureOf(clientOf({ language: 'en' }).requestOtp('12'));
    expect(failure).toMatchObject({ code: 'invalid_phone', message: 'The phone number is not valid' });
    expect(wire.calls.at(-1)?.headers['accept-language']).toBe('en');
  });
});

describe('a known device', () => {
  it('is named on every way in, also after a logout, and nowhere else', async () => {
    const { username, phone, digits } = await newcomer(house);
    const masuk = clientOf();
    const { deviceToken } = await masuk.login({ identifier: username, password: PASSWORD });
    expect([masuk.deviceToken, wire.calls[0]?.headers['x-device-token']]).toEqual([deviceToken, undefined]);
    await masuk.me();
    await masuk.logout();
    expect(masuk.deviceToken).toBe(deviceToken);
    await masuk.requestOtp(phone);
    await failureOf(masuk.resendOtp(phone));
    await failureOf(masuk.verifyOtp({ phone, otpCode: wrong(house.fake.codeFor(digits)!) }));
    await failureOf(masuk.login({ identifier: username, password: 'salah' }));
    await failureOf(masuk.forgotPassword.requestOtp({ nama: 'Orang Lain', noHp: phone }));
    await failureOf(masuk.forgotPassword.verifyOtp({ noHp: phone, otp: '000000' }));
    const named = wire.calls.filter(({ headers }) => headers['x-device-token'] === deviceToken);
    expect(named.map(({ path }) => path)).toEqual([
      '/api/auth/otp/request',
      '/api/auth/otp/resend',
      '/api/auth/otp/verify',
      '/api/auth/login',
      '/api/forgot-password/request-otp',
      '/api/forgot-password/verify-otp',
    ]);
  });

  it('can be told by the program', async () => {
    await failureOf(clientOf({ deviceToken: 'from-elsewhere' }).login({ identifier: 'x', password: 'y' }));
    expect(wire.calls[0]?.headers['x-device-token']).toBe('from-elsewhere');
  });
});

describe('a session', () => {
  it('lists the logins of the account, ends another and then itself', async () => {
    const { username } = await newcomer(house);
    const [here, there] = [clientOf(), clientOf()];
    for (const each of [here, there]) await each.login({ identifier: username, password: PASSWORD });
    const sessions = await here.sessions();
    expect(sessions.map(({ method, current }) => [method, current]).sort()).toEqual([
      ['password', false],
      ['password', true],
    ]);
    const other = sessions.find(({ current }) => !current)!;
    await here.endSession(other.id);
    expect(await failureOf(there.me())).toMatchObject({ code: 'invalid_refresh_token' });
    expect(there.tokens).toBeNull();
    expect(await failureOf(here.endSession('../../health/live'))).toMatchObject({ code: 'session_not_found' });

    const { token } = here.tokens!;
    const told: unknown[] = [];
    here.onTokens((tokens) => told.push(tokens));
    await here.logout();
    expect([here.tokens, told]).toEqual([null, [null]]);
    const answer = await house.service.get('/api/auth/me', { authorization: `Bearer ${token}` });
    expect(answer.status).toBe(401);
  });

  it('does not exist before the login: the service says so', async () => {
    const masuk = clientOf();
    expect(await failureOf(masuk.me())).toMatchObject({ code: 'unauthenticated', status: 401 });
    expect(await failureOf(masuk.refresh())).toMatchObject({ code: 'unauthenticated', status: 401 });
    await masuk.logout();
    expect(wire.calls.map(({ path }) => path)).toEqual(['/api/auth/me']);
  });

  it('does not call a listener that has gone, and is not ended by one that throws', async () => {
    const { username } = await newcomer(house);
    const masuk = clientOf();
    const called: string[] = [];
    masuk.onTokens(() => called.push('gone'))();
    masuk.onTokens(() => {
      throw new Error('of the listener');
    });
    masuk.onTokens(() => called.push('here'));
    const later = jest
      .spyOn(globalThis, 'setTimeout')
      .mockImplementation(((work: () => void, ms?: number) =>
        ms === undefined ? called.push(thrownBy(work)) : setTimeoutOfNode(work, ms)) as typeof setTimeout);
    await masuk.login({ identifier: username, password: PASSWORD }).finally(() => later.mockRestore());
    expect(called).toEqual(['Error: of the listener', 'here']);
    expect(masuk.tokens).not.toBeNull();
  });
});

describe('a login that was made elsewhere', () => {
  it('is taken over, with its device token', async () => {
    const [element, masuk] = [clientOf(), clientOf()];
    const login = await element.login({ identifier: (await newcomer(house)).username, password: PASSWORD });
    await masuk.adopt(login);
    expect([masuk.tokens?.token, masuk.deviceToken]).toEqual([login.token, login.deviceToken]);
    expect(await masuk.me()).toEqual(login.user);
    await masuk.refresh();
  });
});

describe('what a login screen must know', () => {
  it('is the options of the service', async () => {
    expect(await clientOf().options()).toMatchObject({
      otpLength: 6,
      messageLanguage: 'negotiate',
      allowedCountries: ['ID'],
    });
  });

  it('includes the time of the service, whatever the device believes', async () => {
    const masuk = clientOf();
    const real = Date.now;
    try {
      Date.now = () => real() - 3 * 3_600_000;
      const [before, unknown, after] = [Date.now(), masuk.serverNow(), Date.now()];
      expect([before <= unknown, unknown <= after]).toEqual([true, true]);
      const began = real();
      await failureOf(masuk.requestOtp('12'));
      const told = masuk.serverNow();
      // The service tells it in whole seconds.
      expect([began - 1_000 <= told, told <= real() + 1_000]).toEqual([true, true]);
    } finally {
      Date.now = real;
    }
  });
});

describe('a password', () => {
  const newPassword = 'sandi baru yang panjang';

  it('is changed with the present one; this login goes on, and every other one ends', async () => {
    const { username } = await newcomer(house);
    const [here, there] = [clientOf(), clientOf()];
    for (const each of [here, there]) await each.login({ identifier: username, password: PASSWORD });
    const wrongOne = here.changePassword({ currentPassword: 'salah', newPassword });
    expect(await failureOf(wrongOne)).toMatchObject({ code: 'current_password_wrong', status: 400 });
    const short = await failureOf(here.changePassword({ currentPassword: PASSWORD, newPassword: 'abc' }));
    expect(short).toMatchObject({ code: 'password_refused', details: [{ rule: 'too_short', problem: SOME_WORDS }] });

    await here.changePassword({ currentPassword: PASSWORD, newPassword });
    expect((await here.me()).username).toBe(username);
    expect(await failureOf(there.me())).toMatchObject({ code: 'invalid_refresh_token' });
    const old = clientOf().login({ identifier: username, password: PASSWORD });
    expect(await failureOf(old)).toMatchObject({ code: 'invalid_credentials' });
    await clientOf().login({ identifier: username, password: newPassword });
  });

  it('is changed by a program whose token has run out, too', async () => {
    const { username } = await newcomer(house);
    const masuk = clientOf();
    await masuk.login({ identifier: username, password: PASSWORD });
    const body = JSON.stringify({ success: false, code: 'invalid_token', message: 'Token tidak valid' });
    wire.next('POST /api/auth/me/password', { answer: { status: 401, body } });
    await masuk.changePassword({ currentPassword: PASSWORD, newPassword });
    expect([wire.count('POST /api/auth/refresh'), wire.count('POST /api/auth/me/password')]).toEqual([1, 2]);
  });

  it('cannot be changed by an account without one, nor without a login', async () => {
    const { phone, digits } = await house.person();
    const masuk = clientOf();
    expect(await failureOf(masuk.changePassword({ currentPassword: PASSWORD, newPassword }))).toMatchObject({
      code: 'unauthenticated',
      status: 401,
    });
    await masuk.requestOtp(phone);
    await masuk.verifyOtp({ phone, otpCode: house.fake.codeFor(digits)! });
    expect(await failureOf(masuk.changePassword({ currentPassword: PASSWORD, newPassword }))).toMatchObject({
      code: 'password_not_set',
      status: 409,
    });
  });
});

describe('a forgotten password', () => {
  it('is replaced in three steps, which end every session', async () => {
    const { username, digits } = await newcomer(house, { fullName: 'Budi Santoso' });
    const masuk = clientOf();
    await masuk.login({ identifier: username, password: PASSWORD });
    const { forgotPassword } = masuk;
    expect(await forgotPassword.botStatus()).toEqual({ state: 'READY', ready: true });
    const sent = await forgotPassword.requestOtp({ nama: 'budi santoso', noHp: digits });
    expect(sent).toEqual({ phoneNumber: digits, expiresAt: INSTANT, resendAt: INSTANT });
    const again = await failureOf(forgotPassword.requestOtp({ nama: 'Budi Santoso', noHp: digits }));
    expect(again).toMatchObject({
      code: 'otp_active',
      details: { expiresAt: sent.expiresAt, resendAt: sent.resendAt },
    });

    const otp = house.fake.codeFor(digits)!;
    const { otpId } = await forgotPassword.verifyOtp({ noHp: digits, otp });
    const newPassword = 'sandi baru yang panjang';
    const different = forgotPassword.resetPassword({ noHp: digits, otp, newPassword, confirmPassword: 'lain' });
    expect(await failureOf(different)).toMatchObject({ code: 'passwords_differ', status: 400 });
    await forgotPassword.resetPassword({ noHp: digits, otp, newPassword, confirmPassword: newPassword, otpId });
    expect(await failureOf(masuk.me())).toMatchObject({ code: 'invalid_refresh_token' });
    await masuk.login({ identifier: username, password: newPassword });
    expect((await masuk.me()).username).toBe(username);
  });
});

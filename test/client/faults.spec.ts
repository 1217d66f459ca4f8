import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createMasuk, MasukError, type Masuk, type MasukOptions, type TokenLogin } from '../../client/src/masuk.js';
import { openHouse, QUICK, type House } from '../support/house.js';
import { newcomer, PASSWORD } from '../support/logins.js';
import { startUnreliableProxy, type Fault, type UnreliableProxy } from '../support/unreliable-proxy.js';

const REQUEST = 'POST /api/auth/otp/request';
const ME = 'GET /api/auth/me';

let house: House;
let wire: UnreliableProxy;
/** A host that is not the service's. */
let elsewhere: UnreliableProxy;
let username: string;
let phone: string;
let masuk: Masuk<TokenLogin>;

beforeAll(async () => {
  house = await openHouse(QUICK);
  wire = await startUnreliableProxy(house.service.url);
  elsewhere = await startUnreliableProxy(house.service.url);
  ({ username, phone } = await newcomer(house));
  masuk = clientOf();
  await masuk.login({ identifier: username, password: PASSWORD });
  wire.forget();
});
afterEach(() => wire.forget());
afterAll(async () => {
  await wire.close();
  await elsewhere.close();
  await house.close();
});

function clientOf(options: MasukOptions & { session?: 'memory' } = {}) {
  return createMasuk({ baseUrl: wire.url, ...options });
}

async function failureOf(call: Promise<unknown>): Promise<MasukError> {
  const failure = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(MasukError);
  return failure as MasukError;
}

const failing = (status: number, code: string, headers: Record<string, string> = {}): Fault => ({
  answer: { status, body: JSON.stringify({ success: false, code, message: 'Maaf' }), headers },
});

const CUT: Fault = { cut: 'before' };
const LOST: Fault = { cut: 'after' };

describe('a connection that breaks', () => {
  it.each([
    ['before the service hears of it', CUT],
    ['with the answer', LOST],
    ['in the middle of the answer', { cut: 'midway' } satisfies Fault],
  ])('%s is tried again, twice at most, for a call that only reads', async (_, fault) => {
    wire.next(ME, fault, fault);
    expect((await masuk.me()).username).toBe(username);
    expect(wire.count(ME)).toBe(3);
    wire.next(ME, fault, fault, fault);
    const failure = await failureOf(masuk.me());
    expect(failure).toMatchObject({ code: 'network_error', status: 0, retryAfter: null, requestId: null });
    expect(failure.message).toBe('Tidak dapat terhubung ke layanan, periksa koneksi internet');
    expect(failure.cause).toMatchObject({ name: 'TypeError' });
    expect(wire.count(ME)).toBe(6);
  });

  it('sends one message for a request for a code whose answer was lost', async () => {
    wire.next(REQUEST, LOST);
    const sent = await masuk.requestOtp(phone);
    expect(sent).toMatchObject({ alreadySent: true });
    expect([wire.count(REQUEST), house.sendsTo(phone)]).toEqual([2, 1]);
  });

  it.each<[string, string, () => Promise<unknown>]>([
    ['a code', 'POST /api/auth/otp/verify', () => masuk.verifyOtp({ phone, otpCode: '000000' })],
    ['a password', 'POST /api/auth/login', () => masuk.login({ identifier: username, password: 'salah' })],
    ['a wish for a new code', 'POST /api/auth/otp/resend', () => masuk.resendOtp(phone)],
    ['the end of a session', 'DELETE /api/auth/sessions/x', () => masuk.endSession('x')],
    [
      'a change of the password',
      'POST /api/auth/me/password',
      () => masuk.changePassword({ currentPassword: 'salah', newPassword: 'sandi baru yang panjang' }),
    ],
    ['a proof', 'POST /api/auth/fresh-login', () => masuk.proveAgain({ password: 'salah' })],
    [
      'a reset code',
      'POST /api/forgot-password/verify-otp',
      () => masuk.forgotPassword.verifyOtp({ noHp: phone, otp: '000000' }),
    ],
    [
      'a new password',
      'POST /api/forgot-password/reset-password',
      () => masuk.forgotPassword.resetPassword({ noHp: phone, otp: '0', newPassword: 'x', confirmPassword: 'x' }),
    ],
  ])('is never tried again with %s', async (_, call, make) => {
    wire.next(call, LOST);
    expect(await failureOf(make())).toMatchObject({ code: 'network_error', status: 0 });
    wire.next(call, failing(503, 'busy', { 'retry-after': '1' }));
    expect(await failureOf(make())).toMatchObject({ code: 'busy', status: 503, retryAfter: 1 });
    expect(wire.count(call)).toBe(2);
  });
});

describe('a service that asks for patience', () => {
  it('is asked again when that is over', async () => {
    wire.next(ME, failing(503, 'busy', { 'retry-after': '1' }));
    const began = Date.now();
    await masuk.me();
    expect(Date.now() - began).toBeGreaterThanOrEqual(1_000);
    expect(wire.count(ME)).toBe(2);
  });

  it.each([
    ['for long', failing(503, 'database_unavailable', { 'retry-after': '30' })],
    ['without saying how long', failing(503, 'database_unavailable')],
    ['because it has no way to the phone', failing(503, 'whatsapp_unavailable', { 'retry-after': '1' })],
    ['because it was asked too often', failing(429, 'otp_rate_limited', { 'retry-after': '1' })],
    ['by a crash', failing(500, 'internal_error')],
  ])('%s is the caller to decide about', async (_, fault) => {
    wire.next(REQUEST, fault);
    const failure = await failureOf(masuk.requestOtp(phone));
    expect(failure).toMatchObject({ status: fault.answer?.status, message: 'Maaf' });
    expect(wire.count(REQUEST)).toBe(1);
  });
});

describe('an answer of something other than the service', () => {
  it.each<[string, NonNullable<Fault['answer']>]>([
    [
      "a proxy's page",
      { status: 502, body: '<html><h1>502 Bad Gateway</h1></html>', headers: { 'content-type': 'text/html' } },
    ],
    ["a captive portal's page", { status: 200, body: '<!doctype html><title>Wi-Fi</title>' }],
    ['empty', { status: 200 }],
    ['cut JSON', { status: 200, body: '{"success":true,"data":{' }],
    ['another JSON', { status: 200, body: '[1,2]' }],
    ['a bare null', { status: 200, body: 'null' }],
    ['a success without what it is about', { status: 200, body: '{"success":true,"message":"ok"}' }],
    ['a success that holds something else', { status: 200, body: '{"success":true,"message":"ok","data":{}}' }],
    ['a success with the status of a failure', { status: 400, body: '{"success":true,"data":{"id":"1"}}' }],
    ['a failure without a code', { status: 403, body: '{"success":false,"message":"no"}' }],
    ["another service's failure", { status: 404, body: '{"error":"Not Found"}' }],
  ])('(%s) has a code of its own', async (_, answer) => {
    wire.next(ME, { answer });
    const failure = await failureOf(masuk.me());
    expect(failure).toMatchObject({ code: 'unexpected_answer', status: answer.status, details: undefined });
    expect(failure.message).toBe('Jawaban tidak dapat dibaca, coba lagi nanti');
    expect(wire.count(ME)).toBe(1);
  });

  it('never becomes a login', async () => {
    const portal = { answer: { body: '{"success":true,"message":"ok","data":{"user":{"id":"1"}}}' } };
    const other = clientOf({ language: 'en' });
    wire.next('POST /api/auth/login', portal);
    const failure = await failureOf(other.login({ identifier: username, password: PASSWORD }));
    expect(failure).toMatchObject({ code: 'unexpected_answer', message: expect.stringContaining('could not be read') });
    expect(other.tokens).toBeNull();
  });

  it('is not followed when it points elsewhere: a password would go along', async () => {
    const redirect = { status: 307, headers: { location: `${elsewhere.url}/api/auth/login` } };
    wire.next('POST /api/auth/login', { answer: redirect });
    const failure = await failureOf(masuk.login({ identifier: username, password: PASSWORD }));
    expect(failure.code).toBe('network_error');
    expect(elsewhere.calls).toEqual([]);
  });
});

describe('an answer that does not come', () => {
  it('ends with a code of its own, and is not waited for twice', async () => {
    wire.next(ME, { hang: true });
    let asked = 0;
    const counted: typeof globalThis.fetch = (input, init) => {
      asked++;
      return globalThis.fetch(input, withToken(init));
    };
    // eslint-disable-next-line masuk/no-wall-clock-limit -- 2026-11-30: nothing answers, however slow the machine is
    const hasty = clientOf({ timeout: 100, fetch: counted });
    expect(await failureOf(hasty.me())).toMatchObject({ code: 'timeout', status: 0 });
    expect(asked).toBe(1);
  });

  it('ends even when the platform does not end it', async () => {
    // eslint-disable-next-line masuk/no-wall-clock-limit -- 2026-11-30: nothing answers, however slow the machine is
    const deaf = clientOf({ timeout: 50, fetch: () => new Promise<never>(() => undefined) });
    expect(await failureOf(deaf.options())).toMatchObject({ code: 'timeout' });
  });

  it('ends when the body stops, not only when the headers do', async () => {
    const body = new ReadableStream({ start: (stream) => stream.enqueue(new TextEncoder().encode('{')) });
    // eslint-disable-next-line masuk/no-wall-clock-limit -- 2026-11-30: the answer never ends, however slow the machine is
    const stuck = clientOf({ timeout: 50, fetch: async () => new Response(body) });
    expect(await failureOf(stuck.options())).toMatchObject({ code: 'timeout' });
  });
});

describe("the caller's signal", () => {
  const reason = new Error('went away');

  it('ends a call, with its own reason', async () => {
    const controller = new AbortController();
    wire.next(ME, { hang: true });
    const call = masuk.me({ signal: controller.signal });
    setTimeout(() => controller.abort(reason), 50);
    await expect(call).rejects.toBe(reason);
    expect(wire.count(ME)).toBe(1);
  });

  it('ends the wait for another try', async () => {
    const controller = new AbortController();
    wire.next(ME, failing(503, 'busy', { 'retry-after': '5' }));
    const call = masuk.me({ signal: controller.signal });
    setTimeout(() => controller.abort(reason), 200);
    await expect(call).rejects.toBe(reason);
    expect(wire.count(ME)).toBe(1);
  });

  it('that is over already sends nothing', async () => {
    const signal = AbortSignal.abort(reason);
    await expect(masuk.requestOtp(phone, { signal })).rejects.toBe(reason);
    expect(wire.calls).toEqual([]);
    await expect(masuk.refresh({ signal })).rejects.toBe(reason);
  });

  it('of one caller does not end the refresh that others wait for', async () => {
    const controller = new AbortController();
    const release = wire.hold('POST /api/auth/refresh');
    const [leaving, staying] = [masuk.refresh({ signal: controller.signal }), masuk.refresh()];
    controller.abort(reason);
    await expect(leaving).rejects.toBe(reason);
    release();
    await staying;
    expect(wire.count('POST /api/auth/refresh')).toBe(1);
  });

  it('ends the wait for a refresh that has to come first', async () => {
    const controller = new AbortController();
    const tokens = { ...masuk.tokens!, expiresAt: Date.now() };
    const other = clientOf({ store: { get: () => tokens, set: () => undefined } });
    const release = wire.hold('POST /api/auth/refresh');
    const call = other.me({ signal: controller.signal });
    await wire.answered('POST /api/auth/refresh');
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
    expect(wire.count('POST /api/auth/refresh')).toBe(1);
    release();
    await other.refresh();
    await masuk.adopt({
      ...(await other.restore())!,
      expiresIn: 3600,
      deviceToken: masuk.deviceToken!,
      user: { id: tokens.userId },
    });
  });

  it('gets the usual error where the platform has no reasons', async () => {
    const { signal } = new AbortController();
    Object.defineProperties(signal, { aborted: { value: true }, reason: { value: undefined } });
    await expect(masuk.me({ signal })).rejects.toMatchObject({ name: 'AbortError' });
  });
});

/** With the token of the client that is logged in. */
function withToken(init: RequestInit | undefined): RequestInit {
  return { ...init, headers: { ...(init?.headers as object), authorization: `Bearer ${masuk.tokens!.token}` } };
}

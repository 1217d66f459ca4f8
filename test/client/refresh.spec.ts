import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createMasuk, storageStore, type MasukOptions, type Tokens, type TokenStore } from '../../client/src/masuk.js';
import { openHouse, QUICK, type House } from '../support/house.js';
import { claimsOf, endGrace, logIn, newcomer, passEnd, PASSWORD } from '../support/logins.js';
import { codeOf as totpCodeOf, enrolTotp, wrongCodeOf } from '../support/second-factors.js';
import { startUnreliableProxy, type UnreliableProxy } from '../support/unreliable-proxy.js';

const REFRESH = 'POST /api/auth/refresh';
const ME = 'GET /api/auth/me';

let house: House;
let wire: UnreliableProxy;

beforeAll(async () => {
  house = await openHouse(QUICK);
  wire = await startUnreliableProxy(house.service.url);
});
afterEach(() => wire.forget());
afterAll(async () => {
  await wire.close();
  await house.close();
});

const clientOf = (options: MasukOptions & { session?: 'memory' } = {}) =>
  createMasuk({ baseUrl: wire.url, ...options });

/** A store like a browser's `localStorage`, which tabs share. */
function sharedStorage() {
  const entries = new Map<string, string>();
  return {
    entries,
    getItem: (key: string) => entries.get(key) ?? null,
    setItem: (key: string, value: string) => void entries.set(key, value),
    removeItem: (key: string) => void entries.delete(key),
  };
}

/** A client that somebody is logged in to. */
async function loggedIn(options: MasukOptions & { session?: 'memory' } = {}) {
  const masuk = clientOf(options);
  await masuk.login({ identifier: (await newcomer(house)).username, password: PASSWORD });
  wire.forget();
  return masuk;
}

/** A store with a login whose access token no service takes any more, `spoilt` as an end of its life would. */
async function spoiltLogin(): Promise<{ storage: ReturnType<typeof sharedStorage>; tokens: Tokens; spoilt: Tokens }> {
  const storage = sharedStorage();
  const { tokens } = await loggedIn({ store: storageStore(storage) });
  const spoilt = { ...tokens!, token: `${tokens!.token.slice(0, -4)}AAAA` };
  await storageStore(storage).set(spoilt);
  return { storage, tokens: tokens!, spoilt };
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'fine';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('a refused access token', () => {
  it('is refreshed once for 20 parallel calls, which all come through', async () => {
    const { storage } = await spoiltLogin();
    const masuk = clientOf({ store: storageStore(storage) });
    const calls = Array.from({ length: 20 }, (_, at) => {
      if (at % 2 === 0) return masuk.me().then(({ id }) => (id ? 200 : 0));
      return masuk.fetch('/api/auth/me').then(({ status }) => status);
    });
    expect(new Set(await Promise.all(calls))).toEqual(new Set([200]));
    expect([wire.count(REFRESH), wire.count(ME)]).toEqual([1, 40]);
    expect(await storageStore(storage).get()).toEqual(masuk.tokens);
  });

  it('is not refreshed again for a call that was refused before the refresh and hears of it after', async () => {
    const { storage } = await spoiltLogin();
    const masuk = clientOf({ store: storageStore(storage) });
    const release = wire.hold(ME);
    const late = masuk.fetch('/api/auth/me');
    await wire.answered(ME);
    await masuk.me();
    release();
    expect((await late).status).toBe(200);
    expect(wire.count(REFRESH)).toBe(1);
  });

  it('is not refreshed again either when its successor was replaced, too, before the caller hears of it', async () => {
    const { storage } = await spoiltLogin();
    const masuk = clientOf({ store: storageStore(storage) });
    const release = wire.hold(ME);
    const late = masuk.fetch('/api/auth/me');
    await wire.answered(ME);
    await masuk.me();
    await masuk.refresh();
    release();
    expect((await late).status).toBe(200);
    expect(wire.count(REFRESH)).toBe(2);
  });

  it('is repeated once only: the second refusal belongs to the caller', async () => {
    const masuk = await loggedIn();
    const refusal = { status: 401, body: '{"success":false,"code":"invalid_token","message":"x"}' };
    wire.next(ME, { answer: refusal }, { answer: refusal }, { answer: refusal }, { answer: refusal });
    expect((await masuk.fetch('/api/auth/me')).status).toBe(401);
    expect(await codeOf(masuk.me())).toBe('invalid_token');
    expect([wire.count(REFRESH), wire.count(ME)]).toEqual([2, 4]);
    expect(masuk.tokens).not.toBeNull();
  });

  it.each<[string, (masuk: ReturnType<typeof clientOf>) => Promise<unknown>]>([
    ['of the application', (masuk) => masuk.fetch('/api/auth/me').then(({ status }) => status)],
    ['of the client', (masuk) => masuk.me().catch((error: unknown) => (error as { status: number }).status)],
  ])('of one user is never replaced by that of another who has logged in meanwhile: a call %s', async (_, call) => {
    const { storage } = await spoiltLogin();
    const masuk = clientOf({ store: storageStore(storage) });
    const { username } = await newcomer(house);
    const release = wire.hold(ME);
    const late = call(masuk);
    await wire.answered(ME);
    await masuk.login({ identifier: username, password: PASSWORD });
    release();
    expect(await late).toBe(401);
    expect(wire.count(ME)).toBe(1);
  });

  it('that is over is not replaced by that of another user either', async () => {
    const { storage, spoilt } = await spoiltLogin();
    await storageStore(storage).set({ ...spoilt, expiresAt: Date.now() });
    const masuk = clientOf({ store: storageStore(storage) });
    const release = wire.hold(REFRESH);
    const late = masuk.fetch('/api/auth/me');
    await wire.answered(REFRESH);
    await masuk.login({ identifier: (await newcomer(house)).username, password: PASSWORD });
    release();
    expect((await late).status).toBe(401);
    expect(wire.calls.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
  });

  it('is never shown at all when it is known to be over', async () => {
    const { storage, spoilt } = await spoiltLogin();
    await storageStore(storage).set({ ...spoilt, expiresAt: Date.now() + 5_000 });
    const masuk = clientOf({ store: storageStore(storage) });
    await Promise.all([masuk.me(), masuk.me(), masuk.fetch('/api/auth/me')]);
    expect(wire.calls.map(({ path }) => path)).toEqual(['/api/auth/refresh', ...Array(3).fill('/api/auth/me')]);
  });
});

describe('a refresh', () => {
  it('is one for all who ask for it at the same time', async () => {
    const masuk = await loggedIn();
    const before = masuk.tokens;
    await Promise.all([masuk.refresh(), masuk.refresh(), masuk.refresh()]);
    expect(wire.count(REFRESH)).toBe(1);
    expect(masuk.tokens?.refreshToken).not.toBe(before?.refreshToken);
    await masuk.refresh();
    expect(wire.count(REFRESH)).toBe(2);
  });

  it.each([
    ['cut off', { cut: 'after' }],
    ['cut in the middle', { cut: 'midway' }],
    ["a proxy's page", { answer: { status: 502, body: '<html>Bad Gateway</html>' } }],
    ['a crash', { answer: { status: 500, body: '{"success":false,"code":"internal_error","message":"x"}' } }],
  ] as const)('whose answer is %s is repeated with the same token, and gets the same successor', async (_, fault) => {
    const masuk = await loggedIn();
    const { sid } = claimsOf(masuk.tokens!.token);
    wire.next(REFRESH, fault, fault);
    await masuk.refresh();
    expect(wire.count(REFRESH)).toBe(3);
    expect(new Set(wire.calls.map(({ body }) => body)).size).toBe(1);
    expect(claimsOf(masuk.tokens!.token).sid).toBe(sid);
    await masuk.me();
    await masuk.refresh();
  });

  it('that takes too long is repeated too, and gives up in the end without giving the session up', async () => {
    const storage = sharedStorage();
    const { tokens } = await loggedIn({ store: storageStore(storage) });
    let asked = 0;
    // Nothing answers, so that the short timeout never meets an answer of a slow machine.
    const silence = () => {
      asked++;
      return new Promise<never>(() => undefined);
    };
    // eslint-disable-next-line masuk/no-wall-clock-limit -- 2026-11-30: nothing answers, however slow the machine is
    const hasty = clientOf({ timeout: 50, store: storageStore(storage), fetch: silence });
    expect(await codeOf(hasty.refresh())).toBe('timeout');
    expect(asked).toBe(3);
    expect(hasty.tokens).toEqual(tokens);
    const patient = clientOf({ store: storageStore(storage) });
    await patient.refresh();
    expect(claimsOf(patient.tokens!.token).sid).toBe(claimsOf(tokens!.token).sid);
    expect(wire.count(REFRESH)).toBe(1);
  });

  it('that is refused forgets the tokens, tells the listeners once and keeps the device token', async () => {
    const storage = sharedStorage();
    const masuk = await loggedIn({ store: storageStore(storage) });
    const { deviceToken } = masuk;
    await passEnd(house.database, 'absolute', claimsOf(masuk.tokens!.token).sid);
    const told: unknown[] = [];
    masuk.onTokens((tokens) => told.push(tokens));
    const codes = await Promise.all([codeOf(masuk.me()), codeOf(masuk.refresh()), codeOf(masuk.me())]);
    expect(codes).toEqual(Array(3).fill('invalid_refresh_token'));
    expect([masuk.tokens, told, wire.count(REFRESH)]).toEqual([null, [null], 1]);
    expect([...storage.entries.keys()]).toEqual(['masuk.device']);
    expect(masuk.deviceToken).toBe(deviceToken);
    expect((await masuk.fetch('/api/auth/me')).status).toBe(401);
  });

  it('that is refused is told to a call, too, that hears of its own refusal after it', async () => {
    const masuk = await loggedIn();
    await passEnd(house.database, 'absolute', claimsOf(masuk.tokens!.token).sid);
    const release = wire.hold(ME);
    const late = codeOf(masuk.me());
    await wire.answered(ME);
    expect(await codeOf(masuk.refresh())).toBe('invalid_refresh_token');
    release();
    expect(await late).toBe('invalid_refresh_token');
    expect(wire.count(REFRESH)).toBe(1);
  });

  it('leaves a call of the application its own 401 when the session is over', async () => {
    const masuk = await loggedIn();
    await passEnd(house.database, 'absolute', claimsOf(masuk.tokens!.token).sid);
    const response = await masuk.fetch('/api/auth/me');
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([401, 'invalid_token']);
    expect(masuk.tokens).toBeNull();
  });

  it('that meets an unreachable service is an error of the call, not a logout', async () => {
    const masuk = await loggedIn();
    const cut = { cut: 'before' } as const;
    wire.next(ME, { answer: { status: 401, body: '' } });
    wire.next(REFRESH, cut, cut, cut);
    expect(await codeOf(masuk.fetch('/api/auth/me'))).toBe('network_error');
    expect(masuk.tokens).not.toBeNull();
  });

  it('does not bring back a session that was logged out meanwhile', async () => {
    const storage = sharedStorage();
    const masuk = await loggedIn({ store: storageStore(storage) });
    const release = wire.hold(REFRESH);
    const refreshing = codeOf(masuk.refresh());
    await wire.answered(REFRESH);
    await masuk.logout();
    release();
    expect(await refreshing).toBe('unauthenticated');
    expect([masuk.tokens, storage.entries.has('masuk.tokens')]).toEqual([null, false]);
  });

  it('does not put the old session over a new login', async () => {
    const masuk = await loggedIn();
    const { username } = await newcomer(house);
    const release = wire.hold(REFRESH);
    const refreshing = masuk.refresh();
    await wire.answered(REFRESH);
    const { token } = await masuk.login({ identifier: username, password: PASSWORD });
    release();
    await refreshing;
    expect(masuk.tokens?.token).toBe(token);
    expect((await masuk.me()).username).toBe(username);
  });

  it('does not put the old session over a new login, however slow the store is', async () => {
    const storage = sharedStorage();
    const { promise: isRead, resolve: wasRead } = Promise.withResolvers<boolean>();
    let release: () => void = () => undefined;
    let isSlow = false;
    const store: TokenStore = {
      ...storageStore(storage),
      get: async () => {
        const found = await storageStore(storage).get();
        if (isSlow && wire.calls.some(({ isAnswered }) => isAnswered)) {
          wasRead(true);
          await new Promise<void>((resolve) => (release = resolve));
        }
        return found;
      },
    };
    const masuk = await loggedIn({ store });
    const { username } = await newcomer(house);
    isSlow = true;
    const refreshing = masuk.refresh();
    await isRead;
    isSlow = false;
    const { token } = await masuk.login({ identifier: username, password: PASSWORD });
    release();
    await refreshing;
    expect([masuk.tokens?.token, (await store.get())?.token]).toEqual([token, token]);
  });
});

describe('two programs with one store', () => {
  it('share a login: the later one takes what the earlier one has put there, without a refresh of its own', async () => {
    const { storage } = await spoiltLogin();
    const [one, two] = [clientOf({ store: storageStore(storage) }), clientOf({ store: storageStore(storage) })];
    await Promise.all([one.restore(), two.restore()]);
    await one.me();
    await endGrace(house.database, claimsOf(one.tokens!.token).sid);
    await two.me();
    expect(wire.count(REFRESH)).toBe(1);
    expect(two.tokens).toEqual(one.tokens);
  });

  it('may refresh in the same moment', async () => {
    const { storage } = await spoiltLogin();
    const [one, two] = [clientOf({ store: storageStore(storage) }), clientOf({ store: storageStore(storage) })];
    await Promise.all([one.me(), two.me()]);
    expect(one.tokens!.refreshToken).toBe(two.tokens!.refreshToken);
    await one.refresh();
    await two.me();
    await two.refresh();
    await one.me();
  });

  it('look into the store again when theirs was refused', async () => {
    const storage = sharedStorage();
    const store = storageStore(storage);
    const masuk = await loggedIn({ store });
    // Between the look before the refresh and its refusal, the other one has logged in anew.
    const other = await loggedIn();
    await passEnd(house.database, 'absolute', claimsOf(masuk.tokens!.token).sid);
    const release = wire.hold(REFRESH);
    const refreshing = masuk.refresh();
    await wire.answered(REFRESH);
    await store.set(other.tokens);
    release();
    await refreshing;
    expect(masuk.tokens).toEqual(other.tokens);
    await masuk.me();
  });

  it('are logged out together', async () => {
    const { storage } = await spoiltLogin();
    const [one, two] = [clientOf({ store: storageStore(storage) }), clientOf({ store: storageStore(storage) })];
    await Promise.all([one.restore(), two.restore()]);
    const told: unknown[] = [];
    two.onTokens((tokens) => told.push(tokens));
    await one.logout();
    expect(await codeOf(two.refresh())).toBe('unauthenticated');
    expect(await codeOf(two.me())).toBe('unauthenticated');
    await two.logout();
    expect([two.tokens, told, wire.count(REFRESH)]).toEqual([null, [null], 0]);
  });

  it('end the session that the store holds, also when it is younger than what they know', async () => {
    const storage = sharedStorage();
    const [one, two] = [
      await loggedIn({ store: storageStore(storage) }),
      await loggedIn({ store: storageStore(storage) }),
    ];
    const { token } = two.tokens!;
    await one.logout();
    expect(await codeOf(two.me())).toBe('unauthenticated');
    const answer = await house.service.get('/api/auth/me', { authorization: `Bearer ${token}` });
    expect(answer.status).toBe(401);
  });
});

describe('a store', () => {
  it('brings the login back in the next run of the program', async () => {
    const storage = sharedStorage();
    const { tokens, deviceToken } = await loggedIn({ store: storageStore(storage, 'app') });
    const next = clientOf({ store: storageStore(storage, 'app') });
    const told: unknown[] = [];
    next.onTokens((each) => told.push(each));
    expect(next.tokens).toBeNull();
    expect(await next.restore()).toEqual(tokens);
    expect([next.tokens, next.deviceToken, told]).toEqual([tokens, deviceToken, [tokens]]);
    await next.me();
    await next.logout();
    expect(await clientOf({ store: storageStore(storage, 'app') }).restore()).toBeNull();
  });

  it.each([
    ['nonsense', '{"token":1}'],
    ['no JSON', '{"tok'],
    ['of another program', '"hello"'],
  ])('with %s in it is an empty one', async (_, text) => {
    const storage = sharedStorage();
    storage.setItem('masuk.tokens', text);
    const masuk = clientOf({ store: storageStore(storage) });
    expect(await masuk.restore()).toBeNull();
    expect((await masuk.fetch('/api/auth/me')).status).toBe(401);
  });

  it('that does not answer, in any way, ends no login', async () => {
    const broken = () => {
      throw new Error('locked');
    };
    const store: TokenStore = { get: broken, set: broken, getDeviceToken: broken, setDeviceToken: broken };
    const masuk = await loggedIn({ store });
    await masuk.refresh();
    await masuk.refresh();
    await masuk.me();
  });

  it('that has failed to keep the last tokens is not asked for them: they would look stolen', async () => {
    const storage = sharedStorage();
    const store = storageStore(storage);
    let isFull = false;
    const filling: TokenStore = {
      get: () => store.get(),
      set: (tokens) => {
        if (isFull) throw new Error('QuotaExceededError');
        return store.set(tokens);
      },
    };
    const masuk = await loggedIn({ store: filling });
    isFull = true;
    await masuk.refresh();
    await endGrace(house.database, claimsOf(masuk.tokens!.token).sid);
    await masuk.refresh();
    isFull = false;
    await masuk.refresh();
    expect(await store.get()).toEqual(masuk.tokens);
    await masuk.me();
  });
});

describe('a proof', () => {
  it('replaces the tokens, and no refresh beside it shows the one that is used up', async () => {
    const masuk = await loggedIn();
    const before = masuk.tokens!;
    const wrong = masuk.proveAgain({ password: 'salah' });
    const refreshed = masuk.refresh();
    expect([await codeOf(wrong), await codeOf(refreshed)]).toEqual(['current_password_wrong', 'fine']);
    const [first, ...others] = await Promise.all([
      codeOf(masuk.proveAgain({ password: PASSWORD })),
      codeOf(masuk.refresh()),
      codeOf(masuk.proveAgain({ password: PASSWORD })),
      codeOf(masuk.refresh()),
    ]);
    expect([first, ...others]).toEqual(['fine', 'fine', 'fine', 'fine']);
    expect(masuk.tokens?.refreshToken).not.toBe(before.refreshToken);
    expect(claimsOf(masuk.tokens!.token)['auth_time']).toBeGreaterThanOrEqual(claimsOf(before.token)['auth_time']);
    await masuk.refresh();
    expect(await codeOf(masuk.me())).toBe('fine');
  });

  it('of a second factor gives staff their role back', async () => {
    const { username } = await newcomer(house, { role: 'ADMIN' });
    const { secret, recoveryCodes } = await enrolTotp(house, await logIn(house.service, username));
    const masuk = clientOf();
    await masuk.login({ identifier: username, password: PASSWORD });
    const people = async () => (await masuk.fetch('/api/users')).status;
    expect([await people(), await codeOf(masuk.proveAgain({ password: PASSWORD }))]).toEqual([
      403,
      'second_factor_required',
    ]);
    expect(await codeOf(masuk.proveAgain({ totpCode: wrongCodeOf(house, secret) }))).toBe('invalid_second_factor');
    await masuk.proveAgain({ totpCode: totpCodeOf(house, secret, 1) });
    expect(await people()).toBe(200);
    await masuk.proveAgain({ recoveryCode: recoveryCodes[0]! });
    expect(await people()).toBe(200);
  });

  it('by a code is a login code', async () => {
    const { phone, username } = await newcomer(house);
    const masuk = clientOf();
    await masuk.login({ identifier: username, password: PASSWORD });
    await masuk.proveAgain({ otpCode: await house.code(phone) });
    expect(await codeOf(masuk.me())).toBe('fine');
  });

  it('is asked of nobody who is not logged in', async () => {
    expect(await codeOf(clientOf().proveAgain({ password: PASSWORD }))).toBe('unauthenticated');
  });
});

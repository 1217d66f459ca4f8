import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { settingsFrom } from '../../../src/settings.js';
import { openDatabase } from '../../../src/platform/database/open-database.js';
import { AuthSecret, loadAuthSecret } from '../../../src/platform/secrets/auth-secret.js';
import { wrong, wrongCodes } from '../../support/codes.js';
import { openHouse, type House, type Resident } from '../../support/house.js';
import { logIn, me, newcomer, refresh, refreshed, type Login } from '../../support/logins.js';
import { endClaims, messagesOf } from '../../support/messages.js';
import { codeOf, enrolTotp, secondFactor, type EnrolledTotp } from '../../support/second-factors.js';
import { type Service, type ServiceProcess } from '../../support/service.js';
import { until } from '../../support/waits.js';

// AUTH_SECRET is replaced: `before` still runs with the old one alone, `after` with the new one and AUTH_SECRET_PREVIOUS.

const OLD = 'the old secret of the rotation, Zk3vN8qL1xW7tR5y';
const NEW = 'the new secret of the rotation, B2mC9pD4sF6gH0jK';
const ROTATE = join(import.meta.dirname, '..', '..', '..', 'dist', 'cli', 'keys-rotate.js');

let house: House<ServiceProcess>;
let before: ServiceProcess;
let after: ServiceProcess;

/** Left behind by the old instance, while it was alone. */
let early: Login & { username: string };
let codeOwner: Resident;
let code: string;
let deviceOwner: Resident;
let device: Record<string, string>;
/** Somebody of staff with an authenticator app. */
let staff: EnrolledTotp & { id: string; username: string };

beforeAll(async () => {
  house = await openHouse({ AUTH_SECRET: OLD, SEND_TIMEOUT: '20', PROVIDER_TIMEOUT: '20' }, { ownProcess: true });
  before = house.service;
  const { username } = await newcomer(house);
  early = { ...(await logIn(before, username)), username };
  [codeOwner, deviceOwner] = [await house.person(), await house.person()];
  code = await house.code(codeOwner.phone);
  device = { 'x-device-token': (await house.login(deviceOwner.phone)).deviceToken };
  await house.pass(deviceOwner.phone, 3_600);
  const { id, username: name } = await newcomer(house, { role: 'ADMIN' });
  staff = { id, username: name, ...(await enrolTotp(house, await logIn(before, name))) };
  await rotateKeys();
});

afterAll(() => house.close());

const verify = (service: Service, { phone }: Resident, otpCode: string, headers = {}) =>
  service.post('/api/auth/otp/verify', { phone, otpCode }, headers);

function rotateKeys(): Promise<string> {
  const variables = { DATABASE_URL: house.database.url, AUTH_SECRET: OLD, SEED_DEMO: 'none', NODE_ENV: 'test' };
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env['PATH'] ?? '', ...variables };
    execFile(process.execPath, [ROTATE], { env, cwd: '/tmp' }, (error, stdout) =>
      error ? reject(new Error(error.message)) : resolve(stdout),
    );
  });
}

/** Which of the two secrets open each signing key, by the key's state. */
async function sealedUnder(): Promise<Record<string, string[]>> {
  const rows = await house.database.query<{ kid: string; state: string; sealed_private: Buffer }>(
    'SELECT kid, state, sealed_private FROM signing_keys',
  );
  const opens = (secret: string, { kid, sealed_private }: (typeof rows)[number]) => {
    try {
      return new AuthSecret(secret).open('signing-key', sealed_private, kid).length > 0;
    } catch {
      return false;
    }
  };
  const named = { OLD, NEW };
  return Object.fromEntries(
    rows.map((row) => [
      row.state,
      Object.entries(named).flatMap(([name, secret]) => (opens(secret, row) ? [name] : [])),
    ]),
  );
}

/** A start of the service with these secrets, and nothing else that differs. */
const refusedStart = (secrets: Record<string, string>) =>
  house.another(secrets).then(
    () => ({ code: 0, output: 'it started' }),
    (error: unknown) => error as { code: number | null; output: string },
  );

/** Opens the database with these secrets, as a start does; what it says. The process itself is tried once. */
async function refusal(secrets: Record<string, string>): Promise<string> {
  const settings = settingsFrom(house.settings(secrets));
  const opened = openDatabase(settings, loadAuthSecret(settings), () => undefined);
  return opened.then(
    async (open) => {
      await open.close();
      return 'it opened';
    },
    (error: unknown) => (error as Error).message,
  );
}

describe('while AUTH_SECRET is replaced', () => {
  it('an instance that does not name the previous one is refused, and says so without a secret', async () => {
    expect(await sealedUnder()).toEqual({ ACTIVE: ['OLD'], NEXT: ['OLD'] });
    const strange = 'a third secret that nobody has, x8Qw2eR7tY4uI9oP';
    const { code: exit, output } = await refusedStart({ AUTH_SECRET: NEW, AUTH_SECRET_PREVIOUS: strange });
    expect(exit).toBe(1);
    for (const said of [output, await refusal({ AUTH_SECRET: NEW })]) {
      expect(said).toContain('AUTH_SECRET is not the one');
      for (const secret of [NEW, OLD, strange]) expect(said).not.toContain(secret);
    }
    expect(await sealedUnder()).toEqual({ ACTIVE: ['OLD'], NEXT: ['OLD'] });
  });

  it('seals every signing key anew at the first start that has both', async () => {
    after = await house.another({ AUTH_SECRET: NEW, AUTH_SECRET_PREVIOUS: OLD });
    expect(await sealedUnder()).toEqual({ ACTIVE: ['NEW'], NEXT: ['NEW'] });
  });

  it('seals the secrets of authenticator apps anew, and takes their codes meanwhile', async () => {
    const sealed = async () => {
      const [row] = await house.database.query('SELECT sealed_totp FROM second_factors WHERE user_id = $1', [staff.id]);
      return row!['sealed_totp'] as Buffer;
    };
    const opens = (secret: string, bytes: Buffer) => {
      try {
        return new AuthSecret(secret).open('totp-secret', bytes, staff.id).length === 20;
      } catch {
        return false;
      }
    };
    await until('the secret is sealed under the new one', async () => opens(NEW, await sealed()));
    expect(opens(OLD, await sealed())).toBe(false);
    const login = await logIn(after, staff.username);
    // The step of the enrolment is used up.
    const code = codeOf(house, staff.secret, 1);
    expect((await secondFactor(after, login).post('totp/verify', { code })).status).toBe(200);
  });

  it('old and new instances log in, refresh, and take each other’s tokens', async () => {
    for (const [mine, theirs] of [
      [before, after],
      [after, before],
    ] as const) {
      const login = await logIn(mine, early.username);
      expect((await me(theirs, login)).status).toBe(200);
      const next = await refreshed(theirs, login.refreshToken);
      expect((await me(mine, next)).status).toBe(200);
      expect((await refresh(mine, login.refreshToken)).body.data.refreshToken).toBe(next.refreshToken);
      const person = await house.person();
      expect((await mine.post('/api/auth/otp/request', { phone: person.phone })).status).toBe(200);
      expect((await verify(mine, person, house.fake.codeFor(person.phone)!)).status).toBe(200);
    }
    expect((await me(after, early)).status).toBe(200);
  });

  it('a code of the old instance works on the new one, and a wrong one does not', async () => {
    expect((await verify(after, codeOwner, wrong(code))).body.code).toBe('invalid_otp');
    expect((await verify(after, codeOwner, code)).status).toBe(200);
    expect((await verify(after, codeOwner, code)).status).toBe(400);
  });

  it('a device that the old instance knew is known to the new one', async () => {
    const { phone } = deviceOwner;
    const right = await house.code(phone);
    for (const guess of wrongCodes(right, 5)) await verify(after, deviceOwner, guess);
    expect((await verify(after, deviceOwner, right)).body.code).toBe('otp_locked');
    expect((await verify(after, deviceOwner, right, device)).status).toBe(200);
  });

  it('the new instance sends what the old one left in the outbox when it was killed', async () => {
    const { phone, e164 } = await house.person();
    house.fake.forNumber(phone, { hang: true, delivers: false });
    const call = before.post('/api/auth/otp/request', { phone }).catch(() => undefined);
    await until('the gateway is asked', () => house.sendsTo(phone) === 1);
    await before.stop('SIGKILL');
    await call;
    house.fake.forNumber(phone, undefined);
    const { database } = house;
    expect(await messagesOf(database, e164)).toMatchObject([{ state: 'PENDING' }]);
    await endClaims(database, e164);
    await until('the code arrives', () => house.fake.codeFor(phone) !== undefined);
    expect((await after.post('/api/auth/otp/verify', { phone, otpCode: house.fake.codeFor(phone) })).status).toBe(200);
  });
});

describe('when AUTH_SECRET has been replaced', () => {
  it('nobody starts with the old one, alone or in front', async () => {
    for (const secrets of [
      { AUTH_SECRET: OLD },
      { AUTH_SECRET: 'another one of 32 bytes or more, aL9', AUTH_SECRET_PREVIOUS: OLD },
    ])
      expect(await refusal(secrets)).toContain('AUTH_SECRET is not the one');
    expect(await sealedUnder()).toEqual({ ACTIVE: ['NEW'], NEXT: ['NEW'] });
  });

  it('the new one alone carries on: logins, tokens and sessions of the old days', async () => {
    await after.stop();
    const alone = await house.another({ AUTH_SECRET: NEW });
    expect((await me(alone, early)).status).toBe(200);
    expect((await me(alone, await refreshed(alone, early.refreshToken))).status).toBe(200);
    const login = await logIn(alone, early.username);
    expect((await me(alone, login)).status).toBe(200);
    const person = await house.person();
    await alone.post('/api/auth/otp/request', { phone: person.phone });
    expect((await verify(alone, person, house.fake.codeFor(person.phone)!)).status).toBe(200);
    // What was known of devices under the old secret is forgotten with it: they are strangers, not errors.
    const right = await alone.post('/api/auth/otp/request', { phone: deviceOwner.phone }, device);
    expect(right.status).toBe(200);
  });
});

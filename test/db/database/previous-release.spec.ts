import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { applyMigrations } from '../../../src/platform/database/migrations/migrator.js';
import { Partitions } from '../../../src/platform/database/partitions.js';
import { applyJobSchema } from '../../../src/platform/jobs/job-schema.js';
import { expectFailure } from '../../support/answers.js';
import { brokenCodesOf, endCooldown, keptCodeOf, wrongCodes } from '../../support/codes.js';
import { atOnce, tally } from '../../support/crowds.js';
import { createDatabase, type TestDatabase } from '../../support/database.js';
import { type FakeWhacenter } from '../../support/fake-whacenter.js';
import { addPeople, AUTH_SECRET, openHouse, type House, type Resident } from '../../support/house.js';
import { endGrace, loginsOf, refresh, refreshed } from '../../support/logins.js';
import { ReleaseBefore, type IssuedBefore } from '../../support/release-before.js';
import { resetPassword, verifyReset } from '../../support/resets.js';
import { troubles, type Service } from '../../support/service.js';
import { VerificationBefore } from '../../support/verification-before.js';

// Instances of the release before run beside the new ones for a while, on the migrated database. Its statements are run here as
// it wrote them; limits and single use hold over both.

const MIGRATIONS = join(import.meta.dirname, '..', '..', '..', 'prisma', 'migrations');

/** Its newest migration is older than this. */
const MIGRATED_SINCE = '20261129';

const SENDS_AN_HOUR = 5;
const GUESS_BUDGET = 5;
const MAX_ATTEMPTS = 3;

const sha256 = (token: string) => createHash('sha256').update(token).digest();
const newToken = () => randomBytes(32).toString('base64url');

let house: House;

let whacenter: FakeWhacenter;
let database: TestDatabase;
let service: Service;
let before: ReleaseBefore;

beforeAll(async () => {
  house = await openHouse();
  ({ database, fake: whacenter, service } = house);
  before = new ReleaseBefore(database, AUTH_SECRET);
});

afterAll(async () => house.close());

afterEach(async () => {
  expect(troubles(service)).toEqual([]);
  // It empties but the columns that it knows, of which nobody looks at the others then.
  expect((await brokenCodesOf(database)).filter((row) => row.current_session_id !== null)).toEqual([]);
});

const issuedBefore = async (phone: string, purpose: 'login' | 'reset' = 'login'): Promise<IssuedBefore> => {
  const made = await before.issue(phone, purpose);
  if (!made) throw new Error('the release before made no code');
  return made;
};

describe('a code of the release before', () => {
  it('logs in at this one, once, and then at neither', async () => {
    const { e164: phone, id } = await house.person();
    const { code, id: sessionId } = await issuedBefore(phone);
    const body = { phone, otpCode: code, sessionId };
    expect((await service.post('/api/auth/otp/verify', body)).status).toBe(200);
    expectFailure(await house.at(service).verify(phone, code), 400, 'invalid_otp');
    expect(await before.guess(phone, code)).toBe('wrong');
    expect(await loginsOf(database, id)).toEqual({ sessions: 1, tokens: 1, events: 1 });
  });

  it('that was used there logs in here no more', async () => {
    const { e164: phone, id } = await house.person();
    const { code } = await issuedBefore(phone);
    expect(await before.guess(phone, code)).toBe('right');
    expectFailure(await house.at(service).verify(phone, code), 400, 'invalid_otp');
    expect(await loginsOf(database, id)).toMatchObject({ sessions: 0 });
  });

  it('is used once, when both are shown it at the same time', async () => {
    for (let run = 0; run < 12; run++) {
      const { e164: phone, id } = await house.person();
      const { code } = await issuedBefore(phone);
      const here = atOnce(2, () => house.at(service).verify(phone, code));
      const there = atOnce(2, () => before.guess(phone, code));
      const wins = (tally(await here)[200] ?? 0) + (await there).filter((verdict) => verdict === 'right').length;
      expect(wins).toBe(1);
      expect(await loginsOf(database, id)).toMatchObject({ sessions: tally(await here)[200] ?? 0 });
    }
  });

  it('is a challenge of its own: with the id of another one it opens nothing', async () => {
    const [one, other] = [await house.person(), await house.person()];
    const { code } = await issuedBefore(one.e164);
    const { id: sessionId } = await issuedBefore(other.e164);
    const body = { phone: one.e164, otpCode: code, sessionId };
    expectFailure(await service.post('/api/auth/otp/verify', body), 400, 'invalid_otp');
    expect((await house.at(service).verify(one.e164, code)).status).toBe(200);
  });

  it('is compared three times by both together, whoever was asked first', async () => {
    const [one, other] = [await house.person(), await house.person()];
    const first = await issuedBefore(one.e164);
    for (const wrong of wrongCodes(first.code, MAX_ATTEMPTS)) expect(await before.guess(one.e164, wrong)).toBe('wrong');
    expectFailure(await house.at(service).verify(one.e164, first.code), 400, 'invalid_otp');
    const second = await issuedBefore(other.e164);
    for (const wrong of wrongCodes(second.code, MAX_ATTEMPTS))
      expectFailure(await house.at(service).verify(other.e164, wrong), 400, 'invalid_otp');
    expect(await before.guess(other.e164, second.code)).toBe('wrong');
  });

  it('resets a password here after it was shown there, and is noted there when it was shown here', async () => {
    const { e164: phone } = await house.person();
    const { code } = await issuedBefore(phone, 'reset');
    expectFailure(await resetPassword(service, phone, code), 400, 'otp_not_verified');
    expect(await before.guess(phone, code, 'reset', 'show')).toBe('right');
    expect((await resetPassword(service, phone, code)).status).toBe(200);
    expect(await before.guess(phone, code, 'reset')).toBe('wrong');

    const { e164: another } = await house.person();
    const made = await issuedBefore(another, 'reset');
    expect((await verifyReset(service, another, made.code)).status).toBe(200);
    const rows = await database.query('SELECT verified_at FROM otp_sessions WHERE id = $1', [made.id]);
    expect(rows).toEqual([{ verified_at: expect.any(Date) }]);
    expect(await before.guess(another, made.code, 'reset')).toBe('right');
    expectFailure(await resetPassword(service, another, made.code), 400, 'invalid_otp');
  });

  it('that could not be sent there does not count, and starts no cooldown here', async () => {
    const { e164: phone } = await house.person();
    const made = await issuedBefore(phone);
    await before.closeUnsent(phone, made);
    expectFailure(await house.at(service).verify(phone, made.code), 400, 'invalid_otp');
    expect((await house.at(service).verify(phone, await house.at(service).code(phone))).status).toBe(200);
  });
});

describe('the newest code of a number', () => {
  it('is that of either: the one before is dead, and its cooldown holds for both', async () => {
    const { e164: phone } = await house.person();
    const old = await issuedBefore(phone);
    expect((await house.at(service).request(phone)).body.data).toMatchObject({ alreadySent: true, sessionId: old.id });
    expectFailure(await house.at(service).resend(phone), 429, 'otp_rate_limited');

    await endCooldown(database, phone);
    const ours = await house.at(service).code(phone);
    expectFailure(await house.at(service).verify(phone, old.code), 400, 'invalid_otp');
    expect(await before.guess(phone, old.code)).toBe('wrong');
    const rows = await database.query('SELECT replaced_at FROM otp_sessions WHERE id = $1', [old.id]);
    expect(rows).toEqual([{ replaced_at: expect.any(Date) }]);
    expect(await before.issue(phone)).toBeNull();

    await endCooldown(database, phone);
    const newest = await issuedBefore(phone);
    expectFailure(await house.at(service).verify(phone, ours), 400, 'invalid_otp');
    expect((await house.at(service).verify(phone, newest.code)).status).toBe(200);
  });

  it('is one, when both make one at the same time', async () => {
    for (let run = 0; run < 12; run++) {
      const { e164: phone } = await house.person();
      const [answer, old] = await Promise.all([house.at(service).request(phone), before.issue(phone)]);
      expect(answer.status).toBe(200);
      expect(answer.body.data.alreadySent === true).toBe(old !== null);
      const code = old?.code ?? whacenter.codeFor(phone)!;
      expect((await house.at(service).verify(phone, code)).status).toBe(200);
    }
  });
});

describe('the limits of a number', () => {
  it('count the sends of both', async () => {
    const { e164: phone } = await house.person();
    for (let send = 0; send < SENDS_AN_HOUR; send++) {
      if (send % 2 === 0) expect((await house.at(service).resend(phone)).status).toBe(200);
      else await issuedBefore(phone);
      await endCooldown(database, phone);
    }
    expectFailure(await house.at(service).resend(phone), 429, 'otp_rate_limited');
    expect(await before.issue(phone)).toBeNull();
  });

  it.each(['a code of the release before', 'a code of this one'])('count the guesses of both: %s', async (whose) => {
    const { e164: phone } = await house.person();
    const code = whose.endsWith('before') ? (await issuedBefore(phone)).code : await house.at(service).code(phone);
    const wrong = wrongCodes(code, 40);
    const [here, there] = await Promise.all([
      Promise.all(wrong.slice(0, 20).map((guess) => house.at(service).verify(phone, guess))),
      Promise.all(wrong.slice(20).map((guess) => before.guess(phone, guess))),
    ]);
    const paid = (tally(here)[400] ?? 0) + there.filter((verdict) => verdict === 'wrong').length;
    expect(paid).toBe(GUESS_BUDGET);
    expect(await keptCodeOf(database, phone)).toMatchObject({ living: true, guesses: GUESS_BUDGET });
    expectFailure(await house.at(service).verify(phone, code), 429, 'otp_locked');
    expect(await before.guess(phone, code)).toBe('locked');
  });
});

describe('a refresh token of the release before', () => {
  it('is exchanged here once, is known as used from then on, and its family ends when it comes again', async () => {
    const { id } = await house.person();
    const token = newToken();
    const session = await before.open(id, sha256(token));
    const answers = await atOnce(12, () => refresh(service, token));
    expect(tally(answers)).toEqual({ 200: 12 });
    expect(new Set(answers.map(({ body }) => body.data.refreshToken as string)).size).toBe(1);
    const next = await refreshed(service, answers[0]!.body.data.refreshToken as string);
    await endGrace(database, session);
    expectFailure(await refresh(service, token), 401, 'invalid_refresh_token');
    expectFailure(await refresh(service, next.refreshToken), 401, 'invalid_refresh_token');
  });

  it('that was exchanged there has a successor that is exchanged here', async () => {
    const { id } = await house.person();
    const [token, successor] = [newToken(), newToken()];
    await before.open(id, sha256(token));
    expect(await before.exchange(sha256(token), sha256(successor))).toBe('fresh');
    const { refreshToken } = await refreshed(service, successor);
    expect((await refresh(service, refreshToken)).status).toBe(200);
    expect(await before.exchange(sha256(token), sha256(newToken()))).toBe('theft');
    expectFailure(await refresh(service, refreshToken), 401, 'invalid_refresh_token');
  });
});

describe('a database of the release before that is migrated', () => {
  it('keeps active codes, those for other applications too, what was guessed and sent, sessions and refresh tokens', async () => {
    const own = await createDatabase({ migrated: false });
    const older = await mkdtemp(join(tmpdir(), 'masuk-migrations-'));
    try {
      for (const name of await readdir(MIGRATIONS))
        if (name < MIGRATED_SINCE || name.endsWith('.toml'))
          await cp(join(MIGRATIONS, name), join(older, name), { recursive: true });
      await applyMigrations(own.url, () => undefined, { migrationsDir: older });
      const pool = new pg.Pool({ connectionString: own.url, max: 1 });
      await new Partitions(pool).ensure();
      await pool.end();
      const release = new ReleaseBefore(own, AUTH_SECRET);
      const [fresh, guessed, shown, used, ended] = (await addPeople(own, 5)) as [
        Resident,
        Resident,
        Resident,
        Resident,
        Resident,
      ];
      const codes = new Map<string, IssuedBefore>();
      for (const { e164: phone } of [fresh, guessed, used, ended]) codes.set(phone, (await release.issue(phone))!);
      codes.set(shown.e164, (await release.issue(shown.e164, 'reset'))!);
      const codeFor = ({ e164 }: Resident) => codes.get(e164)!.code;
      for (const wrong of wrongCodes(codeFor(guessed), 2)) await release.guess(guessed.e164, wrong);
      expect(await release.guess(shown.e164, codeFor(shown), 'reset', 'show')).toBe('right');
      expect(await release.guess(used.e164, codeFor(used))).toBe('right');
      const earlier = (column: string) => `${column} = ${column} - interval '10 minutes'`;
      await own.query(`UPDATE otp_sessions SET ${earlier('created_at')}, ${earlier('expires_at')} WHERE phone = $1`, [
        ended.e164,
      ]);
      await own.query(
        `UPDATE otp_budgets SET ${earlier('current_issued_at')}, ${earlier('current_expires_at')} WHERE phone = $1`,
        [ended.e164],
      );
      const token = newToken();
      await release.open(fresh.id, sha256(token));
      const [keyId, key] = [randomUUID(), `msk_${newToken()}`];
      await own.query(
        `INSERT INTO api_keys (id, name, key_hash, hint, scopes, requests_per_minute) VALUES ($1, 'klinik', $2, 'msk_', '{otp}', 600)`,
        [keyId, sha256(key)],
      );
      const applications = new VerificationBefore(own, AUTH_SECRET, keyId);
      const [right, wrong] = ['+6281300000001', '+6281300000002'];
      const [rightCode, wrongCode] = [(await applications.issue(right))!.code, (await applications.issue(wrong))!.code];
      for (const guess of wrongCodes(wrongCode, 2)) expect(await applications.guess(wrong, guess)).toBe('wrong');

      await applyMigrations(own.url, () => undefined);
      await applyJobSchema(own.url, () => undefined);
      const migrated = await house.another({ DATABASE_URL: own.url });
      expect((await house.at(migrated).request(fresh.e164)).body.data).toMatchObject({ alreadySent: true });
      expect((await house.at(migrated).verify(fresh.e164, codeFor(fresh))).status).toBe(200);
      expectFailure(await house.at(migrated).verify(fresh.e164, codeFor(fresh)), 400, 'invalid_otp');
      const guess = await house.at(migrated).verify(guessed.e164, wrongCodes(codeFor(guessed), 3)[2]!);
      expect(expectFailure(guess, 400, 'invalid_otp').details).toEqual({ attemptsLeft: 0 });
      expectFailure(await house.at(migrated).verify(guessed.e164, codeFor(guessed)), 400, 'invalid_otp');
      expect((await resetPassword(migrated, shown.e164, codeFor(shown))).status).toBe(200);
      for (const person of [used, ended])
        expectFailure(await house.at(migrated).verify(person.e164, codeFor(person)), 400, 'invalid_otp');
      const checked = (phone: string, otp: string) =>
        migrated.post('/api/otp/verify', { phone, otp }, { 'x-api-key': key });
      expect((await checked(right, rightCode)).status).toBe(200);
      expectFailure(await checked(right, rightCode), 400, 'invalid_otp');
      const third = await checked(wrong, wrongCodes(wrongCode, 3)[2]!);
      expect(expectFailure(third, 400, 'invalid_otp').details).toEqual({ attemptsLeft: 0 });
      expectFailure(await checked(wrong, wrongCode), 400, 'invalid_otp');
      const { refreshToken } = await refreshed(migrated, token);
      expect((await refresh(migrated, refreshToken)).status).toBe(200);
      expect(troubles(migrated)).toEqual([]);
      await migrated.stop();
    } finally {
      await rm(older, { recursive: true, force: true });
      await own.drop();
    }
  });
});

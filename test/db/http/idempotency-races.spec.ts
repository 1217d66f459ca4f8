import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { Database } from '../../../src/platform/database/database.js';
import { IdempotencyRepository } from '../../../src/platform/idempotency/idempotency.repository.js';
import { endCooldown } from '../../support/codes.js';
import { atOnce, tally } from '../../support/crowds.js';
import { type TestDatabase } from '../../support/database.js';
import { type FakeWhacenter } from '../../support/fake-whacenter.js';
import { openHouse, type House } from '../../support/house.js';
import { troubles, type Answer, type Service } from '../../support/service.js';
import { until } from '../../support/waits.js';

let database: TestDatabase;
let house: House;
let whacenter: FakeWhacenter;
let one: Service;
let other: Service;

beforeAll(async () => {
  house = await openHouse({ OTP_SENDS_PER_HOUR: '1000', OTP_SENDS_PER_DAY: '1000' });
  ({ database, fake: whacenter, service: one } = house);
  other = await house.inOtherProcess();
});
afterAll(async () => house.close());
afterEach(() => {
  expect([...troubles(one), ...troubles(other)]).toEqual([]);
});

const either = (at: number) => (at % 2 === 0 ? one : other);
const resend = (service: Service, phone: string, key: string): Promise<Answer> =>
  service.post('/api/auth/otp/resend', { phone }, { 'idempotency-key': `"${key}"` });
const sends = (phone: string) => whacenter.messagesFor(phone).length;
const isReplayed = ({ headers }: Answer) => headers.get('idempotency-replayed') === 'true';

let third: Promise<Service> | undefined;
/** A third instance, which may log failures. */
const unheard = () => (third ??= house.anotherProcess());

/** As if so many seconds had passed since the claims were made. */
const age = (seconds: number) =>
  database.query(`UPDATE idempotency_keys SET claimed_until = claimed_until - $1 * interval '1 second'`, [seconds]);

describe('a hundred requests with one key at once, over two instances', () => {
  it('send once; all others get the same answer or are told to wait for it', async () => {
    const { e164: phone } = await house.person();
    const key = randomUUID();
    const answers = await atOnce(100, (at) => resend(either(at), phone, key));
    const counts = tally(answers);
    expect(counts[200]! + (counts[409] ?? 0)).toBe(100);
    const given = answers.filter(({ status }) => status === 200);
    expect(given.filter((answer) => !isReplayed(answer))).toHaveLength(1);
    expect(new Set(given.map(({ text }) => text)).size).toBe(1);
    expect(new Set(answers.filter(({ status }) => status === 409).map(({ body }) => body.code))).toEqual(
      new Set(counts[409] ? ['idempotency_conflict'] : []),
    );
    expect(sends(phone)).toBe(1);
    // And later, when every other limit would let it through.
    await endCooldown(database, phone);
    const later = await atOnce(20, (at) => resend(either(at), phone, key));
    expect(tally(later)).toEqual({ 200: 20 });
    expect(later.every((answer) => isReplayed(answer) && answer.text === given[0]!.text)).toBe(true);
    expect(sends(phone)).toBe(1);
  });

  it('each send once, with twenty keys mixed', async () => {
    const people = await Promise.all(Array.from({ length: 20 }, () => house.person()));
    const keys = people.map(() => randomUUID());
    const answers = await atOnce(200, (at) => resend(either(at >> 1), people[at % 20]!.e164, keys[at % 20]!));
    expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true);
    expect(people.map(({ e164: phone }) => sends(phone))).toEqual(people.map(() => 1));
  });

  it('of a request whose send fails begin anew, one at a time', async () => {
    const { e164: phone } = await house.person();
    const key = randomUUID();
    whacenter.connected = false;
    const refused = await atOnce(10, (at) => resend(either(at), phone, key));
    expect(refused.every(({ status }) => status === 503 || status === 409)).toBe(true);
    whacenter.connected = true;
    const answers = await atOnce(30, (at) => resend(either(at), phone, key));
    expect(answers.filter((answer) => answer.status === 200 && !isReplayed(answer))).toHaveLength(1);
    expect(sends(phone)).toBe(1);
  });
});

it('is refused while the table does not answer: nothing is sent', async () => {
  const { e164: phone } = await house.person();
  const service = await unheard();
  const lock = await database.lock('LOCK TABLE idempotency_keys IN ACCESS EXCLUSIVE MODE');
  const answer = await resend(service, phone, randomUUID());
  await lock.release();
  expect([answer.status, answer.body.code]).toEqual([503, 'database_unavailable']);
  expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
  expect(sends(phone)).toBe(0);
});

describe('a first request that died', () => {
  it('by kill -9 frees its key soon after its own time limit, and not before', async () => {
    const { e164: phone } = await house.person();
    const key = randomUUID();
    const dying = await unheard();
    whacenter.forNumber(phone, { delayMs: 2_000 });
    const lost = resend(dying, phone, key).catch((error: unknown) => error);
    await until('it is under way', async () => whacenter.calls.some(({ fields }) => `+${fields['number']}` === phone));
    await dying.stop('SIGKILL');
    await lost;
    whacenter.forNumber(phone, undefined);
    expect((await resend(one, phone, key)).body.code).toBe('idempotency_conflict');
    // SEND_TIMEOUT is 8 s; the claim is as long as that and ten seconds more.
    const [claim] = await database.query<{ seconds: number }>(
      `SELECT extract(epoch FROM expires_at - interval '1 day' - claimed_until)::int * -1 AS seconds
         FROM idempotency_keys ORDER BY expires_at DESC LIMIT 1`,
    );
    expect(claim!.seconds).toBe(18);
    await endCooldown(database, phone);
    await age(18);
    const answers = await atOnce(20, (at) => resend(either(at), phone, key));
    expect(answers.filter((answer) => answer.status === 200 && !isReplayed(answer))).toHaveLength(1);
    expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true);
  });

  it('only seemed so, and whose key was taken over, does not write over the other one’s answer', async () => {
    const { e164: phone } = await house.person();
    const key = randomUUID();
    whacenter.forNumber(phone, { delayMs: 1_200 });
    const slow = resend(one, phone, key);
    await until('it is under way', async () => whacenter.calls.some(({ fields }) => `+${fields['number']}` === phone));
    await age(18);
    await endCooldown(database, phone);
    whacenter.forNumber(phone, undefined);
    const second = await resend(other, phone, key);
    await slow;
    const again = await resend(one, phone, key);
    expect([again.status, again.text, isReplayed(again)]).toEqual([second.status, second.text, true]);
  });
});

it('keeps valid entries and deletes expired ones in batches, from several instances at once', async () => {
  await database.query('DELETE FROM idempotency_keys');
  await database.query(
    `INSERT INTO idempotency_keys (key_hash, fingerprint, claim_id, claimed_until, expires_at)
     SELECT sha256(n::text::bytea), sha256('x'), gen_random_uuid(), now(), now() + CASE WHEN n <= 7 THEN interval '1 minute' ELSE interval '-1 second' END
       FROM generate_series(1, 3500) n`,
  );
  const pool = new pg.Pool({ connectionString: database.url, max: 3 });
  const repositories = Array.from({ length: 3 }, () => new IdempotencyRepository(new Database(pool)));
  await Promise.all(
    repositories.map(async (repository) => {
      while (await repository.forgetOld());
    }),
  );
  expect(await database.query('SELECT 1 FROM idempotency_keys')).toHaveLength(7);
  await pool.end();
});

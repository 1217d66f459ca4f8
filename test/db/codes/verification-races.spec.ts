import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { wrong, wrongCodes } from '../../support/codes.js';
import { atOnce, tally } from '../../support/crowds.js';
import { startFakeWhacenter, type FakeWhacenter } from '../../support/fake-whacenter.js';
import { openGatewayHouse, type GatewayHouse } from '../../support/gateway-house.js';
import { AUTH_SECRET, newNumber } from '../../support/house.js';
import { postAndLeave } from '../../support/http-client.js';
import { troubles, type Answer, type Service } from '../../support/service.js';
import { VerificationBefore } from '../../support/verification-before.js';
import { until } from '../../support/waits.js';

const GUESS_BUDGET = 5;
const MAX_ATTEMPTS = 3;
const SENDS_PER_HOUR = 4;

let house: GatewayHouse;
let whacenter: FakeWhacenter;
let other: Service;
let keys: Record<string, string>[];

beforeAll(async () => {
  whacenter = await startFakeWhacenter();
  house = await openGatewayHouse({
    OTP_RESEND_COOLDOWN: '60',
    OTP_SENDS_PER_HOUR: String(SENDS_PER_HOUR),
    OTP_SENDS_PER_DAY: '100',
    WHATSAPP_DEVICE_ID: whacenter.deviceId,
    WHACENTER_BASE_URL: whacenter.url,
  });
  other = await house.inOtherProcess();
  keys = await Promise.all(Array.from({ length: 3 }, () => house.key('sessions', 'otp')));
  for (const [at, key] of keys.entries()) await house.link(`session-${at}`, newNumber(), key);
});
afterAll(async () => {
  // One test cancels statements by hand.
  const found = [house.service, other].flatMap(troubles).filter((line) => !line.includes('due to user request'));
  await house.close();
  await whacenter.close();
  expect(found).toEqual([]);
});

const either = (at: number) => (at % 2 === 0 ? house.service : other);
const send = (service: Service, to: string, key = 0) =>
  service.post(`/api/messages/session-${key}/otp`, { to }, keys[key]);
const verify = (service: Service, phone: string, otp: string, key = 0) =>
  service.post('/api/otp/verify', { phone, otp }, keys[key]);
const resend = (service: Service, phone: string) => service.post('/api/otp/resend', { phone }, keys[0]);
const expire = (service: Service, phone: string) => service.post('/api/otp/expire', { phone }, keys[0]);
const codesFor = (to: string) =>
  house.whatsapp.messagesTo(to).map(({ text }) => /^\*(\d+)\*$/m.exec(text ?? '')?.[1] ?? '');

async function codeFor(to: string, key = 0): Promise<string> {
  const answer = await send(house.service, to, key);
  if (answer.status !== 200) throw new Error(answer.text);
  return codesFor(to).at(-1)!;
}

/** Ends the cooldown of a number, as time would. */
const endCooldown = (to: string) =>
  house.database.query(
    `UPDATE verification_phones SET sends = ARRAY(SELECT s - interval '61 seconds' FROM unnest(sends) s) WHERE phone = $1`,
    [`+${to}`],
  );

/** Guesses of the number that were paid for and not given back. */
async function paid(to: string): Promise<number> {
  const [row] = await house.database.query<{ paid: number }>(
    'SELECT cardinality(guesses) AS paid FROM verification_phones WHERE phone = $1',
    [`+${to}`],
  );
  return row?.paid ?? 0;
}

/** Backends that wait for a lock. */
async function waiting(): Promise<number[]> {
  const rows = await house.database.query<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return rows.map(({ pid }) => pid);
}

const stored = (to: string) =>
  house.database.query<{ attempts: number; ended_as: string | null }>(
    'SELECT attempts, ended_as FROM verifications WHERE phone = $1 ORDER BY id',
    [`+${to}`],
  );

describe('a right code, shown many times at once over two instances', () => {
  it('wins once', async () => {
    for (let round = 0; round < 3; round++) {
      const to = newNumber();
      const code = await codeFor(to);
      const answers = await atOnce(MAX_ATTEMPTS, (at) => verify(either(at), to, code));
      expect(tally(answers)).toEqual({ 200: 1, 400: MAX_ATTEMPTS - 1 });
      expect((await stored(to)).map(({ ended_as }) => ended_as)).toEqual(['verified']);
    }
  });
});

describe('wrong guesses at once', () => {
  it('are compared no more often than one code allows, and use up the budget', async () => {
    const to = newNumber();
    const code = await codeFor(to);
    const answers = await atOnce(40, (at) => verify(either(at), to, wrong(code, at + 1)));
    expect(tally(answers)).toEqual({ 400: GUESS_BUDGET, 429: 40 - GUESS_BUDGET });
    expect(await stored(to)).toEqual([{ attempts: MAX_ATTEMPTS, ended_as: null }]);
    expect((await verify(house.service, to, code)).status).toBe(429);
  });

  it('by all keys together use up twice the budget of one', async () => {
    const to = newNumber();
    const answers = await atOnce(45, (at) => verify(either(at), to, '000000', at % 3));
    expect(tally(answers)).toEqual({ 400: 2 * GUESS_BUDGET, 429: 45 - 2 * GUESS_BUDGET });
  });

  it('cannot hide a right one among them beyond the budget', async () => {
    const to = newNumber();
    const code = await codeFor(to);
    // The right one is somewhere among the wrong: it wins at most once, and only if it was among the paid.
    const answers = await atOnce(30, (at) => verify(either(at), to, at === 17 ? code : wrong(code, at + 1)));
    const counts = tally(answers);
    expect(counts[200] ?? 0).toBeLessThanOrEqual(1);
    const [row] = await stored(to);
    expect(row!.attempts).toBeLessThanOrEqual(MAX_ATTEMPTS);
    expect(row!.ended_as).toBe(counts[200] === 1 ? 'verified' : null);
  });
});

describe('a right code', () => {
  it('wins or is over, when it is replaced at the same time', async () => {
    for (let round = 0; round < 6; round++) {
      const to = newNumber();
      const code = await codeFor(to);
      await endCooldown(to);
      const [verified, resent] = await Promise.all([verify(either(round), to, code), resend(either(round + 1), to)]);
      expect([200, 400]).toContain(verified.status);
      // A code that won waits for no resend; the resend may have looked before that.
      expect(verified.status === 200 ? [200, 404] : [200]).toContain(resent.status);
      expect((await verify(house.service, to, code)).status).toBe(400);
      const living = (await stored(to)).filter(({ ended_as }) => ended_as === null);
      expect(living).toHaveLength(resent.status === 200 ? 1 : 0);
      if (resent.status === 200) expect((await verify(other, to, codesFor(to).at(-1)!)).status).toBe(200);
    }
  });

  it('wins or is over, when it is ended at the same time', async () => {
    for (let round = 0; round < 6; round++) {
      const to = newNumber();
      const code = await codeFor(to);
      const [verified, ended] = await Promise.all([verify(either(round), to, code), expire(either(round + 1), to)]);
      expect([
        [200, 404],
        [400, 200],
      ]).toContainEqual([verified.status, ended.status]);
      expect(await stored(to)).toMatchObject([{ ended_as: verified.status === 200 ? 'verified' : 'expired' }]);
    }
  });
});

describe('a number that somebody holds', () => {
  /** Runs `work` while a transaction holds the row of a number. */
  async function whileHeld(to: string, work: () => Promise<void>): Promise<void> {
    const holder = new pg.Client({ connectionString: house.database.url });
    await holder.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('SELECT 1 FROM verification_phones WHERE phone = $1 FOR UPDATE', [`+${to}`]);
      await work();
      await holder.query('COMMIT');
    } finally {
      await holder.end();
    }
  }

  it('keeps its own guesses waiting, and nobody else’s', async () => {
    const [held, free] = [newNumber(), newNumber()];
    const [code, freeCode] = [await codeFor(held), await codeFor(free)];
    let guesses: Promise<Answer[]> | undefined;
    await whileHeld(held, async () => {
      guesses = atOnce(4, (at) => verify(either(at), held, at === 3 ? code : wrong(code, at + 1)));
      await until('the guesses wait', async () => (await waiting()).length === 4);
      expect((await verify(house.service, free, freeCode)).status).toBe(200);
      expect(await paid(held)).toBe(0);
    });
    // In whatever order: the right one is among the first three that were compared, or its attempts were used up.
    const counts = tally(await guesses!);
    expect([{ 200: 1, 400: 3 }, { 400: 4 }]).toContainEqual(counts);
    expect(await stored(held)).toMatchObject([{ ended_as: counts[200] ? 'verified' : null }]);
  });

  it('tells nothing of a guess whose statement was cancelled, and the code stays as it was', async () => {
    const to = newNumber();
    const code = await codeFor(to);
    const guesses = [code, wrong(code)].map((guess) => async () => {
      let answer: Promise<Answer> | undefined;
      await whileHeld(to, async () => {
        answer = verify(house.service, to, guess);
        await until('the guess waits', async () => (await waiting()).length === 1);
        const [pid] = await waiting();
        await house.database.query('SELECT pg_cancel_backend($1)', [pid]);
        expect((await answer).status).toBe(503);
      });
    });
    for (const cancelled of guesses) await cancelled();
    expect(await paid(to)).toBe(0);
    expect(await stored(to)).toEqual([{ attempts: 0, ended_as: null }]);
    expect((await verify(other, to, code)).status).toBe(200);
  });
});

describe('wrong guesses', () => {
  it('stay paid for when the client is gone before the answer', async () => {
    const to = newNumber();
    const code = await codeFor(to);
    for (const [at, otp] of wrongCodes(code, GUESS_BUDGET).entries())
      await postAndLeave(`${either(at).url}/api/otp/verify`, { phone: to, otp }, keys[0]);
    await until('all guesses are paid for', async () => (await paid(to)) === GUESS_BUDGET);
    expect((await verify(house.service, to, code)).status).toBe(429);
  });

  it('are given back by a right one to its own key alone', async () => {
    const to = newNumber();
    const code = await codeFor(to);
    for (const key of [0, 1, 1]) await verify(house.service, to, wrong(code), key);
    expect((await verify(other, to, code)).status).toBe(200);
    expect(await paid(to)).toBe(2);
  });
});

describe('sends at once', () => {
  it('make one code, and the newest alone lives', async () => {
    const to = newNumber();
    const answers = await atOnce(20, (at) => send(either(at), to));
    expect(tally(answers)).toEqual({ 200: 1, 429: 19 });
    expect(codesFor(to)).toHaveLength(1);
    expect((await stored(to)).filter(({ ended_as }) => ended_as === null)).toHaveLength(1);
  });

  it('by all keys together stay under the cap of the number', async () => {
    const to = newNumber();
    // As if this hour had had one send less than it may have.
    await house.database.query(
      `INSERT INTO verification_phones (phone, sends, send_owners)
       SELECT $1, array_agg(now() - interval '10 minutes'), array_agg(gen_random_uuid()) FROM generate_series(1, $2)`,
      [`+${to}`, 2 * SENDS_PER_HOUR - 1],
    );
    const answers = await atOnce(9, (at) => send(either(at), to, at % 3));
    expect(tally(answers)).toEqual({ 200: 1, 429: 8 });
    expect(codesFor(to)).toHaveLength(1);
  });
});

describe('codes of the service itself and of API keys', () => {
  /** Somebody with an account, whose number has had so many sends of keys that were not ours, ten minutes ago. */
  async function somebody(sentByKeys: number): Promise<string> {
    const to = newNumber();
    await house.database.query(`INSERT INTO users (id, phone, full_name) VALUES (gen_random_uuid(), $1, 'Budi')`, [
      `+${to}`,
    ]);
    await house.database.query(
      `INSERT INTO verification_phones (phone, sends, send_owners)
       SELECT $1, array_agg(now() - interval '10 minutes'), array_agg(gen_random_uuid()) FROM generate_series(1, $2)`,
      [`+${to}`, sentByKeys],
    );
    return to;
  }

  const sentTo = (to: string) => codesFor(to).length + whacenter.messagesFor(to).length;

  it('asked for at once stay under the cap of the number', async () => {
    for (let round = 0; round < 4; round++) {
      const to = await somebody(2 * SENDS_PER_HOUR - 1);
      const asked = await Promise.all([
        ...Array.from({ length: 3 }, (_, at) => house.at(either(at)).resend(`+${to}`)),
        ...Array.from({ length: 3 }, (_, at) => send(either(at + 1), to, at)),
      ]);
      expect(tally(asked)).toEqual({ 200: 1, 429: 5 });
      expect(sentTo(to)).toBe(1);
    }
  });

  it('leave each what one application alone cannot use up', async () => {
    const to = await somebody(SENDS_PER_HOUR);
    for (let at = 0; at < SENDS_PER_HOUR; at++) {
      expect((await house.at(either(at)).resend(`+${to}`)).status).toBe(200);
      await house.database.query(
        `UPDATE otp_codes SET current_resend_at = now() - interval '1 second' WHERE phone = $1 AND current_session_id IS NOT NULL`,
        [`+${to}`],
      );
    }
    const refused = await send(house.service, to);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(2_900);
    expect((await house.request(`+${to}`)).status).toBe(429);
  });
});

describe('beside an instance of the release before', () => {
  let before: VerificationBefore;

  beforeAll(async () => {
    const [owner] = await house.database.query<{ id: string }>(
      `SELECT api_key_id AS id FROM gateway_sessions WHERE name = 'session-0'`,
    );
    before = new VerificationBefore(house.database, AUTH_SECRET, owner!.id, SENDS_PER_HOUR);
  });

  const codeBefore = async (to: string) => {
    const made = await before.issue(`+${to}`);
    if (!made) throw new Error('the release before made no code');
    return made.code;
  };

  it('a code of that one is used once, when both are shown it at the same time', async () => {
    for (let round = 0; round < 6; round++) {
      const to = newNumber();
      const code = await codeBefore(to);
      const here = atOnce(2, (at) => verify(either(at), to, code));
      const there = atOnce(2, () => before.guess(`+${to}`, code));
      const wins = (tally(await here)[200] ?? 0) + (await there).filter((verdict) => verdict === 'right').length;
      expect(wins).toBe(1);
      expect(await stored(to)).toMatchObject([{ ended_as: 'verified' }]);
    }
  });

  it.each(['that one', 'this one'])('the guesses at a code of %s are limited by both together', async (whose) => {
    const to = newNumber();
    const code = whose === 'that one' ? await codeBefore(to) : await codeFor(to);
    const guesses = wrongCodes(code, 30);
    const [here, there] = await Promise.all([
      Promise.all(guesses.slice(0, 15).map((guess, at) => verify(either(at), to, guess))),
      Promise.all(guesses.slice(15).map((guess) => before.guess(`+${to}`, guess))),
    ]);
    const paidFor = (tally(here)[400] ?? 0) + there.filter((verdict) => verdict === 'wrong').length;
    expect(paidFor).toBe(GUESS_BUDGET);
    expect(await stored(to)).toEqual([{ attempts: MAX_ATTEMPTS, ended_as: null }]);
    expect((await verify(house.service, to, code)).status).toBe(429);
    expect(await before.guess(`+${to}`, code)).toBe('locked');
  });

  it('the sends of both are counted, and the newest code of either is the one that lives', async () => {
    const to = newNumber();
    let last = '';
    for (let at = 0; at < SENDS_PER_HOUR; at++) {
      last = at % 2 === 0 ? await codeFor(to) : await codeBefore(to);
      await endCooldown(to);
    }
    expect((await send(house.service, to)).status).toBe(429);
    expect(await before.issue(`+${to}`)).toBeNull();
    const ends = (await stored(to)).map(({ ended_as }) => ended_as);
    expect(ends.filter((end) => end === 'replaced')).toHaveLength(SENDS_PER_HOUR - 1);
    expect(ends.filter((end) => end === null)).toHaveLength(1);
    expect((await verify(other, to, last)).status).toBe(200);
  });

  it('a send that failed there starts no cooldown here', async () => {
    const to = newNumber();
    const made = await before.issue(`+${to}`);
    await before.closeUnsent(`+${to}`, made!);
    expect((await verify(house.service, to, made!.code)).status).toBe(400);
    expect((await verify(house.service, to, await codeFor(to))).status).toBe(200);
  });
});

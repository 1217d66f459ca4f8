import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { wrong } from '../support/codes.js';
import { atOnce, tally } from '../support/crowds.js';
import { openGatewayHouse, type GatewayHouse } from '../support/gateway-house.js';
import { newNumber } from '../support/house.js';
import { troubles, type Service } from '../support/service.js';

const GUESS_BUDGET = 5;
const MAX_ATTEMPTS = 3;
const SENDS_PER_HOUR = 4;

let house: GatewayHouse;
let other: Service;
let keys: Record<string, string>[];

beforeAll(async () => {
  house = await openGatewayHouse({
    OTP_RESEND_COOLDOWN: '60',
    OTP_SENDS_PER_HOUR: String(SENDS_PER_HOUR),
    OTP_SENDS_PER_DAY: '100',
  });
  other = await house.another();
  keys = await Promise.all(Array.from({ length: 3 }, () => house.key('sessions', 'otp')));
  for (const [at, key] of keys.entries()) await house.link(`session-${at}`, newNumber(), key);
}, 90_000);
afterAll(async () => {
  expect([...troubles(house.service), ...troubles(other)]).toEqual([]);
  await house.close();
});

const either = (at: number) => (at % 2 === 0 ? house.service : other);
const send = (service: Service, to: string, key = 0) =>
  service.post(`/api/messages/session-${key}/otp`, { to }, keys[key]);
const verify = (service: Service, phone: string, otp: string, key = 0) =>
  service.post('/api/otp/verify', { phone, otp }, keys[key]);
const codesFor = (to: string) =>
  house.whatsapp.messagesTo(to).map(({ text }) => /^\*(\d+)\*$/m.exec(text ?? '')?.[1] ?? '');

async function codeFor(to: string, key = 0): Promise<string> {
  const answer = await send(house.service, to, key);
  if (answer.status !== 200) throw new Error(answer.text);
  return codesFor(to).at(-1)!;
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

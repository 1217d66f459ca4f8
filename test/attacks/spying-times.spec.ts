import { randomInt, randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { hashOf, openHouse, type House } from '../support/house.js';
import { PASSWORD } from '../support/logins.js';
import { differenceOf, type Difference } from '../support/timing-statistics.js';

// With UNKNOWN_PHONE=conceal the time of an answer must not tell who is registered (ASVS V6.3.8). This is the one timed
// test of the suite. Each round asks for one number of every kind, in random order, over one connection, so that whatever
// else the machine does falls on all of them alike; ranks are compared, and nothing from another run.

/** Rounds a route: so many pairs of a known number and each other kind. */
const ROUNDS = 120;
/** Of a route that hashes a password: 15 ms of work that somebody skips shows in few, and each costs that. */
const ROUNDS_WITH_HASH = 40;

/**
 * What a network attacker could use: times that differ in rank AND by enough to be seen through a network. Two samples of
 * known numbers (`again`) give an AUC with a standard deviation of some 0.055 here, so 0.15 is more than two and a half of
 * them, and the same kind must pass it at the same step three times. What differs by an AUC of 0.8 is found almost always. 150 µs is well below what the jitter of a good path hides (about a millisecond) from the some
 * ten measurements a day that a number's limits allow, or from the hundreds that its refusals do.
 */
const RANKS = 0.15;
const MICROSECONDS = 150;

/** `again` is a second known number: what the two differ by is what chance and the machine do. */
const KINDS = ['known', 'again', 'unknown', 'inactive'] as const;
type Kind = (typeof KINDS)[number];
type Subject = { readonly kind: Kind; readonly phone: string; readonly username: string };
type Body = Record<string, string>;

const NAME = 'Budi Santoso';
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
let house: House;
let numbers = 0;

beforeAll(async () => {
  house = await openHouse({ AUTH_PROFILE: 'strict', REGISTRATION: 'open' });
});
afterAll(async () => {
  agent.destroy();
  await house.close();
});

/** Somebody new of each kind and round; their numbers lie side by side, so that no range is a kind's own. */
async function subjects(count: number): Promise<Subject[][]> {
  const rounds = Array.from({ length: count }, () =>
    shuffled(KINDS).map((kind) => {
      const phone = `+62857${String(10_000_000 + numbers++)}`;
      return { kind, phone, username: `u${randomUUID().slice(0, 13)}` };
    }),
  );
  const people = rounds.flat().filter(({ kind }) => kind !== 'unknown');
  await house.database.query(
    `INSERT INTO users (id, phone, username, full_name, password_hash, is_active)
     SELECT gen_random_uuid(), phone, username, $1, $2, active FROM unnest($3::text[], $4::text[], $5::boolean[]) AS p(phone, username, active)`,
    [
      NAME,
      await hashOf(PASSWORD),
      people.map(({ phone }) => phone),
      people.map(({ username }) => username),
      people.map(({ kind }) => kind !== 'inactive'),
    ],
  );
  await house.database.query('ANALYZE users, otp_codes, messages');
  return rounds;
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  const left = [...items];
  return items.map(() => left.splice(randomInt(left.length), 1)[0]!);
}

/** Milliseconds to the end of the answer, and its status. */
function timed(path: string, body: Body): Promise<{ ms: number; status: number }> {
  return new Promise((resolve, reject) => {
    const payload = JSON.stringify(body);
    const headers = { 'content-type': 'application/json', 'content-length': payload.length };
    const began = performance.now();
    const call = request(house.service.url + path, { method: 'POST', agent, headers }, (response) => {
      response.resume();
      response.on('end', () => resolve({ ms: performance.now() - began, status: response.statusCode ?? 0 }));
    });
    call.on('error', reject);
    call.end(payload);
  });
}

/** One thing that a stranger may do, and what must have been before. */
interface Step {
  readonly path: string;
  readonly status: number;
  readonly body: (subject: Subject) => Body;
  readonly before?: (phones: string[]) => Promise<unknown>;
}

const endCooldowns = (phones: string[]) =>
  house.database.query(
    `UPDATE otp_codes SET current_resend_at = now() - interval '1 second' WHERE phone = ANY ($1) AND current_session_id IS NOT NULL`,
    [phones],
  );
const lock = (phones: string[]) =>
  house.database.query(
    `UPDATE otp_codes SET guesses = array_fill(now(), ARRAY[5]), failures = 5 WHERE phone = ANY ($1)`,
    [phones],
  );

const byPhone = ({ phone }: Subject): Body => ({ phone });
const guess = ({ phone }: Subject): Body => ({ phone, otpCode: '000000' });
const AUTH = '/api/auth';
const RESET = '/api/forgot-password';

/** Steps that the same people take one after the other. */
const FLOWS: Record<string, Record<string, Step>> = {
  'a login by code': {
    'asking for a code': { path: `${AUTH}/otp/request`, status: 200, body: byPhone },
    'asking for a new code': { path: `${AUTH}/otp/resend`, status: 200, body: byPhone, before: endCooldowns },
    'guessing a code': { path: `${AUTH}/otp/verify`, status: 400, body: guess },
    'guessing at a locked number': { path: `${AUTH}/otp/verify`, status: 429, body: guess, before: lock },
  },
  'a forgotten password': {
    'asking for a code': {
      path: `${RESET}/request-otp`,
      status: 200,
      body: ({ phone }) => ({ nama: NAME, noHp: phone }),
    },
    'guessing a code': {
      path: `${RESET}/verify-otp`,
      status: 400,
      body: ({ phone }) => ({ noHp: phone, otp: '000000' }),
    },
  },
  'a registration': {
    'registering a number': {
      path: `${AUTH}/register`,
      status: 201,
      body: ({ phone }) => ({ fullName: NAME, phone }),
    },
  },
  'a login by password': {
    'guessing a password': {
      path: `${AUTH}/login`,
      status: 401,
      body: ({ username }) => ({ identifier: username, password: 'salah sama sekali' }),
    },
  },
};

type Differences = Record<Exclude<Kind, 'known'>, Difference>;

/** What each kind's times differ by from a known number's. */
async function measure(step: Step, rounds: Subject[][]): Promise<Differences> {
  await step.before?.(rounds.flat().map(({ phone }) => phone));
  const times: Record<Kind, number[]> = { known: [], again: [], unknown: [], inactive: [] };
  for (const round of rounds) {
    for (const subject of shuffled(round)) {
      const { ms, status } = await timed(step.path, step.body(subject));
      if (status !== step.status) throw new Error(`${step.path} answered ${status} to ${subject.kind}`);
      times[subject.kind].push(ms);
    }
  }
  return {
    again: differenceOf(times.known, times.again),
    unknown: differenceOf(times.known, times.unknown),
    inactive: differenceOf(times.known, times.inactive),
  };
}

/** All steps of a flow, taken by new people. */
async function walk(flow: Record<string, Step>): Promise<Map<string, Differences>> {
  const hashes = Object.values(flow).some(({ path }) => path === `${AUTH}/login`);
  const rounds = await subjects(hashes ? ROUNDS_WITH_HASH : ROUNDS);
  const measured = new Map<string, Differences>();
  for (const [name, step] of Object.entries(flow)) measured.set(name, await measure(step, rounds));
  if (process.env['MASUK_TEST_FIGURES']) console.log(JSON.stringify([...measured]));
  return measured;
}

/** Steps and kinds that a network attacker could tell from a known number. */
const apart = (measured: Map<string, Differences>) =>
  [...measured].flatMap(([step, differences]) =>
    Object.entries(differences)
      .filter(([, { auc, microseconds }]) => Math.abs(auc - 0.5) > RANKS && Math.abs(microseconds) > MICROSECONDS)
      .map(([kind]) => `${step}: ${kind}`),
  );

describe('V6.3.8: by the time of each answer of', () => {
  it.each(Object.entries(FLOWS))(
    '%s known numbers cannot be told from unknown and inactive ones',
    async (_, flow) => {
      const walks: [string, Differences][][] = [];
      let always: string[] | undefined;
      // Again with other people: only what is apart each time is apart.
      while (walks.length < 3 && always?.length !== 0) {
        const measured = await walk(flow);
        walks.push([...measured]);
        always = apart(measured).filter((each) => always?.includes(each) ?? true);
      }
      expect({ always, walks }).toMatchObject({ always: [] });
    },
    300_000,
  );
});

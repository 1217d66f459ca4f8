import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure } from '../../support/answers.js';
import { brokenCodesOf, keptCodeOf, wrongCodes } from '../../support/codes.js';
import { atOnce, tally } from '../../support/crowds.js';
import { type TestDatabase } from '../../support/database.js';
import { type FakeWhacenter } from '../../support/fake-whacenter.js';
import { openHouse, type House, type Resident } from '../../support/house.js';
import { loginsOf } from '../../support/logins.js';
import { requestReset, verifyReset } from '../../support/resets.js';
import { troubles, type Answer, type Service } from '../../support/service.js';
import { pause, until } from '../../support/waits.js';

// Requests and guesses that come together are decided by one statement (src/platform/database/call-batcher.ts). What each of them was
// promised alone holds in a crowd, too: a number that somebody holds, a row that fails and a connection that breaks are
// the trouble of those concerned, and of nobody else.

const GUESS_BUDGET = 5;
const NAME = 'Budi Santoso';

let database: TestDatabase;
let house: House;
let whacenter: FakeWhacenter;
let one: Service;
let other: Service;

beforeAll(async () => {
  house = await openHouse();
  ({ database, fake: whacenter, service: one } = house);
  await database.query(GATE);
  other = await house.inOtherProcess();
});

afterAll(async () => house.close());

afterEach(async () => {
  expect(await brokenCodesOf(database)).toEqual([]);
});

/** The instance for the n-th call of a crowd: both in turn. */
const either = (at: number) => (at % 2 === 0 ? one : other);

/** Numbers in `stopped` wait in the database until nobody holds the lock 4711: a statement with one of them stays under way. */
const GATE = `
  CREATE TABLE stopped (phone text PRIMARY KEY);
  CREATE FUNCTION stop_at_gate() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF EXISTS (SELECT 1 FROM stopped s WHERE s.phone = NEW.phone) THEN PERFORM pg_advisory_xact_lock_shared(4711); END IF;
    RETURN NEW;
  END $$;
  CREATE TRIGGER stop_at_gate BEFORE UPDATE ON otp_codes FOR EACH ROW EXECUTE FUNCTION stop_at_gate()`;

/** Backends that wait for a lock, by its kind (`transactionid` and `tuple`: a row that somebody holds). */
const waiting = async (...kinds: string[]) =>
  (
    await database.query(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = ANY ($1)`,
      [kinds],
    )
  ).length;
const heldUp = () => waiting('transactionid', 'tuple', 'speculative token');

const codesOf = (people: readonly Resident[]) =>
  Promise.all(people.map(({ e164: phone }) => house.at(one).code(phone)));

/** The two things that are gathered, each with what it needs first. */
type Work = (service: Service, person: Resident) => Promise<Answer>;
const WORKS: Record<string, { prepare(people: readonly Resident[]): Promise<unknown>; work: Work; event: string }> = {
  'requests for codes': {
    prepare: async () => undefined,
    work: (service, { e164: phone }) => house.at(service).request(phone),
    event: 'otp.requested',
  },
  logins: {
    prepare: codesOf,
    work: (service, { e164: phone }) => house.at(service).verify(phone, whacenter.codeFor(phone) ?? ''),
    event: 'login.otp',
  },
};
const EACH = Object.keys(WORKS).map((name) => [name] as const);

/** As many batches as may be under way at once (`call-batcher.ts`): none begins while all of them stand at the gate. */
const MOST_UNDER_WAY = 4;

/** What was sent before has arrived, and waits for its turn: later requests, which ask the database, have been answered one after the other. */
async function haveArrived(): Promise<void> {
  for (let probe = 0; probe < 10; probe += 1) expect((await one.get('/health/ready')).status).toBe(200);
}

/**
 * Has some people, who are prepared, do the same at one instance so that they go together: whatever may be under way at once
 * is under way until all of them have arrived.
 */
async function together(name: string, people: readonly Resident[]): Promise<{ answers: Promise<Answer>[] }> {
  const { prepare, work } = WORKS[name]!;
  const stopped = await house.people(MOST_UNDER_WAY);
  await prepare(stopped);
  await database.query('INSERT INTO stopped SELECT unnest($1::text[])', [stopped.map(({ e164: phone }) => phone)]);
  const gate = await database.lock('SELECT pg_advisory_xact_lock(4711)');
  const first: Promise<Answer>[] = [];
  for (const [at, person] of stopped.entries()) {
    first.push(work(one, person));
    await until('it stands at the gate', async () => (await waiting('advisory')) === at + 1);
  }
  const answers = people.map((person) => work(one, person));
  await haveArrived();
  await gate.release();
  await Promise.all(first);
  return { answers };
}

/** In how many transactions these people's events were written. */
async function commitsOf(name: string, people: readonly Resident[]): Promise<number> {
  const [row] = await database.query<{ commits: number }>(
    'SELECT count(DISTINCT xmin::text)::int AS commits FROM audit_events WHERE type = $1 AND user_id = ANY ($2)',
    [WORKS[name]!.event, people.map(({ id }) => id)],
  );
  return row!.commits;
}

describe('a row that somebody holds', () => {
  const HOLDS: Record<string, (person: Resident) => Promise<{ release(): Promise<void> }>> = {
    'of the number': ({ e164: phone }) => database.lock('SELECT 1 FROM otp_codes WHERE phone = $1 FOR UPDATE', [phone]),
    'of the account': ({ id }) => database.lock('SELECT 1 FROM users WHERE id = $1 FOR UPDATE', [id]),
    'that is being made': async ({ e164: phone }) => {
      const [schema] = await database.query<{ name: string }>(
        `SELECT nspname AS name FROM pg_namespace WHERE nspname ~ '^masuk_[0-9a-f]{12}$'`,
      );
      return database.lock(`SELECT ${schema!.name}.hold_code($1, 'login', true)`, [phone]);
    },
  };

  it.each([
    ['requests for codes', 'of the number'],
    ['requests for codes', 'that is being made'],
    ['logins', 'of the number'],
    ['logins', 'of the account'],
  ] as const)('keeps nobody else waiting, and its own call is answered after that: %s, %s', async (name, hold) => {
    const people = await house.people(6);
    const [owner, ...others] = people as [Resident, ...Resident[]];
    await WORKS[name]!.prepare(people);
    if (hold === 'of the number' && name !== 'logins')
      await database.query(`INSERT INTO otp_codes (phone, purpose) VALUES ($1, 'login')`, [owner.e164]);
    let answered = false;
    const held = await HOLDS[hold]!(owner);
    let own: Promise<Answer>;
    try {
      const { answers } = await together(name, people);
      own = answers[0]!.finally(() => (answered = true));
      const statuses = (await Promise.all(answers.slice(1))).map(({ status }) => status);
      expect(statuses).toEqual(others.map(() => 200));
      expect(answered).toBe(false);
      // They were not repeated one by one because their batch had failed: they went together.
      expect(await commitsOf(name, others)).toBeLessThan(others.length);
    } finally {
      await held.release();
    }
    expect((await own).status).toBe(200);
  });

  it('costs an instance one connection, however many calls want it', async () => {
    const [owner, ...others] = (await house.people(5)) as [Resident, ...Resident[]];
    await codesOf([owner, ...others]);
    const held = await database.lock('SELECT 1 FROM otp_codes WHERE phone = $1 FOR UPDATE', [owner.e164]);
    let crowd: Promise<Answer>[];
    try {
      crowd = Array.from({ length: 40 }, () => WORKS['logins']!.work(one, owner));
      await until('one waits', async () => (await heldUp()) === 1);
      for (const person of others) expect((await WORKS['logins']!.work(one, person)).status).toBe(200);
      expect(await heldUp()).toBe(1);
    } finally {
      await held.release();
    }
    expect(tally(await Promise.all(crowd))[200]).toBe(1);
    expect(await loginsOf(database, owner.id)).toEqual({ sessions: 1, tokens: 1, events: 1 });
  });
});

describe('a number that many guess at, among logins of others, over two instances', () => {
  /** The crowd of one number, and logins of other people beside it. */
  async function amongOthers(guesses: readonly string[], phone: string): Promise<Answer[]> {
    const others = await house.people(20);
    await codesOf(others);
    const [answers, logins] = await Promise.all([
      Promise.all(guesses.map((guess, at) => house.at(either(at)).verify(phone, guess))),
      Promise.all(others.map((person, at) => WORKS['logins']!.work(either(at), person))),
    ]);
    expect(tally(logins)).toEqual({ 200: others.length });
    for (const { id } of others) expect(await loginsOf(database, id)).toEqual({ sessions: 1, tokens: 1, events: 1 });
    return answers;
  }

  it('opens one session by its right code, sixty times at once', async () => {
    const { e164: phone, id } = await house.person();
    const code = await house.at(one).code(phone);
    const answers = await amongOthers(Array(60).fill(code), phone);
    expect(tally(answers)[200]).toBe(1);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 400, 429]));
    expect(await loginsOf(database, id)).toEqual({ sessions: 1, tokens: 1, events: 1 });
    expect(await keptCodeOf(database, phone)).toMatchObject({ living: false });
  });

  it('has its budget of wrong guesses compared, of sixty at once, and its right code refused then', async () => {
    const { e164: phone, id } = await house.person();
    const code = await house.at(one).code(phone);
    const answers = await amongOthers(wrongCodes(code, 60), phone);
    expect(tally(answers)).toEqual({ 400: GUESS_BUDGET, 429: 60 - GUESS_BUDGET });
    expect(await keptCodeOf(database, phone)).toMatchObject({ living: true, guesses: GUESS_BUDGET });
    for (const service of [one, other]) expectFailure(await house.at(service).verify(phone, code), 429, 'otp_locked');
    expect(await loginsOf(database, id)).toEqual({ sessions: 0, tokens: 0, events: 0 });
  });
});

describe('a call that fails in the database', () => {
  const BREAKS: Record<string, (person: Resident) => Promise<{ mend(): Promise<unknown> }>> = {
    'where its number is written': async ({ e164: phone }) => breakAt('otp_codes', `NEW.phone = '${phone}'`, 'UPDATE'),
    'where its event is written': async ({ id }) => breakAt('audit_events', `NEW.user_id = '${id}'`, 'INSERT'),
  };
  const breakAt = async (table: string, when: string, on: string) => {
    await database.query(
      `CREATE OR REPLACE FUNCTION break() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'broken by the spec'; END $$;
       CREATE TRIGGER break BEFORE ${on} ON ${table} FOR EACH ROW WHEN (${when}) EXECUTE FUNCTION break()`,
    );
    return { mend: () => database.query(`DROP TRIGGER break ON ${table}`) };
  };

  it.each(EACH.flatMap(([name]) => Object.keys(BREAKS).map((where) => [name, where] as const)))(
    'fails alone, and leaves nothing: %s, %s',
    async (name, where) => {
      const people = await house.people(6);
      const [owner, ...others] = people as [Resident, ...Resident[]];
      await WORKS[name]!.prepare(people);
      const before = await keptCodeOf(database, owner.e164);
      const broken = await BREAKS[where]!(owner);
      let answers: Answer[];
      try {
        answers = await Promise.all((await together(name, people)).answers);
      } finally {
        await broken.mend();
      }
      expect(answers.map(({ status }) => status)).toEqual([500, ...others.map(() => 200)]);
      expect(await commitsOf(name, others)).toBe(others.length);
      expect(await commitsOf(name, [owner])).toBe(0);
      expect(await keptCodeOf(database, owner.e164)).toEqual(before);
      for (const { e164: phone } of name === 'logins' ? [] : others)
        expect(whacenter.messagesFor(phone)).toHaveLength(1);
      // Nothing of it stands in the way of the next try.
      expect((await WORKS[name]!.work(one, owner)).status).toBe(200);
      for (const { id } of name === 'logins' ? people : [])
        expect(await loginsOf(database, id)).toEqual({ sessions: 1, tokens: 1, events: 1 });
    },
  );

  it('cannot be caused by a client: odd values are refused or treated as any other', async () => {
    const person = await house.person();
    const code = await house.at(one).code(person.e164);
    const odd = ['\u0000', '\ud800', '\u202e', "'; --", '9'.repeat(400), `${code}\u0000`];
    for (const text of odd) {
      const written = encodeURIComponent(text.toWellFormed());
      const headers = { 'x-device-token': written, 'user-agent': `x${written}` };
      const wire = { ...headers, 'content-type': 'application/json' };
      const answers = [
        await house.at(one).verify(person.e164, text, headers),
        await one.post('/api/auth/otp/verify', { phone: person.e164, otpCode: '1', sessionId: text }, headers),
        await requestReset(one, `${NAME}${text}`, person.e164, headers),
        await verifyReset(one, person.e164, text, headers),
        await one.send('POST', '/api/auth/otp/verify', `{"phone":"${person.e164}","otpCode":"\\u0000"}`, wire),
      ];
      for (const { status, text: body } of answers) expect([text, body, status < 500]).toEqual([text, body, true]);
    }
  });
});

describe('connections that break', () => {
  const PEOPLE = 150;
  const AT_A_TIME = 12;
  const MOST_KILLS = 40;

  it('lose nothing that was acknowledged, use no code twice, and leave no call without an answer', async () => {
    const people = await house.people(PEOPLE);
    let done = false;
    let kills = 0;
    const killer = async () => {
      while (!done && kills < MOST_KILLS) {
        const killed = await database.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = 'masuk' AND state = 'active' ORDER BY random() LIMIT 1`,
        );
        kills += killed.length;
        // Statements are short: it looks again at once until it has met one.
        await pause(killed.length > 0 ? 20 : 1);
      }
    };
    const statuses = new Set<number>();
    const told = async (call: () => Promise<Answer>): Promise<Answer> => {
      const answer = await call();
      statuses.add(answer.status);
      return answer;
    };
    /** Until it is answered otherwise than by 503, as a client may. */
    const insist = async (call: (turn: number) => Promise<Answer>): Promise<Answer> => {
      for (let turn = 0; turn < 40; turn++) {
        const answer = await told(() => call(turn));
        if (answer.status !== 503) return answer;
        // As a client comes back.
        await pause(50);
      }
      throw new Error('forty times 503');
    };
    const acknowledged = new Set<string>();
    const logIn = async ({ e164: phone, id }: Resident, at: number) => {
      const requested = await insist((turn) => house.at(either(at + turn)).request(phone));
      if (requested.status !== 200) return;
      await until('the code comes', () => whacenter.codeFor(phone) !== undefined);
      const code = whacenter.codeFor(phone)!;
      const verified = await insist((turn) => house.at(either(at + turn)).verify(phone, code));
      if (verified.status === 200) acknowledged.add(id);
      // Whether a login whose connection broke stands, only the next guess tells.
      expect((await told(() => house.at(either(at)).verify(phone, code))).status).not.toBe(200);
    };
    const queue = people.entries();
    const killing = killer();
    await Promise.all(
      Array.from({ length: AT_A_TIME }, async () => {
        for (const [at, person] of queue) await logIn(person, at);
      }),
    );
    done = true;
    await killing;
    expect(kills).toBeGreaterThan(5);
    expect([...statuses].filter((status) => ![200, 400, 429, 503].includes(status))).toEqual([]);
    expect(acknowledged.size).toBeGreaterThan(PEOPLE / 2);
    for (const { id, e164: phone } of people) {
      const { sessions, tokens, events } = await loginsOf(database, id);
      expect({ id, tokens, events }).toEqual({ id, tokens: sessions, events: sessions });
      expect(sessions).toBeLessThanOrEqual(1);
      if (acknowledged.has(id)) expect({ id, sessions }).toEqual({ id, sessions: 1 });
      // A code that opened a session lives no more.
      if (sessions === 1) expect(await keptCodeOf(database, phone)).toMatchObject({ living: false });
    }
  });
});

describe('two instances on the same numbers', () => {
  const NUMBERS = 12;
  const CALLERS = 16;
  const CALLS = 50;

  it('wait for nothing in a circle and fail at nothing', async () => {
    const before = [troubles(one).length, troubles(other).length];
    const people = await house.people(NUMBERS);
    let done = false;
    const clock = async () => {
      while (!done) {
        // As if the cooldowns and all windows had passed; one row after the other, as everything takes them.
        for (const { e164: phone } of people)
          await database.query(
            `UPDATE otp_codes SET sends = '{}', guesses = '{}', failures = 0, current_resend_at = current_issued_at WHERE phone = $1 AND purpose = 'login'`,
            [phone],
          );
        await pause(30);
      }
    };
    const turns: ((service: Service, person: Resident) => Promise<Answer>)[] = [
      (service, { e164: phone }) => house.at(service).request(phone),
      (service, { e164: phone }) => house.at(service).resend(phone),
      (service, { e164: phone }) => house.at(service).verify(phone, whacenter.codeFor(phone) ?? '000000'),
      (service, { e164: phone }) =>
        house.at(service).verify(phone, wrongCodes(whacenter.codeFor(phone) ?? '000000', 1)[0]!),
      (service, { e164: phone }) => requestReset(service, NAME, phone),
      (service, { e164: phone }) => verifyReset(service, phone, whacenter.codeFor(phone) ?? '000000'),
    ];
    const ticking = clock();
    const answers = (
      await atOnce(CALLERS, async (caller) => {
        const its: Answer[] = [];
        for (let call = 0; call < CALLS; call++) {
          const person = people[(caller * 7 + call * 5) % NUMBERS]!;
          its.push(await turns[(caller + call) % turns.length]!(either(caller + call), person));
        }
        return its;
      })
    ).flat();
    done = true;
    await ticking;
    expect(answers.filter(({ status }) => ![200, 400, 429].includes(status)).map(({ text }) => text)).toEqual([]);
    expect([troubles(one), troubles(other)].map((lines, at) => lines.slice(before[at]))).toEqual([[], []]);
    const logins = answers.filter(({ body }) => body.data?.token !== undefined);
    expect(logins.length).toBeGreaterThan(NUMBERS);
    let sessions = 0;
    for (const { id } of people) {
      const left = await loginsOf(database, id);
      expect(left).toEqual({ sessions: left.sessions, tokens: left.sessions, events: left.sessions });
      sessions += left.sessions;
    }
    expect(sessions).toBe(logins.length);
  });
});

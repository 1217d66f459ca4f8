import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { passUntil } from '../../support/clock.js';
import { atOnce, tally } from '../../support/crowds.js';
import type { Queries } from '../../support/database.js';
import { type FakeWhacenter } from '../../support/fake-whacenter.js';
import { openHouse, type House, type Resident } from '../../support/house.js';
import { browserLogin, OWN_PAGE } from '../../support/own-page.js';
import { startOwnPostgres, type OwnPostgres } from '../../support/own-postgres.js';
import { requestReset, resetPassword, verifyReset } from '../../support/resets.js';
import { type Answer, type Service } from '../../support/service.js';
import { pause, until } from '../../support/waits.js';

/** A request may take this long with the database frozen, in seconds (docs: security, "Faults"). */
const DEADLINE = 10;

let postgres: OwnPostgres;
let house: House;
let whacenter: FakeWhacenter;
let service: Service;
let token: string;
let cookie: string;

beforeAll(async () => {
  postgres = await startOwnPostgres();
  house = await openHouse(
    { SEED_DEMO: 'sikeskoja' },
    { database: { url: postgres.url, query: database.query }, movingClock: true },
  );
  ({ fake: whacenter, service } = house);
  const { e164: phone } = await house.person();
  token = (await house.at(service).verify(phone, await house.at(service).code(phone))).body.data.token as string;
  ({ session: cookie } = await browserLogin(service, 'admin', 'password123'));
});

afterAll(async () => {
  await house.close();
  await postgres.remove();
});

/** Statements of the spec itself, each over a connection of its own: the server comes and goes. */
const database: Queries = {
  query: async (sql, values) => {
    const client = new pg.Client({ connectionString: postgres.url });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query(sql, values)).rows as never;
    } finally {
      await client.end();
    }
  },
};

/** Every kind of call that needs the database. */
function everyKind(phone: string): [string, Promise<Answer>][] {
  return [
    ['request', house.at(service).request(phone)],
    ['resend', house.at(service).resend(phone)],
    ['verify', house.at(service).verify(phone, '123456')],
    ['login', service.post('/api/auth/login', { identifier: 'admin', password: 'password123' })],
    ['me', service.get('/api/auth/me', { authorization: `Bearer ${token}` })],
    ['me by cookie', service.get('/api/auth/me', { ...OWN_PAGE, cookie })],
    ['request a reset', requestReset(service, 'Budi Santoso', phone)],
    ['verify a reset', verifyReset(service, phone, '123456')],
    ['reset', resetPassword(service, phone, '123456')],
  ];
}

async function expectUnavailable(calls: [string, Promise<Answer>][]): Promise<void> {
  for (const [what, call] of calls) {
    const { status, body, headers } = await call;
    expect({ what, status, code: body.code as string }).toEqual({ what, status: 503, code: 'database_unavailable' });
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(JSON.stringify(body)).not.toMatch(/ECONN|postgres|SELECT|127\.0\.0\.1|timeout|terminat/i);
  }
}

async function expectHealth(ready: 200 | 503): Promise<void> {
  expect((await service.get('/health/live')).status).toBe(200);
  const answer = await service.get('/health/ready');
  expect(answer.status).toBe(ready);
  if (ready === 503) expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await service.get('/api/health')).status).toBe(ready);
}

/** Fifty logins at once: as many connections as there are, each used several times. */
async function expectWholePool(people: Resident[]): Promise<void> {
  const answers = await Promise.all(people.map(({ e164: phone }) => house.at(service).request(phone)));
  expect(tally(answers)).toEqual({ 200: people.length });
  const logins = await Promise.all(
    people.map(({ e164: phone }) => house.at(service).verify(phone, whacenter.codeFor(phone)!)),
  );
  expect(tally(logins)).toEqual({ 200: people.length });
}

const internalErrors = () =>
  service
    .output()
    .split('\n')
    .filter((line) => line.includes('internal_error') || line.includes('"level":60'));

describe('PostgreSQL stopped', () => {
  it('answers 503 while it is gone, is back by itself, and has lost nothing acknowledged', async () => {
    const people = await house.people(50);
    const acknowledged = await house.people(10);
    const codes = await Promise.all(acknowledged.map(({ e164: phone }) => house.at(service).code(phone)));
    await postgres.stop();
    const { e164: phone } = people[0]!;
    await expectUnavailable(everyKind(phone));
    await expectHealth(503);
    // Neither sent nor compared while nobody can count.
    const asked = whacenter.calls.filter(({ path }) => path === '/api/send').length;
    await expectUnavailable((await atOnce(20, async () => everyKind(phone))).flat());
    expect(whacenter.calls.filter(({ path }) => path === '/api/send')).toHaveLength(asked);
    await expectUnavailable(
      acknowledged.map((person, at) => ['verify', house.at(service).verify(person.e164, codes[at]!)]),
    );
    await postgres.start();
    await until('ready again', async () => (await service.get('/health/ready')).status === 200);
    await expectHealth(200);
    const logins = await Promise.all(
      acknowledged.map((person, at) => house.at(service).verify(person.e164, codes[at]!)),
    );
    expect(tally(logins)).toEqual({ 200: 10 });
    expect((await service.get('/api/auth/me', { authorization: `Bearer ${token}` })).status).toBe(200);
    await expectWholePool(people);
    expect(internalErrors()).toEqual([]);
  });

  it('under load answers 200 or 503 and nothing else, and goes on by itself', async () => {
    const people = await house.people(3_000);
    const answers: Answer[] = [];
    let over = false;
    const queue = people.values();
    const callers = Array.from({ length: 12 }, async () => {
      for (const { e164: phone } of queue) {
        if (over) return;
        const requested = await house.at(service).request(phone);
        answers.push(requested);
        if (requested.status === 200) answers.push(await house.at(service).verify(phone, whacenter.codeFor(phone)!));
        // As a client that asks again.
        else await pause(20);
      }
    });
    const count = (wanted: number) => answers.filter(({ status }) => status === wanted).length;
    await until('a load', () => count(200) >= 24);
    await postgres.stop();
    await until('each caller was refused', () => count(503) >= callers.length);
    await postgres.start();
    await until('ready again', async () => (await service.get('/health/ready')).status === 200);
    const before = count(200);
    await until('it goes on', () => count(200) >= before + 24);
    over = true;
    await Promise.all(callers);
    const odd = answers.filter(
      ({ status, body }) => !(status === 200 || (status === 503 && body.code === 'database_unavailable')),
    );
    expect(odd.map(({ text }) => text)).toEqual([]);
    expect(tally(answers)[503]).toBeGreaterThan(0);
    // A login whose answer was lost may stand; none stands twice.
    const twice = await database.query(
      'SELECT user_id FROM login_sessions JOIN users u ON u.id = user_id WHERE u.phone = ANY($1) GROUP BY user_id HAVING count(*) > 1',
      [people.map(({ e164: phone }) => phone)],
    );
    expect(twice).toEqual([]);
    expect(internalErrors()).toEqual([]);
  });
});

describe('PostgreSQL frozen', () => {
  it('lets every request end in time with 503, and finds the pool whole afterwards', async () => {
    const people = await house.people(50);
    const [acknowledged] = await house.people(1);
    const code = await house.at(service).code(acknowledged!.e164);
    const { e164: phone } = people[0]!;
    const asked = whacenter.calls.filter(({ path }) => path === '/api/send').length;
    postgres.freeze();
    try {
      // Time passes for the service alone.
      const second = () => service.pass(1_000);
      const ending = (calls: [string, Promise<Answer>][]) => {
        const state = { calls, open: calls.length };
        for (const [, call] of calls) void call.finally(() => (state.open -= 1));
        return state;
      };
      const first = ending((await atOnce(6, async () => everyKind(phone))).flat());
      // Later ones find a pool that is full, then one whose connections were given up.
      const later: ReturnType<typeof ending>[] = [];
      for (const seconds of [1.5, 1.5, 3.5]) {
        await service.pass(seconds * 1000);
        later.push(ending(everyKind(phone)));
        expect((await service.get('/health/live')).status).toBe(200);
      }
      await passUntil(second, 'the first ones end', () => first.open === 0, DEADLINE - 6.5);
      await passUntil(second, 'the later ones end', () => later.every(({ open }) => open === 0), DEADLINE);
      for (const { calls } of [first, ...later]) await expectUnavailable(calls);
      await expectHealth(503);
      expect(whacenter.calls.filter(({ path }) => path === '/api/send')).toHaveLength(asked);
    } finally {
      postgres.thaw();
    }
    await until('ready again', async () => (await service.get('/health/ready')).status === 200);
    await expectWholePool(people.slice(1));
    expect((await house.at(service).verify(acknowledged!.e164, code)).status).toBe(200);
    expect(internalErrors()).toEqual([]);
    // What was given up while the server was frozen ends on its side when it finds nobody there.
    await until('no more connections than the pools have', async () => {
      const [connections] = await database.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM pg_stat_activity WHERE application_name = 'masuk'`,
      );
      return connections!.count <= 10;
    });
  }, 120_000);
});

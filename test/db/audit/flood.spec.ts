import { Agent, request } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';
import { pino } from 'pino';
import { Refusals, type Refusal } from '../../../src/records/audit/refusals.js';
import { RefusalsRepository } from '../../../src/records/audit/refusals.repository.js';
import { Database } from '../../../src/platform/database/database.js';
import { wrongCodes } from '../../support/codes.js';
import { atOnce, tally } from '../../support/crowds.js';
import { createDatabase, type TestDatabase } from '../../support/database.js';
import { openHouse, type House } from '../../support/house.js';
import { troubles, type Service } from '../../support/service.js';
import { pause, until } from '../../support/waits.js';

// Refusals are counted, so that a flood of them fills no disk, over two instances and on a real PostgreSQL.

interface CountedRow {
  type: string;
  minute: Date;
  address: string | null;
  count: number;
  detail: { code: string } | null;
  request_id: string | null;
  last_request_id: string | null;
}

const countedRows = (database: TestDatabase, where = 'true') =>
  database.query<CountedRow & pg.QueryResultRow>(
    `SELECT type, occurred_at AS minute, address, count, detail, request_id, last_request_id
       FROM audit_events WHERE count IS NOT NULL AND ${where} ORDER BY occurred_at, type, address`,
  );
const sum = (rows: readonly { count: number }[]) => rows.reduce((total, { count }) => total + count, 0);
const minutes = (rows: readonly CountedRow[]) => new Set(rows.map(({ minute }) => minute.getTime())).size;

describe('a flood over HTTP, at two instances', () => {
  let database: TestDatabase;
  let house: House;
  let instances: Service[];
  let addresses = 0;

  beforeAll(async () => {
    house = await openHouse({ ADDRESS_FAILURES_PER_HOUR: '40', TRUST_PROXY: '127.0.0.1' });
    ({ database } = house);
    instances = [house.service, await house.inOtherProcess()];
  });
  afterAll(async () => house.close());
  afterEach(() => {
    for (const instance of instances) {
      expect(troubles(instance)).toEqual([]);
      expect(instance.output()).not.toContain('refusals not recorded');
    }
  });

  const instance = (at: number) => instances[at % instances.length]!;
  const freshAddress = () => `198.51.100.${++addresses}`;

  it('of three thousand refusals of one address is a row a minute, and few statements', async () => {
    const address = freshAddress();
    const agent = new Agent({ keepAlive: true, maxSockets: 64 });
    const body = JSON.stringify({ identifier: 'siapa', password: 'salah' });
    const headers = {
      'content-type': 'application/json',
      'content-length': String(body.length),
      'x-forwarded-for': address,
    };
    // Not by `fetch`, which takes more of the machine than the service.
    const guess = (at: number) =>
      new Promise<number>((resolve, reject) => {
        const options = { method: 'POST', agent, headers };
        const call = request(`${instance(at).url}/api/auth/login`, options, (answer) => {
          answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
        });
        call.on('error', reject).end(body);
      });
    const updatesBefore = await updates();
    const begun = performance.now();
    const answers = await atOnce(3_000, guess);
    agent.destroy();
    const counts = tally(answers.map((status) => ({ status })));
    expect(Object.keys(counts).every((status) => status === '401' || status === '429')).toBe(true);
    await until(
      'every one is counted',
      async () => sum(await countedRows(database, `address = '${address}'`)) === 3_000,
    );
    const seconds = (performance.now() - begun) / 1000;
    const rows = await countedRows(database, `address = '${address}'`);
    // What the identifier's own limit refuses is one kind, what the guard refuses for the address another.
    const kinds = new Set(rows.map(({ type, detail }) => `${type} ${detail?.code}`));
    expect([...kinds].sort()).toEqual([
      'limits.reached login_locked',
      'login.password invalid_credentials',
      'login.password login_locked',
    ]);
    for (const kind of kinds) {
      const ofKind = rows.filter(({ type, detail }) => `${type} ${detail?.code}` === kind);
      expect(ofKind).toHaveLength(minutes(ofKind));
    }
    expect(sum(rows.filter(({ type }) => type === 'login.password'))).toBe(40);
    // Each instance writes at once what somebody waits for, and once a second what nobody does.
    expect((await updates()) - updatesBefore).toBeLessThan(40 + 2 * instances.length * (seconds + 2));
  }, 120_000);

  /** Rows of this month that were updated in place. */
  async function updates(): Promise<number> {
    await database.query('SELECT pg_stat_force_next_flush()');
    // PostgreSQL's processes hand their counts on within a second or so, and nothing tells when.
    await pause(1_500);
    const [row] = await database.query<{ updates: number }>(
      `SELECT coalesce(sum(n_tup_upd), 0)::int AS updates FROM pg_stat_all_tables WHERE relname LIKE 'audit_events_20%'`,
    );
    return row!.updates;
  }

  it('counts each refused guess before it is answered', async () => {
    const from = { 'x-forwarded-for': freshAddress() };
    const [person] = await house.people(1);
    const code = await house.at(instance(0)).code(person!.e164, { 'x-forwarded-for': freshAddress() });
    const guesses = wrongCodes(code, 30);
    const answers = await atOnce(30, (at) =>
      instance(at).post('/api/auth/otp/verify', { phone: person!.e164, otpCode: guesses[at] }, from),
    );
    const rows = await countedRows(database, `user_id = '${person!.id}' OR address = '${from['x-forwarded-for']}'`);
    const refused = rows.filter(({ type }) => type === 'login.otp');
    expect(sum(refused)).toBe(tally(answers)[400]! + tally(answers)[429]!);
    expect(refused.length).toBeLessThanOrEqual(6);
    const ids = new Set(answers.map(({ headers }) => headers.get('x-request-id')));
    for (const { request_id, last_request_id } of refused)
      expect([ids.has(request_id), ids.has(last_request_id)]).toEqual([true, true]);
  });

  it('of one address with a new number each time is twenty rows a minute and one for the rest', async () => {
    const address = freshAddress();
    const numbers = Array.from({ length: 120 }, (_, at) => `0857${String(10_000_000 + at * 1_017)}`);
    const ask = (at: number) =>
      instance(at).post(
        '/api/auth/otp/verify',
        { phone: numbers[at], otpCode: '123456' },
        { 'x-forwarded-for': address },
      );
    for (let at = 0; at < 36; at += 4) await Promise.all([0, 1, 2, 3].map((more) => ask(at + more)));
    const rows = await countedRows(database, `address = '${address}'`);
    expect(sum(rows)).toBe(36);
    expect(rows.some(({ type }) => type === 'refusals.more')).toBe(true);
    // Two instances at one instant may each take the last place.
    expect(rows.length).toBeLessThanOrEqual((20 + 1 + instances.length) * minutes(rows));
  });
});

describe('the count itself', () => {
  let database: TestDatabase;
  let pools: pg.Pool[];
  let counters: Refusals[];

  beforeAll(async () => {
    database = await createDatabase();
    pools = [];
    counters = Array.from({ length: 2 }, () => {
      const pool = new pg.Pool({ connectionString: database.url, max: 4 });
      pools.push(pool);
      const owners = { ownersOf: () => Promise.resolve(new Map<string, string>()) };
      return new Refusals(new RefusalsRepository(new Database(pool)), owners, pino({ level: 'silent' }));
    });
  });
  afterAll(async () => {
    await Promise.all(pools.map((pool) => pool.end()));
    await database.drop();
  });
  beforeEach(async () => {
    await database.query('ALTER TABLE audit_events DISABLE TRIGGER USER');
    await database.query('DELETE FROM audit_events');
    await database.query('ALTER TABLE audit_events ENABLE TRIGGER USER');
  });

  const refusal = (more: Partial<Refusal>): Refusal => ({
    ...{ kind: 'a kind', type: 'spec', userId: null, phoneKey: null, named: null, subjectId: null },
    ...{ address: '203.0.113.1', requestId: 'first', detail: { code: 'invalid_otp' }, ...more },
  });

  it('of both instances is exact, and of one kind one row', async () => {
    const writes = await atOnce(2_000, (at) => counters[at % 2]!.write(refusal({ requestId: `r${at}` })));
    expect(writes).toHaveLength(2_000);
    const rows = await countedRows(database);
    expect(sum(rows)).toBe(2_000);
    expect(rows).toHaveLength(minutes(rows));
    expect(rows[0]?.request_id).toMatch(/^r[01]$/);
    expect(rows.at(-1)?.last_request_id).toMatch(/^r199[89]$/);
  });

  it('of many kinds in all orders at once waits for nobody', async () => {
    const kinds = Array.from({ length: 15 }, (_, n) => `kind ${n}`);
    await atOnce(600, (at) => {
      const order = at % 2 === 0 ? kinds : [...kinds].reverse();
      return Promise.all(order.map((kind) => counters[at % 2]!.write(refusal({ kind }))));
    });
    const rows = await countedRows(database);
    expect(sum(rows)).toBe(9_000);
    expect(rows).toHaveLength(15 * minutes(rows));
  });

  it('of one address has room for twenty kinds a minute, of all for five hundred', async () => {
    const one = counters[0]!;
    await atOnce(200, (at) => one.write(refusal({ kind: `kind ${at}` })));
    await one.write(refusal({ kind: 'kind 0' }));
    const rows = await countedRows(database);
    const perMinute = minutes(rows);
    expect(sum(rows)).toBe(201);
    expect(rows.filter(({ type }) => type === 'spec').length).toBeLessThanOrEqual(20 * perMinute);
    expect(rows.filter(({ type }) => type === 'refusals.more')).toHaveLength(perMinute);
    expect(rows.find(({ type }) => type === 'refusals.more')).toMatchObject({ address: '203.0.113.1', detail: null });

    await atOnce(900, (at) => one.write(refusal({ kind: `of ${at}`, address: `10.0.${at % 250}.${at >> 8}` })));
    const all = await countedRows(database);
    expect(sum(all)).toBe(1_101);
    expect(all.length).toBeLessThanOrEqual(502 * minutes(all));
    expect(sum(all.filter(({ type, address }) => type === 'refusals.more' && address === null))).toBeGreaterThan(300);
  });

  it('keeps no more than a thousand kinds in memory while the database is slow', async () => {
    const lock = await database.lock('LOCK TABLE audit_events IN EXCLUSIVE MODE');
    const writes = atOnce(5_000, (at) => counters[0]!.write(refusal({ kind: `kind ${at}`, address: `10.1.${at}` })));
    const waiting = (counters[0] as unknown as { waiting: Map<string, unknown> }).waiting.size;
    await lock.release();
    await writes;
    expect(waiting).toBeLessThanOrEqual(1_001);
    expect(sum(await countedRows(database))).toBe(5_000);
  });

  it('writes behind an answer at once, and in a flood once a second', async () => {
    const counter = counters[0]!;
    const written = async () => sum(await countedRows(database));
    const pauses: number[] = [];
    const timer = jest.spyOn(globalThis, 'setTimeout');
    const note = (times: number) => {
      timer.mockClear();
      for (let n = 0; n < times; n++) counter.note(refusal({}));
      pauses.push(...timer.mock.calls.map(([, ms]) => ms!));
    };
    let now = performance.now() + 1_100;
    jest.spyOn(performance, 'now').mockImplementation(() => now);
    note(1);
    await until('the first is written', async () => (await written()) === 1);
    now += 300;
    note(500);
    await until('the others are', async () => (await written()) === 501);
    expect(pauses).toEqual([0, 700]);
    note(10);
    await counter.onApplicationShutdown();
    expect(await written()).toBe(511);
    jest.restoreAllMocks();
  });

  it('that could not be written fails for those who wait, and stops nothing', async () => {
    await database.query('ALTER TABLE audit_events RENAME TO elsewhere');
    await expect(counters[0]!.write(refusal({}))).rejects.toThrow(/audit_events/);
    await database.query('ALTER TABLE elsewhere RENAME TO audit_events');
    await counters[0]!.write(refusal({}));
    expect(sum(await countedRows(database))).toBe(1);
  });
});

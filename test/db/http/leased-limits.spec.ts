import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';
import { pino } from 'pino';
import { Database } from '../../../src/platform/database/database.js';
import { LeasedLimitRepository, type Limit } from '../../../src/platform/limits/leased-limit.repository.js';
import { LeasedLimits } from '../../../src/platform/limits/leased-limits.js';
import { createDatabase, type TestDatabase } from '../../support/database.js';
import { pause, until } from '../../support/waits.js';

let database: TestDatabase;
let pools: pg.Pool[] = [];
let instances: LeasedLimits[];

/** As an instance of the service has it: memory and connections of its own. */
function newInstance(): LeasedLimits {
  const pool = new pg.Pool({ connectionString: database.url, max: 5 });
  pools.push(pool);
  return new LeasedLimits(new LeasedLimitRepository(new Database(pool)), pino({ level: 'silent' }));
}

/** How many of so many tries at once, spread over the instances, were let through. */
async function allowedOf(tries: number, limit: Limit, subject = 'somebody'): Promise<number> {
  const answers = await Promise.all(
    Array.from({ length: tries }, (_, n) => instances[n % instances.length]!.reserve(limit, subject)),
  );
  return answers.filter((refusedFor) => refusedFor === null).length;
}

const row = async () => (await database.query('SELECT * FROM rate_limits'))[0];
/** As if the time of every block had passed, by the database's clock. */
const endBlocks = () =>
  database.query(
    `UPDATE rate_limits SET leases = coalesce((SELECT jsonb_object_agg(key, value || '{"until": "2020-01-01T00:00:00Z"}') FROM jsonb_each(leases)), '{}')`,
  );
/** What an instance does by itself every two seconds. */
const report = (instance: LeasedLimits) => (instance as unknown as { report(): Promise<void> }).report();
const stop = (instance: LeasedLimits) => instance.onApplicationShutdown();
const endWindow = () =>
  database.query("UPDATE rate_limits SET window_started_at = window_started_at - interval '1 day'");

beforeAll(async () => {
  database = await createDatabase();
});

afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.end()));
  await database.drop();
});

beforeEach(async () => {
  await Promise.all(pools.map((pool) => pool.end()));
  pools = [];
  await database.query('TRUNCATE rate_limits');
  instances = [newInstance(), newInstance()];
});

afterEach(() => {
  jest.restoreAllMocks();
});

describe('limits leased in blocks', () => {
  it.each([1, 7, 20, 39])('lets exactly %i through of 200 at once on two instances', async (cap) => {
    expect(await allowedOf(200, { name: 'test', cap, seconds: 60 })).toBe(cap);
  });

  it('hands out nothing that is on its way back to the row', async () => {
    const limit = { name: 'returned', cap: 6, seconds: 3_600 };
    const [one, other] = instances as [LeasedLimits, LeasedLimits];
    expect(await allowedOf(6, limit)).toBe(6);
    one.giveBack(limit, 'somebody');
    const reporting = report(one);
    const here = one.reserve(limit, 'somebody');
    await reporting;
    const answers = await Promise.all([here, other.reserve(limit, 'somebody')]);
    expect(answers.filter((refusedFor) => refusedFor === null)).toHaveLength(1);
  });

  it('never passes a cap that is leased in blocks, and leaves little of it unused', async () => {
    const allowed = await allowedOf(2_000, { name: 'test', cap: 600, seconds: 60 });
    expect(allowed).toBeLessThanOrEqual(600);
    expect(allowed).toBeGreaterThan(600 - 30);
    expect((await row())?.['used']).toBeLessThanOrEqual(600);
  });

  it('refuses nobody of a crowd that the cap has room for', async () => {
    expect(await allowedOf(500, { name: 'test', cap: 600, seconds: 60 })).toBe(500);
  });

  it('says how long the window lasts, never longer than it is', async () => {
    const limit = { name: 'test', cap: 1, seconds: 60 };
    await allowedOf(1, limit);
    for (const instance of instances) {
      const refusedFor = await instance.reserve(limit, 'somebody');
      expect(refusedFor).toBeGreaterThan(50);
      expect(refusedFor).toBeLessThanOrEqual(60);
    }
  });

  it('counts subjects and names by themselves', async () => {
    const limit = { name: 'test', cap: 3, seconds: 60 };
    expect(await allowedOf(9, limit, 'one')).toBe(3);
    expect(await allowedOf(9, limit, 'other')).toBe(3);
    expect(await allowedOf(9, { ...limit, name: 'another' }, 'one')).toBe(3);
  });

  it('has the whole cap again in the next window, and nothing more', async () => {
    const limit = { name: 'test', cap: 20, seconds: 1 };
    expect(await allowedOf(100, limit)).toBe(20);
    // As long as a window is.
    await pause(1_050);
    expect(await allowedOf(100, limit)).toBe(20);
  });

  it('gives idle blocks back to the window they were leased in', async () => {
    const limit = { name: 'test', cap: 100, seconds: 60 };
    expect(await allowedOf(2, limit)).toBe(2);
    expect((await row())?.['used']).toBe(10);
    await Promise.all(instances.map((instance) => instance.onApplicationShutdown()));
    expect((await row())?.['used']).toBe(2);
  });

  it('does not lift the cap of a later window by what an earlier one left', async () => {
    const limit = { name: 'test', cap: 100, seconds: 60 };
    expect(await instances[0]!.reserve(limit, 'somebody')).toBeNull();
    await endWindow();
    expect(await instances[1]!.reserve(limit, 'somebody')).toBeNull();
    await instances[0]!.onApplicationShutdown();
    expect((await row())?.['used']).toBe(5);
  });

  it('hands on to others what was given back', async () => {
    const limit = { name: 'test', cap: 2, seconds: 60 };
    expect(await allowedOf(4, limit)).toBe(2);
    instances[0]!.giveBack(limit, 'somebody');
    expect(await allowedOf(4, limit)).toBe(1);
  });

  it('asks once for all that is wanted at the same time, and once where there is no room', async () => {
    const limit = { name: 'test', cap: 100, seconds: 60 };
    const run = jest.spyOn(Database.prototype, 'run');
    const subjects = Array.from({ length: 20 }, (_, at) => `somebody ${at}`);
    const answers = await Promise.all(subjects.map((subject) => instances[0]!.reserve(limit, subject)));
    expect(answers).toEqual(subjects.map(() => null));
    expect(run).toHaveBeenCalledTimes(1);
    await database.query('UPDATE rate_limits SET used = 100');
    // Until the other instance's block ends.
    expect(await instances[1]!.reserve(limit, 'somebody 0')).toBeGreaterThan(25);
    expect(run).toHaveBeenCalledTimes(2);
  });

  it('keeps only those waiting who need a row that somebody holds', async () => {
    const limit = { name: 'test', cap: 3, seconds: 60 };
    await allowedOf(1, limit, 'held');
    const { release } = await database.lock(`SELECT 1 FROM rate_limits WHERE subject = 'held' FOR UPDATE`);
    let heldIsAnswered = false;
    const held = allowedOf(9, limit, 'held').finally(() => (heldIsAnswered = true));
    expect(await allowedOf(9, limit, 'free')).toBe(3);
    expect(heldIsAnswered).toBe(false);
    await release();
    expect(await held).toBe(2);
  });

  it('lets nobody through when the database does not answer', async () => {
    await pools[0]!.end();
    await expect(instances[0]!.reserve({ name: 'test', cap: 5, seconds: 60 }, 'somebody')).rejects.toThrow();
    pools.shift();
  });
});

describe('a block', () => {
  const limit = { name: 'test', cap: 100, seconds: 86_400 };
  const used = async () => (await row())?.['used'];

  it('of an instance that was killed comes back, but for what it had used', async () => {
    for (let crash = 0; crash < 6; crash++) expect(await newInstance().reserve(limit, 'somebody')).toBeNull();
    expect(await used()).toBe(30);
    await endBlocks();
    const survivor = newInstance();
    expect(await survivor.reserve(limit, 'somebody')).toBeNull();
    expect(await used()).toBe(6 + 5);
    await stop(survivor);
    expect(await used()).toBe(7);
  });

  it('comes back to whoever needs it when nothing else is left', async () => {
    for (let crash = 0; crash < 20; crash++) expect(await newInstance().reserve(limit, 'somebody')).toBeNull();
    const survivor = newInstance();
    const refusedFor = await survivor.reserve(limit, 'somebody');
    // Not when the day is over: when the first block ends.
    expect(refusedFor).toBeGreaterThan(0);
    expect(refusedFor).toBeLessThanOrEqual(30);
    await endBlocks();
    const late = newInstance();
    let allowed = 0;
    while ((await late.reserve(limit, 'somebody')) === null) allowed += 1;
    expect(allowed).toBe(80);
  });

  it('is counted as far as it was used, when its instance has reported that before it died', async () => {
    const dying = newInstance();
    for (let use = 0; use < 4; use++) await dying.reserve(limit, 'somebody');
    await report(dying);
    await endBlocks();
    const survivor = newInstance();
    await survivor.reserve(limit, 'somebody');
    await stop(survivor);
    expect(await used()).toBe(5);
  });

  it('comes back once, also when its instance was only slow', async () => {
    const [slow, quick, third] = [newInstance(), newInstance(), newInstance()];
    await slow.reserve(limit, 'somebody');
    await endBlocks();
    await Promise.all([quick.reserve(limit, 'somebody'), third.reserve(limit, 'somebody')]);
    expect(await used()).toBe(1 + 5 + 5);
    // It does not know yet, and uses two more: they count when it reports, and the other two are not its own any more.
    await slow.reserve(limit, 'somebody');
    await slow.reserve(limit, 'somebody');
    await report(slow);
    expect(await used()).toBe(3 + 5 + 5);
    await report(slow);
    await Promise.all([slow, quick, third].map(stop));
    expect(await used()).toBe(5);
  });

  it('that came back meanwhile is paid for when its slow instance leases the next one', async () => {
    const [slow, quick] = [newInstance(), newInstance()];
    await slow.reserve(limit, 'somebody');
    await endBlocks();
    await quick.reserve(limit, 'somebody');
    // The last four of the block that it has lost, and one of the next.
    for (let use = 0; use < 5; use++) await slow.reserve(limit, 'somebody');
    await Promise.all([slow, quick].map(stop));
    expect(await used()).toBe(7);
  });

  it('is not handed out after its time, and is held on to when nobody needed it', async () => {
    const instance = newInstance();
    await instance.reserve(limit, 'somebody');
    const [before] = await database.query('SELECT leases FROM rate_limits');
    const now = performance.now();
    jest.spyOn(performance, 'now').mockImplementation(() => now + 31_000);
    await instance.reserve(limit, 'somebody');
    const [after] = await database.query('SELECT leases FROM rate_limits');
    expect(Object.keys(after!['leases'] as object)).not.toEqual(Object.keys(before!['leases'] as object));
    await stop(instance);
    expect(await used()).toBe(2);
  });

  it('costs no statement of its own to go back: it ends by itself', async () => {
    const instance = newInstance();
    await instance.reserve(limit, 'somebody');
    const before = await database.query('SELECT xmin FROM rate_limits');
    await report(instance);
    expect(await database.query('SELECT xmin FROM rate_limits')).toEqual(before);
  });

  it('is not waited for while somebody else has the row, and is reported later', async () => {
    const instance = newInstance();
    await instance.reserve(limit, 'somebody');
    await instance.reserve(limit, 'somebody');
    const { release } = await database.lock('SELECT 1 FROM rate_limits FOR UPDATE');
    await report(instance);
    await release();
    await report(instance);
    const [lease] = Object.values((await row())!['leases'] as object) as { unused: number }[];
    expect(lease?.unused).toBe(3);
  });

  it('goes back at a stop, although somebody else has the row at that moment', async () => {
    const instance = newInstance();
    await instance.reserve(limit, 'somebody');
    const { release } = await database.lock('SELECT 1 FROM rate_limits FOR UPDATE');
    const run = jest.spyOn(Database.prototype, 'run');
    const stopped = stop(instance);
    // It waits for no row, but asks again.
    await until('it has tried in vain', () => run.mock.calls.length >= 2);
    await release();
    await stopped;
    expect(await used()).toBe(1);
  });

  it('whose row is gone stops nobody', async () => {
    const instance = newInstance();
    await instance.reserve(limit, 'somebody');
    await instance.reserve(limit, 'somebody');
    await database.query('TRUNCATE rate_limits');
    await report(instance);
    await stop(instance);
  });

  it('is accounted for to the last one, whatever three instances do, as long as none is killed', async () => {
    const crowd = [newInstance(), newInstance(), newInstance()];
    const roomy = { ...limit, cap: 2_000 };
    let seed = 20_261_129;
    const random = (below: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % below;
    let truly = 0;
    for (let step = 0; step < 400; step++) {
      const instance = crowd[random(3)]!;
      const subject = `somebody ${random(2)}`;
      const kind = random(10);
      if (kind < 6)
        for (let use = 0; use < 20; use++) truly += (await instance.reserve(roomy, subject)) === null ? 1 : 0;
      else if (kind === 6) {
        instance.giveBack(roomy, subject);
        truly -= 1;
      } else if (kind === 7) await endBlocks();
      else
        await Promise.all([
          report(instance),
          instance.reserve(roomy, subject).then((no) => (truly += no === null ? 1 : 0)),
        ]);
    }
    await Promise.all(crowd.map(stop));
    const [sum] = await database.query<{ used: number }>('SELECT sum(used)::int AS used FROM rate_limits');
    expect(sum!.used).toBe(truly);
    expect(truly).toBeGreaterThan(1_000);
  });
});

describe('a limit that grows', () => {
  const limit = { name: 'test', cap: 4, seconds: 86_400, growth: 0.5 };
  const ageProof = (span: string) =>
    database.query(`UPDATE rate_limits SET proved_since = proved_since - $1::interval`, [span]);
  const allowed = async () => {
    await database.query(`UPDATE rate_limits SET used = 0, leases = '{}'`);
    const instance = newInstance();
    let count = 0;
    while ((await instance.reserve(limit, 'somebody')) === null) count += 1;
    expect(instance.standing(limit, 'somebody')?.cap).toBe(count);
    return count;
  };

  it('grows by a share of what was verified in the last day, and shrinks again', async () => {
    const instance = newInstance();
    await instance.reserve(limit, 'somebody');
    for (let good = 0; good < 20; good++) instance.countVerified(limit, 'somebody');
    await report(instance);
    expect(await allowed()).toBe(14);
    await ageProof('30 hours');
    // A day and six hours later three quarters of it count.
    expect(await allowed()).toBe(4 + 7);
    await ageProof('18 hours');
    expect(await allowed()).toBe(4);
  });

  it('counts what was verified on another day by itself', async () => {
    const instance = newInstance();
    await instance.reserve(limit, 'somebody');
    for (const span of ['30 hours', '49 hours']) {
      for (let good = 0; good < 10; good++) instance.countVerified(limit, 'somebody');
      await report(instance);
      await ageProof(span);
    }
    for (let good = 0; good < 6; good++) instance.countVerified(limit, 'somebody');
    await report(instance);
    expect((await row())!).toMatchObject({ proved: 6, proved_before: 0 });
    expect(await allowed()).toBe(7);
    await ageProof('25 hours');
    for (let good = 0; good < 2; good++) instance.countVerified(limit, 'somebody');
    await report(instance);
    expect((await row())!).toMatchObject({ proved: 2, proved_before: 6 });
  });
});

it('forgets rows whose window has long ended, step by step', async () => {
  await database.query(
    `INSERT INTO rate_limits (name, subject, window_started_at, used)
     SELECT 'test', n::text, now() - CASE WHEN n <= 3 THEN interval '24 hours' ELSE interval '26 hours' END, 0 FROM generate_series(1, 1200) n`,
  );
  const repository = new LeasedLimitRepository(new Database(pools[0]!));
  let steps = 0;
  while (await repository.forgetOld()) steps += 1;
  expect(steps).toBe(3);
  expect(await database.query('SELECT 1 FROM rate_limits')).toHaveLength(3);
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { pino } from 'pino';
import { Database } from '../../src/database/database.js';
import { LeasedLimitRepository, type Limit } from '../../src/http/leased-limit.repository.js';
import { LeasedLimits } from '../../src/http/leased-limits.js';
import { createDatabase, type TestDatabase } from '../support/database.js';

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
const endWindow = () =>
  database.query("UPDATE rate_limits SET window_started_at = window_started_at - interval '1 day'");

describe('limits leased in blocks', () => {
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

  it.each([1, 7, 20, 39])('lets exactly %i through of 200 at once on two instances', async (cap) => {
    expect(await allowedOf(200, { name: 'test', cap, seconds: 60 })).toBe(cap);
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
    await new Promise((resolve) => setTimeout(resolve, 1_050));
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

  it('lets nobody through when the database does not answer', async () => {
    await pools[0]!.end();
    await expect(instances[0]!.reserve({ name: 'test', cap: 5, seconds: 60 }, 'somebody')).rejects.toThrow();
    pools.shift();
  });
});

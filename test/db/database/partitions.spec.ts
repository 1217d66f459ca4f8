import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { Partitions } from '../../../src/platform/database/partitions.js';
import { createDatabase, type TestDatabase } from '../../support/database.js';

let database: TestDatabase;
let pool: pg.Pool;
let parts: Partitions;

beforeAll(async () => {
  database = await createDatabase();
  pool = new pg.Pool({ connectionString: database.url, max: 8 });
  parts = new Partitions(pool);
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

async function partitions(): Promise<string[]> {
  const rows = await database.query<{ name: string }>(
    `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent IN ('audit_events'::regclass, 'message_history'::regclass) ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

const months = (...names: string[]) =>
  ['audit_events', 'message_history'].flatMap((table) => names.map((month) => `partitions.${table}_${month}`));

const event = (at: string) =>
  `INSERT INTO audit_events (id, occurred_at, type, outcome) VALUES (gen_random_uuid(), '${at}', 'spec', 'success')`;

describe('the histories', () => {
  it('are partitioned by their time', async () => {
    const rows = await database.query(
      `SELECT partrelid::regclass::text AS name, pg_get_partkeydef(partrelid) AS key
         FROM pg_partitioned_table JOIN pg_class ON oid = partrelid WHERE relnamespace = 'public'::regnamespace ORDER BY 1`,
    );
    expect(rows).toEqual([
      { name: 'activity_log', key: 'RANGE (occurred_at)' },
      { name: 'activity_numbers', key: 'RANGE (day)' },
      { name: 'audit_events', key: 'RANGE (occurred_at)' },
      { name: 'message_history', key: 'RANGE (created_at)' },
    ]);
  });

  it('get the partitions of this month and the next three, from any number of instances at once, once', async () => {
    const today = new Date('2030-11-30T23:59:59.999Z');
    await Promise.all(Array.from({ length: 8 }, () => parts.ensure(today)));
    const expected = months('2030_11', '2030_12', '2031_01', '2031_02');
    expect((await partitions()).filter((name) => /203[01]/.test(name))).toEqual(expected);
    await parts.ensure(today);
    await parts.ensure(new Date('2030-12-01T00:00:00Z'));
    expect((await partitions()).filter((name) => /203[01]/.test(name))).toEqual(
      [...expected, ...months('2031_03')].sort(),
    );
  });

  it('of activities get the partitions of this day and the next seven, and lose whole days', async () => {
    const days = async () =>
      (
        await database.query<{ name: string }>(
          `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent IN ('activity_log'::regclass, 'activity_numbers'::regclass) ORDER BY 1`,
        )
      )
        .map(({ name }) => name.replace('partitions.', ''))
        .filter((name) => name.includes('_2033_'));
    await Promise.all(Array.from({ length: 4 }, () => parts.ensure(new Date('2033-02-25T12:00:00Z'))));
    const expected = ['02_25', '02_26', '02_27', '02_28', '03_01', '03_02', '03_03', '03_04'];
    const names = (table: string, ends = expected) => ends.map((end) => `${table}_2033_${end}`);
    expect(await days()).toEqual([...names('activity_log'), ...names('activity_numbers')]);
    // The last instant of the 27th is still kept from: it stays whole.
    const dropped = await parts.dropBefore('activity_log', new Date('2033-02-27T23:59:59.999Z'));
    expect(dropped.filter((name) => name.includes('2033'))).toEqual(names('activity_log', ['02_25', '02_26']));
    expect(await parts.dropBefore('activity_numbers', new Date('2033-02-25T00:00:00Z'))).not.toContain(
      'activity_numbers_2033_02_25',
    );
    expect((await days()).filter((name) => name.startsWith('activity_log'))).toEqual(
      names('activity_log', expected.slice(2)),
    );
  });

  it('take every instant of a month into its partition, and no instant that has none', async () => {
    await parts.ensure(new Date('2032-01-15T00:00:00Z'));
    const inside = ['2032-01-01T00:00:00Z', '2032-02-29T23:59:59.999Z', '2032-04-30T23:59:59.999Z'];
    for (const at of inside) await database.query(event(at));
    for (const at of ['2031-12-31T23:59:59.999Z', '2032-05-01T00:00:00Z'])
      await expect(database.query(event(at))).rejects.toThrow(/no partition/);
  });

  it('lose only months that are over before the day they are kept from', async () => {
    for (const month of ['2040-01-10', '2040-05-10']) await parts.ensure(new Date(month));
    const left = async () => (await partitions()).filter((name) => name.includes('audit_events_2040'));
    const all = months('2040_01', '2040_02', '2040_03', '2040_04', '2040_05', '2040_06', '2040_07', '2040_08').slice(
      0,
      8,
    );
    expect(await left()).toEqual(all);
    // The last instant of March is still kept from: March stays whole.
    const old = ['2040_01', '2040_02'].map((month) => `audit_events_${month}`);
    const dropped = await parts.dropBefore('audit_events', new Date('2040-03-31T23:59:59.999Z'));
    expect(dropped.filter((name) => name.includes('2040')).sort()).toEqual(old);
    expect(await left()).toEqual(all.slice(2));
    expect(await parts.dropBefore('audit_events', new Date('2040-03-31T23:59:59.999Z'))).toEqual([]);
    // Its end is the first instant of April.
    expect(await parts.dropBefore('audit_events', new Date('2040-04-01T00:00:00Z'))).toEqual(['audit_events_2040_03']);
    expect((await partitions()).filter((name) => name.includes('message_history_2040'))).toHaveLength(8);
  });

  it('are dropped by several instances at once without a fault, while rows come in', async () => {
    await parts.ensure(new Date('2050-01-10'));
    await parts.ensure(new Date('2050-05-10'));
    const writes = Promise.all(Array.from({ length: 40 }, () => database.query(event('2050-08-01T00:00:00Z'))));
    const before = new Date('2050-06-01T00:00:00Z');
    await Promise.all(Array.from({ length: 4 }, () => parts.dropBefore('audit_events', before)));
    await writes;
    expect((await partitions()).filter((name) => name.includes('audit_events_2050'))).toEqual(
      months('2050_06', '2050_07', '2050_08').slice(0, 3),
    );
    expect(await database.query(`SELECT 1 FROM audit_events WHERE occurred_at = '2050-08-01'`)).toHaveLength(40);
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createDatabase, type TestDatabase } from '../../support/database.js';
import { openHouse, type House } from '../../support/house.js';
import { csv, Imports, outcomes } from '../../support/imports.js';
import { until } from '../../support/waits.js';

let house: House;
const imports = new Imports();
const others: TestDatabase[] = [];

beforeAll(async () => {
  house = await openHouse({ REGISTRATION: 'open', AUTH_PROFILE: 'compat' });
});

afterAll(async () => {
  imports.close();
  await Promise.all(others.map((each) => each.drop()));
  await house.close();
});

async function anotherDatabase(): Promise<TestDatabase> {
  const database = await createDatabase();
  others.push(database);
  return database;
}

const COLUMNS = ['id', 'fullName', 'email', 'username', 'phone', 'role'];
const from = (file: string, system = 'klinik') => ['--from', 'csv', '--system', system, '--file', file];

const people = (count: number, prefix: string) =>
  Array.from({ length: count }, (_, at) => [
    `${prefix}-${at}`,
    `Orang ${at}`,
    `${prefix}${at}@klinik.example`,
    `${prefix}${at}`,
    `0811${prefix.length}${String(at).padStart(7, '0')}`,
    'USER',
  ]);

const state = (database: TestDatabase) =>
  database.query(
    `SELECT full_name, email, username, phone, role, is_active, phone_claimed, email_claimed, self_registered,
            (SELECT array_agg(o.origin || ' ' || o.legacy_id) FROM import_origins o WHERE o.user_id = u.id) AS origins
       FROM users u ORDER BY phone, email, username`,
  );

const leftOver = (database: TestDatabase) =>
  database.query<{ runs: number; rows: number }>(
    'SELECT (SELECT count(*) FROM import_runs)::int AS runs, (SELECT count(*) FROM import_rows)::int AS rows',
  );

/** Statements of imports that wait for somebody else's row. */
async function waiting(database: TestDatabase): Promise<number> {
  const [row] = await database.query<{ waiting: number }>(
    `SELECT count(*)::int AS waiting FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%INSERT INTO users%'`,
  );
  return row!.waiting;
}

describe('an import that is killed', () => {
  it('leaves whole batches behind, and the next one comes to the same end', async () => {
    const rows = people(1_600, 'mati');
    const file = imports.file(csv(COLUMNS, rows));
    const [killed, whole] = [await anotherDatabase(), await anotherDatabase()];
    // The third batch waits for a stranger's number, so that the first two are written and no more.
    const stranger = new pg.Client({ connectionString: killed.url });
    await stranger.connect();
    await stranger.query('BEGIN');
    await stranger.query(
      `INSERT INTO users (id, full_name, phone) VALUES (gen_random_uuid(), 'Orang lain', '+6281140001200')`,
    );
    const { child, end } = imports.start(killed.url, from(file));
    await until('the import waits', async () => (await waiting(killed)) > 0);
    child.kill('SIGKILL');
    await end;
    expect((await state(killed)).length).toBe(1_000);
    await stranger.query('ROLLBACK');
    await stranger.end();

    const again = await imports.run(killed.url, from(file));
    expect(again).toMatchObject({ code: 0, err: '' });
    expect(outcomes(again.report)).toEqual({ unchanged: 1_000, new: 600 });
    expect((await imports.run(whole.url, from(file))).code).toBe(0);
    expect(await state(killed)).toEqual(await state(whole));
    const third = await imports.run(killed.url, from(file));
    expect(outcomes(third.report)).toEqual({ unchanged: 1_600 });
    expect(await leftOver(whole)).toEqual([{ runs: 0, rows: 0 }]);
  });
});

describe('two imports at once', () => {
  it('make each account once, whatever the order of their rows', async () => {
    const database = await anotherDatabase();
    const rows = people(1_500, 'dua');
    const files = [rows, [...rows].reverse()].map((each) => imports.file(csv(COLUMNS, each)));
    const ends = await Promise.all(files.map((file) => imports.run(database.url, from(file))));
    expect(ends.map(({ code }) => code)).toEqual([0, 0]);
    expect(await state(database)).toHaveLength(1_500);
    const all = ends.flatMap(({ report }) => report);
    expect(outcomes(all)).toEqual({ new: 1_500, unchanged: 1_500 });
    const made = new Map(all.map(({ sourceId, account }) => [sourceId, account]));
    for (const { sourceId, account } of all) expect(made.get(sourceId)).toBe(account);
  });
});

describe('people who register meanwhile', () => {
  it('and whose names the import brings, too, are there once, and reported', async () => {
    const rows = people(1_500, 'daftar');
    const file = imports.file(csv(COLUMNS, rows));
    const { end } = imports.start(house.database.url, from(file));
    let isOver = false;
    void end.finally(() => (isOver = true));
    let registered = 0;
    for (let at = rows.length - 1; !isOver && at >= 0; at -= 7) {
      const [, fullName, email, username, phone] = rows[at]!;
      const answer = await house.service.post('/api/auth/register', {
        fullName,
        email,
        username,
        phone,
        password: 'kuda lari ke pasar lama',
      });
      if (answer.status === 201) registered += 1;
      else expect(answer).toMatchObject({ status: 409 });
    }
    const { code, report } = await end;
    expect(code).toBe(0);
    const counts = outcomes(report);
    expect(registered).toBeGreaterThan(0);
    expect(counts).toEqual({ new: 1_500 - registered, 'conflict unproven_registration': registered });
    const [row] = await house.database.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM users WHERE full_name LIKE 'Orang %'`,
    );
    expect(row).toEqual({ count: 1_500 });
  });

  it('between the look and the writing are not doubled, and nobody else of the batch is lost', async () => {
    const database = await anotherDatabase();
    const rows = people(40, 'sela');
    const rival = await database.lock(
      `INSERT INTO users (id, full_name, email, phone, self_registered, phone_claimed, email_claimed)
       VALUES (gen_random_uuid(), 'Saingan', $1, $2, true, true, true)`,
      [rows[20]![2], '+628138880001'],
    );
    const { end } = imports.start(database.url, from(imports.file(csv(COLUMNS, rows))));
    await until('the import waits', async () => (await waiting(database)) > 0);
    await rival.release();
    const { code, report } = await end;
    expect(code).toBe(0);
    expect(outcomes(report)).toEqual({ new: 39, 'conflict unproven_registration': 1 });
    expect(report[20]).toMatchObject({ line: '21', outcome: 'conflict' });
    expect(await state(database)).toHaveLength(40);
  });
});

describe('rows that claim the same', () => {
  it('end alike in every order', async () => {
    const rows = [
      ['1', 'Ani', 'ani@k.example', 'ani', '081100000001', 'USER'],
      ['2', 'Ani Dua', 'ani2@k.example', 'ani2', '0811-0000-0001', 'USER'],
      ['3', 'Budi', 'budi@k.example', 'budi', '081100000003', 'USER'],
      ['3', 'Budi', 'budi@k.example', 'budi', '+6281100000003', 'USER'],
      ['5', 'Citra', 'CITRA@k.example', 'citra', '081100000005', 'USER'],
      ['6', 'Dewi', 'citra@k.example', 'dewi', '081100000006', 'USER'],
      ['7', 'Eka', 'eka@k.example', null, '081100000007', 'USER'],
      ['8', 'Fajar', 'lama@k.example', 'fajar', null, 'USER'],
      ['9', 'Gita', null, 'gita', '081100000009', 'USER'],
      ['10', 'Hadi', 'hadi@k.example', 'hadi', '081100000010', 'USER'],
    ];
    const ends: unknown[] = [];
    for (const ordered of [rows, [...rows].reverse(), [...rows.slice(5), ...rows.slice(0, 5)]]) {
      const database = await anotherDatabase();
      await database.query(
        `INSERT INTO users (id, full_name, email, phone) VALUES (gen_random_uuid(), 'Akun Lama', 'lama@k.example', '+6281100000009'),
                                                                (gen_random_uuid(), 'Eka Lama', NULL, '+6281100000007')`,
      );
      const { code, report } = await imports.run(database.url, from(imports.file(csv(COLUMNS, ordered))));
      expect(code).toBe(0);
      const said = report.map(({ sourceId, outcome, reason, notTaken }) =>
        [sourceId, outcome, reason, notTaken].join(' '),
      );
      ends.push({ accounts: await state(database), said: said.sort() });
    }
    expect(ends[1]).toEqual(ends[0]);
    expect(ends[2]).toEqual(ends[0]);
    expect(ends[0]).toMatchObject({
      said: [
        '1 conflict same_in_file ',
        '10 new  ',
        '2 conflict same_in_file ',
        '3 new  ',
        '3 repeated  ',
        '5 conflict same_in_file ',
        '6 conflict same_in_file ',
        '7 merged  fullName',
        // Both would come to the account that has the number of the one and the e-mail of the other.
        '8 conflict same_in_file ',
        '9 conflict same_in_file ',
      ],
    });
  });
});

import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyMigrations } from '../../../src/platform/database/migrations/migrator.js';
import { createDatabase, type TestDatabase } from '../../support/database.js';

// What an upgrade makes of e-mail addresses that it finds.

const FIRST = '20261129112000_keep_phones_out_of_emails';
const ALL = join(process.cwd(), 'prisma', 'migrations');

let database: TestDatabase;
let earlier: string;

beforeAll(async () => {
  database = await createDatabase({ migrated: false });
  earlier = await mkdtemp(join(tmpdir(), 'masuk-earlier-'));
  for (const name of await readdir(ALL))
    if (name < FIRST || !/^\d/.test(name)) await cp(join(ALL, name), join(earlier, name), { recursive: true });
  await applyMigrations(database.url, () => undefined, { migrationsDir: earlier });
  await database.query(
    `INSERT INTO users (id, full_name, email, username, phone) VALUES
       (gen_random_uuid(), 'ordinary', 'budi@papua.example', NULL, NULL),
       (gen_random_uuid(), 'alone', '6281200000011@s.whatsapp.net', NULL, NULL),
       (gen_random_uuid(), 'met', '6281200000012@c.us', NULL, NULL),
       (gen_random_uuid(), 'taken', NULL, '6281200000012.c.us', NULL),
       (gen_random_uuid(), 'named', '+6281200000013:7@s.whatsapp.net', 'siti', NULL),
       (gen_random_uuid(), 'numbered', '6281200000014@s.whatsapp.net', NULL, '+6281200000015')`,
  );
  await applyMigrations(database.url, () => undefined, { migrationsDir: ALL });
});

afterAll(async () => {
  await database.drop();
  await rm(earlier, { recursive: true, force: true });
});

it('takes away e-mail addresses that are phone numbers, and leaves each account something to log in by', async () => {
  const accounts = await database.query<{ full_name: string }>(
    `SELECT full_name, email, regexp_replace(username, '-[0-9a-f]{8}$', '-id') AS username, phone FROM users`,
  );
  const found = Object.fromEntries(accounts.map(({ full_name: name, ...account }) => [name, account]));
  expect(found).toEqual({
    ordinary: { email: 'budi@papua.example', username: null, phone: null },
    alone: { email: null, username: '6281200000011.s.whatsapp.net', phone: null },
    met: { email: null, username: '6281200000012.c.us-id', phone: null },
    taken: { email: null, username: '6281200000012.c.us', phone: null },
    named: { email: null, username: 'siti', phone: null },
    numbered: { email: null, username: null, phone: '+6281200000015' },
  });
});

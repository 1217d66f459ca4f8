import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../../src/platform/embedded-postgres/embedded-postgres.js';
import {
  applyMigrations,
  createMigration,
  forgetFailedMigration,
  pendingMigrations,
} from '../../../src/platform/database/migrations/migrator.js';
import { type Children, prepareChildren } from './child-process.js';

const MIGRATE = `
  import { applyMigrations } from './platform/database/migrations/migrator.js';
  const [, url, migrationsDir] = process.argv;
  const applied = await applyMigrations(url, () => {}, { migrationsDir }).then((names) => ({ applied: names }),
    (error) => ({ error: error.message }));
  console.log(JSON.stringify(applied));`;

/** Asks for the schema's state as a start does, and tells whether Prisma's engine was loaded for it (it needs a global). */
const CHECK = `
  import { applyMigrations, pendingMigrations } from './platform/database/migrations/migrator.js';
  const [, url, migrationsDir] = process.argv;
  const pending = await pendingMigrations(url, { migrationsDir });
  const engineWasLoaded = 'PRISMA_WASM_PANIC_REGISTRY' in globalThis;
  await applyMigrations(url, () => {}, { migrationsDir });
  console.log(JSON.stringify({ pending, engineWasLoaded, engineIsLoaded: 'PRISMA_WASM_PANIC_REGISTRY' in globalThis }));`;

const FIRST = '20260101000000_first';
const SECOND = '20260102000000_second';

const SCHEMA = `
generator client {
  provider        = "prisma-client"
  output          = "./generated"
  previewFeatures = ["partialIndexes"]
}
datasource db {
  provider = "postgresql"
}
model Event {
  id   String   @db.Uuid
  at   DateTime @db.Timestamptz(3)
  kind String
  @@id([id, at])
  @@unique([kind, at], map: "event_open", where: raw("kind <> ''::text"))
  @@map("event")
}
`;

let server: EmbeddedPostgres;
let children: Children;
let folder: string;
let sources: { migrationsDir: string; schemaPath: string };
let url: string;
let databases = 0;
const silent = (): void => undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'masuk-migrator-'));
  server = await startEmbeddedPostgres({ dataDir: folder, log: silent });
  children = await prepareChildren();
});

afterAll(async () => {
  await children.end();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  databases += 1;
  const home = join(folder, `case-${databases}`);
  sources = { migrationsDir: join(home, 'migrations'), schemaPath: join(home, 'schema.prisma') };
  await mkdir(sources.migrationsDir, { recursive: true });
  url = server.url.replace(/masuk$/, `case_${databases}`);
  await ask(server.url, `CREATE DATABASE case_${databases}`);
});

async function ask<T extends object>(database: string, statement: string): Promise<T[]> {
  const client = new pg.Client(database);
  await client.connect();
  try {
    return (await client.query<T>(statement)).rows;
  } finally {
    await client.end();
  }
}

async function migration(name: string, sql: string): Promise<void> {
  await mkdir(join(sources.migrationsDir, name), { recursive: true });
  await writeFile(join(sources.migrationsDir, name, 'migration.sql'), sql);
}

async function twoMigrations(): Promise<void> {
  await migration(FIRST, 'CREATE TABLE a (id int PRIMARY KEY); SELECT pg_sleep(0.1);');
  await migration(SECOND, 'CREATE TABLE b (id int PRIMARY KEY);');
}

describe('applyMigrations', () => {
  it('applies what is missing, in order, and nothing the second time', async () => {
    await twoMigrations();
    expect(await applyMigrations(url, silent, sources)).toEqual([FIRST, SECOND]);
    expect(await applyMigrations(url, silent, sources)).toEqual([]);
    const rows = await ask(url, 'SELECT migration_name FROM _prisma_migrations ORDER BY started_at');
    expect(rows).toEqual([{ migration_name: FIRST }, { migration_name: SECOND }]);
  });

  it('applies each migration once when called several times at once', async () => {
    await twoMigrations();
    const applied = await Promise.all([1, 2, 3].map(() => applyMigrations(url, silent, sources)));
    expect(applied.flat()).toEqual([FIRST, SECOND]);
  });

  it('applies each migration once when several processes start at once', async () => {
    await twoMigrations();
    const runs = await Promise.all([1, 2, 3].map(() => children.run(MIGRATE, url, sources.migrationsDir)));
    expect(runs.map(({ answer }) => answer.error)).toEqual([undefined, undefined, undefined]);
    expect(runs.flatMap(({ answer }) => answer.applied)).toEqual([FIRST, SECOND]);
  });

  it('sends a migration whole: semicolons in bodies and comments do not cut it', async () => {
    await migration(
      FIRST,
      `-- one; two
       CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; RETURN 'a;b'; END $$;
       DO $$ BEGIN PERFORM f(); END $$;`,
    );
    await applyMigrations(url, silent, sources);
    expect(await ask(url, 'SELECT f()')).toEqual([{ f: 'a;b' }]);
  });

  it('leaves nothing of a migration that fails, and tries it again once that is declared', async () => {
    await migration(FIRST, 'CREATE TABLE a (id int);\nSELECT nope;');
    const failure = `The migration ${FIRST} failed: Error querying the database: ERROR: column "nope" does not exist (line 2)`;
    await expect(applyMigrations(url, silent, sources)).rejects.toThrow(failure);
    expect(await ask(url, `SELECT to_regclass('a') AS a`)).toEqual([{ a: null }]);
    await migration(FIRST, 'CREATE TABLE a (id int);');
    await expect(applyMigrations(url, silent, sources)).rejects.toThrow(`--rolled-back ${FIRST}`);
    await forgetFailedMigration(FIRST, url);
    expect(await applyMigrations(url, silent, sources)).toEqual([FIRST]);
  });
});

describe('pendingMigrations', () => {
  it('tells what is missing, without changing the database', async () => {
    await twoMigrations();
    expect(await pendingMigrations(url, sources)).toEqual([FIRST, SECOND]);
    expect(await ask(url, `SELECT to_regclass('_prisma_migrations') AS made`)).toEqual([{ made: null }]);
    await applyMigrations(url, silent, sources);
    await migration('20260103000000_third', 'SELECT 1;');
    expect(await pendingMigrations(url, sources)).toEqual(['20260103000000_third']);
  });

  it('is content with a database that is ahead', async () => {
    await twoMigrations();
    await applyMigrations(url, silent, sources);
    await rm(join(sources.migrationsDir, SECOND), { recursive: true });
    expect(await pendingMigrations(url, sources)).toEqual([]);
  });

  it('throws when a migration failed, or was edited after it was applied', async () => {
    await twoMigrations();
    await applyMigrations(url, silent, sources);
    await migration(SECOND, 'SELECT 2;');
    await expect(pendingMigrations(url, sources)).rejects.toThrow(
      `Edited after they were applied to this database: ${SECOND}`,
    );
    await ask(url, `UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = '${FIRST}'`);
    await expect(pendingMigrations(url, sources)).rejects.toThrow(`The migration ${FIRST} failed in this database`);
  });
});

describe('the check of a start', () => {
  it('asks the engine only when something is missing', async () => {
    await twoMigrations();
    const before = await children.run(CHECK, url, sources.migrationsDir);
    expect(before.answer).toEqual({ pending: [FIRST, SECOND], engineWasLoaded: true, engineIsLoaded: true });
    const after = await children.run(CHECK, url, sources.migrationsDir);
    expect(after.answer).toEqual({ pending: [], engineWasLoaded: false, engineIsLoaded: false });
  });

  it('counts a migration that was tried again, and not one that was only rolled back', async () => {
    await migration(FIRST, 'SELECT 1;');
    await migration(SECOND, 'SELECT nope;');
    await expect(applyMigrations(url, silent, sources)).rejects.toThrow(SECOND);
    await forgetFailedMigration(SECOND, url);
    expect(await pendingMigrations(url, sources)).toEqual([SECOND]);
    await migration(SECOND, 'SELECT 2;');
    expect(await applyMigrations(url, silent, sources)).toEqual([SECOND]);
    const { answer } = await children.run(CHECK, url, sources.migrationsDir);
    expect(answer).toEqual({ pending: [], engineWasLoaded: false, engineIsLoaded: false });
  });

  it('throws for a failed migration that this release does not know', async () => {
    await twoMigrations();
    await applyMigrations(url, silent, sources);
    await rm(join(sources.migrationsDir, SECOND), { recursive: true });
    await ask(url, `UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = '${SECOND}'`);
    await expect(pendingMigrations(url, sources)).rejects.toThrow(`The migration ${SECOND} failed in this database`);
  });
});

describe('the connections of the engine', () => {
  it('have closed when a call returns, so that the server may stop at once', async () => {
    await twoMigrations();
    await pendingMigrations(url, sources);
    await applyMigrations(url, silent, sources);
    // The server forgets a connection a moment after the socket has closed; a pool left open would stay.
    const count = `SELECT count(*)::int AS open FROM pg_stat_activity WHERE datname = 'case_${databases}'`;
    let rows = await ask<{ open: number }>(server.url, count);
    for (let i = 0; i < 50 && rows[0]?.open !== 0; i += 1) rows = await ask<{ open: number }>(server.url, count);
    expect(rows).toEqual([{ open: 0 }]);
  });
});

describe('createMigration', () => {
  it('writes what the schema has and the migrations have not, then nothing', async () => {
    await writeFile(sources.schemaPath, SCHEMA);
    const name = await createMigration('add_events', server.url, sources);
    expect(name).toMatch(/^\d{14}_add_events$/);
    const path = join(sources.migrationsDir, name ?? '', 'migration.sql');
    expect(await readFile(path, 'utf8')).toContain('CREATE TABLE "event"');
    expect(await readdir(sources.migrationsDir)).toContain('migration_lock.toml');
    expect(await createMigration('again', server.url, sources)).toBeNull();
    expect(await ask(server.url, `SELECT datname FROM pg_database WHERE datname LIKE '%shadow%'`)).toEqual([]);
  });

  it('leaves alone what only a hand-written migration can say: partitions, checks, indexes on expressions', async () => {
    await writeFile(sources.schemaPath, SCHEMA);
    await migration(
      FIRST,
      `CREATE TABLE event (id uuid NOT NULL, at timestamptz(3) NOT NULL, kind text NOT NULL,
         CONSTRAINT event_pkey PRIMARY KEY (id, at), CONSTRAINT event_kind CHECK (kind <> 'x')) PARTITION BY RANGE (at);
       CREATE UNIQUE INDEX event_open ON event (kind, at) WHERE kind <> '';
       CREATE INDEX event_lower ON event (lower(kind));
       CREATE TABLE event_2026_01 PARTITION OF event FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
       CREATE TABLE event_rest PARTITION OF event DEFAULT;
       CREATE SCHEMA partitions;
       CREATE TABLE partitions.event_2026_02 PARTITION OF event FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');`,
    );
    expect(await createMigration('nothing', server.url, sources)).toBeNull();
  });

  it.each(['Upper', 'with-dash', '../up', '', 'a b'])('refuses the name "%s"', async (name) => {
    await expect(createMigration(name, server.url, sources)).rejects.toThrow('cannot name a migration');
  });
});

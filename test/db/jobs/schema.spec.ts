import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createRequire } from 'node:module';
import { getRollbackPlans, PgBoss } from 'pg-boss';
import { applyMigrations, createMigration } from '../../../src/platform/database/migrations/migrator.js';
import { applyJobSchema } from '../../../src/platform/jobs/job-schema.js';
import { createDatabase, type TestDatabase } from '../../support/database.js';
import { openHouse } from '../../support/house.js';
import { runJob } from '../../support/jobs.js';
import { stopAllServices, type StartFailed } from '../../support/service.js';

const { pgboss } = createRequire(import.meta.url)('pg-boss/package.json') as { pgboss: { schema: number } };

let database: TestDatabase;
const made: TestDatabase[] = [];

beforeEach(async () => {
  database = await createDatabase({ migrated: false });
  made.push(database);
});

afterAll(async () => {
  await stopAllServices();
  for (const each of made) await each.drop();
});

const silent = () => undefined;
const version = async () =>
  (await database.query<{ version: number }>('SELECT version FROM pgboss.version'))[0]?.version;

/** What pg-boss itself finds wrong with its tables. */
async function drift(): Promise<boolean> {
  const boss = new PgBoss({ connectionString: database.url, supervise: false, schedule: false });
  await boss.start();
  const { ok } = await boss.detectSchemaDrift();
  await boss.stop({ graceful: false });
  return !ok;
}

describe('applyJobSchema', () => {
  it('sets the tables up, once for several at once, and finds nothing to do the second time', async () => {
    await Promise.all([1, 2, 3, 4].map(() => applyJobSchema(database.url, silent)));
    expect(await version()).toBe(pgboss.schema);
    const said: string[] = [];
    expect(await applyJobSchema(database.url, (message) => said.push(message))).toBe(false);
    expect(said).toEqual([]);
  });

  it('brings tables of an earlier version up to date, with their indexes', async () => {
    await applyJobSchema(database.url, silent);
    await database.query(getRollbackPlans('pgboss', pgboss.schema));
    expect(await version()).toBe(pgboss.schema - 1);
    expect(await applyJobSchema(database.url, silent)).toBe(true);
    expect(await version()).toBe(pgboss.schema);
    expect(await drift()).toBe(false);
  });

  it('leaves tables of a later version alone', async () => {
    await applyJobSchema(database.url, silent);
    await database.query('UPDATE pgboss.version SET version = version + 1');
    expect(await applyJobSchema(database.url, silent)).toBe(false);
  });

  it('creates nothing that the next migration would take for its own', async () => {
    await applyMigrations(database.url, silent);
    await applyJobSchema(database.url, silent);
    const tables = await database.query(
      `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname ~ '^(job|queue|schedule|version|bam)'`,
    );
    expect(tables).toEqual([]);
    expect(await createMigration('nothing', database.url)).toBeNull();
  });
});

describe('production', () => {
  const SECRETS = {
    NODE_ENV: 'production',
    PUBLIC_URL: 'https://masuk.example.org',
    AUTH_SECRET: 'a production secret of this spec: 7f3c9a1e5b8d2046',
  };

  it('refuses to start without the tables, or with older ones, and says what to do', async () => {
    const house = await openHouse({ ...SECRETS, HOST: '127.0.0.1' }, { database, instances: 0 });
    try {
      await applyMigrations(database.url, silent);
      const refusal = async () => {
        try {
          await house.another();
          return 'started';
        } catch (error) {
          return (error as StartFailed).output;
        }
      };
      expect(await refusal()).toContain('Run "npm run db:migrate" first.');
      expect(await database.query(`SELECT to_regclass('pgboss.version') AS made`)).toEqual([{ made: null }]);
      await applyJobSchema(database.url, silent);
      await database.query('UPDATE pgboss.version SET version = version - 1');
      expect(await refusal()).toContain('Run "npm run db:migrate" first.');
      // A release that is put back finds tables of the later one.
      await database.query('UPDATE pgboss.version SET version = version + 2');
      const service = await house.another();
      await runJob(database, 'old-codes');
      expect(service.output()).not.toContain('jobs were not maintained');
    } finally {
      await house.close();
    }
  });

  it('needs no right to change tables of the jobs', async () => {
    const house = await openHouse({ ...SECRETS, HOST: '127.0.0.1' }, { database, instances: 0 });
    const role = `plain_${database.url.split('_').at(-1)}`;
    try {
      await applyMigrations(database.url, silent);
      await applyJobSchema(database.url, silent);
      await database.query(
        `CREATE ROLE ${role} LOGIN PASSWORD 'plain';
         DO $$ DECLARE t record; BEGIN
           FOR t IN SELECT oid::regclass AS name FROM pg_class
                     WHERE relnamespace IN ('public'::regnamespace, 'partitions'::regnamespace) AND relkind IN ('r', 'p')
           LOOP EXECUTE format('ALTER TABLE %s OWNER TO ${role}', t.name); END LOOP; END $$;
         GRANT USAGE, CREATE ON SCHEMA public, partitions TO ${role};
         GRANT USAGE ON SCHEMA pgboss TO ${role};
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA pgboss TO ${role};`,
      );
      const url = new URL(database.url);
      url.username = role;
      url.password = 'plain';
      const service = await house.another({ DATABASE_URL: url.href });
      for (const name of ['old-codes', 'history-partitions', 'finished-jobs']) await runJob(database, name);
      expect(service.output()).not.toMatch(/jobs were not maintained|job failed/);
    } finally {
      await stopAllServices();
      await house.close();
      await database.query(`DROP OWNED BY ${role} CASCADE; DROP ROLE ${role}`);
    }
  });
});

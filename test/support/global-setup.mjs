import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../build/platform/embedded-postgres/embedded-postgres.js';
import { applyMigrations } from '../../build/platform/database/migrations/migrator.js';
import { applyJobSchema } from '../../build/platform/jobs/job-schema.js';
import { Partitions } from '../../build/platform/database/partitions.js';
import pg from 'pg';
import { cpuSeconds, noteCpu } from './cpu-time.mjs';

/** Windows has none that Node can reach. */
const hasSockets = process.platform !== 'win32';

/**
 * Nothing of a run has to survive a power cut; each dropped database would wait for the disk. What is proven of a database
 * that dies is proven on servers of its own. The socket is in the cluster, which its owner alone can enter.
 */
const SERVER = {
  fsync: 'off',
  full_page_writes: 'off',
  max_wal_size: '256MB',
  ...(hasSockets && { unix_socket_directories: '.', unix_socket_permissions: '0700' }),
};

/** One real PostgreSQL for the whole run; each spec makes databases of its own from a migrated template. */
export default async function setUp() {
  const dataDir = mkdtempSync(join(roomInMemory() ?? tmpdir(), 'masuk-test-'));
  const postgres = await startEmbeddedPostgres({ dataDir, log: () => undefined, settings: SERVER });
  const admin = new pg.Client({ connectionString: postgres.url });
  await admin.connect();
  if (hasSockets) await openSocket(admin);
  await admin.query('CREATE DATABASE masuk_template');
  await admin.end();
  const template = new URL(postgres.url);
  template.pathname = '/masuk_template';
  await applyMigrations(template.href, () => undefined);
  await applyJobSchema(template.href, () => undefined);
  // Here once, and not at the start of each spec's service.
  const pool = new pg.Pool({ connectionString: template.href, max: 1 });
  await new Partitions(pool).ensure();
  await pool.end();
  process.env.MASUK_TEST_POSTGRES = postgres.url;
  // Each service has a DATA_DIR of its own, and would compile itself anew.
  process.env.MASUK_TEST_COMPILE_CACHE = join(dataDir, 'compile-cache');
  mkdirSync(process.env.MASUK_TEST_COMPILE_CACHE, { mode: 0o700 });
  // Where processes with several services note that they live, and keep what they write (`service-hosts.mjs`).
  process.env.MASUK_TEST_HOSTS = join(dataDir, 'hosts');
  mkdirSync(process.env.MASUK_TEST_HOSTS, { mode: 0o700 });
  const pid = readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0];
  globalThis.__masukTestPostgres = async () => {
    endHosts(process.env.MASUK_TEST_HOSTS);
    // It waits for its own processes, so theirs is in its figure but for those of sessions that are open.
    const seconds = cpuSeconds(pid);
    if (seconds !== null) noteCpu({ server: 'PostgreSQL' }, seconds);
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
}

/** Lets everybody in who reaches the socket: neither side of a connection hashes a password. */
async function openSocket(admin) {
  const { rows } = await admin.query(
    `SELECT current_setting('data_directory') AS folder, current_setting('hba_file') AS rules`,
  );
  writeFileSync(rows[0].rules, `local all all trust\n${readFileSync(rows[0].rules, 'utf8')}`);
  await admin.query('SELECT pg_reload_conf()');
  process.env.MASUK_TEST_SOCKET = rows[0].folder;
}

/** A worker's hosts end with it; those of a run without workers are still there. */
function endHosts(folder) {
  for (const [, pid] of readdirSync(folder).map((name) => /^(\d+)\.pid$/.exec(name) ?? [])) {
    if (pid === undefined) continue;
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  }
}

/** What a run may write at most, in bytes: databases are dropped behind their specs. */
const ENOUGH = 4 * 1024 ** 3;

/**
 * A folder in memory, if the system has one with enough room: a new database is some 900 files, which cost a fifth there. The one of
 * a container is often too small.
 */
function roomInMemory() {
  try {
    const { bavail, bsize } = statfsSync('/dev/shm');
    return bavail * bsize > ENOUGH ? '/dev/shm' : undefined;
  } catch {
    return undefined;
  }
}

import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { chown, mkdir, open, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { type PostgresBinaries, findBinaries } from './embedded-binaries.js';
import { type PostgresPlace, SHARED_HOME, choosePlace } from './embedded-owner.js';
import { CLEAN_ENVIRONMENT, type Postmaster, findOrphan, startPostmaster, stopPostmaster } from './postmaster.js';
import { stillRuns } from './process-life.js';
import { takeLock } from './process-lock.js';

/** A PostgreSQL of our own, started for a service that was given no DATABASE_URL. */
export interface EmbeddedPostgres {
  /** postgresql://masuk:…@127.0.0.1:…/masuk: it holds the password, so it must not be logged. */
  url: string;
  /** Stops the database and gives the folder back; calling it again waits for the same end. */
  stop(): Promise<void>;
}

/** The superuser, and the database. */
const NAME = 'masuk';
/** Sorted by code point, the same on every machine; lower and upper case for all of Unicode (PostgreSQL 17 and newer). */
const LOCALE = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
const LOG_LIMIT = 5 * 1024 * 1024;
const ADOPT_PATIENCE = 5_000;

/**
 * Starts the embedded PostgreSQL on a data folder, or takes over the one that a killed service left running there. The
 * data are kept from run to run.
 *
 * In `dataDir`: `postgres/` (the cluster), `postgres.password` (0600), `postgres.log`, `postgres.lock`; as root perhaps
 * only a pointer to where the cluster is (see choosePlace). The server listens on a random port of 127.0.0.1 only, and
 * asks for the password, because every user of the machine can reach that port.
 *
 * @throws Error when another running service uses the folder (naming its pid), when the platform has no binaries, or
 *   when PostgreSQL does not start; each message says what to do
 */
export async function startEmbeddedPostgres(options: {
  dataDir: string;
  log: (message: string) => void;
  /** Of the server, over the usual ones; given by tests, whose data need not survive a power cut. */
  settings?: Readonly<Record<string, string>>;
}): Promise<EmbeddedPostgres> {
  const place = await choosePlace(resolve(options.dataDir), options.log);
  const taken = await takeLock(join(place.store, 'postgres.lock'));
  if ('heldBy' in taken) {
    throw new Error(
      `The process ${taken.heldBy.pid} already uses the database of DATA_DIR=${place.dataDir}. ` +
        'Stop it first, or start this one with another DATA_DIR.',
    );
  }
  try {
    const copyFolder = place.owner ? SHARED_HOME : place.dataDir;
    const binaries = await findBinaries(place.owner, copyFolder, options.log);
    const password = await keepPassword(place);
    await makeCluster(place, binaries, password);
    const server = await bringUp(place, binaries, password, options);
    let stopped: Promise<void> | undefined;
    const stop = async (): Promise<void> => {
      await stopPostmaster(server, place.cluster, binaries);
      await taken.lock.release();
    };
    return { url: urlOf(server.port, password, NAME), stop: () => (stopped ??= stop()) };
  } catch (error) {
    await taken.lock.release();
    throw error;
  }
}

/** A server that takes connections and has our database: the orphan of a killed run, else a new one. */
async function bringUp(
  place: PostgresPlace,
  binaries: PostgresBinaries,
  password: string,
  { log, settings }: Pick<Parameters<typeof startEmbeddedPostgres>[0], 'log' | 'settings'>,
): Promise<Postmaster> {
  const orphan = await findOrphan(place.cluster);
  if (orphan && (await answers(orphan, place.cluster, password))) {
    log(`took over the PostgreSQL (process ${orphan.mark.pid}) of a run that was killed`);
    await ensureDatabase(orphan.port, password);
    return orphan;
  }
  if (orphan) await stopPostmaster(orphan, place.cluster, binaries);
  const path = join(place.dataDir, 'postgres.log');
  const size = await stat(path).then(
    (file) => file.size,
    () => 0,
  );
  const logFile = await open(path, 'a', 0o600);
  try {
    if (size > LOG_LIMIT) await logFile.truncate();
    const from = size > LOG_LIMIT ? 0 : size;
    const tail = async (): Promise<string> => (await readFile(path)).subarray(from).toString('utf8');
    const server = await startPostmaster({ place, binaries, logFile: logFile.fd, settings }, tail);
    await ensureDatabase(server.port, password).catch(async (error: unknown) => {
      await stopPostmaster(server, place.cluster, binaries);
      throw error;
    });
    return server;
  } finally {
    await logFile.close();
  }
}

/** Whether the orphan is the server of this very cluster and knows our password; waits while it still starts. */
async function answers(orphan: Postmaster, cluster: string, password: string): Promise<boolean> {
  for (const until = performance.now() + ADOPT_PATIENCE; performance.now() < until && stillRuns(orphan.mark);) {
    try {
      const row = await ask(urlOf(orphan.port, password, 'postgres'), 'SHOW data_directory');
      return row?.['data_directory'] === cluster;
    } catch (error) {
      // 57P03: it starts, or it stops.
      if ((error as { code?: string }).code !== '57P03') return false;
      await new Promise((wake) => setTimeout(wake, 50));
    }
  }
  return false;
}

async function ensureDatabase(port: number, password: string): Promise<void> {
  const url = urlOf(port, password, 'postgres');
  const found = await ask(url, `SELECT 1 FROM pg_database WHERE datname = '${NAME}'`);
  if (!found) await ask(url, `CREATE DATABASE ${NAME}`);
}

async function ask(url: string, statement: string): Promise<Record<string, unknown> | undefined> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: ADOPT_PATIENCE });
  // A server that goes away while we ask is reported by the query; without a listener the event would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<Record<string, unknown>>(statement)).rows[0];
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The password of this folder's database, made once and kept readable by us alone. */
async function keepPassword(place: PostgresPlace): Promise<string> {
  const path = join(place.dataDir, 'postgres.password');
  const kept = await readFile(path, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  });
  if (kept.trim()) return kept.trim();
  if (await stat(join(place.cluster, 'PG_VERSION')).catch(() => undefined)) {
    throw new Error(
      `${path} is missing, and without it the database in ${place.cluster} cannot be opened. ` +
        'Put the file back, or remove that folder to begin with an empty database.',
    );
  }
  const password = randomBytes(32).toString('hex');
  await writeDurably(path, password);
  return password;
}

/** Written beside and renamed: a password lost half-written would lock us out of the data. */
async function writeDurably(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  const file = await open(draft, 'wx', 0o600);
  await file.writeFile(text);
  await file.sync();
  await file.close();
  await rename(draft, path);
}

/**
 * Makes the cluster if there is none yet. It is made in a folder beside and renamed when whole, so a run that is killed in
 * the middle leaves only rubbish that the next one sweeps away.
 *
 * @throws Error when the cluster was made by another major version of PostgreSQL
 */
async function makeCluster(place: PostgresPlace, binaries: PostgresBinaries, password: string): Promise<void> {
  const version = await readFile(join(place.cluster, 'PG_VERSION'), 'utf8').catch(() => '');
  if (version.trim() === binaries.major) return;
  if (version) {
    throw new Error(
      `The database in ${place.cluster} was made by PostgreSQL ${version.trim()}, this is ${binaries.major}: ` +
        'take its contents over with pg_dump of the older version, or remove the folder to begin anew.',
    );
  }
  for (const name of await readdir(place.store)) {
    // An initdb that outlived its service may still write in there: then the sweep is left to the next start.
    if (name.startsWith('postgres.new-')) {
      await rm(join(place.store, name), { recursive: true, force: true }).catch(() => undefined);
    }
  }
  const draft = join(place.store, `postgres.new-${randomUUID()}`);
  await mkdir(draft, { mode: 0o700 });
  try {
    await runInitdb(draft, place, binaries, password);
    await rename(join(draft, 'cluster'), place.cluster);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function runInitdb(
  draft: string,
  place: PostgresPlace,
  binaries: PostgresBinaries,
  password: string,
): Promise<void> {
  const passwordFile = join(draft, 'password');
  await writeDurably(passwordFile, password);
  const { owner } = place;
  for (const path of owner ? [passwordFile, draft] : []) await chown(path, owner?.uid ?? -1, owner?.gid ?? -1);
  const options = ['-U', NAME, '--auth=scram-sha-256', `--pwfile=${passwordFile}`, '--encoding=UTF8', ...LOCALE];
  const child = spawn(binaries.initdb, ['-D', join(draft, 'cluster'), ...options], {
    ...(owner && { uid: owner.uid, gid: owner.gid }),
    cwd: '/',
    env: CLEAN_ENVIRONMENT,
    detached: true,
    windowsHide: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (said += data.toString()));
  const code = await new Promise<number | string>((done, failed) => {
    child.once('error', failed);
    child.once('close', (status, signal) => done(status ?? signal ?? 'unknown'));
  });
  if (code !== 0) throw new Error(`initdb could not make the database (it ended with ${code}):\n${said.trim()}`);
}

function urlOf(port: number, password: string, database: string): string {
  return `postgresql://${NAME}:${password}@127.0.0.1:${port}/${database}`;
}

import { spawn, spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { PostgresBinaries } from './embedded-binaries.js';
import type { PostgresPlace } from './embedded-owner.js';
import { type ProcessMark, isAlive, markOf, stillRuns, waitForEnd, worksIn } from './process-life.js';

/** A running PostgreSQL: its first process and the port it listens on. */
export interface Postmaster {
  mark: ProcessMark;
  port: number;
}

/** What a start needs to know. */
export interface PostmasterHome {
  place: PostgresPlace;
  binaries: PostgresBinaries;
  /** An open file that takes what the server writes. */
  logFile: number;
  /** Settings of the server over the usual ones. */
  settings?: Readonly<Record<string, string>> | undefined;
}

/** A shutdown that waits for nobody, and the harder one that skips the last checkpoint (recovered at the next start). */
export const STOP_PATIENCE = { fast: 10_000, immediate: 5_000 } as const;

const START_PATIENCE = 60_000;
const PORT_TRIES = 5;

/** A child in the middle of a long query notices the death of the first process only at its end. */
const STRAY_PATIENCE = 30_000;

/** No process has this number, on any system. */
const NO_PROCESS = 0x7fffffff;

/** Nothing of our environment: its PG* and LC_* settings must not change what is made. */
export const CLEAN_ENVIRONMENT = { LC_ALL: 'C', TZ: 'UTC' };

/** What postmaster.pid says, or undefined when there is none. */
export async function readPostmasterFile(
  cluster: string,
): Promise<{ pid: number; port: number; ready: boolean } | undefined> {
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '');
  // Lines: pid, folder, start, port, socket folder, address, shared memory key, state.
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return { pid, port: Number(lines[3]) || 0, ready: lines[7]?.trim() === 'ready' };
}

/** The PostgreSQL that a killed service left behind on this cluster, if it still runs. */
export async function findOrphan(cluster: string): Promise<Postmaster | undefined> {
  const file = await readPostmasterFile(cluster);
  if (!file || !isAlive(file.pid)) return undefined;
  // Where the system does not tell, asking the server itself (see answers in embedded-postgres.ts) has to do.
  return worksIn(file.pid, cluster) === false ? undefined : { mark: markOf(file.pid), port: file.port };
}

/**
 * Makes a postmaster.pid that names no running server of ours harmless, by writing a number that nobody has. PostgreSQL
 * would else refuse to start: for it every process that exists will do, one of another program that was given the
 * number since, and a dead one that nobody has buried (in a container whose first process reaps nothing, for ever).
 * The rest of the file stays, because PostgreSQL finds stray children of a dead first process by the shared memory key
 * in it.
 */
async function disarmFile(cluster: string): Promise<void> {
  if (await findOrphan(cluster)) return;
  const path = join(cluster, 'postmaster.pid');
  const text = await readFile(path, 'utf8').catch(() => '');
  if (text) await writeFile(path, text.replace(/^\d+/, String(NO_PROCESS)));
}

/**
 * Starts PostgreSQL on a random free port of 127.0.0.1, as its own session: Ctrl-C on our terminal must not reach it
 * before the service has drained. Resolves when it takes connections.
 *
 * @throws Error with the end of the server's log when it does not start
 */
export async function startPostmaster(home: PostmasterHome, tail: () => Promise<string>): Promise<Postmaster> {
  const until = performance.now() + STRAY_PATIENCE;
  for (let attempt = 1; ; attempt += 1) {
    await disarmFile(home.place.cluster);
    const before = (await tail()).length;
    const port = await freePort();
    const outcome = await spawnPostmaster(home, port);
    if (typeof outcome !== 'string') return outcome;
    const said = (await tail()).slice(before);
    // Somebody took the port between our look and its start.
    if (attempt < PORT_TRIES && /could not (bind|create any TCP)/.test(said)) continue;
    // The first process was killed, and its children have not all noticed yet.
    if (performance.now() < until && said.includes('pre-existing shared memory block')) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      continue;
    }
    throw new Error(`The embedded PostgreSQL did not start (${outcome}):\n${said.trim().slice(-2000)}`);
  }
}

/** Stops PostgreSQL: politely for 10 s, then at once. Returns when it is gone; throws when even that does not help. */
export async function stopPostmaster(server: Postmaster, cluster: string, binaries: PostgresBinaries): Promise<void> {
  for (const mode of ['fast', 'immediate'] as const) {
    if (!stillRuns(server.mark)) return;
    if (process.platform === 'win32') {
      // Windows has no signals: the program that speaks PostgreSQL's stand-in for them.
      spawnSync(binaries.pgCtl, ['stop', '-D', cluster, '-m', mode, '-W'], { windowsHide: true });
    } else {
      signal(server.mark.pid, mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
    }
    if (await waitForEnd(server.mark, STOP_PATIENCE[mode])) return;
  }
  throw new Error(`PostgreSQL (process ${server.mark.pid}) in ${cluster} does not stop`);
}

async function spawnPostmaster(home: PostmasterHome, port: number): Promise<Postmaster | string> {
  const { cluster, owner } = home.place;
  const child = spawn(home.binaries.postgres, ['-D', cluster, ...settings(port, home.settings)], {
    ...(owner && { uid: owner.uid, gid: owner.gid }),
    cwd: '/',
    env: CLEAN_ENVIRONMENT,
    detached: true,
    windowsHide: true,
    stdio: ['ignore', home.logFile, home.logFile],
  });
  let ended: string | undefined;
  child.once('error', (error) => (ended = error.message));
  child.once('exit', (code, signalName) => (ended = `it ended with ${code ?? signalName}`));
  child.unref();
  const until = performance.now() + START_PATIENCE;
  // Only its own file is believed: another server may answer on the port, and must not be shown the password.
  for (let file = await readPostmasterFile(cluster); ; file = await readPostmasterFile(cluster)) {
    if (ended !== undefined || child.pid === undefined) return ended ?? 'it could not be run';
    if (file?.pid === child.pid && file.port === port && file.ready) return { mark: markOf(child.pid), port };
    if (performance.now() > until) {
      signal(child.pid, 'SIGQUIT');
      return `it was not ready after ${START_PATIENCE / 1000} s`;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Given at every start rather than written to postgresql.conf, so that a change here reaches old clusters too. */
function settings(port: number, more: Readonly<Record<string, string>> = {}): string[] {
  const values = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '300',
    // Without the rows that an error is about: they hold people's names and numbers.
    log_error_verbosity: 'terse',
    shared_buffers: '128MB',
    synchronous_commit: 'on',
    timezone: 'UTC',
    log_timezone: 'UTC',
    logging_collector: 'off',
    log_destination: 'stderr',
    ...more,
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It has ended in the meantime.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../src/platform/embedded-postgres/embedded-postgres.js';
import { isAlive } from '../../src/platform/embedded-postgres/process-life.js';
import { applyMigrations } from '../../src/platform/database/migrations/migrator.js';
import { applyJobSchema } from '../../src/platform/jobs/job-schema.js';

/** A PostgreSQL that one spec has for itself, to be stopped, frozen and started again under a service. */
export interface OwnPostgres {
  readonly url: string;
  /** Ends it as an administrator does (fast: connections are cut), and waits for that. */
  stop(): Promise<void>;
  /** Starts it again, on the same port and data; resolves when it takes connections. */
  start(): Promise<void>;
  /** Stops every process of it in its tracks; the sockets stay open. */
  freeze(): void;
  thaw(): void;
  /** Ends everything and removes the data. */
  remove(): Promise<void>;
}

/** Starts a PostgreSQL with a migrated database. */
export async function startOwnPostgres(): Promise<OwnPostgres> {
  const dataDir = await mkdtemp(join(tmpdir(), 'masuk-faults-'));
  const embedded = await startEmbeddedPostgres({ dataDir, log: () => undefined });
  await applyMigrations(embedded.url, () => undefined);
  await applyJobSchema(embedded.url, () => undefined);
  const file = join(dataDir, 'postgres', 'postmaster.pid');
  let pid = Number((await readFile(file, 'utf8')).split('\n')[0]);
  const [, ...options] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  const program = readlinkSync(`/proc/${pid}/exe`);
  const { uid, gid } = statSync(join(dataDir, 'postgres'));
  const user = process.getuid?.() === 0 ? { uid, gid } : {};
  let again: ChildProcess | undefined;
  const frozen = new Set<number>();

  const stop = async () => {
    process.kill(pid, 'SIGINT');
    while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  const thaw = () => {
    for (const each of frozen) signal(each, 'SIGCONT');
    frozen.clear();
  };
  return {
    url: embedded.url,
    stop,
    thaw,
    start: async () => {
      const log = await open(join(dataDir, 'postgres.log'), 'a');
      again = spawn(program, options, {
        ...user,
        cwd: '/',
        env: { LC_ALL: 'C', TZ: 'UTC' },
        stdio: ['ignore', log.fd, log.fd],
      });
      pid = again.pid!;
      await log.close();
      while (!(await ready(file, pid))) await new Promise((resolve) => setTimeout(resolve, 10));
    },
    freeze: () => {
      // The first process first, so that no child is born meanwhile.
      for (const each of [pid, ...childrenOf(pid)]) {
        frozen.add(each);
        signal(each, 'SIGSTOP');
      }
      for (const late of childrenOf(pid)) {
        if (!frozen.has(late)) signal(late, 'SIGSTOP');
        frozen.add(late);
      }
    },
    remove: async () => {
      thaw();
      if (isAlive(pid)) await stop();
      await embedded.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function ready(file: string, pid: number): Promise<boolean> {
  if (!isAlive(pid)) throw new Error('PostgreSQL did not start again');
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n');
  return Number(lines[0]) === pid && lines[7]?.trim() === 'ready';
}

function childrenOf(parent: number): number[] {
  const numbers = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return numbers.map(Number).filter((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent;
    } catch {
      return false;
    }
  });
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // A backend may have ended in the meantime.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

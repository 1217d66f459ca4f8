import type { ChildProcess } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../../src/platform/embedded-postgres/embedded-postgres.js';
import { isAlive, markOf } from '../../../src/platform/embedded-postgres/process-life.js';
import { takeLock } from '../../../src/platform/embedded-postgres/process-lock.js';
import { type Children, killed, prepareChildren } from './child-process.js';

/** Starts the database, tells its address or why not, and lives on until it is killed. */
const SERVICE = `
  import { startEmbeddedPostgres } from './platform/embedded-postgres/embedded-postgres.js';
  try {
    const { url } = await startEmbeddedPostgres({ dataDir: process.argv[1], log: () => {} });
    console.log(JSON.stringify({ url }));
    setInterval(() => {}, 1000);
  } catch (error) {
    console.log(JSON.stringify({ error: error.message }));
  }`;

let children: Children;
let dataDir: string;
let messages: string[];
const started: EmbeddedPostgres[] = [];

beforeAll(async () => {
  children = await prepareChildren();
});

afterAll(() => children.end());

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'masuk-db-'));
  messages = [];
});

afterEach(async () => {
  for (const server of started.splice(0)) await server.stop();
  const left = await postmasterPid();
  if (left !== undefined && isAlive(left)) process.kill(left, 'SIGQUIT');
  await rm(dataDir, { recursive: true, force: true });
});

async function start(): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, log: (message) => messages.push(message) });
  started.push(server);
  return server;
}

async function ask<T extends object>(url: string, statement: string): Promise<T[]> {
  const client = new pg.Client(url);
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<T>(statement)).rows;
  } finally {
    await client.end();
  }
}

async function postmasterPid(): Promise<number | undefined> {
  const text = await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : Number(text.split('\n')[0]);
}

async function livePostmaster(): Promise<number> {
  const pid = await postmasterPid();
  if (pid === undefined || !isAlive(pid)) throw new Error('PostgreSQL does not run');
  return pid;
}

/** A service that has written a row and is then killed, its database left running. */
async function killedService(): Promise<{ url: string; postmaster: number; service: ChildProcess }> {
  const { answer, process: service } = await children.run(SERVICE, dataDir);
  const url = answer.url ?? '';
  await ask(url, 'CREATE TABLE kept (id int); INSERT INTO kept VALUES (7)');
  const postmaster = await livePostmaster();
  await killed(service);
  return { url, postmaster, service };
}

describe('the embedded PostgreSQL', () => {
  it('starts, keeps its data from run to run, and leaves no process behind', async () => {
    const first = await start();
    await ask(first.url, 'CREATE TABLE kept (id int); INSERT INTO kept VALUES (7)');
    const pid = await livePostmaster();
    await Promise.all([first.stop(), first.stop()]);
    await first.stop();
    expect(isAlive(pid)).toBe(false);
    const second = await start();
    expect(await ask(second.url, 'SELECT id FROM kept')).toEqual([{ id: 7 }]);
    expect((await readdir(dataDir)).sort()).toEqual(['postgres', 'postgres.lock', 'postgres.log', 'postgres.password']);
  });

  it('listens on loopback only, asks for the password, and is the same on every machine', async () => {
    const { url } = await start();
    expect(url).toMatch(/^postgresql:\/\/masuk:[0-9a-f]{64}@127\.0\.0\.1:\d+\/masuk$/);
    const settings = `SELECT current_setting('listen_addresses') AS "on", current_setting('unix_socket_directories') AS
      socket, current_setting('TimeZone') AS zone, current_setting('synchronous_commit') AS sync,
      (SELECT pg_encoding_to_char(encoding) || ' ' || datcollate FROM pg_database WHERE datname = 'masuk') AS locale`;
    expect(await ask(url, settings)).toEqual([
      { on: '127.0.0.1', socket: '', zone: 'UTC', sync: 'on', locale: 'UTF8 C' },
    ]);
    await expect(ask(url.replace(/masuk:./, 'masuk:x'), 'SELECT 1')).rejects.toThrow(/password authentication failed/);
    expect((await stat(join(dataDir, 'postgres.password'))).mode & 0o777).toBe(0o600);
  });

  it('refuses a second start, naming the process and the folder', async () => {
    const { answer, process: service } = await children.run(SERVICE, dataDir);
    expect(answer.error).toBeUndefined();
    await expect(start()).rejects.toThrow(
      `The process ${service.pid} already uses the database of DATA_DIR=${dataDir}`,
    );
    await killed(service);
    await start();
    await expect(start()).rejects.toThrow(`The process ${process.pid} already uses`);
  });

  it('lets exactly one of several simultaneous first starts win', async () => {
    const answers = await Promise.all([1, 2, 3, 4].map(() => children.run(SERVICE, dataDir)));
    expect(answers.filter(({ answer }) => answer.url !== undefined)).toHaveLength(1);
    await Promise.all(answers.map(({ process: child }) => killed(child)));
    await start();
  });

  it('takes over the database of a killed service', async () => {
    const { url, postmaster } = await killedService();
    expect(isAlive(postmaster)).toBe(true);
    const server = await start();
    expect(server.url).toBe(url);
    expect(await livePostmaster()).toBe(postmaster);
    expect(messages.join()).toContain(`took over the PostgreSQL (process ${postmaster})`);
    expect(await ask(server.url, 'SELECT id FROM kept')).toEqual([{ id: 7 }]);
    await server.stop();
    expect(isAlive(postmaster)).toBe(false);
  });

  it('stops an orphan that does not know the password, and starts anew', async () => {
    const { url, postmaster } = await killedService();
    await ask(url, `ALTER ROLE masuk PASSWORD 'another'`);
    await expect(start()).rejects.toThrow(/password authentication failed/);
    expect(isAlive(postmaster)).toBe(false);
    expect(await postmasterPid()).toBeUndefined();
  });

  it.each([
    ['is dead and perhaps unburied', undefined],
    ['belongs to another program now', process.pid],
  ])('recovers when service and database were killed, and the pid %s', async (_what, pidNow) => {
    const { postmaster } = await killedService();
    process.kill(postmaster, 'SIGKILL');
    while (isAlive(postmaster)) await new Promise((wake) => setTimeout(wake, 10));
    const path = join(dataDir, 'postgres/postmaster.pid');
    const text = await readFile(path, 'utf8');
    if (pidNow !== undefined) await writeFile(path, text.replace(/^\d+/, String(pidNow)));
    const server = await start();
    expect(await ask(server.url, 'SELECT id FROM kept')).toEqual([{ id: 7 }]);
  });

  it('sweeps away what a start that was killed half-way has left', async () => {
    await mkdir(join(dataDir, 'postgres.new-0815/cluster'), { recursive: true });
    await writeFile(join(dataDir, 'postgres.new-0815/cluster/PG_VERSION'), '18\n');
    // Only an empty folder is opened for the user that PostgreSQL runs as under root.
    await chmod(dataDir, 0o711);
    await start();
    expect((await readdir(dataDir)).filter((name) => name.includes('new'))).toEqual([]);
  });

  it('says what to do when the password is lost', async () => {
    await (await start()).stop();
    await rm(join(dataDir, 'postgres.password'));
    await expect(start()).rejects.toThrow(/postgres\.password is missing.*Put the file back/);
  });
});

describe('the lock of a folder', () => {
  it('is held once, and free again after its release', async () => {
    const path = join(dataDir, 'a.lock');
    const taken = await takeLock(path);
    expect(await takeLock(path)).toEqual({ heldBy: markOf(process.pid) });
    if ('lock' in taken) await taken.lock.release();
    expect(await takeLock(path)).toHaveProperty('lock');
  });

  it.each([
    ['a dead process', { pid: 0x7fffffff, started: 'x' }],
    ['a process whose number another has now', { pid: process.pid, started: 'before/1' }],
  ])('falls to exactly one of many when it was left by %s', async (_who, holder) => {
    const path = join(dataDir, 'a.lock');
    await writeFile(path, JSON.stringify(holder));
    const taken = await Promise.all(Array.from({ length: 20 }, () => takeLock(path)));
    expect(taken.filter((one) => 'lock' in one)).toHaveLength(1);
    expect(await readdir(dataDir)).toEqual(['a.lock']);
  });
});

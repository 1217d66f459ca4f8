import { type ChildProcess, spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { transform } from '@swc/core';

/** What a script may answer. */
export interface Answer {
  url?: string;
  error?: string;
  applied?: string[];
  pending?: string[];
  engineWasLoaded?: boolean;
  engineIsLoaded?: boolean;
}

/** What of the service a script may import. */
const ROOMS = ['platform/database', 'platform/embedded-postgres', 'platform/config', 'platform/errors'];

/** Processes of their own that run modules of src/platform/database: what a kill or a race really does shows only there. */
export interface Children {
  /**
   * Runs a script in a new process; it may import './platform/database/….js', and answers with `console.log(JSON.stringify(…))`.
   * Resolves with its first answer. The process goes on until it ends by itself, is killed, or `end` is called.
   */
  run(script: string, ...args: string[]): Promise<{ answer: Answer; process: ChildProcess }>;
  /** Ends every process that still runs, by its pid, and removes the compiled modules. */
  end(): Promise<void>;
}

/** Compiles the rooms of the database, and what they import, into a temporary folder; of the build it takes the functions' text only. */
export async function prepareChildren(): Promise<Children> {
  const folder = await mkdtemp(join(tmpdir(), 'masuk-children-'));
  const dist = join(folder, 'dist');
  await mkdir(dist);
  await copyFile(resolve(import.meta.dirname, '../../../dist/functions.sql'), join(dist, 'functions.sql'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await symlink(resolve(import.meta.dirname, '../../../node_modules'), join(folder, 'node_modules'));
  await Promise.all(ROOMS.map((room) => compileRoom(room, dist)));
  const running = new Set<ChildProcess>();
  return {
    run: (script, ...args) => runChild(dist, running, script, args),
    async end() {
      await Promise.all([...running].map((child) => killed(child)));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function compileRoom(room: string, folder: string): Promise<void> {
  const source = resolve(import.meta.dirname, '../../../src', room);
  for (const name of await readdir(source, { recursive: true })) {
    if (!name.endsWith('.ts') || name.endsWith('.spec.ts') || name.startsWith('generated')) continue;
    const { code } = await transform(await readFile(join(source, name), 'utf8'), {
      jsc: {
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true },
        target: 'es2024',
      },
    });
    const target = join(folder, room, name.replace(/\.ts$/, '.js'));
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, code);
  }
}

/** Kills a process with SIGKILL, as a crash would, and waits for its end. */
export async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((done) => child.once('exit', done));
  child.kill('SIGKILL');
  await gone;
}

async function runChild(
  folder: string,
  running: Set<ChildProcess>,
  script: string,
  args: string[],
): Promise<{ answer: Answer; process: ChildProcess }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, '--', ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  for await (const line of createInterface({ input: child.stdout })) {
    return { answer: JSON.parse(line) as Answer, process: child };
  }
  throw new Error('the child ended without an answer');
}

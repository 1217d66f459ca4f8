/**
 * `npm run dev`: the service, started again whenever a source changes. The compiler stays in memory, so it looks at what has
 * changed only, and the service runs from what it writes, without a bundle. A build that fails is shown, and the last good one
 * goes on running. Ctrl-C ends everything.
 */
import { spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Editors write a file in several steps, and git many files: one rebuild for all of them. */
const DEBOUNCE_MS = 100;
/** Beside `npm run build`, which may run meanwhile: each writes a folder of its own. */
const OUT = '.cache/dev';

process.chdir(root);
let service = null;
let compiler = null;
let script = 'dist/main.js';
let working = Promise.resolve();
let ending = false;

const say = (text) => console.error(`[dev] ${text}`);

function exitOf(child) {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => child.once('exit', resolve));
}

const run = async (...args) => (await exitOf(spawn(process.execPath, args, { stdio: 'inherit' }))) === 0;

function start() {
  const env = { NODE_COMPILE_CACHE: join(root, OUT, 'compile-cache'), ...process.env };
  const child = spawn(process.execPath, ['--enable-source-maps', script, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env,
  });
  service = child;
  child.once('exit', (code, signal) => {
    if (service !== child) return;
    service = null;
    if (!ending) say(`The service ended (${signal ?? `exit code ${code}`}); waiting for a change.`);
  });
}

async function stop() {
  const child = service;
  if (child === null) return;
  service = null;
  child.kill('SIGTERM');
  await exitOf(child);
}

/** One after the other, whatever changes meanwhile. */
function afterwards(step) {
  working = working.then(async () => {
    if (!ending) await step();
  });
}

async function restart() {
  await stop();
  if (!ending) start();
}

async function rebuild(step) {
  if (await run(...step)) await restart();
  else if (!ending) say('The build failed; the last good one goes on running.');
}

/** @returns when it has compiled everything once; from then on the service runs from what it wrote */
function startCompiler() {
  const args = ['node_modules/@nestjs/cli/bin/nest.js', 'build', '--watch', '--path', 'tsconfig.dev.json'];
  const child = spawn(process.execPath, [...args, '--preserveWatchOutput'], { stdio: ['ignore', 'pipe', 'inherit'] });
  compiler = child;
  child.once('exit', () => {
    if (!ending) say('The compiler ended: changes are no longer seen. Start npm run dev again.');
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const found = /Found (\d+) errors?/.exec(line);
    // What the compiler says of its own accord is of use only while something is wrong.
    if (!found && !/File change detected|Starting|^\s*$/.test(line)) return console.error(line);
    if (found?.[1] !== '0') return;
    const isFirst = script !== `${OUT}/main.js`;
    script = `${OUT}/main.js`;
    if (!isFirst) afterwards(restart);
  });
}

async function end(signal) {
  if (ending) return service?.kill('SIGKILL'); // asked twice: somebody is in a hurry
  ending = true;
  compiler?.kill('SIGTERM');
  // Ctrl-C in a terminal goes to the whole group: the service has it already.
  if (service && !(signal === 'SIGINT' && process.stdin.isTTY)) service.kill('SIGTERM');
  if (service) await exitOf(service);
  process.exit(0);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void end(signal));

/** What the compiler does not see: pages, SQL and the schema. */
const STEPS = [
  { folders: ['web', 'client/src'], file: /(?<!\.spec)\.(?:ts|css|svg|mjs)$/, step: ['scripts/build.mjs', '--web'] },
  { folders: ['src'], file: /\.sql$/, step: ['scripts/build.mjs', '--functions'] },
  { folders: ['prisma'], file: /^schema\.prisma$/, step: ['scripts/build.mjs'] },
];
const pending = new Map();

function onChange({ file, step }, name) {
  if (name === null || !file.test(basename(name))) return;
  clearTimeout(pending.get(step));
  pending.set(
    step,
    setTimeout(() => afterwards(() => rebuild(step)), DEBOUNCE_MS),
  );
}

// Each folder by itself: a recursive watch loses a file that an editor or git replaces by renaming another onto it.
const watched = new Map();
async function foldersOf(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => null);
  if (entries === null) return [];
  return [folder, ...entries.filter((entry) => entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name))];
}
async function watchFolders(kind) {
  const folders = (await Promise.all(kind.folders.map(foldersOf))).flat();
  for (const folder of folders) {
    const key = `${kind.step} ${folder}`;
    if (watched.has(key) || /generated|node_modules/.test(folder)) continue;
    const watcher = watch(folder, (_event, name) => {
      onChange(kind, name);
      void watchFolders(kind);
    });
    watcher.on('error', () => watched.delete(key));
    watched.set(key, watcher);
  }
}

if (!(await run('scripts/build.mjs'))) process.exit(1);
start();
startCompiler();
await Promise.all(STEPS.map(watchFolders));

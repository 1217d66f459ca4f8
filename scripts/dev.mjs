/**
 * `npm run dev`: the service, built and started again whenever a source changes. A build that fails is shown, and the
 * last good one goes on running. Ctrl-C ends everything.
 */
import { spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Editors write a file in several steps, and git many files: one rebuild for all of them. */
const DEBOUNCE_MS = 200;

process.chdir(root);
let service = null;
let working = false;
let changedMeanwhile = false;
let ending = false;
let timer;

const say = (text) => console.error(`[dev] ${text}`);
const stampAt = (path) => readFile(path, 'utf8').catch(() => '');
const stamp = async () => (await stampAt('dist/.build-stamp')) + (await stampAt('dist/web/.build-stamp'));

function exitOf(child) {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => child.once('exit', resolve));
}

const build = () => exitOf(spawn(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' }));

function start() {
  const child = spawn(process.execPath, ['dist/main.js', ...process.argv.slice(2)], { stdio: 'inherit' });
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

async function rebuild() {
  if (working) {
    changedMeanwhile = true;
    return;
  }
  working = true;
  do {
    changedMeanwhile = false;
    const before = await stamp();
    const failed = (await build()) !== 0;
    if (ending) return;
    if (failed)
      say(service ? 'The build failed; the last good one goes on running.' : 'The build failed; waiting for a change.');
    else if (service === null || before !== (await stamp())) {
      await stop();
      if (!ending) start();
    }
  } while (changedMeanwhile);
  working = false;
}

function onChange(file) {
  if (file === null || /(^|[\\/])generated[\\/]|\.spec\.ts$|~$|\.sw.$/.test(file)) return;
  clearTimeout(timer);
  timer = setTimeout(() => void rebuild(), DEBOUNCE_MS);
}

async function end(signal) {
  if (ending) return service?.kill('SIGKILL'); // asked twice: somebody is in a hurry
  ending = true;
  clearTimeout(timer);
  // Ctrl-C in a terminal goes to the whole group: the service has it already.
  if (service && !(signal === 'SIGINT' && process.stdin.isTTY)) service.kill('SIGTERM');
  if (service) await exitOf(service);
  process.exit(0);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void end(signal));
// Each folder by itself: a recursive watch loses a file that an editor or git replaces by renaming another onto it.
const watched = new Map();
async function foldersOf(root) {
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => null);
  if (entries === null) return [];
  return [root, ...entries.filter((entry) => entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name))];
}
async function watchFolders() {
  const folders = (await Promise.all(['src', 'web', 'client/src'].map(foldersOf))).flat();
  for (const folder of folders) {
    if (watched.has(folder) || folder.includes('generated')) continue;
    const watcher = watch(folder, (_event, file) => {
      onChange(file);
      void watchFolders();
    });
    watcher.on('error', () => watched.delete(folder));
    watched.set(folder, watcher);
  }
}
await watchFolders();
// The folder and not the file: editors replace a file, and a watch on the old one would see nothing more.
watch('prisma', (_event, file) => {
  if (file !== null && basename(file) === 'schema.prisma') onChange(file);
});
await rebuild();

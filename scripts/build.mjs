/**
 * Builds what of dist/ is stale: the service, and dist/web for browsers. The compiler writes the service into build/, and
 * `scripts/bundle.mjs` makes dist/ of it. The hash of everything that each of the two
 * reads is kept beside what it wrote. `--force` builds anyway. Two builds at once wait for each other; the second finds
 * nothing left to do. `--web` and `--functions` build one part, stale or not.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFile, copyFile, mkdir, readdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const at = (...parts) => join(root, ...parts);
const STAMP = at('dist', '.build-stamp');
const WEB_STAMP = at('dist', 'web', '.build-stamp');
const GENERATED = at('src', 'platform', 'database', 'generated');
const GENERATED_STAMP = join(GENERATED, '.build-stamp');
const COMPILER_STAMP = at('build', '.compiler-stamp');
const CACHE = at('.cache');
const LOCK = join(CACHE, 'build.lock');
const LOCK_OWNERS = join(LOCK, 'pids');
/** A build takes seconds; a lock older than this is left over, even if its process number lives again. */
const LOCK_EXPIRES_MS = 10 * 60_000;
/** What the steps below put into dist/, and the bundler beside them. */
const DIST = [
  'web',
  'docs-assets',
  'functions.sql',
  'parts',
  'cli',
  'main.js',
  'service.js',
  'licences.txt',
  'packages.json',
  '.build-stamp',
];

const CLIENT_INPUTS = ['prisma/schema.prisma', 'prisma.config.ts', 'package-lock.json'];
/** What the compiler's output depends on beside the sources. */
const COMPILER_INPUTS = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'nest-cli.json'];
const INPUTS = [...CLIENT_INPUTS, ...COMPILER_INPUTS, 'scripts/build.mjs', 'scripts/bundle.mjs'];

const exists = (path) => stat(path).then(Boolean, () => false);
const read = (path) => readFile(path, 'utf8').catch(() => null);

async function filesUnder(folder, skip = []) {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const nested = entries
    .map((entry) => ({ path: join(folder, entry.name), isFolder: entry.isDirectory() }))
    .filter(({ path }) => !skip.includes(path))
    .map(({ path, isFolder }) => (isFolder ? filesUnder(path, skip) : [path]));
  return (await Promise.all(nested)).flat().sort();
}

async function hashOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths) {
    const content = await readFile(path).catch(() => null);
    hash.update(`${relative(root, path)}\0${content?.length ?? 'none'}\0`).update(content ?? '');
  }
  return hash.digest('hex');
}

/** Specs are not part of the build, and the Prisma client is its product: neither makes it stale. */
async function hashOfInputs() {
  const sources = (await filesUnder(at('src'), [GENERATED])).filter((path) => !path.endsWith('.spec.ts'));
  return hashOf([...sources, ...INPUTS.map((path) => at(path))]);
}

/** The pages, and the client they call the service with. */
async function hashOfWebInputs() {
  const sources = await Promise.all([
    filesUnder(at('web')),
    filesUnder(at('client'), [at('client', 'dist'), at('client', 'node_modules')]),
  ]);
  return hashOf([...sources.flat().filter((path) => !path.endsWith('.spec.ts')), at('package-lock.json')]);
}

async function isWebFresh() {
  const [stamp, hash] = await Promise.all([read(WEB_STAMP), hashOfWebInputs()]);
  return stamp === hash;
}

async function isServiceFresh() {
  const [stamp, hash, built, client] = await Promise.all([
    read(STAMP),
    hashOfInputs(),
    exists(at('dist', 'main.js')),
    exists(join(GENERATED, 'client.ts')),
  ]);
  return stamp === hash && built && client;
}

const isFresh = async () => (await isServiceFresh()) && (await isWebFresh());

/** A file appears whole or not at all, whenever the process dies. */
async function writeAtomically(path, content) {
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, content);
  await rename(draft, path);
}

/** Runs one of our own command lines; its output is shown only when it fails. */
const run = (script, ...args) => runProgram(process.execPath, [at(script), ...args]);

/** The npm that runs this build, or the one of the machine. */
function runNpm(...args) {
  const npm = process.env.npm_execpath;
  return npm ? runProgram(process.execPath, [npm, ...args]) : runProgram('npm', args);
}

function runProgram(file, args) {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, CHECKPOINT_DISABLE: '1', PRISMA_HIDE_UPDATE_MESSAGE: '1' };
    const child = spawn(file, args, { cwd: root, env });
    if (child.pid) void ownLock(child.pid);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) return resolve();
      reject(
        new Error(
          `${output.trimEnd()}\n${basename(file)} ${args.join(' ')} failed (${signal ?? `exit code ${code}`}).`,
        ),
      );
    });
  });
}

/** A client that was generated elsewhere, before schema.prisma named another folder, would be compiled, too. */
async function removeOldClients() {
  const stamps = (await filesUnder(at('src'), [GENERATED])).filter((path) => path.endsWith('.build-stamp'));
  for (const stamp of stamps) await rm(dirname(stamp), { recursive: true });
  for (const stamp of stamps) await rmdir(dirname(dirname(stamp))).catch(() => undefined); // not empty, and therefore kept
}

async function generateClient() {
  await removeOldClients();
  const hash = await hashOf(CLIENT_INPUTS.map((path) => at(path)));
  if ((await read(GENERATED_STAMP)) === hash && (await exists(join(GENERATED, 'client.ts')))) return;
  await run('node_modules/prisma/build/index.js', 'generate');
  await writeAtomically(GENERATED_STAMP, hash);
}

/**
 * Compiles what has changed: the compiler keeps in build/ what it knows of each file. It knows nothing of its own plugins
 * and settings, so all is compiled anew when these have changed. Files are not isolated in tsconfig.build.json: the plugin
 * writes the values of a type into the DTO that uses it, which must be compiled again when the type changes elsewhere.
 */
async function compile(force) {
  const hash = await hashOf(COMPILER_INPUTS.map((path) => at(path)));
  if (force || (await read(COMPILER_STAMP)) !== hash) await rm(at('build'), { recursive: true, force: true });
  await run('node_modules/@nestjs/cli/bin/nest.js', 'build');
  await writeAtomically(COMPILER_STAMP, hash);
}

/** tsc writes and never deletes: a module whose source is gone could still be imported. */
async function removeLeftovers() {
  for (const path of await filesUnder(at('build'))) {
    const source = join('src', relative(at('build'), path)).replace(/\.(js\.map|js|d\.ts|d\.ts\.map)$/, '.ts');
    if (source.endsWith('.ts') && !(await exists(at(source)))) await rm(path);
  }
  await removeEmptyFolders(at('build'));
  for (const name of await readdir(at('dist'))) {
    if (!DIST.includes(name)) await rm(at('dist', name), { recursive: true });
  }
}

async function removeEmptyFolders(folder) {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    await removeEmptyFolders(join(folder, entry.name));
    await rmdir(join(folder, entry.name)).catch(() => undefined); // not empty, and therefore kept
  }
}

/** ReDoc's page is served by us and not by a CDN; Swagger UI comes along with @nestjs/swagger. */
async function copyAssets() {
  const bundle = 'redoc.standalone.js';
  await mkdir(at('dist', 'docs-assets'), { recursive: true });
  const script = await readFile(at('node_modules', 'redoc', 'bundles', bundle), 'utf8');
  // Its footer would fetch a logo from the maker's CDN; our pages ask nobody but us.
  await writeFile(at('dist', 'docs-assets', bundle), script.replaceAll(/https:\/\/cdn\.redoc\.ly\/[^"']+/g, 'data:,'));
}

/** The rooms' SQL functions as one text, which the migrator installs. Expressions stand before what computes with them. */
async function collectFunctions() {
  const paths = (await filesUnder(at('src'), [GENERATED])).filter((path) => path.endsWith('.sql'));
  const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8')));
  await writeAtomically(at('dist', 'functions.sql'), texts.join('\n'));
}

async function buildService(force) {
  // Read before the compiler does: a file saved meanwhile makes this build stale, as it should.
  const hash = await hashOfInputs();
  await rm(STAMP, { force: true });
  await generateClient();
  await compile(force);
  await mkdir(at('dist'), { recursive: true });
  await removeLeftovers();
  await run('scripts/bundle.mjs');
  await collectFunctions();
  await copyAssets();
  await writeAtomically(STAMP, hash);
}

/** The client as npm installs it, for `GET /client/masuk-client.tgz`. A change of the pages alone does not compile it again. */
async function packClient() {
  const inputs = ['package.json', 'README.md', 'LICENSE', 'tsconfig.json'].map((name) => at('client', name));
  const hash = await hashOf([...(await filesUnder(at('client', 'src'))), ...inputs, at('package-lock.json')]);
  const packed = join(CACHE, `client-${hash.slice(0, 16)}.tgz`);
  if (!(await exists(packed))) {
    await rm(at('client', 'dist'), { recursive: true, force: true });
    await run('node_modules/typescript/bin/tsc', '-p', 'client/tsconfig.json');
    await runNpm('pack', './client', '--ignore-scripts', '--pack-destination', CACHE);
    const { version } = JSON.parse(await readFile(at('client', 'package.json'), 'utf8'));
    await rename(join(CACHE, `masuk-client-${version}.tgz`), packed);
  }
  await mkdir(at('dist', 'web', 'client'), { recursive: true });
  await copyFile(packed, at('dist', 'web', 'client', 'masuk-client.tgz'));
}

async function buildWeb() {
  const hash = await hashOfWebInputs();
  await run('web/build.mjs');
  await packClient();
  await writeAtomically(WEB_STAMP, hash);
}

/** Side by side; the lock is kept until both have ended, also when one fails. */
async function build(force) {
  const work = [];
  if (force || !(await isServiceFresh())) work.push(buildService(force));
  if (force || !(await isWebFresh())) work.push(buildWeb());
  const failed = (await Promise.allSettled(work)).filter(({ status }) => status === 'rejected');
  if (failed.length > 0) throw new Error(failed.map(({ reason }) => reason.message).join('\n'));
}

const ownLock = (pid) => appendFile(LOCK_OWNERS, `${pid}\n`);

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** A build holds its lock while it, or a compiler that outlived it, is alive. Between mkdir and the first line, too. */
async function isLockHeld() {
  const info = await stat(LOCK).catch(() => null);
  if (info === null) return false;
  const age = Date.now() - info.mtimeMs;
  const owners = ((await read(LOCK_OWNERS)) ?? '').split('\n').filter(Boolean).map(Number);
  return owners.length === 0 ? age < 2000 : owners.some(isAlive) && age < LOCK_EXPIRES_MS;
}

/** Moving the lock of a killed build away decides which of several waiting builds removes it. */
async function breakLock() {
  const aside = `${LOCK}.${process.pid}`;
  await rename(LOCK, aside).catch(() => undefined);
  await rm(aside, { recursive: true, force: true });
}

async function takeLock() {
  await mkdir(CACHE, { recursive: true });
  for (let announced = false; ;) {
    try {
      await mkdir(LOCK);
      return await ownLock(process.pid);
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (!(await isLockHeld())) {
      await breakLock();
      continue;
    }
    if (!announced) console.error('Another build is running; waiting for it.');
    announced = true;
    await sleep(100);
  }
}

/** One part alone, for `npm run dev`: it is started again by whoever asks. */
const PARTS = { '--web': buildWeb, '--functions': collectFunctions };

async function buildPart(build) {
  await takeLock();
  await build().finally(() => rm(LOCK, { recursive: true, force: true }));
}

async function main() {
  const [, part] = Object.entries(PARTS).find(([name]) => process.argv.includes(name)) ?? [];
  if (part) return buildPart(part);
  const force = process.argv.includes('--force');
  if (!force && (await isFresh()) && !(await isLockHeld())) return 'Build is up to date.';
  const started = performance.now();
  await takeLock();
  try {
    if (!force && (await isFresh())) return 'Build is up to date.';
    await build(force);
    return `Built in ${((performance.now() - started) / 1000).toFixed(1)} s.`;
  } finally {
    await rm(LOCK, { recursive: true, force: true });
  }
}

try {
  const said = await main();
  if (said !== undefined) console.log(said);
} catch (error) {
  // The compiler's colours are for a terminal, not for a log file.
  console.error(process.stderr.isTTY ? error.message : stripVTControlCharacters(error.message));
  process.exitCode = 1;
}

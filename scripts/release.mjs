/**
 * `npm run release`: makes `release/masuk-<version>.tgz`, what a server runs, and its SHA-256 beside it. It holds the built service, the
 * migrations, a package.json that names only what the bundle in dist/ leaves outside, and a lock file with the versions of
 * this project's. On the server: unpack it, `npm ci`, `npm run db:migrate`, `npm start`.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const OUT = join(root, 'release');

/**
 * What dist/ asks node_modules for. The linked WhatsApp accounts need Baileys, countries besides Indonesia libphonenumber's tables, and a terminal outside
 * production pino-pretty. The embedded PostgreSQL is left out: production has its own.
 */
const PACKAGES = [
  '@node-rs/argon2',
  '@node-rs/bcrypt',
  '@prisma/client',
  '@prisma/schema-engine-wasm',
  '@whiskeysockets/baileys',
  'libphonenumber-js',
  'pino-pretty',
  'swagger-ui-dist',
];

/** Files and folders of the project that go along. */
const FILES = [
  'dist',
  'prisma/migrations',
  'prisma/schema.prisma',
  'openapi.json',
  'deploy',
  '.env.example',
  'CHANGELOG.md',
  'LICENSE',
];

/** Nothing runs at install time. Baileys would bring sharp, for pictures that the service never makes. */
const NPMRC = 'ignore-scripts=true\nlegacy-peer-deps=true\nfund=false\naudit=false\nupdate-notifier=false\n';

const readJson = async (path) => JSON.parse(await readFile(path, 'utf8'));
const writeJson = (path, value) => writeFile(path, `${JSON.stringify(value, null, 2)}\n`);

/** @throws Error with what the program said */
function run(file, args, cwd) {
  const { status, error, stdout, stderr } = spawnSync(file, args, { cwd, encoding: 'utf8' });
  if (error) throw new Error(`${file} does not start (${error.code})`);
  if (status !== 0) throw new Error(`${stdout}${stderr}\n${file} ${args.join(' ')} failed (exit code ${status}).`);
}

function npm(args, cwd) {
  const path = process.env.npm_execpath;
  if (path) run(process.execPath, [path, ...args], cwd);
  else run('npm', args, cwd);
}

/** The commands that a server needs, under the names that they have in a checkout. */
function scriptsOf(commands) {
  const server = [
    'db:migrate',
    'apikey',
    'admin:create',
    'import',
    'second-factor:reset',
    'restore:finish',
    'keys:rotate',
  ];
  const missing = server.filter((name) => !(name in commands));
  if (missing.length > 0) throw new Error(`package.json has no script ${missing.join(', ')}`);
  const command = (name) => [name, `node dist/cli/${name.replace(':', '-')}.js`];
  return { start: 'exec node dist/main.js', ...Object.fromEntries(server.map(command)) };
}

async function describe(folder) {
  const { version, license, engines, scripts, description } = await readJson(join(root, 'package.json'));
  const lock = await readJson(join(root, 'package-lock.json'));
  const dependencies = Object.fromEntries(
    PACKAGES.map((name) => [name, lock.packages[`node_modules/${name}`].version]),
  );
  const own = { name: 'masuk', version, private: true, description, license, type: 'module', engines };
  await writeJson(join(folder, 'package.json'), { ...own, scripts: scriptsOf(scripts), dependencies });
  await writeFile(join(folder, '.npmrc'), NPMRC);
  // npm takes what this lock file has, and drops what the few packages do not need.
  lock.packages[''] = { name: 'masuk', version, license, engines, dependencies };
  await writeJson(join(folder, 'package-lock.json'), { ...lock, version });
  npm(['install', '--package-lock-only', '--no-audit', '--no-fund'], folder);
  assertSameVersions(lock, await readJson(join(folder, 'package-lock.json')));
}

/** @throws Error when the lock file of the release has a version that was never tested here */
function assertSameVersions(ours, released) {
  const versionsOf = ({ packages }) =>
    new Set(Object.entries(packages).map(([path, { version }]) => `${path.split('node_modules/').at(-1)} ${version}`));
  const known = versionsOf(ours);
  const strange = [...versionsOf(released)].filter((each) => !known.has(each));
  if (strange.length > 0) throw new Error(`The release would install ${strange.join(', ')}, unlike package-lock.json.`);
}

/** Where a server's own Node is too old: the Node that this project is tested with, by its hash. */
async function describeNode(folder) {
  const { packages, lockfileVersion } = await readJson(join(root, 'package-lock.json'));
  const paths = ['x64', 'arm64'].map((machine) => `node_modules/node-linux-${machine}`);
  const { version } = packages[paths[0]];
  const optionalDependencies = Object.fromEntries(
    paths.map((path) => [path.slice('node_modules/'.length), packages[path].version]),
  );
  const own = { name: 'masuk-node', version, private: true, optionalDependencies };
  await mkdir(folder);
  await writeFile(join(folder, '.npmrc'), NPMRC);
  await writeJson(join(folder, 'package.json'), own);
  const locked = { '': own, ...Object.fromEntries(paths.map((path) => [path, packages[path]])) };
  await writeJson(join(folder, 'package-lock.json'), { ...own, lockfileVersion, requires: true, packages: locked });
}

async function pack(name) {
  const archive = join(OUT, `${name}.tgz`);
  run('tar', ['-czf', `${archive}.part`, '-C', OUT, name]);
  await rename(`${archive}.part`, archive);
  const hash = createHash('sha256')
    .update(await readFile(archive))
    .digest('hex');
  await writeFile(`${archive}.sha256`, `${hash}  ${name}.tgz\n`);
  return archive;
}

async function main() {
  run(process.execPath, ['scripts/build.mjs'], root);
  const { version } = await readJson(join(root, 'package.json'));
  const name = `masuk-${version}`;
  const folder = join(OUT, name);
  await rm(OUT, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const path of FILES)
    await cp(join(root, path), join(folder, path), {
      recursive: true,
      filter: (source) => !source.endsWith('.build-stamp'),
    });
  await describe(folder);
  await describeNode(join(folder, 'node'));
  console.log(await pack(name));
  await rm(folder, { recursive: true });
}

try {
  await main();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

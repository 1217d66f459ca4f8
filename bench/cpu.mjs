/** CPU time and memory of processes, from /proc. A system without /proc tells nothing: every figure is then null. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';

/** The kernel's clock ticks a second in /proc: 100 on every Linux that Node runs on. */
const TICKS = 100;

/** Whether this system tells what processes use. */
export const TOLD = existsSync('/proc/self/stat');

/** CPU seconds of a process so far, all its threads together; in steps of 10 ms. */
export function cpuOf(pid) {
  const stat = statOf(pid);
  return stat ? stat.seconds : null;
}

/** Resident memory of a process in MB: all of it, and the part that is not backed by files. */
export function memoryOf(pid) {
  const status = readOrNull(`/proc/${pid}/status`);
  const of = (field) => {
    const kilobytes = new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status ?? '')?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) / 1024;
  };
  return { resident: of('VmRSS'), anonymous: of('RssAnon') };
}

/** The process that started this one; undefined where the system does not tell. */
export function parentOf(pid) {
  return statOf(pid)?.parent;
}

/**
 * A reading of PostgreSQL's CPU time, process by process.
 *
 * @param postmaster the number of its first process
 * @returns null where the system does not tell
 */
export function readPostgres(postmaster) {
  const head = statOf(postmaster);
  if (!head) return null;
  const processes = new Map();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || statOf(name)?.parent !== postmaster) continue;
    const seconds = exactSecondsOf(name);
    if (seconds !== null) processes.set(name, { seconds, database: databaseOf(name) });
  }
  return { processes, ended: head.endedChildren };
}

/**
 * CPU seconds that PostgreSQL used for one database between two readings: its own backends, and the processes that work
 * for all databases (WAL writer, checkpointer, input and output). Backends of other databases are left out: the services
 * that are not being measured go on polling theirs.
 */
export function postgresSeconds(before, after, database) {
  if (!before || !after) return null;
  let seconds = 0;
  for (const [pid, now] of after.processes) {
    if (now.database === null || now.database === database) {
      seconds += now.seconds - (before.processes.get(pid)?.seconds ?? 0);
    }
  }
  // A process that ended in between has added all its life to the postmaster's account: take off what it had before.
  let ended = after.ended - before.ended;
  for (const [pid, then] of before.processes) if (!after.processes.has(pid)) ended -= then.seconds;
  return seconds + Math.max(0, ended);
}

/** The database that a backend serves, by its title ("postgres: user database 127.0.0.1(4711) idle"); null for others. */
function databaseOf(pid) {
  const title = (readOrNull(`/proc/${pid}/cmdline`) ?? '').replaceAll('\0', ' ').trim();
  const backend = /^postgres: \S+ (\S+) (?:\S+\(\d+\)|\[local\])/.exec(title);
  const worker = /^postgres: autovacuum worker (\S+)/.exec(title);
  return (backend ?? worker)?.[1] ?? null;
}

/** CPU seconds of a process of one thread, exact to nanoseconds where the kernel counts them. */
function exactSecondsOf(pid) {
  const nanoseconds = Number((readOrNull(`/proc/${pid}/schedstat`) ?? '').split(' ')[0]);
  return nanoseconds > 0 ? nanoseconds / 1e9 : cpuOf(pid);
}

function statOf(pid) {
  const text = readOrNull(`/proc/${pid}/stat`);
  if (text === null) return undefined;
  // The name, in brackets, may hold anything; the numbers come after it, from the third field on.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [user, system, endedUser, endedSystem] = fields.slice(11, 15).map(Number);
  return {
    parent: Number(fields[1]),
    seconds: (user + system) / TICKS,
    endedChildren: (endedUser + endedSystem) / TICKS,
  };
}

function readOrNull(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

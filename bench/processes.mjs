/** Processes of the bench: started, waited for, measured, and ended each by its own number. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const START_PATIENCE = 30_000;
const STOP_PATIENCE = 12_000;

/** The kernel's clock ticks a second in /proc: 100 on every Linux that Node runs on. */
const TICKS = 100;

const running = new Set();

/**
 * Starts a server and waits until it says "Server listening at …". What it writes goes to a file, as in production it
 * would go to a collector.
 *
 * @returns its address, its process and a way to end it
 */
export async function startServer({ script, args = [], env, logFile, cwd, ipc = false }) {
  const log = await open(logFile, 'w');
  const child = spawn(process.execPath, [...args, script], {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', log.fd, log.fd, ...(ipc ? ['ipc'] : [])],
  });
  await log.close();
  const exited = once(child, 'exit');
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE);
      await exited;
      clearTimeout(late);
    }
    running.delete(stop);
  };
  running.add(stop);
  for (const until = Date.now() + START_PATIENCE; Date.now() < until; await sleep(25)) {
    const said = await readFile(logFile, 'utf8');
    const url = /Server listening at (http:\/\/[^"\s]+)/.exec(said)?.[1];
    if (url) return { url, child, stop, logFile };
    if (child.exitCode !== null) throw new Error(`${script} ended with ${child.exitCode}:\n${said}`);
  }
  throw new Error(`${script} does not listen after ${START_PATIENCE / 1000} s; see ${logFile}`);
}

/** The last errors that a server wrote into its log (pino's level 50 and above); none where it keeps no such log. */
export async function errorsOf({ logFile }, count = 3) {
  const lines = (await readFile(logFile, 'utf8')).split('\n');
  return lines.filter((line) => /"level":[56]0/.test(line)).slice(-count);
}

/** Ends every server that still runs. */
export async function stopServers() {
  await Promise.all([...running].map((stop) => stop()));
}

/** Runs a script to its end; @returns what it wrote */
export async function runToEnd(script, { args = [], env, cwd } = {}) {
  const child = spawn(process.execPath, [script, ...args], {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stop = async () => void child.kill('SIGKILL');
  running.add(stop);
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  const [code] = await once(child, 'close');
  running.delete(stop);
  if (code !== 0) throw new Error(`${script} ended with ${code}`);
  return output;
}

/** CPU seconds of a process so far; NaN where the system does not tell. */
export function cpuOf(pid) {
  const fields = statOf(pid);
  return fields ? (fields.user + fields.system) / TICKS : Number.NaN;
}

/** CPU seconds of a process and all its children, the ended ones too. */
export function cpuOfFamily(pid) {
  const head = statOf(pid);
  if (!head) return Number.NaN;
  let ticks = head.user + head.system + head.childrenUser + head.childrenSystem;
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const fields = statOf(name);
    if (fields?.parent === pid) ticks += fields.user + fields.system;
  }
  return ticks / TICKS;
}

/** The process that started this one; undefined where the system does not tell. */
export function parentOf(pid) {
  return statOf(pid)?.parent;
}

function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in brackets, may hold anything; the numbers come after it, from the third field on.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [user, system, childrenUser, childrenSystem] = fields.slice(11, 15).map(Number);
    return { parent: Number(fields[1]), user, system, childrenUser, childrenSystem };
  } catch {
    return undefined;
  }
}

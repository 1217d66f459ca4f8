/** Processes of the bench: started, waited for, and ended each by its own number. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** A server that does not listen after so long hangs. No machine is that slow; ms. */
export const START_PATIENCE = 300_000;
/** A server that is told to stop and does not is killed after so long; ms. */
const STOP_PATIENCE = 60_000;

const running = new Set();

/**
 * Starts a server. What it writes goes to a file, as in production it would go to a collector.
 *
 * @returns its process, its log file, a way to end it, and `said`: what it has written, or an Error once it has ended
 */
export async function spawnServer({ script, args = [], env, logFile, cwd, ipc = false }) {
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
  const said = async () => {
    const text = await readFile(logFile, 'utf8');
    if (child.exitCode !== null) throw new Error(`${script} ended with ${child.exitCode}:\n${text}`);
    return text;
  };
  return { child, stop, logFile, said };
}

/** Starts a server and waits until it says "Server listening at …"; @returns its address, too */
export async function startServer(options) {
  const server = await spawnServer(options);
  for (const until = Date.now() + START_PATIENCE; Date.now() < until; await sleep(25)) {
    const url = /Server listening at (http:\/\/[^"\s]+)/.exec(await server.said())?.[1];
    if (url) return { ...server, url };
  }
  throw new Error(`${options.script} does not listen after ${START_PATIENCE / 1000} s; see ${server.logFile}`);
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

import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where each spec file's CPU time is noted, a line of JSON a file. */
const CPU_LOG = join('test-results', 'cpu.jsonl');

/** Clock ticks a second in /proc, on every Linux that Node runs on. */
const TICKS = 100;

/** Notes what something cost. */
export function noteCpu(what, seconds) {
  mkdirSync(dirname(CPU_LOG), { recursive: true });
  appendFileSync(CPU_LOG, `${JSON.stringify({ ...what, seconds: Math.round(seconds * 100) / 100 })}\n`);
}

/** CPU seconds of a process and of its children that have ended; null without /proc. */
export function cpuSeconds(pid = 'self') {
  let stat;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null;
  }
  // Behind the name, which may hold spaces: utime, stime, cutime and cstime are the fields 14 to 17 (proc_pid_stat(5)).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS;
}

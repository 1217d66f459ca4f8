import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { TestEnvironment } from 'jest-environment-node';

/** Where each spec file's CPU time is noted, a line of JSON a file. */
export const CPU_LOG = join('test-results', 'cpu.jsonl');

/** Clock ticks a second in /proc, on every Linux that Node runs on. */
const TICKS = 100;

/**
 * Node's environment, and it notes what a spec file costs: user and system time of its worker and of every process that the
 * file has started and ended, the services above all, and a PostgreSQL of its own. Wall time would depend on what else the
 * machine does. The run's PostgreSQL works for several files at once, so it is no file's: the tear-down notes it apart.
 * Where there is no /proc nothing is noted.
 */
export default class CpuEnvironment extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    this.file = relative(config.projectConfig.rootDir, context.testPath);
  }

  async setup() {
    await super.setup();
    this.before = cpuSeconds();
  }

  async teardown() {
    await super.teardown();
    const after = cpuSeconds();
    if (this.before === null || after === null) return;
    noteCpu({ file: this.file }, after - this.before);
  }
}

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

import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';

/** A process, told apart from a later one that was given the same number. */
export interface ProcessMark {
  pid: number;
  /** When it started, in the words of the system; '' where the system does not say. */
  started: string;
}

/**
 * Whether a process runs. One that has ended and waits for its parent to notice (a zombie) counts as ended: in a
 * container whose first process reaps nothing, an orphan would otherwise seem to live for ever.
 */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it exists and belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const state = linuxStat(pid)?.[0];
  return state !== 'Z' && state !== 'X';
}

/** The mark of a process that runs now; `started` is '' where the system has no /proc. */
export function markOf(pid: number): ProcessMark {
  // Field 22 of stat(5), the start in ticks since boot; the boot's id keeps it from meaning something after a reboot.
  const ticks = linuxStat(pid)?.[19];
  return { pid, started: ticks === undefined ? '' : `${bootId()}/${ticks}` };
}

/** Whether the very process that was marked still runs. Where the system tells no start times, the number decides. */
export function stillRuns(mark: ProcessMark): boolean {
  if (!isAlive(mark.pid)) return false;
  const now = markOf(mark.pid).started;
  return now === '' || mark.started === '' || now === mark.started;
}

/**
 * Whether a process works in a folder: has it as its working directory (which holds even after the folder was moved) or
 * names it on its command line. Undefined when the system does not tell.
 */
export function worksIn(pid: number, folder: string): boolean | undefined {
  if (process.platform === 'win32') return undefined;
  try {
    if (process.platform === 'linux') return readlinkSync(`/proc/${pid}/cwd`) === folder;
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8', stdio: 'pipe' }).includes(
      folder,
    );
  } catch {
    // Somebody else's process, or none any more.
    return false;
  }
}

/** Waits until the process has ended; false when it still runs after `milliseconds`. */
export async function waitForEnd(mark: ProcessMark, milliseconds: number): Promise<boolean> {
  const until = performance.now() + milliseconds;
  while (stillRuns(mark)) {
    if (performance.now() >= until) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}

/** The fields of /proc/<pid>/stat from the state on; the name before them may hold blanks and brackets. */
function linuxStat(pid: number): string[] | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}

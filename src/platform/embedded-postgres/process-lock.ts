import { createHash, randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { type ProcessMark, markOf, stillRuns } from './process-life.js';

/** A lock this process holds. */
export interface ProcessLock {
  /** Gives the lock back; harmless when called twice. */
  release(): Promise<void>;
}

/**
 * Takes a lock file that dies with its process: it names the holder's pid and start, so the file of a killed process,
 * even one whose pid has been given to another since, is simply replaced.
 *
 * @param path the lock file; its folder must exist
 * @returns the lock, or the running process that holds it
 */
export async function takeLock(path: string): Promise<{ lock: ProcessLock } | { heldBy: ProcessMark }> {
  // The nonce tells our file from any other, also from another lock of this process.
  const mine = JSON.stringify({ ...markOf(process.pid), nonce: randomUUID() });
  const heldBy = await acquire(path, mine);
  return heldBy ? { heldBy } : { lock: { release: () => release(path, mine) } };
}

/** Undefined once `path` holds `mine`, else the running holder. */
async function acquire(path: string, mine: string): Promise<ProcessMark | undefined> {
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, mine, { mode: 0o600 });
  try {
    for (;;) {
      // A link appears whole or not at all, and never over an existing file.
      if (await linked(draft, path)) return undefined;
      const found = await textOf(path);
      if (found === undefined) continue;
      const holder = parse(found);
      if (holder && stillRuns(holder)) return holder;
      if (await replaceDead(path, found, draft, mine)) return undefined;
    }
  } finally {
    await rm(draft, { force: true });
  }
}

/**
 * Puts our draft in the place of a dead holder's file. Only whoever holds the claim named after that very content may
 * replace it, so of two that find the same dead file one cannot throw away what the other has just put there. A claim
 * is a lock of the same kind: a claimant that died is itself replaced.
 */
async function replaceDead(path: string, found: string, draft: string, mine: string): Promise<boolean> {
  const claim = `${path}.${createHash('sha256').update(found).digest('hex').slice(0, 16)}`;
  if (await acquire(claim, mine)) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return false;
  }
  try {
    if ((await textOf(path)) !== found) return false;
    await rename(draft, path);
    return true;
  } finally {
    await release(claim, mine);
  }
}

async function release(path: string, mine: string): Promise<void> {
  if ((await textOf(path)) === mine) await rm(path, { force: true });
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A file that is not a lock (torn by a power cut) has no running holder. */
function parse(text: string): ProcessMark | undefined {
  try {
    const value = JSON.parse(text) as Partial<ProcessMark>;
    return typeof value.pid === 'number' && typeof value.started === 'string'
      ? { pid: value.pid, started: value.started }
      : undefined;
  } catch {
    return undefined;
  }
}

import { lstatSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { enableCompileCache, flushCompileCache, getCompileCacheDir } from 'node:module';
import { join, resolve } from 'node:path';
import { readVariables } from './variables/variables.js';

/** Its folder in `DATA_DIR`. */
export const COMPILE_CACHE = 'compile-cache';

/** The bits of a mode that let a group or everybody write. */
const OTHERS_WRITE = 0o022;

/** The bits of a mode that let anybody but the owner in. */
const OTHERS_ENTER = 0o077;

/**
 * Lets V8 keep the compiled code of this release under `DATA_DIR`, so that the next start does not compile it again. Where there is
 * no safe place for it, and whatever else goes wrong, the service starts without. Node's own `NODE_COMPILE_CACHE` (another folder)
 * and `NODE_DISABLE_COMPILE_CACHE` come first.
 *
 * @param release names what was built; what other releases have left is removed
 */
export function useCompileCache(release: string): void {
  if (getCompileCacheDir() !== undefined) return;
  try {
    const folder = compileCacheFolder(resolve(readVariables()['DATA_DIR']?.trim() || '.data'), release);
    if (folder !== null) enableCompileCache(folder);
  } catch {
    // A start that is a little slower. What is wrong with .env or DATA_DIR is told by whoever needs them.
  }
}

/**
 * Writes down what was compiled for a start, once a release: a process that is killed writes nothing at its end. Takes some 100 ms
 * the first time, and then nothing.
 */
export function keepCompiledCode(): void {
  if (getCompileCacheDir() !== undefined) flushCompileCache();
}

/**
 * The folder of a release's compiled code, made where it is missing.
 *
 * Whoever can write there has the service run code of theirs: V8 checks a checksum, which anybody can make. So both folders must be
 * real ones, of the user who runs this and open to nobody else, and nobody else may write in `dataDir` and put another in their
 * place.
 *
 * @param dataDir is not made: a start that keeps nothing there leaves no folder behind
 * @returns null where there is no such place
 * @throws what the file system throws, above all EACCES and EROFS
 */
export function compileCacheFolder(dataDir: string, release: string): string | null {
  const above = statSync(dataDir, { throwIfNoEntry: false });
  if (!above?.isDirectory() || !isOurs(above.uid, 0) || isOpen(above.mode, OTHERS_WRITE)) return null;
  const all = join(dataDir, COMPILE_CACHE);
  const folder = join(all, release);
  for (const each of [all, folder]) {
    mkdirOnce(each);
    const found = lstatSync(each);
    if (!found.isDirectory() || !isOurs(found.uid) || isOpen(found.mode, OTHERS_ENTER)) return null;
  }
  for (const other of readdirSync(all)) {
    if (other !== release) rmSync(join(all, other), { recursive: true, force: true });
  }
  return folder;
}

function mkdirOnce(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Whether it belongs to the user who runs this, or to one of these. On Windows there are no such numbers. */
function isOurs(owner: number, ...others: number[]): boolean {
  const user = process.geteuid?.();
  return user === undefined || owner === user || others.includes(owner);
}

function isOpen(mode: number, bits: number): boolean {
  return process.platform !== 'win32' && (mode & bits) !== 0;
}

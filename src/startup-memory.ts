import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** When the start's garbage has no use any more and the first requests have come and gone, in ms after the start. */
const AFTER_START = 30_000;

type Collect = (options: { type: 'major'; execution: 'async' }) => Promise<void>;

/**
 * Gives the memory back that the start used and nobody needs any more: some 20 MB, which V8 would keep for as long as
 * nobody logs in (docs/decisions/0023-the-service-is-bundled.md). Once, half a minute after the start. It keeps no process
 * alive.
 */
export function releaseStartMemory(): void {
  setTimeout(() => void collectGarbage(), AFTER_START).unref();
}

/** Collects all garbage, beside what else the process does. Resolves when that is done. */
export async function collectGarbage(): Promise<void> {
  // Node offers the collector only behind this flag, which adds the function to contexts that are made from now on.
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as Collect;
  setFlagsFromString('--no-expose-gc');
  await collect({ type: 'major', execution: 'async' });
}

import { setTimeout as pause } from 'node:timers/promises';

/** SQLSTATE of a statement that `lock_timeout` ended. */
const LOCK_NOT_AVAILABLE = '55P03';

/** How often work is tried at most, and the pause between two tries, in ms. */
interface LockRetries {
  readonly tries: number;
  readonly pause: number;
}

/**
 * Does work that takes locks on tables in use, again when it did not get them in the time of `lock_timeout`. Between two
 * tries those who waited behind it get their turn.
 *
 * @param work must leave nothing behind when it fails
 * @param onRefused told how many tries are left
 * @throws what the work throws, after the last try the error of the lock
 */
export async function retryOnLockTimeout<Result>(
  work: () => Promise<Result>,
  patience: LockRetries,
  onRefused: (triesLeft: number) => void = () => undefined,
): Promise<Result> {
  for (let left = patience.tries - 1; ; left -= 1) {
    try {
      return await work();
    } catch (error) {
      if (!isLockRefused(error) || left <= 0) throw error;
      onRefused(left);
      await pause(patience.pause);
    }
  }
}

export function isLockRefused(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === LOCK_NOT_AVAILABLE;
}

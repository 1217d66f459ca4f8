/** A pause between 0.75 and 1.25 of `ms`, so that instances that started together do not stay in step. */
export function spread(ms: number): number {
  return ms * (0.75 + Math.random() / 2);
}

/** A task that repeats until it is stopped. */
export interface Recurring {
  /** Ends the repetition; resolves when a run that is under way has ended. */
  stop(): Promise<void>;
}

/**
 * Runs a task again and again, never twice at once; the pause counts from the end of a run, and is `spread`.
 *
 * @param onError told of a failed run; the next one comes all the same
 */
export function every(ms: number, task: () => Promise<unknown>, onError: (error: unknown) => void): Recurring {
  let stopped = false;
  let running: Promise<unknown> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  const next = () => {
    if (stopped) return;
    timer = setTimeout(() => {
      running = task().catch(onError).finally(next);
    }, spread(ms)).unref();
  };
  next();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}

/**
 * What a promise is kept with, or `otherwise` when that takes longer than `ms`. What comes too late, or fails then, concerns
 * nobody any more.
 */
export async function within<Result, Otherwise>(
  ms: number,
  work: Promise<Result>,
  otherwise: Otherwise,
): Promise<Result | Otherwise> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Otherwise>((resolve) => {
    timer = setTimeout(() => resolve(otherwise), ms);
  });
  work.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A task that repeats until it is stopped. */
export interface Recurring {
  /** Ends the repetition; resolves when a run that is under way has ended. */
  stop(): Promise<void>;
}

/**
 * Runs a task again and again, never twice at once; the pause counts from the end of a run. Each pause is drawn from
 * 0.75 to 1.25 of `ms`, so that instances that started together do not stay in step.
 *
 * @param onError told of a failed run; the next one comes all the same
 */
export function every(ms: number, task: () => Promise<unknown>, onError: (error: unknown) => void): Recurring {
  let stopped = false;
  let running: Promise<unknown> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  const next = () => {
    if (stopped) return;
    timer = setTimeout(
      () => {
        running = task().catch(onError).finally(next);
      },
      ms * (0.75 + Math.random() / 2),
    ).unref();
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

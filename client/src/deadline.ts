/** The reason of an abort; platforms without `signal.reason` (React Native) get the usual error. */
function reasonOf(signal: AbortSignal): Error {
  // The caller chose it; it is handed back as it is, error or not.
  const reason = (signal as { reason?: Error }).reason;
  return reason ?? Object.assign(new Error('The call was aborted'), { name: 'AbortError' });
}

/** Ends with the promise, or with the signal's abort if that comes first; what it waits for goes on. */
export function abortable<Result>(promise: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(reasonOf(signal));
    const done = () => signal.removeEventListener('abort', abort);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    promise.then(resolve, reject).finally(done);
  });
}

/**
 * Runs the work with a signal that is aborted after `ms` milliseconds, or with the caller's. Made of nothing but
 * AbortController and setTimeout: React Native has neither `AbortSignal.timeout` nor `AbortSignal.any`.
 *
 * @param late makes the error of a deadline that was missed; also when the work ignores its signal
 */
export async function withDeadline<Result>(
  ms: number,
  signal: AbortSignal | undefined,
  late: () => Error,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), ms);
  });
  try {
    if (signal?.aborted) throw reasonOf(signal);
    return await abortable(Promise.race([work(controller.signal), deadline]), signal);
  } catch (error) {
    controller.abort();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Waits so many milliseconds. @throws the abort's reason when the signal comes first */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const waited = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  try {
    await abortable(waited, signal);
  } finally {
    clearTimeout(timer);
  }
}

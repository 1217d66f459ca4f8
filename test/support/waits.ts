/**
 * Waits until `ready` says so; fails, naming `what`, when that takes longer than `patience` ms. It asks less often the longer
 * it waits: on a slow machine the questions would otherwise cost more than what is waited for.
 */
export async function until(what: string, ready: () => boolean | Promise<boolean>, patience = 60_000): Promise<void> {
  const began = Date.now();
  while (!(await ready())) {
    const waited = Date.now() - began;
    if (waited > patience) throw new Error(`${what}: not within ${patience} ms`);
    await pause(Math.min(Math.max(20, waited / 10), 150));
  }
}

/** For a wait that is itself what a spec is about; for anything else there is `until`. */
export async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits until `ready` says so; fails, naming `what`, when that takes longer than `patience` ms. */
export async function until(what: string, ready: () => boolean | Promise<boolean>, patience = 60_000): Promise<void> {
  const end = Date.now() + patience;
  while (!(await ready())) {
    if (Date.now() > end) throw new Error(`${what}: not within ${patience} ms`);
    await pause(20);
  }
}

/** For a wait that is itself what a spec is about; for anything else there is `until`. */
export async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

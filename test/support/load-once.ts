/**
 * Loads a large package outside of the spec's sandbox, once a worker (`spec-environment.mjs`): inside, each spec file would
 * compile it anew, and run it more slowly.
 */
export const { loadOnce } = globalThis as unknown as { loadOnce<Module>(name: string): Promise<Module> };

import { relative } from 'node:path';
import vm from 'node:vm';
import { TestEnvironment } from 'jest-environment-node';
import { cpuSeconds, noteCpu } from './cpu-time.mjs';
import { hostPids, takeHost, tidyHosts } from './service-hosts.mjs';

/** What V8 made of each CommonJS module, by its path: most are Jest's own, and each sandbox would compile them anew. */
const compiled = new Map();
const { compileFunction } = vm;
vm.compileFunction = (code, parameters, options) => {
  const known = compiled.get(options?.filename);
  if (known?.code === code) return compileFunction(code, parameters, { ...options, cachedData: known.cachedData });
  const made = compileFunction(code, parameters, { ...options, produceCachedData: true });
  compiled.set(options?.filename, { code, cachedData: made.cachedData });
  return made;
};

/**
 * Node's environment, and two things besides. It hands a spec file the processes in which services are opened, and sees to it
 * that the next one finds them as this one did. And it notes what the file costs: user and system time of its worker, of every
 * process that the file has started and ended, a PostgreSQL of its own above all, and of the processes with its services. Wall
 * time would depend on what else the machine does. The run's PostgreSQL works for several files at once, so it is no file's:
 * the tear-down notes it apart. Where there is no /proc nothing is noted.
 */
export default class SpecEnvironment extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    this.file = relative(config.projectConfig.rootDir, context.testPath);
  }

  async setup() {
    await super.setup();
    this.global.takeHost = takeHost;
    // Its folder says how many connections its services need (`house.ts`).
    this.global.specFile = this.file;
    // Large packages, loaded once a worker: in a sandbox each spec file would compile them anew.
    this.global.loadOnce = (name) => import(name);
    this.before = spent();
  }

  async teardown() {
    await super.teardown();
    const complaints = await tidyHosts();
    const after = spent();
    if (this.before !== null && after !== null) noteCpu({ file: this.file }, after - this.before);
    if (complaints.length > 0) throw new Error(complaints.join('\n'));
  }
}

/** CPU seconds of the worker and of all that it has started. */
function spent() {
  const own = cpuSeconds();
  return own === null ? null : hostPids().reduce((sum, pid) => sum + (cpuSeconds(pid) ?? 0), own);
}

/** Checks the types of the three projects, one after the other, and reports the errors of all. What has not changed is not checked again. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const PROJECTS = { service: 'tsconfig.json', client: 'client/tsconfig.json', web: 'web/tsconfig.json' };

for (const [name, project] of Object.entries(PROJECTS)) {
  const cache = ['--incremental', '--tsBuildInfoFile', `.cache/types-${name}.tsbuildinfo`];
  const arguments_ = ['node_modules/typescript/bin/tsc', '--noEmit', '-p', project, ...cache];
  const { status } = spawnSync(process.execPath, arguments_, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}

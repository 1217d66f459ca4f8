/** `npm start`: builds what is stale, then becomes the service. Arguments are handed on. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { becomeService } from './service-process.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

const build = spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: root, stdio: 'inherit' });
if (build.signal) process.kill(process.pid, build.signal);
if (build.status !== 0) process.exit(build.status ?? 1);

process.chdir(root);
becomeService('dist/main.js', process.argv.slice(2));

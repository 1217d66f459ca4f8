/** `npm test [-- jest's arguments]`: builds what is stale, runs Jest, leaves its report in test-results/jest.json. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const REPORT = 'test-results/jest.json';

function run(args, env = process.env) {
  const { status, signal } = spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' });
  if (signal) process.kill(process.pid, signal);
  return status ?? 1;
}

process.chdir(root);
mkdirSync('test-results', { recursive: true });
rmSync(REPORT, { force: true }); // a run that dies must not leave the report of the one before

const built = run(['scripts/build.mjs']);
if (built !== 0) process.exit(built);

const options = [process.env.NODE_OPTIONS, '--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
process.exitCode = run(
  ['node_modules/jest/bin/jest.js', '--maxWorkers=4', '--json', `--outputFile=${REPORT}`, ...process.argv.slice(2)],
  { ...process.env, NODE_OPTIONS: options.filter(Boolean).join(' ') },
);

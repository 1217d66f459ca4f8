/**
 * `npm test [-- jest's arguments]`: builds what is stale, runs Jest, leaves its report in test-results/jest.json.
 * `npm run test:fast`: the specs beside the sources, and of each contract and of the races the files that fail first.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const REPORT = 'test-results/jest.json';
const CPU_LOG = 'test-results/cpu.jsonl';

/** What finds nine faults of ten in under a minute. */
const FAST = [
  'src',
  'web',
  'test/house/directions.spec.ts',
  'test/contracts/sikeskoja/request.spec.ts',
  'test/contracts/sikeskoja/verify.spec.ts',
  'test/contracts/ticketing/reset.spec.ts',
  'test/contracts/sessions/refresh.spec.ts',
  'test/contracts/dashboard/accounts.spec.ts',
  'test/db/codes/races.spec.ts',
];

function run(args, env = process.env) {
  const { status, signal } = spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' });
  if (signal) process.kill(process.pid, signal);
  return status ?? 1;
}

process.chdir(root);
mkdirSync('test-results', { recursive: true });
// A run that dies must not leave the report of the one before.
for (const path of [REPORT, CPU_LOG]) rmSync(path, { force: true });

const built = run(['scripts/build.mjs']);
if (built !== 0) process.exit(built);

const options = [process.env.NODE_OPTIONS, '--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const given = process.argv.slice(2).flatMap((argument) => (argument === '--fast' ? FAST : [argument]));
const env = { ...process.env, NODE_OPTIONS: options.filter(Boolean).join(' ') };
// Jest takes the first of two.
const workers = given.some((argument) => argument.startsWith('--maxWorkers')) ? [] : ['--maxWorkers=4'];
// What a spec has left open that failed in its `beforeAll` would keep a run from ending that has a single worker.
const report = ['--forceExit', '--json', `--outputFile=${REPORT}`];
process.exitCode = run(['node_modules/jest/bin/jest.js', ...report, ...workers, ...given], env);

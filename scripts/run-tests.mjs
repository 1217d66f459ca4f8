/**
 * `npm test [-- jest's arguments]`: builds what is stale, runs Jest, leaves its report in test-results/jest.json.
 * With `CI` set, the few files that fail are run once more, alone.
 * `npm run test:fast`: the specs beside the sources, and of each contract and of the races the files that fail first.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const REPORT = 'test-results/jest.json';
const AGAIN = 'test-results/jest-again.json';
const CPU_LOG = 'test-results/cpu.jsonl';

/** A busy machine does not explain more failed files than these. */
const MOST_AGAIN = 12;

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

function read(report) {
  return JSON.parse(readFileSync(report, 'utf8'));
}

function failedFiles(report) {
  if (!existsSync(report)) return [];
  return read(report)
    .testResults.filter(({ status }) => status === 'failed')
    .map(({ name }) => name);
}

/** Puts the results of the second run in the place of the first ones. */
function merge(report, again) {
  const [first, second] = [read(report), read(again)];
  const results = new Map(first.testResults.map((result) => [result.name, result]));
  for (const result of second.testResults) results.set(result.name, result);
  first.testResults = [...results.values()];
  const cases = first.testResults.flatMap(({ assertionResults }) => assertionResults);
  first.numPassedTests = cases.filter(({ status }) => status === 'passed').length;
  first.numFailedTests = cases.filter(({ status }) => status === 'failed').length;
  first.numRuntimeErrorTestSuites = second.numRuntimeErrorTestSuites;
  first.success = second.success;
  writeFileSync(report, JSON.stringify(first));
}

process.chdir(root);
mkdirSync('test-results', { recursive: true });
// A run that dies must not leave the report of the one before.
for (const path of [REPORT, AGAIN, CPU_LOG]) rmSync(path, { force: true });

const built = run(['scripts/build.mjs']);
if (built !== 0) process.exit(built);

const options = [process.env.NODE_OPTIONS, '--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const given = process.argv.slice(2).flatMap((argument) => (argument === '--fast' ? FAST : [argument]));
const env = { ...process.env, NODE_OPTIONS: options.filter(Boolean).join(' ') };
// What a spec has left open that failed in its `beforeAll` would keep a run from ending that has a single worker.
const jest = (report, ...args) =>
  run(['node_modules/jest/bin/jest.js', '--forceExit', '--json', `--outputFile=${report}`, ...args], env);
// Jest takes the first of two.
const workers = given.some((argument) => argument.startsWith('--maxWorkers')) ? [] : ['--maxWorkers=4'];
process.exitCode = jest(REPORT, ...workers, ...given);

// Beside others a file may starve. Alone it must pass: what fails twice fails.
const failed = process.exitCode !== 0 && process.env['CI'] ? failedFiles(REPORT) : [];
if (failed.length > 0 && failed.length <= MOST_AGAIN) {
  console.log(`Once more, alone:\n${failed.join('\n')}`);
  process.exitCode = jest(AGAIN, '--maxWorkers=1', '--runTestsByPath', ...failed);
  if (existsSync(AGAIN)) merge(REPORT, AGAIN);
}

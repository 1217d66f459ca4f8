/**
 * `npm run attacks:nginx [-- jest's arguments]`: the attacks that a proxy could change, on two instances behind nginx with
 * `deploy/nginx/masuk.conf`. Without nginx on the machine it says so and fails; .ci/run installs it. `npm test` runs the
 * same specs without nginx.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const SPECS = ['behind-nginx', 'proxies', 'flooding', 'guessing', 'idempotency'].map(
  (name) => `test/attacks/${name}.spec.ts`,
);

function run(args, env = process.env) {
  const { status } = spawnSync(process.execPath, args, { env, stdio: 'inherit' });
  return status ?? 1;
}

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const { error } = spawnSync('nginx', ['-v'], { stdio: 'inherit' });
if (error) {
  console.error(`nginx does not start (${error.code}): apt-get install nginx`);
  process.exit(1);
}
const built = run(['scripts/build.mjs']);
if (built !== 0) process.exit(built);

const options = [process.env.NODE_OPTIONS, '--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
process.exitCode = run(
  ['node_modules/jest/bin/jest.js', '--maxWorkers=2', '--runTestsByPath', ...SPECS, ...process.argv.slice(2)],
  { ...process.env, NODE_OPTIONS: options.filter(Boolean).join(' '), MASUK_TEST_NGINX: '1', MASUK_TEST_INSTANCES: '2' },
);

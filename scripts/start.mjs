/** `npm start`: builds what is stale, then becomes the service. Arguments are handed on. */
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

const build = spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: root, stdio: 'inherit' });
if (build.signal) process.kill(process.pid, build.signal);
if (build.status !== 0) process.exit(build.status ?? 1);

process.chdir(root);
const args = ['dist/main.js', ...process.argv.slice(2)];
if (process.execve && process.platform !== 'win32') {
  // The service takes this process over: same number, every signal once, its own exit code, nothing in between.
  process.execve(process.execPath, [process.execPath, ...args], process.env);
}
runAsChild();

/** Where a process cannot be replaced (Windows, Node before 22.15): hand signals down and the ending up. */
function runAsChild() {
  const child = spawn(process.execPath, args, { stdio: 'inherit' });
  const forwarded = new Set();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // Ctrl-C in a terminal goes to the whole group: the child has it already.
      const childHasIt = signal === 'SIGINT' && process.stdin.isTTY;
      if (!childHasIt && !forwarded.has(signal)) child.kill(signal);
      forwarded.add(signal);
    });
  }
  child.on('error', (error) => {
    console.error(error.message);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

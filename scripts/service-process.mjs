import { spawn } from 'node:child_process';

/**
 * Makes this process the service: same number, every signal once, its own exit code, nothing in between.
 *
 * @param script the built service
 * @param env its environment, if not that of this process
 */
export function becomeService(script, args, env = process.env) {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
  if (process.execve && process.platform !== 'win32')
    process.execve(process.execPath, [process.execPath, script, ...args], given);
  runAsChild([script, ...args], given);
}

/** Where a process cannot be replaced (Windows, Node before 22.15): hand signals down and the ending up. */
function runAsChild(args, env) {
  const child = spawn(process.execPath, args, { stdio: 'inherit', env });
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

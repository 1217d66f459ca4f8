import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { until } from './waits.js';

const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples');

/** One of the examples, running as its README says; the caller stops it. */
export async function startExample(
  file: string,
  variables: Record<string, string>,
): Promise<{ stop(): Promise<void>; output(): string }> {
  const child = spawn(process.execPath, [join(EXAMPLES, file)], {
    env: { PATH: process.env['PATH'] ?? '', ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await until(`${file} is there`, () => / at http/.test(output));
  return {
    output: () => output,
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

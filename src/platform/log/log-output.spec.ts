import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { pino } from 'pino';
import { LONGEST_WAIT, LogOutput } from './log-output.js';

const BUILT = join(import.meta.dirname, '../../../build/platform/log');

let folder: string;
/** Both ends of a pipe that nobody reads until the test does. */
let pipe: number;
let outputs: LogOutput[];

/** An output into the pipe. */
function open(wait: number): LogOutput {
  const output = new LogOutput(pipe, { wait });
  outputs.push(output);
  return output;
}

beforeEach(() => {
  outputs = [];
  folder = mkdtempSync(join(tmpdir(), 'masuk-log-'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  pipe = openSync(join(folder, 'pipe'), constants.O_RDWR | constants.O_NONBLOCK);
});
afterEach(async () => {
  jest.useRealTimers();
  // What still waited would be written later, to whatever has the pipe's number then: a file or a connection of another spec.
  for (const output of outputs) while ((await output.end()) !== 'written') read();
  closeSync(pipe);
  rmSync(folder, { recursive: true });
});

function read(): string {
  const bytes = Buffer.alloc(1024 * 1024);
  try {
    return bytes.subarray(0, readSync(pipe, bytes)).toString();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return '';
    throw error;
  }
}

/** Reads until the condition holds. */
async function readUntil(holds: (text: string) => boolean): Promise<string> {
  let text = read();
  while (!holds(text)) {
    await pause(2);
    text += read();
  }
  return text;
}

const flushed = (output: LogOutput) =>
  new Promise<void>((resolve) => {
    output.flush(resolve);
  });

describe('the output of the log', () => {
  it('gathers lines that come soon after each other, and keeps their order', async () => {
    const output = open(30);
    for (const line of ['one\n', 'two\n', 'three\n']) output.write(line);
    expect(read()).toBe('');
    expect(await readUntil((text) => text !== '')).toBe('one\ntwo\nthree\n');
  });

  it('lets no line wait for more than a quarter of a second', () => {
    expect(LONGEST_WAIT).toBeLessThanOrEqual(250);
  });

  it('writes a warning at once, and what came before it', async () => {
    const output = open(1_000_000);
    const logger = pino({ base: null, timestamp: false }, output);
    logger.info('first');
    logger.warn('second');
    const text = await readUntil((got) => got.includes('second'));
    expect(text).toBe('{"level":30,"msg":"first"}\n{"level":40,"msg":"second"}\n');
  });

  it('writes when it is flushed, and says when nothing waits', async () => {
    const output = open(1_000_000);
    output.write('line\n');
    await flushed(output);
    expect(read()).toBe('line\n');
    expect(await output.end()).toBe('written');
  });

  it('waits for a full pipe without losing or doubling anything, then tells how many lines it dropped', async () => {
    const output = open(0);
    const logger = pino({ base: null, timestamp: false }, output);
    output.onDropped = (count) => logger.warn({ count }, 'dropped');
    const count = 20_000;
    for (let at = 0; at < count; at++) {
      logger.info({ at, pad: 'x'.repeat(80) });
      // So that some of them are written on the way.
      if (at % 1_000 === 0) await pause(1);
    }
    expect(await output.end()).toBe('left');
    const text = await readUntil((got) => got.endsWith('"dropped"}\n'));
    const entries = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { at?: number; count?: number });
    const dropped = entries.pop()?.count ?? 0;
    expect(dropped).toBeGreaterThan(0);
    expect(entries.map(({ at }) => at)).toEqual(Array.from({ length: count - dropped }, (_, at) => at));
    expect(await output.end()).toBe('written');
  });

  it('is not stuck in a write that has begun only just now', async () => {
    const output = open(0);
    while (read() !== '');
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
    // More than the pipe takes: the output tries again and again.
    output.write(`${'x'.repeat(100_000)}\n`);
    const end = output.end();
    // In one turn of the event loop, so that no write comes back on the way.
    for (let at = 0; at < 50; at++) jest.advanceTimersByTime(10);
    jest.useRealTimers();
    expect(await end).toBe('left');
  });

  it('goes on when a disk is full', async () => {
    // In a process of its own, as the output goes on trying.
    const said = await run(`
      const { openSync } = await import('node:fs');
      const { LogOutput } = await import(${JSON.stringify(join(BUILT, 'log-output.js'))});
      const output = new LogOutput(openSync('/dev/full', 'w'), { wait: 0 });
      for (let at = 0; at < 30_000; at++) output.write('x'.repeat(99) + '\\n');
      console.log(await output.end());
      output.lastWords();
      console.log('lives');`);
    expect(said).toEqual([0, 'left\nlives\n']);
  });

  it('writes its last lines when the process dies of an error that nobody caught', async () => {
    const said = await run(`
      const { openLog } = await import(${JSON.stringify(join(BUILT, 'logger.js'))});
      const { logger } = openLog({ logLevel: 'info', production: true, test: false });
      logger.info('what happened before');
      throw new Error('nobody catches this');`);
    expect(said).toEqual([1, expect.stringContaining('"msg":"what happened before"')]);
  });
});

/** Runs a script in a process of its own; its exit code, and what it wrote. */
async function run(script: string): Promise<[code: number | null, said: string]> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  child.stdout.on('data', (data: Buffer) => (said += data.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return [code, said];
}

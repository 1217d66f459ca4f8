import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { LONGEST_WAIT, LogOutput } from './log-output.js';

let folder: string;
/** Both ends of a pipe that nobody reads until the test does. */
let pipe: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'masuk-log-'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  pipe = openSync(join(folder, 'pipe'), constants.O_RDWR | constants.O_NONBLOCK);
});
afterEach(() => {
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
    const output = new LogOutput(pipe, { wait: 30 });
    for (const line of ['one\n', 'two\n', 'three\n']) output.write(line);
    expect(read()).toBe('');
    expect(await readUntil((text) => text !== '')).toBe('one\ntwo\nthree\n');
  });

  it('lets no line wait for more than a quarter of a second', () => {
    expect(LONGEST_WAIT).toBeLessThanOrEqual(250);
  });

  it('writes a warning at once, and what came before it', async () => {
    const output = new LogOutput(pipe, { wait: 1_000_000 });
    const logger = pino({ base: null, timestamp: false }, output);
    logger.info('first');
    logger.warn('second');
    const text = await readUntil((got) => got.includes('second'));
    expect(text).toBe('{"level":30,"msg":"first"}\n{"level":40,"msg":"second"}\n');
  });

  it('writes when it is flushed, and says when nothing waits', async () => {
    const output = new LogOutput(pipe, { wait: 1_000_000 });
    output.write('line\n');
    await flushed(output);
    expect(read()).toBe('line\n');
    expect(await output.end()).toBe('written');
  });

  it('waits for a full pipe without losing or doubling anything, then tells how many lines it dropped', async () => {
    const output = new LogOutput(pipe, { wait: 0 });
    const logger = pino({ base: null, timestamp: false }, output);
    output.onDropped = (count) => logger.warn({ count }, 'dropped');
    const count = 20_000;
    for (let at = 0; at < count; at++) {
      logger.info({ at, pad: 'x'.repeat(80) });
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

  it('goes on when a disk is full', async () => {
    // Stays open: the output goes on trying.
    const full = openSync('/dev/full', 'w');
    const output = new LogOutput(full, { wait: 0 });
    for (let at = 0; at < 30_000; at++) output.write(`${'x'.repeat(99)}\n`);
    expect(await output.end()).toBe('left');
    output.lastWords();
  });

  it('writes its last lines when the process dies of an error that nobody caught', async () => {
    const script = `
      const { openLog } = await import(${JSON.stringify(join(import.meta.dirname, '../../build/http/logger.js'))});
      const { logger } = openLog({ logLevel: 'info', production: true, test: false });
      logger.info('what happened before');
      throw new Error('nobody catches this');`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let said = '';
    child.stdout.on('data', (data: Buffer) => (said += data.toString()));
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect([code, said]).toEqual([1, expect.stringContaining('"msg":"what happened before"')]);
  });
});

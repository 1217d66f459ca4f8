import { constants, openSync, write, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { symbols } from 'pino';

/** A batch is written when it is this long, in characters. Docker cuts lines at 16 KiB, so one line should fit. */
const BATCH = 16 * 1024;

/** What may wait to be written, in characters. What comes beyond it is dropped and counted. */
const LIMIT = 1024 * 1024;

/** A line waits no longer than this for others that go with it, in ms. */
export const LONGEST_WAIT = 250;

/** How long to wait, in ms, after a write that was refused: a full pipe soon has room again, a full disk does not. */
const RETRY_PIPE = 20;
const RETRY_OTHER = 250;

/** Lines of this level (warn) and above are written at once. */
const AT_ONCE = 40;

/** What the end of the service waits for the last lines to be taken, in ms. */
const END_PATIENCE = 500;

export interface OutputOptions {
  /** How long a line waits for others, in ms. */
  readonly wait: number;
  /** Changes a line before it is written, for a person at a terminal. */
  readonly dress?: (line: string) => string;
}

/**
 * Where the log's lines go: gathered, and written beside the service's work, one write at a time. Nothing that
 * happens to standard output (a full pipe, a full disk, a reader that is gone) stops the service or throws; it only
 * costs lines, which are counted. Decision 12 says why none of pino's own destinations is used.
 */
export class LogOutput {
  /** Asks pino to put the level of each line into `lastLevel` before it calls `write`. */
  readonly [symbols.needsMetadataGsym] = true as const;
  lastLevel = 0;

  /** Told how many lines were dropped, when there is room again. */
  onDropped: (count: number) => void = () => undefined;

  private lines: string[] = [];
  private waiting = 0;
  private chunk = Buffer.alloc(0);
  /** From the first write until nothing waits any more: there is one write at a time. */
  private busy = false;
  private inKernel = false;
  /** Called once when the write that is in the kernel has come back. */
  private cameBack: () => void = () => undefined;
  private timer: NodeJS.Timeout | undefined;
  private dropped = 0;
  private emptied: (() => void)[] = [];

  /** @param fd written to by nobody else, or by others that write whole lines */
  constructor(
    private readonly fd: number,
    private readonly options: OutputOptions = { wait: LONGEST_WAIT },
  ) {}

  /** Takes a line; it is dropped if too many wait already. */
  write(line: string): void {
    const text = this.options.dress ? this.options.dress(line) : line;
    if (this.waiting + text.length > LIMIT) {
      this.dropped += 1;
      return;
    }
    this.lines.push(text);
    this.waiting += text.length;
    if (this.waiting >= BATCH || this.lastLevel >= AT_ONCE) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), this.options.wait).unref();
  }

  /** Begins to write what waits. @param done called when nothing waits any more; perhaps never */
  flush(done?: () => void): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (done) this.emptied.push(done);
    if (!this.busy) this.writeOn();
  }

  /**
   * Writes what waits, for half a second at most, and as long again for a write that is in the kernel then: on a busy machine
   * it may have begun only just now.
   *
   * @returns `written`; `left`: something could not be written; `stuck`: a write has not come back from the kernel, and
   *   as the end of a Node process waits for it, only a signal ends this one
   */
  async end(): Promise<'written' | 'left' | 'stuck'> {
    await inTime((done) => this.flush(done));
    if (this.inKernel && !(await inTime((done) => (this.cameBack = done)))) return 'stuck';
    return this.isEmpty ? 'written' : 'left';
  }

  /** One last try, for a process that ends without `end`: by an error that nobody caught. */
  lastWords(): void {
    if (this.inKernel || this.isEmpty) return;
    try {
      writeSync(this.fd, Buffer.concat([this.chunk, Buffer.from(this.lines.join(''))]));
    } catch {
      // There is nowhere left to say it.
    }
  }

  private get isEmpty(): boolean {
    return this.chunk.length === 0 && this.lines.length === 0;
  }

  private writeOn(): void {
    this.busy = true;
    if (this.chunk.length === 0) {
      this.chunk = Buffer.from(this.lines.join(''));
      this.lines = [];
    }
    if (this.chunk.length === 0) {
      this.busy = false;
      this.waiting = 0;
      for (const done of this.emptied.splice(0)) done();
      return;
    }
    this.inKernel = true;
    write(this.fd, this.chunk, (error, written) => {
      this.inKernel = false;
      this.cameBack();
      if (error) this.tryLater(error);
      else this.taken(written);
    });
  }

  private taken(bytes: number): void {
    this.chunk = this.chunk.subarray(bytes);
    if (this.chunk.length === 0) {
      this.waiting = this.lines.reduce((sum, { length }) => sum + length, 0);
      this.tellDropped();
    }
    this.writeOn();
  }

  private tryLater(error: NodeJS.ErrnoException): void {
    setTimeout(() => this.writeOn(), error.code === 'EAGAIN' ? RETRY_PIPE : RETRY_OTHER).unref();
  }

  private tellDropped(): void {
    if (this.dropped === 0) return;
    const count = this.dropped;
    this.dropped = 0;
    this.onDropped(count);
  }
}

/** Whether this is done within half a second. */
async function inTime(begin: (done: () => void) => void): Promise<boolean> {
  return new Promise((resolve) => {
    const patience = setTimeout(() => resolve(false), END_PATIENCE);
    begin(() => {
      clearTimeout(patience);
      resolve(true);
    });
  });
}

/**
 * Standard output for the log. It and standard error are made such that a write to them never waits and never throws.
 *
 * @param options see `LogOutput`
 */
export function standardOutput(options: OutputOptions): LogOutput {
  // Node makes pipes and sockets non-blocking when it is first asked for these two. A write that fails is theirs to
  // tell, and an event without a listener would end the process.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const output = new LogOutput(isatty(1) ? terminal() : 1, options);
  process.on('exit', () => output.lastWords());
  return output;
}

/** Node keeps a terminal blocking, and Ctrl-S would hold a write up. The same terminal, opened anew, does not wait. */
function terminal(): number {
  try {
    return openSync('/dev/stdout', constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return 1;
  }
}

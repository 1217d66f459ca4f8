import { ConfigurationError } from './platform/config/read-settings.js';
import { type Settings } from './platform/config/settings.js';
import { type LogOutput } from './platform/log/log-output.js';

/** How long stopping may take at least before the process ends all the same, in ms. */
const LEAST_PATIENCE = 10_000;

/** What is left to do when the last send has ended: its outcome is written, connections are closed. In ms. */
const AFTER_LAST_SEND = 5_000;

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** Errors of the language: a fault in the program, which its author wants to see whole. */
const FAULTS = [TypeError, ReferenceError, RangeError, SyntaxError];

/** The start was ended by a signal; what had been opened is closed again. */
class StoppedWhileStarting extends Error {}

/**
 * The life of the process: what is opened during the start is closed, last first, when a signal comes or the start
 * fails. A signal is heard from the first instant on, so that nothing that was started is left behind.
 */
export class ProcessLifecycle {
  private readonly opened: (() => Promise<void>)[] = [];
  private stopping = false;
  private started: Promise<void> = Promise.resolve();
  private say: (message: string) => void = () => undefined;
  private log: LogOutput | undefined;
  private patience = LEAST_PATIENCE;

  /** Runs the start; a failed one is told on standard error and ends the process with exit code 1. */
  run(start: (lifecycle: ProcessLifecycle) => Promise<void>): void {
    for (const signal of SIGNALS) process.on(signal, () => void this.stopFor(signal));
    this.started = start(this);
    this.started.catch(async (error: unknown) => {
      if (error instanceof StoppedWhileStarting) return;
      await this.closeAll().catch(() => undefined);
      if (!this.stopping) refuseStart(error);
    });
  }

  /**
   * Hands over what is known once the settings are read.
   *
   * @param patience how long stopping may take before the process ends all the same, in ms
   */
  know({ say, log, patience }: { say: (message: string) => void; log: LogOutput; patience: number }): void {
    this.say = say;
    this.log = log;
    this.patience = patience;
  }

  /**
   * Notes how to close what was just opened.
   *
   * @throws when a signal came meanwhile: the start ends here
   */
  onStop(close: () => Promise<void>): void {
    this.opened.push(close);
    if (this.stopping) throw new StoppedWhileStarting();
  }

  // Ctrl-C reaches a terminal's whole group, and npm hands it on again: a second signal changes nothing.
  private async stopFor(signal: string): Promise<void> {
    if (this.stopping) return;
    this.stopping = true;
    this.say(`stopping on ${signal}`);
    setTimeout(() => {
      process.stderr.write('Stopping took too long.\n');
      void this.leave(1);
    }, this.patience).unref();
    await this.started.catch(() => undefined);
    await this.closeAll().then(
      () => this.leave(0),
      (error: unknown) => {
        process.stderr.write(`Stopping failed: ${messageOf(error)}\n`);
        return this.leave(1);
      },
    );
  }

  /** Ends the process, its last lines written if they can be. */
  private async leave(code: number): Promise<void> {
    // exit() waits for threads, and one that writes to a dead disk or terminal never comes back.
    if ((await this.log?.end()) === 'stuck') process.kill(process.pid, 'SIGKILL');
    process.exit(code);
  }

  private async closeAll(): Promise<void> {
    for (let close = this.opened.pop(); close; close = this.opened.pop()) await close();
  }
}

/**
 * How long stopping may take, in ms: the drain time, and then as long as a send that has just begun, but 10 s at least.
 *
 * @param settings durations in seconds
 */
export function stopPatience({ drainTime, sendTimeout }: Pick<Settings, 'drainTime' | 'sendTimeout'>): number {
  return drainTime * 1000 + Math.max(LEAST_PATIENCE, sendTimeout * 1000 + AFTER_LAST_SEND);
}

/** Says on standard error why the service, or a command of it, does not start, and exits 1. */
export function refuseStart(error: unknown, what?: string): never {
  process.stderr.write(refusal(error, what));
  process.exit(1);
}

/** Why the service, or a command of it, does not start, in lines. */
export function refusal(error: unknown, what = 'Masuk does not start.'): string {
  return `${what}\n${messageOf(error)}\n`;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, address, port } = error as { code?: unknown; address?: unknown; port?: unknown };
  if (code === 'EADDRINUSE') return 'The port is in use. Set PORT to a free one, or stop what uses it.';
  if (code === 'EADDRNOTAVAIL') return 'HOST is not an address of this machine.';
  if (code === 'ECONNREFUSED')
    return `The database does not answer at ${String(address)}:${String(port)}. Is DATABASE_URL right?`;
  if (error instanceof ConfigurationError) return error.message;
  return FAULTS.some((fault) => error instanceof fault) ? (error.stack ?? error.message) : error.message;
}

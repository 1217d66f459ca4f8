/** Signs of a full bar. */
const WIDTH = 30;

/** How often it is drawn at most, in ms. */
const EVERY = 100;

/** A line at a terminal that says how far a long work is; elsewhere nothing. */
export class ProgressBar {
  private drawnAt = -EVERY;
  private isThere = false;

  constructor(private readonly terminal: Pick<NodeJS.WriteStream, 'isTTY' | 'write'> = process.stderr) {}

  /** @param total null while nobody knows it */
  show(what: string, done: number, total: number | null): void {
    const now = performance.now();
    if (!this.terminal.isTTY || (now - this.drawnAt < EVERY && done !== total)) return;
    this.drawnAt = now;
    this.isThere = true;
    const share = total === null || total === 0 ? null : Math.min(1, done / total);
    const bar = share === null ? '' : ` ${'#'.repeat(Math.round(share * WIDTH)).padEnd(WIDTH, '.')}`;
    const percent = share === null ? '' : ` ${String(Math.floor(share * 100)).padStart(3)}%`;
    this.terminal.write(`\r\u001b[K${what}${bar}${percent} ${String(done)}`);
  }

  /** Takes the line away. */
  end(): void {
    if (this.isThere) this.terminal.write('\r\u001b[K');
    this.isThere = false;
  }
}

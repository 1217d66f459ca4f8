import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { LOGGER, type ServiceLogger } from '../http/logger.js';
import { MORE, RefusalsRepository, type CountedRefusal } from './refusals.repository.js';

/** One refusal: what was refused to whom. */
export type Refusal = Omit<CountedRefusal, 'count' | 'lastRequestId'>;

/** Kinds that wait to be written; the next ones are counted together. A flood fills neither disk nor memory. */
const KINDS_WAITING = 1_000;

/** Between two writes that nobody waits for, in ms. */
const PAUSE = 1_000;

/**
 * Counts refusals: one row of the audit log a kind and minute. An instance writes one statement at a time, with
 * everything that came in during the one before: a flood costs few statements and one connection, and whoever waits for
 * its refusal to be written waits for two of them at most.
 */
@Injectable()
export class Refusals implements OnApplicationShutdown {
  private waiting = new Map<string, CountedRefusal>();
  /** Ends with the statement under way; never fails. */
  private running: Promise<unknown> = Promise.resolve();
  /** The next statement, where somebody has asked for it. */
  private next: Promise<void> | undefined;
  private soon: NodeJS.Timeout | undefined;
  private wroteAt = 0;

  constructor(
    private readonly repository: RefusalsRepository,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    clearTimeout(this.soon);
    if (this.waiting.size > 0) await this.flush().catch(this.onFailure);
    await this.running;
  }

  /** Counts a refusal; resolves when it is written. */
  write(refusal: Refusal): Promise<void> {
    this.add(refusal);
    return this.flush();
  }

  /** Counts a refusal whose answer does not wait: written at once after a pause, in a flood once a second. */
  note(refusal: Refusal): void {
    this.add(refusal);
    const pause = Math.max(0, this.wroteAt + PAUSE - performance.now());
    this.soon ??= setTimeout(() => void this.flush().catch(this.onFailure), pause).unref();
  }

  private add(refusal: Refusal): void {
    const known = this.waiting.get(refusal.kind);
    if (known) {
      known.count += 1;
      known.lastRequestId = refusal.requestId;
    } else if (this.waiting.size < KINDS_WAITING) {
      this.waiting.set(refusal.kind, { ...refusal, count: 1, lastRequestId: refusal.requestId });
    } else {
      this.addToMore(refusal.requestId);
    }
  }

  private addToMore(requestId: string | null): void {
    const more = this.waiting.get(MORE);
    const nobody = { userId: null, subjectId: null, address: null, detail: null };
    this.waiting.set(MORE, {
      ...{ kind: MORE, type: MORE, ...nobody, requestId: more?.requestId ?? requestId },
      ...{ count: (more?.count ?? 0) + 1, lastRequestId: requestId },
    });
  }

  private flush(): Promise<void> {
    this.next ??= this.running.then(() => this.writeWaiting());
    return this.next;
  }

  private writeWaiting(): Promise<void> {
    const counted = [...this.waiting.values()];
    this.waiting = new Map();
    this.next = undefined;
    clearTimeout(this.soon);
    this.soon = undefined;
    this.wroteAt = performance.now();
    const written = this.repository.count(counted);
    this.running = written.catch(() => undefined);
    return written;
  }

  private readonly onFailure = (err: unknown): void => {
    this.logger.warn({ err }, 'refusals not recorded');
  };
}

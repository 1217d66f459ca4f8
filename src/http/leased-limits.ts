import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { LeasedLimitRepository, type Limit, type LimitWindow } from './leased-limit.repository.js';
import { LOGGER, type ServiceLogger } from './logger.js';
import { every, type Recurring } from './recurring.js';

export { type Limit };

/** What this instance holds of one subject's limit. Times are of `performance.now()`: a clock that is set moves no window. */
interface Lease {
  readonly subject: string;
  limit: Limit;
  available: number;
  /** Given back after their window, or where no block was leased: they go to the row with the next tidying. */
  owed: number;
  /** The window that `available` belongs to, by the database's clock. */
  window: Date;
  /** What all instances had taken of it when the database was last asked, the cap being what it was then. */
  taken: number;
  /** When that window is over; never after the database thinks so. */
  endsAt: number;
  /** Until when the database need not be asked again, after it said no. */
  refusedUntil: number;
  usedAt: number;
  /** The question to the database that is under way: whoever finds nothing left waits for the one answer. */
  asking: Promise<void> | undefined;
}

const TIDY_EVERY = 5_000;
const IDLE = 10_000;
const ASK_AGAIN = 1_000;
const STOP_PATIENCE = 1_000;

/**
 * Limits that many requests share. A busy subject is one row for all of them, so each instance leases small blocks of it
 * and hands them out from memory: the row is touched once a block, and the sum of all blocks never exceeds the cap.
 * Blocks that lie idle go back.
 */
@Injectable()
export class LeasedLimits implements OnModuleInit, OnApplicationShutdown {
  private readonly leases = new Map<string, Lease>();
  private tidying: Recurring | undefined;

  constructor(
    private readonly repository: LeasedLimitRepository,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  onModuleInit(): void {
    const onError = (err: unknown) => this.logger.warn({ err }, 'limits not tidied');
    this.tidying = every(TIDY_EVERY, () => this.returnIdle(performance.now() - IDLE), onError);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.tidying?.stop();
    // A database that does not answer keeps them until their windows end; stopping must not wait for it.
    const returned = this.returnIdle(Number.POSITIVE_INFINITY).catch((err: unknown) =>
      this.logger.warn({ err }, 'leases not given back'),
    );
    await Promise.race([returned, new Promise((resolve) => setTimeout(resolve, STOP_PATIENCE).unref())]);
  }

  /**
   * Takes one.
   *
   * @returns null when there was one, else the seconds until there may be one again
   * @throws when the database cannot answer: no answer is no permission (ASVS 16.5.3)
   */
  async reserve(limit: Limit, subject: string): Promise<number | null> {
    for (;;) {
      const lease = this.leaseOf(limit, subject);
      const now = (lease.usedAt = performance.now());
      if (lease.available > 0 && lease.endsAt > now) {
        lease.available -= 1;
        return null;
      }
      if (lease.refusedUntil > now) return (lease.endsAt - now) / 1000;
      await (lease.asking ??= this.leaseMore(lease).finally(() => (lease.asking = undefined)));
    }
  }

  /**
   * What is left of a limit for a subject, as the database said when it was last asked, and until when.
   *
   * @returns null when it has not been asked
   */
  standing(limit: Limit, subject: string): { left: number; seconds: number } | null {
    const lease = this.leases.get(`${limit.name} ${subject}`);
    const seconds = lease ? (lease.endsAt - performance.now()) / 1000 : 0;
    if (!lease || seconds <= 0) return null;
    return { left: Math.max(0, limit.cap - lease.taken) + lease.available, seconds };
  }

  /** Puts one back that did not count after all. */
  giveBack(limit: Limit, subject: string): void {
    const lease = this.leaseOf(limit, subject);
    if (lease.endsAt > performance.now()) lease.available += 1;
    else lease.owed += 1;
    lease.refusedUntil = 0;
  }

  private async leaseMore(lease: Lease): Promise<void> {
    const { limit, subject } = lease;
    const askedAt = performance.now();
    for (let size = blockOf(limit); size >= 1; size = Math.floor(size / 2)) {
      const window = await this.repository.lease(limit, subject, size);
      if (!window) continue;
      enter(lease, window, askedAt);
      lease.available += size;
      limit.onUsed?.(window.used - size, window.used, window.startedAt);
      return;
    }
    const window = await this.repository.current(limit, subject);
    if (window) enter(lease, window, askedAt);
    // A window that ended between the two statements has room again: the next question finds it.
    lease.refusedUntil = Math.min(performance.now() + ASK_AGAIN, lease.endsAt);
  }

  private leaseOf(limit: Limit, subject: string): Lease {
    const key = `${limit.name} ${subject}`;
    const known = this.leases.get(key);
    if (known) {
      // A cap may follow what happens: the newest one counts.
      known.limit = limit;
      return known;
    }
    const nothing = {
      available: 0,
      owed: 0,
      taken: 0,
      window: new Date(0),
      endsAt: 0,
      refusedUntil: 0,
      asking: undefined,
    };
    const lease: Lease = { limit, subject, usedAt: performance.now(), ...nothing };
    this.leases.set(key, lease);
    return lease;
  }

  private async returnIdle(usedBefore: number): Promise<void> {
    for (const [key, lease] of this.leases) {
      if (lease.asking) continue;
      const { limit, subject, owed } = lease;
      const idle = lease.usedAt <= usedBefore;
      // What is given back can pile up on an instance that uses little; what exceeds two blocks helps others more.
      const unused = idle ? lease.available : Math.max(0, lease.available - 2 * blockOf(limit));
      lease.available -= unused;
      lease.owed = 0;
      if (idle) this.leases.delete(key);
      if (unused + owed > 0) await this.repository.giveBack(limit, subject, unused, lease.window, owed);
    }
    await this.repository.forgetOld();
  }
}

/** Takes note of the window that the database is in: what is left of the one before is worth nothing. */
function enter(lease: Lease, window: LimitWindow, askedAt: number): void {
  if (window.startedAt.getTime() !== lease.window.getTime()) lease.available = 0;
  lease.window = window.startedAt;
  lease.taken = window.used;
  lease.endsAt = askedAt + window.secondsLeft * 1000;
}

function blockOf({ cap }: Limit): number {
  return Math.max(1, Math.floor(cap / 20));
}

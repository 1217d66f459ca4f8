import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { v4 as uuidv4 } from 'uuid';
import {
  LeasedLimitRepository,
  type Block,
  type Limit,
  type LimitWindow,
  type Report,
  type Reported,
} from './leased-limit.repository.js';
import { LOGGER, type ServiceLogger } from '../log/logger.js';
import { every, within, type Recurring } from '../background/timers.js';

export { type Limit };

/** What this instance holds of one subject's limit. Times are of `performance.now()`: a clock that is set moves no window. */
interface Lease {
  readonly subject: string;
  limit: Limit;
  /** Names the block in the database, each with a name of its own: whoever is late with an old one touches no newer one. */
  block: string;
  available: number;
  /** How many the database takes for unused, and lets come back when the block ends. */
  reportedUnused: number;
  /** When the block ends; never after the database thinks so. */
  heldUntil: number;
  /** Given back after their window, or where no block was leased: they go to the row with the next report. */
  unreturned: number;
  /** Uses that were verified, to be counted with the next report. */
  verified: number;
  /** The window that the block belongs to, by the database's clock. */
  window: Date;
  /** What all instances had taken of it, and its cap, when the database was last asked. */
  taken: number;
  cap: number;
  /** When that window is over; never after the database thinks so. */
  endsAt: number;
  /** When somebody else's block ends that is not used up. */
  returnsAt: number;
  /** Until when the database need not be asked again, after it said no. */
  refusedUntil: number;
  usedAt: number;
  /** The statement that is under way: whoever finds nothing left waits for the one answer. */
  asking: Promise<void> | undefined;
}

/** How often an instance reports what it has used, in ms: what a killed one used after its last report comes back, too. */
const REPORT_EVERY = 2_000;

/** How long a block is held after it was leased or reported, in seconds. */
const HELD_FOR = 30;

/** A subject is forgotten when nobody has asked for it for so long, in ms; one whose row is gone is reported no longer. */
const IDLE = 60_000;

/** How often old rows are dropped, in ms, and in how many small steps at most. */
const FORGET_EVERY = 60_000;
const FORGET_STEPS = 20;
const ASK_AGAIN = 1_000;

/** What a stop waits for the last reports, and the pause before one that was not taken down is sent again; in ms. */
const STOP_PATIENCE = 1_000;
const AGAIN_AFTER = 20;

/**
 * Limits that many requests share. A busy subject is one row for all of them, so each instance leases small blocks of it
 * and hands them out from memory: the row is touched once a block, and the sum of all blocks never exceeds the cap. A
 * block ends by itself, and what is left of it comes back: nothing is lost with an instance that was killed. One that
 * was only slow finds its block gone, hands out nothing more of it, and what it had used is counted after all.
 */
@Injectable()
export class LeasedLimits implements OnModuleInit, OnApplicationShutdown {
  private readonly leases = new Map<string, Lease>();
  private recurring: Recurring[] = [];

  constructor(
    private readonly repository: LeasedLimitRepository,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  onModuleInit(): void {
    const onError = (err: unknown) => this.logger.warn({ err }, 'limits were not cleaned up');
    this.recurring = [
      every(REPORT_EVERY, () => this.report(), onError),
      every(FORGET_EVERY, () => this.forgetOld(), onError),
    ];
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.recurring.map((task) => task.stop()));
    // A database that does not answer keeps them until they end; stopping must not wait for it.
    const returned = this.reportAll().catch((err: unknown) => this.logger.warn({ err }, 'leases were not released'));
    await within(STOP_PATIENCE, returned, undefined);
  }

  /**
   * Takes one.
   *
   * @returns null when there was one, else the seconds until there may be one again
   * @throws when the database cannot answer: without an answer there is no permission (ASVS 16.5.3)
   */
  async reserve(limit: Limit, subject: string): Promise<number | null> {
    for (;;) {
      const lease = this.leaseOf(limit, subject);
      const now = (lease.usedAt = performance.now());
      if (lease.available > 0 && Math.min(lease.endsAt, lease.heldUntil) > now) {
        lease.available -= 1;
        return null;
      }
      if (lease.refusedUntil > now)
        return (Math.max(lease.refusedUntil, Math.min(lease.endsAt, lease.returnsAt)) - now) / 1000;
      await (lease.asking ??= this.leaseMore(lease).finally(() => (lease.asking = undefined)));
    }
  }

  /**
   * What is left of a limit for a subject, as the database said when it was last asked, and until when; with its cap as it
   * has grown.
   *
   * @returns null when it has not been asked
   */
  standing(limit: Limit, subject: string): { left: number; seconds: number; cap: number } | null {
    const lease = this.leases.get(`${limit.name} ${subject}`);
    const seconds = lease ? (lease.endsAt - performance.now()) / 1000 : 0;
    if (!lease || seconds <= 0) return null;
    const { cap, taken, available } = lease;
    return { left: Math.max(0, cap - taken) + available, seconds, cap };
  }

  /**
   * What all instances together have used of a limit's window, as they last reported it, which they do every two seconds.
   *
   * @returns `endsAt` null: no window runs
   */
  async spent(limit: Limit, subject: string): Promise<{ used: number; endsAt: Date | null }> {
    const row = await this.repository.spent(limit, subject);
    return { used: row?.used ?? 0, endsAt: row?.ends_at ?? null };
  }

  /** Puts one back that did not count after all. */
  giveBack(limit: Limit, subject: string): void {
    const lease = this.leaseOf(limit, subject);
    if (lease.endsAt > performance.now()) lease.available += 1;
    else lease.unreturned += 1;
    lease.refusedUntil = 0;
  }

  /** Puts one back that was verified, and counts it: a limit with `growth` grows by it for a day. */
  countVerified(limit: Limit, subject: string): void {
    this.giveBack(limit, subject);
    this.leaseOf(limit, subject).verified += 1;
  }

  private async leaseMore(lease: Lease): Promise<void> {
    const { limit, subject } = lease;
    const block = blockIn(lease);
    const askedAt = performance.now();
    const call = { limit, subject, block, nextBlock: uuidv4(), size: blockOf(limit), holdSeconds: HELD_FOR };
    const { size, window } = await this.repository.lease(call);
    // What was given back meanwhile belongs to the block before, which may have been of another window.
    const since = window.startedAt.getTime() === lease.window.getTime() ? lease.available - block.left : 0;
    enter(lease, window, askedAt);
    if (size === 0) {
      lease.refusedUntil = Math.min(performance.now() + ASK_AGAIN, lease.endsAt);
      return;
    }
    lease.block = call.nextBlock;
    lease.available = size + since;
    lease.reportedUnused = size - 1;
    lease.heldUntil = askedAt + HELD_FOR * 1000;
    limit.onUsed?.(window.used - size, window.used, window.startedAt);
  }

  private leaseOf(limit: Limit, subject: string): Lease {
    const key = `${limit.name} ${subject}`;
    const known = this.leases.get(key);
    if (known) {
      known.limit = limit;
      return known;
    }
    const nothing = {
      block: '',
      available: 0,
      reportedUnused: 0,
      unreturned: 0,
      verified: 0,
      taken: 0,
      cap: limit.cap,
    };
    const times = { window: new Date(0), heldUntil: 0, endsAt: 0, returnsAt: 0, refusedUntil: 0 };
    const lease: Lease = { limit, subject, ...nothing, ...times, usedAt: performance.now(), asking: undefined };
    this.leases.set(key, lease);
    return lease;
  }

  private async forgetOld(): Promise<void> {
    for (let steps = 0; steps < FORGET_STEPS && (await this.repository.forgetOld()); steps++);
  }

  /** The last reports. A row that another instance holds at this moment, perhaps one that stops too, is asked for again. */
  private async reportAll(): Promise<void> {
    const latest = performance.now() + STOP_PATIENCE;
    while ((await this.report(true)) > 0 && performance.now() < latest) await pause(AGAIN_AFTER);
  }

  /**
   * @param last nothing is held any more afterwards
   * @returns how many blocks could not be reported, as somebody held their rows or they are gone
   */
  private async report(last = false): Promise<number> {
    const idleSince = performance.now() - IDLE;
    const due: Lease[] = [];
    for (const [key, lease] of this.leases) {
      if (lease.asking) continue;
      if (lease.endsAt <= performance.now()) lease.available = lease.reportedUnused = 0;
      if (isUnreported(lease) || (last && lease.available > 0)) due.push(lease);
      if (lease.usedAt <= idleSince) this.leases.delete(key);
    }
    if (due.length === 0) return 0;
    const reports = due.map((lease) => reportOf(lease, last));
    const askedAt = performance.now();
    const reporting = this.repository.report(reports, HELD_FOR);
    // Nobody leases another block of these in the meantime.
    const settled = reporting.then(
      () => undefined,
      () => undefined,
    );
    for (const lease of due) lease.asking = settled;
    let reported: Reported[] = [];
    try {
      reported = await reporting;
    } finally {
      const held = new Map(reported.map(({ name, subject, held }) => [`${name} ${subject}`, held]));
      due.forEach((lease, at) => {
        lease.asking = undefined;
        const report = reports[at];
        if (report) settle(lease, report, held.get(`${report.name} ${report.subject}`), askedAt);
      });
    }
    return due.length - reported.length;
  }
}

function isUnreported({ available, reportedUnused, unreturned, verified }: Lease): boolean {
  return available !== reportedUnused || unreturned !== 0 || verified > 0;
}

function blockIn({ block: id, window, reportedUnused, available: left }: Lease): Block {
  return { id, window, reportedUnused, left };
}

/** What is reported to go back is not handed out any more. */
function reportOf(lease: Lease, last: boolean): Report {
  // A block of which the row knows nothing unused is not in the row: whatever its instance has left goes back at once. What is
  // given back can pile up on an instance that uses little; what exceeds two blocks helps others more.
  const kept = last || lease.reportedUnused === 0 ? 0 : 2 * blockOf(lease.limit);
  const returned = Math.max(0, lease.available - kept);
  lease.available -= returned;
  const { limit, subject, unreturned, verified } = lease;
  return { name: limit.name, subject, ...blockIn(lease), returned, unreturned, verified };
}

/** @param held whether the block was held when the report was taken down; undefined: it was not taken down */
function settle(lease: Lease, report: Report, held: boolean | undefined, askedAt: number): void {
  if (held === undefined) {
    lease.available += report.returned;
    return;
  }
  lease.unreturned -= report.unreturned;
  lease.verified -= report.verified;
  if (held) {
    lease.reportedUnused = report.left;
    lease.heldUntil = askedAt + HELD_FOR * 1000;
    return;
  }
  // What was left had come back: what has been handed out of it meanwhile counts on top, and there is no more of it.
  lease.unreturned += lease.available - report.left;
  lease.available = lease.reportedUnused = 0;
}

/** Takes note of the window that the database is in: what is left of the one before is worth nothing. */
function enter(lease: Lease, window: LimitWindow, askedAt: number): void {
  if (window.startedAt.getTime() !== lease.window.getTime()) lease.available = lease.reportedUnused = 0;
  lease.window = window.startedAt;
  lease.taken = window.used;
  lease.cap = window.cap;
  lease.endsAt = askedAt + window.secondsLeft * 1000;
  const { secondsToReturn } = window;
  lease.returnsAt = secondsToReturn === null ? Number.POSITIVE_INFINITY : askedAt + secondsToReturn * 1000;
}

function blockOf({ cap }: Limit): number {
  return Math.max(1, Math.floor(cap / 20));
}

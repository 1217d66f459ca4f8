import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { AddressLimitRepository } from './address-limit.repository.js';
import { LOGGER, type ServiceLogger } from './logger.js';
import { every, type Recurring } from './recurring.js';

/** `sends`: messages that nobody has verified yet. `failures`: wrong codes, wrong passwords, unknown numbers. */
export type AddressAllowance = 'sends' | 'failures';

interface Lease {
  available: number;
  /** Given back after their hour, or where no block was leased: they go to the row with the next tidying. */
  owed: number;
  /** When the hour this lease was taken in is over, in ms of this process's clock. */
  endsAt: number;
  /** Until when the database need not be asked again, after it said no. */
  refusedUntil: number;
  usedAt: number;
}

const TIDY_EVERY = 5_000;
const IDLE = 10_000;
const ASK_AGAIN = 1_000;

/**
 * Allowances of a client address by the hour. A busy address is one row for many requests, so each instance leases
 * small blocks of it and hands them out from memory: the row is touched once a block, and the sum of all leases never
 * exceeds the cap. Blocks that lie idle go back.
 */
@Injectable()
export class AddressLimits implements OnModuleInit, OnApplicationShutdown {
  private readonly leases = new Map<string, Lease>();
  private readonly caps: Record<AddressAllowance, number>;
  private tidying: Recurring | undefined;

  constructor(
    settings: Settings,
    private readonly repository: AddressLimitRepository,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {
    this.caps = { sends: settings.addressSendsPerHour, failures: settings.addressFailuresPerHour };
  }

  onModuleInit(): void {
    const onError = (err: unknown) => this.logger.warn({ err }, 'address limits not tidied');
    this.tidying = every(TIDY_EVERY, () => this.returnIdle(Date.now() - IDLE), onError);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.tidying?.stop();
    await this.returnIdle(Number.POSITIVE_INFINITY).catch((err: unknown) =>
      this.logger.warn({ err }, 'leases not given back'),
    );
  }

  /**
   * Takes one.
   *
   * @returns null when there was one, else the seconds until there may be one again
   * @throws when the database cannot answer: no answer is no permission (ASVS 16.5.3)
   */
  async reserve(allowance: AddressAllowance, address: string): Promise<number | null> {
    const now = Date.now();
    const lease = this.leaseOf(allowance, address);
    lease.usedAt = now;
    if (lease.available > 0 && lease.endsAt > now) {
      lease.available -= 1;
      return null;
    }
    if (lease.refusedUntil > now) return (lease.endsAt - now) / 1000;
    return this.leaseMore(allowance, address, lease);
  }

  /** Puts one back: it was reserved and did not count, or its send has been verified. */
  giveBack(allowance: AddressAllowance, address: string): void {
    const lease = this.leaseOf(allowance, address);
    if (lease.endsAt > Date.now()) lease.available += 1;
    else lease.owed += 1;
    lease.refusedUntil = 0;
  }

  private async leaseMore(allowance: AddressAllowance, address: string, lease: Lease): Promise<number | null> {
    const cap = this.caps[allowance];
    const block = blockOf(cap);
    for (const size of block > 1 ? [block, 1] : [1]) {
      const { granted, secondsLeft } = await this.repository.lease(allowance, address, size, cap);
      // A block from an hour that is over is worth nothing; others may have leased for this one meanwhile.
      if (lease.endsAt <= Date.now()) lease.available = 0;
      lease.endsAt = Date.now() + secondsLeft * 1000;
      if (granted) {
        lease.available += size - 1;
        return null;
      }
    }
    lease.refusedUntil = Date.now() + ASK_AGAIN;
    return (lease.endsAt - Date.now()) / 1000;
  }

  private leaseOf(allowance: AddressAllowance, address: string): Lease {
    const key = `${allowance} ${address}`;
    let lease = this.leases.get(key);
    if (!lease)
      this.leases.set(key, (lease = { available: 0, owed: 0, endsAt: 0, refusedUntil: 0, usedAt: Date.now() }));
    return lease;
  }

  private async returnIdle(usedBefore: number): Promise<void> {
    for (const [key, lease] of this.leases) {
      const [allowance, address] = key.split(' ') as [AddressAllowance, string];
      const idle = lease.usedAt <= usedBefore;
      // Verified sends can pile up on an instance that sends little; what exceeds two blocks helps others more.
      const surplus = idle ? lease.available : Math.max(0, lease.available - 2 * blockOf(this.caps[allowance]));
      const count = surplus + lease.owed;
      lease.available -= surplus;
      lease.owed = 0;
      if (idle) this.leases.delete(key);
      if (count > 0) await this.repository.giveBack(allowance, address, count);
    }
    await this.repository.forgetOld();
  }
}

function blockOf(cap: number): number {
  return Math.max(1, Math.floor(cap / 20));
}

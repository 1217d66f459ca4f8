import { Injectable } from '@nestjs/common';
import { LimitSettings } from '../config/groups/limits.js';
import { type Limit } from './leased-limit.repository.js';
import { LeasedLimits } from './leased-limits.js';

/** `sends`: messages that nobody has verified yet. `failures`: wrong codes, wrong passwords, unknown numbers. */
export type AddressAllowance = 'sends' | 'failures';

/** An allowance, and what is left of it; times in seconds. */
export interface Standing {
  readonly cap: number;
  readonly window: number;
  readonly left: number;
  readonly seconds: number;
}

const HOUR = 3_600;

/** Allowances of a client address by the hour. */
@Injectable()
export class AddressLimits {
  private readonly limitOf: Record<AddressAllowance, Limit>;

  constructor(
    settings: LimitSettings,
    private readonly limits: LeasedLimits,
  ) {
    this.limitOf = {
      sends: { name: 'sends', cap: settings.addressSendsPerHour, seconds: HOUR },
      failures: { name: 'failures', cap: settings.addressFailuresPerHour, seconds: HOUR },
    };
  }

  /**
   * Takes one.
   *
   * @returns null when there was one, else the seconds until there may be one again
   * @throws when the database cannot answer
   */
  reserve(allowance: AddressAllowance, address: string): Promise<number | null> {
    return this.limits.reserve(this.limitOf[allowance], address);
  }

  /** What is left of an allowance, as far as this instance knows, and for how many seconds. */
  standing(allowance: AddressAllowance, address: string): Standing {
    const limit = this.limitOf[allowance];
    const { left, seconds } = this.limits.standing(limit, address) ?? { left: limit.cap, seconds: limit.seconds };
    return { cap: limit.cap, window: limit.seconds, left, seconds };
  }

  /** Puts one back: it was reserved and did not count, or its send has been verified. */
  giveBack(allowance: AddressAllowance, address: string): void {
    this.limits.giveBack(this.limitOf[allowance], address);
  }
}

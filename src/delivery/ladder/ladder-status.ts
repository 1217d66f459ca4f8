import { Injectable } from '@nestjs/common';
import { Ladder } from './ladder.js';
import { ProviderHealth, type ProviderError } from './provider-health.js';
import { type DeviceState } from '../providers/message-provider.js';
import { type BreakerState } from './rung.js';

/** A rung of the ladder. */
export interface RungState {
  readonly name: string;
  readonly device: DeviceState;
  readonly breaker: BreakerState;
  /** Milliseconds until it may be asked again. */
  readonly rest: number;
  readonly sendsReceipts: boolean;
  readonly lastError: ProviderError | null;
}

/** The ladder as admins see it. */
@Injectable()
export class LadderStatus {
  constructor(
    private readonly ladder: Ladder,
    private readonly health: ProviderHealth,
  ) {}

  /** Whether each rung sends receipts, by its name. */
  receipts(): ReadonlyMap<string, boolean> {
    return new Map(this.ladder.providers.map(({ name, sendsReceipts }) => [name, sendsReceipts]));
  }

  /** Each rung as its provider says it is, and as this instance knows it; first rung first. */
  async rungs(): Promise<RungState[]> {
    const errors = await this.health.errors();
    return Promise.all(
      this.ladder.rungs.map(async ({ name, breakerState: breaker, rest, provider }) => ({
        name,
        breaker,
        rest,
        device: await this.ladder.deviceState(provider),
        sendsReceipts: provider.sendsReceipts,
        lastError: errors.get(name) ?? null,
      })),
    );
  }
}

import { Injectable } from '@nestjs/common';
import { databaseNow } from '../../platform/database/database-time.js';
import { Database } from '../../platform/database/database.js';
import { LadderStatus, type RungState } from '../../delivery/ladder/ladder-status.js';
import { DeliveryRepository, type FunnelRow, type LatelyRow } from './delivery.repository.js';
import { invalidField } from '../../platform/errors/invalid-field.js';

const DAY = 24 * 3600 * 1000;

/** The longest span that is counted in one answer, in ms. */
const LONGEST_SPAN = 92 * DAY;

/** A provider as it says it is, and as it was lately. */
export interface ProviderStatus {
  readonly rung: RungState;
  readonly lately: LatelyRow | undefined;
}

/** How messages fare: counted, not believed. */
@Injectable()
export class DeliveryFigures {
  constructor(
    private readonly database: Database,
    private readonly repository: DeliveryRepository,
    private readonly ladder: LadderStatus,
  ) {}

  /**
   * How far the messages of a span got.
   *
   * @throws AppError `validation_failed` for a span that is empty or longer than 92 days
   */
  async funnel(typed: { from?: string | undefined; to?: string | undefined }) {
    const to = typed.to === undefined ? await databaseNow(this.database) : new Date(typed.to);
    const from = typed.from === undefined ? new Date(to.getTime() - DAY) : new Date(typed.from);
    const span = to.getTime() - from.getTime();
    if (!(span > 0 && span <= LONGEST_SPAN)) {
      throw invalidField('from', 'badSpan');
    }
    const [all, ...providers] = await this.repository.funnel(from, to);
    if (!all) throw new Error('an aggregate returned no row');
    return { from, to, all, providers: providers as (FunnelRow & { provider: string })[] };
  }

  /** Each rung of the ladder, first rung first. */
  async providers(): Promise<ProviderStatus[]> {
    const [rungs, lately] = await Promise.all([this.ladder.rungs(), this.repository.lately()]);
    return rungs.map((rung) => ({ rung, lately: lately.find(({ provider }) => provider === rung.name) }));
  }
}

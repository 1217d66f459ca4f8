import { Injectable } from '@nestjs/common';
import { LadderStatus } from '../../../delivery/ladder/ladder-status.js';
import { SendLimits } from '../../../login/codes/send-limits.js';
import { invalidField } from '../../../platform/errors/invalid-field.js';
import { type RangeName } from './overview.dto.js';
import {
  OverviewRepository,
  type CodesRow,
  type Cut,
  type RangeRow,
  type RefusalsRow,
  type TimesRow,
} from './overview.repository.js';

/** How many days before today a range begins, and what its series counts by. */
const SPANS: Readonly<Record<RangeName, { days: number; part: Cut['part'] }>> = {
  today: { days: 0, part: 'hour' },
  '7d': { days: 6, part: 'day' },
  '30d': { days: 29, part: 'day' },
};

/** A zone's name. PostgreSQL would also take rules (`UTC+7`), whose sign means the opposite of what people think. */
const ZONE = /^(?:UTC|GMT|[A-Za-z_]+(?:\/[A-Za-z0-9_+-]+){1,2})$/;

/** SQLSTATE: a zone that the database does not know. */
const INVALID_PARAMETER = '22023';

export interface Overview {
  readonly range: RangeName;
  readonly cut: Cut;
  readonly parts: readonly Date[];
  readonly codes: readonly CodesRow[];
  readonly times: readonly TimesRow[];
  readonly refusals: readonly RefusalsRow[];
  readonly receipts: ReadonlyMap<string, boolean>;
  readonly spend: { used: number; cap: number; endsAt: Date | null };
}

/** How codes fared, and who was refused, in a range of days up to now. */
@Injectable()
export class OverviewFigures {
  /** Who asks for what is being read gets the same. */
  private readonly reading = new Map<string, Promise<Overview>>();

  constructor(
    private readonly repository: OverviewRepository,
    private readonly ladder: LadderStatus,
    private readonly limits: SendLimits,
  ) {}

  /** @throws AppError `validation_failed` for an unknown zone */
  of(range: RangeName, zone: string): Promise<Overview> {
    const key = `${range} ${zone}`;
    const reading = this.reading.get(key) ?? this.read(range, zone).finally(() => this.reading.delete(key));
    this.reading.set(key, reading);
    return reading;
  }

  private async read(range: RangeName, zone: string): Promise<Overview> {
    const { days, part } = SPANS[range];
    const { from, to, parts } = await this.rangeOf(days, part, zone);
    const cut = { from, to, part, zone };
    const [codes, times, refusals, spend] = await Promise.all([
      this.repository.codes(cut),
      this.repository.times(cut),
      this.repository.refusals(cut),
      this.limits.spent(),
    ]);
    return { range, cut, parts, codes, times, refusals, spend, receipts: this.ladder.receipts() };
  }

  private async rangeOf(days: number, part: Cut['part'], zone: string): Promise<RangeRow> {
    if (!isZone(zone)) throw invalidField('timezone', 'unknownZone');
    try {
      return await this.repository.range(days, part, zone);
    } catch (error) {
      if ((error as { code?: unknown }).code === INVALID_PARAMETER) throw invalidField('timezone', 'unknownZone');
      throw error;
    }
  }
}

function isZone(name: string): boolean {
  if (!ZONE.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

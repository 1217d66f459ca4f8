import { Injectable } from '@nestjs/common';
import { percentile } from '../../records/activity/durations.js';
import { type Calling } from '../../identity/api-keys/api-key.guard.js';
import { databaseNow } from '../../platform/database/database-time.js';
import { Database } from '../../platform/database/database.js';
import { LinkedAccounts } from '../../gateway/accounts/linked-accounts.service.js';
import { type DashboardDto, type FiguresDto, type OutcomesDto, type SessionStatsDto } from './activity.dto.js';
import { ActivityFiguresRepository, type CountedRow, type FigureScope } from './activity-figures.repository.js';
import { invalidField } from '../../platform/errors/invalid-field.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** The longest span that is counted in one answer, in ms. */
const LONGEST_SPAN = 92 * DAY;

/** A span as it is typed. */
interface TypedSpan {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** What linked accounts did, counted: a key sees its own, an admin all. */
@Injectable()
export class ActivityFigures {
  constructor(
    private readonly database: Database,
    private readonly repository: ActivityFiguresRepository,
    private readonly sessions: LinkedAccounts,
  ) {}

  /**
   * @throws AppError `validation_failed` for a span that is empty or longer than 92 days, `session_not_found`,
   *   `session_id_ambiguous`
   */
  async dashboard(typed: TypedSpan & { sessionId?: string | undefined }, caller: Calling): Promise<DashboardDto> {
    const { sessionId } = typed;
    const asked =
      sessionId === undefined ? await this.sessions.states(caller) : [await this.sessions.find(sessionId, caller)];
    const scope: FigureScope =
      sessionId !== undefined && asked[0]
        ? { of: 'session', sessionId: asked[0].id }
        : caller.apiKeyId === null
          ? { of: 'all' }
          : { of: 'key', apiKeyId: caller.apiKeyId };
    const connected = asked.filter(({ state }) => state === 'CONNECTED').length;
    return { sessions: { total: asked.length, connected }, ...(await this.figures(scope, typed)) };
  }

  /** @throws AppError `session_not_found`, also for another key's; as `dashboard` */
  async stats(name: string, typed: TypedSpan, caller: Calling): Promise<SessionStatsDto> {
    const session = await this.sessions.find(name, caller);
    const figures = await this.figures({ of: 'session', sessionId: session.id }, typed);
    const status = session.state.toLowerCase() as SessionStatsDto['status'];
    return { sessionId: name, status, lastConnectedAt: session.last_connected_at?.toISOString() ?? null, ...figures };
  }

  private async figures(scope: FigureScope, typed: TypedSpan): Promise<FiguresDto> {
    const now = (await databaseNow(this.database)).getTime();
    const { from, to } = spanOf(typed, now);
    const [touched, busiest, uptime] = await Promise.all([
      this.repository.counted(scope, from, to),
      this.repository.busiest(scope, from, to),
      this.repository.uptime(scope, from, new Date(Math.min(to.getTime(), now))),
    ]);
    // Of the days at its ends there may be nothing in the span itself.
    const counted = touched.filter((row) => total([row]) > 0);
    const kinds = counted.filter(({ action }) => action.startsWith('message.') && action !== 'message.received');
    const otp = (what: string) => total(counted.filter(({ action }) => action === `otp.${what}`));
    const taken = kinds.filter(({ status }) => status === 'success').map(({ durations }) => durations);
    const durations = (taken[0] ?? []).map((_, at) => taken.reduce((sum, counts) => sum + (counts[at] ?? 0), 0));
    return {
      from: from.toISOString(),
      to: to.toISOString(),
      messages: outcomesOf(kinds),
      byKind: [...new Set(kinds.map(({ action }) => action))].sort().map((action) => ({
        kind: action.slice('message.'.length),
        ...outcomesOf(kinds.filter((row) => row.action === action)),
      })),
      received: total(counted.filter(({ action }) => action === 'message.received')),
      responseTimes: { p50: percentile(durations, 0.5), p95: percentile(durations, 0.95) },
      otp: {
        ...{ sent: otp('sent'), verified: otp('verified'), refused: otp('refused') },
        ...{ expired: otp('expired'), failed: otp('failed') },
        verifiedRate: otp('sent') === 0 ? null : Math.min(1, otp('verified') / otp('sent')),
      },
      peakHours: peakHoursOf(counted),
      busiestNumbers: busiest,
      uptime: {
        connected: uptime.observed === 0 ? null : uptime.connected / uptime.observed,
        instanceSeconds: Math.floor(process.uptime()),
      },
    };
  }
}

/** Whole hours around what was asked for. */
function spanOf({ from: typedFrom, to: typedTo }: TypedSpan, now: number): { from: Date; to: Date } {
  const asked = typedTo === undefined ? now : Date.parse(typedTo);
  const start = typedFrom === undefined ? asked - DAY : Date.parse(typedFrom);
  if (!(asked > start && asked - start <= LONGEST_SPAN)) {
    throw invalidField('from', 'badSpan');
  }
  return { from: new Date(Math.floor(start / HOUR) * HOUR), to: new Date(Math.ceil(asked / HOUR) * HOUR) };
}

const total = (rows: readonly CountedRow[]) =>
  rows.reduce((sum, { hours }) => sum + hours.reduce((a, b) => a + b, 0), 0);

function outcomesOf(rows: readonly CountedRow[]): OutcomesDto {
  const of = (status: CountedRow['status']) => total(rows.filter((row) => row.status === status));
  const [success, failure, unknown] = [of('success'), of('failure'), of('unknown')];
  const known = success + failure;
  return { total: known + unknown, success, failure, unknown, successRate: known === 0 ? null : success / known };
}

function peakHoursOf(counted: readonly CountedRow[]) {
  const messages = counted.filter(({ action }) => action.startsWith('message.'));
  return Array.from({ length: 24 }, (_, hour) => ({
    hour,
    count: messages.reduce((sum, { hours }) => sum + (hours[hour] ?? 0), 0),
  })).sort((a, b) => b.count - a.count || a.hour - b.hour);
}

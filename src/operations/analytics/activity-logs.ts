import { Injectable } from '@nestjs/common';
import { Activity } from '../../records/activity/activity.service.js';
import { type Calling } from '../../identity/api-keys/api-key.guard.js';
import { ApiKeys } from '../../identity/api-keys/api-keys.service.js';
import { Audit } from '../../records/audit/audit.service.js';
import { RetentionSettings } from '../../platform/config/groups/retention.js';
import { AppError } from '../../platform/errors/app-error.js';
import { invalidField } from '../../platform/errors/invalid-field.js';
import { type RequestContext } from '../../platform/http/request-context.js';
import { readTimeCursor, timeCursor, type TimePosition } from '../../platform/lists/time-cursors.js';
import { Sessions } from '../../identity/sessions/sessions.service.js';
import { Verification } from '../../applications/verification/verification.service.js';
import { type ActivityQueryDto, type CleanedDto, type OtpLogQueryDto } from './activity.dto.js';
import {
  ActivityLogsRepository,
  type ActivityFilter,
  type ActivityRow,
  type OtpFilter,
  type OtpRow,
} from './activity-logs.repository.js';

/** Rows that an export asks for at a time. */
const BATCH = 500;

/** Lines that one call deletes of each log. */
const CLEANED_AT_ONCE = 20_000;

/** What is looked for, apart from where to begin and how much. */
export type ActivityQuery = Omit<ActivityQueryDto, 'limit'>;
export type OtpQuery = Omit<OtpLogQueryDto, 'limit'>;

interface Page<Row> {
  readonly rows: Row[];
  readonly nextCursor: string | null;
}

type Reader<Row> = (after: TimePosition | null, count: number) => Promise<Row[]>;

const ofActivity = ({ occurredAt, id }: ActivityRow): TimePosition => ({ at: occurredAt, id });
const ofCode = ({ createdAt, id }: OtpRow): TimePosition => ({ at: createdAt, id });

/** What linked accounts did, line by line and newest first: a key sees its own, an admin all. */
@Injectable()
export class ActivityLogs {
  constructor(
    private readonly settings: RetentionSettings,
    private readonly repository: ActivityLogsRepository,
    private readonly activity: Activity,
    private readonly verification: Verification,
    private readonly audit: Audit,
    private readonly keys: ApiKeys,
    private readonly logins: Sessions,
  ) {}

  /** @throws AppError `validation_failed` for an empty span, or an invalid cursor */
  page(query: ActivityQuery, errorsOnly: boolean, limit: number, caller: Calling): Promise<Page<ActivityRow>> {
    return pageOf(this.activityReader(query, errorsOnly, caller), ofActivity, query.cursor, limit);
  }

  /** All that fit, or as many as are wanted, read in batches as they are taken, while the caller's key or login lives. */
  export(query: ActivityQuery, errorsOnly: boolean, limit: number | undefined, caller: Calling) {
    const read = this.activityReader(query, errorsOnly, caller);
    return exportOf(this.whileCallerMayRead(read, caller), ofActivity, query.cursor, limit);
  }

  codes(query: OtpQuery, limit: number, caller: Calling): Promise<Page<OtpRow>> {
    return pageOf(this.codeReader(query, caller), ofCode, query.cursor, limit);
  }

  exportCodes(query: OtpQuery, limit: number | undefined, caller: Calling) {
    return exportOf(this.whileCallerMayRead(this.codeReader(query, caller), caller), ofCode, query.cursor, limit);
  }

  /** Deletes lines before their time: of a key its own linked accounts'. What is counted of them stays. */
  async clean(days: number | undefined, caller: Calling, context: RequestContext): Promise<CleanedDto> {
    const { activityRetentionDays, otpRetentionDays } = this.settings;
    const { apiKeyId, userId } = caller;
    const activity = await this.activity.clean(days ?? activityRetentionDays, apiKeyId, CLEANED_AT_ONCE);
    const otp = await this.verification.clean(days ?? otpRetentionDays, apiKeyId, CLEANED_AT_ONCE);
    const detail = { olderThanDays: days ?? null, activity, otp, apiKeyId };
    const { address, id: requestId } = context;
    await this.audit.record({ type: 'analytics.cleaned', outcome: 'success', userId, address, requestId, detail });
    return { activity, otp, more: activity === CLEANED_AT_ONCE || otp === CLEANED_AT_ONCE };
  }

  /** A file may be long, and its reader slow. */
  private whileCallerMayRead<Row>(read: Reader<Row>, { apiKeyId, userId, sessionId }: Calling): Reader<Row> {
    return async (after, count) => {
      if (apiKeyId !== null && !(await this.keys.lives(apiKeyId))) throw new AppError('invalid_api_key');
      // Without either it is a program on this machine.
      if (userId !== null && sessionId !== null && !(await this.logins.isStillAdmin({ userId, sessionId })))
        throw new AppError('invalid_token');
      return read(after, count);
    };
  }

  private activityReader(query: ActivityQuery, errorsOnly: boolean, { apiKeyId }: Calling): Reader<ActivityRow> {
    const filter: ActivityFilter = {
      ...spanOf(query),
      status: query.status ?? null,
      action: query.action ?? null,
      sessionName: query.sessionId ?? null,
      apiKeyId,
      errorsOnly,
    };
    return (after, count) => this.repository.activity(filter, after, count);
  }

  private codeReader(query: OtpQuery, { apiKeyId }: Calling): Reader<OtpRow> {
    // Admins, and programs on this machine, see the codes of all.
    const ownerId = apiKeyId;
    const sessionName = query.sessionId ?? null;
    const filter: OtpFilter = { ...spanOf(query), status: query.status ?? null, sessionName, ownerId };
    return (after, count) => this.repository.codes(filter, after, count);
  }
}

async function pageOf<Row>(
  read: Reader<Row>,
  positionOf: (row: Row) => TimePosition,
  cursor: string | undefined,
  limit: number,
): Promise<Page<Row>> {
  const rows = await read(readTimeCursor(cursor), limit + 1);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return { rows: page, nextCursor: last && rows.length > limit ? timeCursor(positionOf(last)) : null };
}

/** The first batch is read while a failure can still be told. */
async function exportOf<Row>(
  read: Reader<Row>,
  positionOf: (row: Row) => TimePosition,
  cursor: string | undefined,
  limit = Number.POSITIVE_INFINITY,
): Promise<AsyncIterable<Row>> {
  const first = await read(readTimeCursor(cursor), Math.min(BATCH, limit));
  return batches(first, read, positionOf, limit);
}

async function* batches<Row>(
  first: Row[],
  read: Reader<Row>,
  positionOf: (row: Row) => TimePosition,
  limit: number,
): AsyncGenerator<Row, void, undefined> {
  let [rows, left] = [first, limit];
  for (;;) {
    yield* rows;
    left -= rows.length;
    const last = rows.at(-1);
    if (!last || left <= 0 || rows.length < BATCH) return;
    rows = await read(positionOf(last), Math.min(BATCH, left));
  }
}

function spanOf({ from: typedFrom, to: typedTo }: { from?: string | undefined; to?: string | undefined }) {
  const from = typedFrom === undefined ? null : new Date(typedFrom);
  const to = typedTo === undefined ? null : new Date(typedTo);
  if (from && to && from >= to) throw invalidField('from', 'notBeforeTo');
  return { from, to };
}

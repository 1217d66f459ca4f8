import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../../platform/database/database.js';
import { type AuditEvent, type Prisma } from '../../platform/database/generated/client.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { statement } from '../../platform/database/statement.js';
import { detailText } from './detail-text.js';

const RECORD = statement(
  'audit_record',
  `INSERT INTO audit_events (id, type, outcome, user_id, subject_id, address, request_id, detail, phone_key)
   VALUES (:id::uuid, :type::text, :outcome::text, :user_id::uuid, :subject_id::uuid, :address::text, :request_id::text,
           :detail::jsonb, :phone_key::bytea)`,
);

const OF = statement<RecordedEventRow>(
  'audit_of',
  `SELECT id, occurred_at, type, outcome, count, address FROM audit_events WHERE user_id = :user_id::uuid
   UNION ALL
   SELECT id, occurred_at, type, outcome, count, NULL FROM audit_events
    WHERE subject_id = :user_id::uuid AND type LIKE 'user.%' AND user_id IS DISTINCT FROM :user_id::uuid
   ORDER BY occurred_at, id`,
);

// What was done to accounts stays told: those events name nobody but by id. Refusals have a masked number.
const FORGET = statement(
  'audit_forget',
  `UPDATE audit_events SET address = NULL, request_id = NULL, last_request_id = NULL, phone_key = NULL,
          detail = CASE WHEN type LIKE 'user.%' AND outcome = 'success' THEN detail END
    WHERE user_id = :user_id::uuid
      AND num_nonnulls(address, request_id, last_request_id, phone_key,
                       CASE WHEN type LIKE 'user.%' AND outcome = 'success' THEN NULL ELSE detail END) > 0`,
);

// Events of a number from before it had an account, or after. Those of another account stay that one's.
const FORGET_NUMBERS = statement(
  'audit_forget_numbers',
  `UPDATE audit_events SET phone_key = NULL, detail = detail - 'phone'
    WHERE phone_key = ANY (:phone_keys::bytea[]) AND user_id IS NULL`,
);

/** An event as the person whom it is about may see it; others' addresses are theirs. */
export interface RecordedEventRow {
  id: string;
  occurred_at: Date;
  type: string;
  outcome: string;
  /** How many there were in the minute, of a refusal; null in single events. */
  count: number | null;
  address: string | null;
}

export interface AuditRow {
  id: string;
  type: string;
  outcome: string;
  userId: string | null;
  subjectId: string | null;
  address: string | null;
  requestId: string | null;
  detail: unknown;
  phoneKey: Buffer | null;
}

/** An event as admins see it. */
export type AuditedEvent = AuditEvent;

/** Which events; null: whatever. */
export interface AuditFilter {
  readonly from: Date | null;
  readonly to: Date | null;
  readonly type: string | null;
  readonly outcome: string | null;
  readonly userId: string | null;
  readonly subjectId: string | null;
  /** An account that did it, or that it was done to. */
  readonly accountId: string | null;
  readonly address: string | null;
  readonly requestId: string | null;
  /** The keys that a number may have. */
  readonly phoneKeys: readonly Buffer[] | null;
}

/** The event that a page begins behind. */
export type AuditPosition = Pick<AuditedEvent, 'occurredAt' | 'id'>;

/** The ids that requests get (`genReqId` in app.ts): a UUID of version 7, which begins with its time. */
const WITH_TIME = /^[0-9a-f]{8}-[0-9a-f]{4}-7/i;

/** The one kind of event that came with ids of another form, of what linked accounts had heard. */
const WITHOUT_TIME = 'otp.opened';

/** How far an event may lie from the time in its request's id: clocks differ, and refusals are dated to their minute; ms. */
const SLACK = 10 * 60_000;

@Injectable()
export class AuditRepository {
  constructor(
    private readonly database: Database,
    private readonly prisma: PrismaService,
  ) {}

  async insert(row: AuditRow, within: Transaction = this.database): Promise<void> {
    await within.run(RECORD, {
      id: row.id,
      type: row.type,
      outcome: row.outcome,
      user_id: row.userId,
      subject_id: row.subjectId,
      address: row.address,
      request_id: row.requestId,
      detail: row.detail === undefined ? null : detailText(row.detail),
      phone_key: row.phoneKey,
    });
  }

  /**
   * Newest first. Written for the filters that are there: with all of them in one prepared statement, PostgreSQL would
   * sooner or later plan for none.
   *
   * @param after null for the newest
   */
  async page(filter: AuditFilter, after: AuditPosition | null, count: number): Promise<AuditedEvent[]> {
    const { accountId: id, ...rest } = filter;
    if (id === null) return this.newest(conditions(rest, after), count);
    // Each by its own index; with `OR`, PostgreSQL may read all events in the order of their time.
    const [byIt, toIt] = await Promise.all([
      this.newest([...conditions(rest, after), { userId: id }], count),
      this.newest([...conditions(rest, after), { subjectId: id }], count),
    ]);
    const ofIt = new Map([...byIt, ...toIt].map((event) => [event.id, event]));
    return [...ofIt.values()].sort(newestFirst).slice(0, count);
  }

  private async newest(where: Prisma.AuditEventWhereInput[], count: number): Promise<AuditedEvent[]> {
    const prisma = await this.prisma.client();
    return prisma.auditEvent.findMany({
      where: { AND: where },
      orderBy: [{ occurredAt: 'desc' }, { id: 'desc' }],
      take: count,
    });
  }

  async eventsOf(userId: string): Promise<RecordedEventRow[]> {
    return this.database.run(OF, { user_id: userId });
  }

  async forget(userId: string, within: Transaction): Promise<void> {
    await within.run(FORGET, { user_id: userId });
  }

  async forgetNumbers(phoneKeys: readonly Buffer[], within: Transaction): Promise<void> {
    await within.run(FORGET_NUMBERS, { phone_keys: phoneKeys });
  }
}

function newestFirst(one: AuditedEvent, other: AuditedEvent): number {
  const apart = other.occurredAt.getTime() - one.occurredAt.getTime();
  return apart === 0 ? (one.id < other.id ? 1 : -1) : apart;
}

function conditions(
  filter: Omit<AuditFilter, 'accountId'>,
  after: AuditPosition | null,
): Prisma.AuditEventWhereInput[] {
  const { from, to, requestId, phoneKeys, ...equal } = filter;
  const given = Object.entries(equal).filter(([, value]) => value !== null);
  return [
    Object.fromEntries(given),
    ...(from ? [{ occurredAt: { gte: from } }] : []),
    ...(to ? [{ occurredAt: { lt: to } }] : []),
    ...(phoneKeys ? [{ phoneKey: { in: phoneKeys.map((key) => new Uint8Array(key)) } }] : []),
    ...(requestId === null ? [] : [{ OR: [{ requestId }, { lastRequestId: requestId }] }, around(requestId)]),
    // The first half says where to begin in the index, the second which of one instant are still to come.
    ...(after
      ? [{ occurredAt: { lte: after.occurredAt } }, { NOT: { occurredAt: after.occurredAt, id: { gte: after.id } } }]
      : []),
  ];
}

/** Where an event of the request can be: about the time in its id, or among those of one rare kind. So it needs no index. */
function around(requestId: string): Prisma.AuditEventWhereInput {
  if (!WITH_TIME.test(requestId)) return { type: WITHOUT_TIME };
  const at = Number.parseInt(requestId.slice(0, 13).replace('-', ''), 16);
  return { occurredAt: { gte: new Date(at - SLACK), lte: new Date(at + SLACK) } };
}

import { Injectable } from '@nestjs/common';
import { databaseNow } from '../../platform/database/database-time.js';
import { Database } from '../../platform/database/database.js';
import { type ActivityLog, type Prisma, type Verification } from '../../platform/database/generated/client.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { type TimePosition } from '../../platform/lists/time-cursors.js';

export type ActivityRow = ActivityLog;
/** A code; `late` while its time is over and nobody has ended it yet. */
export type OtpRow = Omit<Verification, 'codeHash' | 'legacy'> & { readonly late: boolean };
export type OtpStatus = 'pending' | 'verified' | 'expired' | 'replaced' | 'failed';

/** Which lines; null: whatever. */
export interface ActivityFilter {
  readonly from: Date | null;
  readonly to: Date | null;
  readonly status: string | null;
  readonly action: string | null;
  /** The name that its maker gave a linked account. */
  readonly sessionName: string | null;
  /** Of this key's linked accounts. */
  readonly apiKeyId: string | null;
  /** Only what failed, or may have. */
  readonly errorsOnly: boolean;
}

export type OtpFilter = Pick<ActivityFilter, 'from' | 'to' | 'sessionName'> & {
  readonly status: OtpStatus | null;
  readonly ownerId: string | null;
};

/**
 * The logs, newest first. Written for the filters that are there: with all of them in one prepared statement, PostgreSQL
 * would sooner or later plan for none.
 */
@Injectable()
export class ActivityLogsRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly database: Database,
  ) {}

  /** @param after null for the newest */
  async activity(filter: ActivityFilter, after: TimePosition | null, count: number): Promise<ActivityRow[]> {
    const { from, to, status, action, sessionName, apiKeyId, errorsOnly } = filter;
    const conditions: Prisma.ActivityLogWhereInput[] = [
      ...(from ? [{ occurredAt: { gte: from } }] : []),
      ...(to ? [{ occurredAt: { lt: to } }] : []),
      ...(status === null ? [] : [{ status }]),
      ...(action === null ? [] : [{ action }]),
      ...(sessionName === null ? [] : [{ sessionName }]),
      ...(apiKeyId === null ? [] : [{ apiKeyId }]),
      ...(errorsOnly ? [{ status: { not: 'success' } }] : []),
      // The first half says where to begin in the index, the second which of one instant are still to come.
      ...(after ? [{ occurredAt: { lte: after.at } }, { NOT: { occurredAt: after.at, id: { gte: after.id } } }] : []),
    ];
    const prisma = await this.prisma.client();
    return prisma.activityLog.findMany({
      where: { AND: conditions },
      orderBy: [{ occurredAt: 'desc' }, { id: 'desc' }],
      take: count,
    });
  }

  /** Codes that were sent for other applications. @param after null for the newest */
  async codes(filter: OtpFilter, after: TimePosition | null, count: number): Promise<OtpRow[]> {
    const { from, to, status, sessionName, ownerId } = filter;
    const now = await databaseNow(this.database);
    const conditions: Prisma.VerificationWhereInput[] = [
      ...(from ? [{ createdAt: { gte: from } }] : []),
      ...(to ? [{ createdAt: { lt: to } }] : []),
      ...(status === null ? [] : [conditionOf(status, now)]),
      ...(sessionName === null ? [] : [{ sessionName }]),
      ...(ownerId === null ? [] : [{ ownerId }]),
      ...(after ? [{ createdAt: { lte: after.at } }, { NOT: { createdAt: after.at, id: { gte: after.id } } }] : []),
    ];
    const prisma = await this.prisma.client();
    const rows = await prisma.verification.findMany({
      where: { AND: conditions },
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      take: count,
      omit: { codeHash: true, legacy: true },
    });
    return rows.map((row) => ({ ...row, late: row.endedAs === null && row.expiresAt <= now }));
  }
}

function conditionOf(status: OtpStatus, now: Date): Prisma.VerificationWhereInput {
  if (status === 'pending') return { endedAs: null, expiresAt: { gt: now } };
  if (status === 'expired') return { OR: [{ endedAs: 'expired' }, { endedAs: null, expiresAt: { lte: now } }] };
  return { endedAs: status };
}

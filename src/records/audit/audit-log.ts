import { Injectable } from '@nestjs/common';
import { RegionSettings } from '../../platform/config/groups/region.js';
import { AppError } from '../../platform/errors/app-error.js';

import { addressKey } from '../../platform/http/client-address.js';
import { readTimeCursor, timeCursor } from '../../platform/lists/time-cursors.js';
import { parsePhone } from '../../platform/phone/phone.js';
import { AuditRepository, type AuditFilter, type AuditPosition, type AuditedEvent } from './audit.repository.js';
import { Audit } from './audit.service.js';
import { invalidField } from '../../platform/errors/invalid-field.js';

export { type AuditedEvent };

/** What is looked for; whatever is left out does not matter. */
export interface AuditQuery {
  /** First instant, ISO 8601. */
  readonly from?: string | undefined;
  /** End of the range, not included. */
  readonly to?: string | undefined;
  readonly type?: string | undefined;
  readonly outcome?: 'success' | 'failure' | undefined;
  readonly userId?: string | undefined;
  readonly subjectId?: string | undefined;
  /** An account that did it, or that it was done to. */
  readonly accountId?: string | undefined;
  /** A number in any spelling, whether somebody has it or not. */
  readonly phone?: string | undefined;
  /** A client's address, or its key as an event has it. */
  readonly address?: string | undefined;
  readonly requestId?: string | undefined;
  readonly cursor?: string | undefined;
}

/** Who reads, and in which request. */
interface Reader {
  readonly userId: string;
  readonly address: string;
  readonly requestId: string;
}

/** Rows that an export asks for at a time. */
const BATCH = 500;

/** The audit log, for admins: newest first, and each reading is an event of it. */
@Injectable()
export class AuditLog {
  constructor(
    private readonly settings: RegionSettings,
    private readonly repository: AuditRepository,
    private readonly audit: Audit,
  ) {}

  /**
   * A page of events, newest first. Pages that follow each other by their cursor have every event once that was there
   * when the first one was read.
   *
   * @throws AppError `validation_failed` for an empty span, an invalid number or an invalid cursor
   */
  async page(
    query: AuditQuery,
    limit: number,
    reader: Reader,
  ): Promise<{ events: AuditedEvent[]; nextCursor: string | null }> {
    const [filter, after] = [this.filterOf(query), positionOf(query.cursor)];
    await this.recordReading('page', query, reader);
    const rows = await this.repository.page(filter, after, limit + 1);
    const events = rows.slice(0, limit);
    const last = events.at(-1);
    return { events, nextCursor: last && rows.length > limit ? cursorAfter(last) : null };
  }

  /**
   * The same events one after the other, as many as are wanted: read in batches as they are taken, so that no connection
   * is held while their reader is slow.
   *
   * @param limit undefined: all of them
   * @param mayRead whether the reader still may, asked before each batch
   * @throws AppError as `page` does, before the first event; `invalid_token` when the reader may not read on
   */
  async export(
    query: AuditQuery,
    limit: number | undefined,
    reader: Reader,
    mayRead: () => Promise<boolean>,
  ): Promise<AsyncIterable<AuditedEvent>> {
    const [filter, after] = [this.filterOf(query), positionOf(query.cursor)];
    await this.recordReading('export', query, reader);
    const events = this.batches(filter, after, limit ?? Number.POSITIVE_INFINITY, mayRead);
    return beginningWith(await events.next(), events);
  }

  private async *batches(
    filter: AuditFilter,
    start: AuditPosition | null,
    limit: number,
    mayRead: () => Promise<boolean>,
  ): AsyncGenerator<AuditedEvent, void, undefined> {
    let [after, left] = [start, limit];
    while (left > 0) {
      if (!(await mayRead())) throw new AppError('invalid_token');
      const rows = await this.repository.page(filter, after, Math.min(BATCH, left));
      yield* rows;
      const last = rows.at(-1);
      if (!last || rows.length < BATCH) return;
      after = last;
      left -= rows.length;
    }
  }

  private filterOf(query: AuditQuery): AuditFilter {
    const { type, outcome, userId, subjectId, accountId, phone, address, requestId } = query;
    const from = query.from === undefined ? null : new Date(query.from);
    const to = query.to === undefined ? null : new Date(query.to);
    if (from && to && from >= to) throw invalidField('from', 'notBeforeTo');
    return {
      ...{ from, to, type: type ?? null, outcome: outcome ?? null },
      ...{ userId: userId ?? null, subjectId: subjectId ?? null, requestId: requestId ?? null },
      accountId: accountId ?? null,
      phoneKeys: phone === undefined ? null : this.keysOf(phone),
      address: address === undefined ? null : addressKey(address.replace(/\/64$/, '')),
    };
  }

  private keysOf(typed: string): Buffer[] {
    const phone = parsePhone(typed, this.settings.allowedCountries);
    if (phone === null) throw invalidField('phone', 'noPhone');
    return this.audit.phoneKeys(phone);
  }

  /**
   * Before anything is read. The address and the number are left out: they would stay here when the person behind them is
   * erased.
   */
  private recordReading(kind: 'page' | 'export', query: AuditQuery, reader: Reader): Promise<void> {
    const { address, phone, cursor, ...named } = query;
    const filters = Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
    const left = {
      ...(address === undefined ? {} : { address: '…' }),
      ...(phone === undefined ? {} : { phone: '…' }),
      ...(cursor === undefined ? {} : { cursor: '…' }),
    };
    const detail = { as: kind, ...filters, ...left };
    return this.audit.record({ type: 'audit.read', outcome: 'success', ...reader, detail });
  }
}

/** The first one is taken while a failure can still be told. */
async function* beginningWith<Item>(first: IteratorResult<Item, void>, rest: AsyncIterable<Item>) {
  if (first.done) return;
  yield first.value;
  yield* rest;
}

function cursorAfter({ occurredAt: at, id }: AuditPosition): string {
  return timeCursor({ at, id });
}

function positionOf(cursor: string | undefined): AuditPosition | null {
  const position = readTimeCursor(cursor);
  return position && { occurredAt: position.at, id: position.id };
}

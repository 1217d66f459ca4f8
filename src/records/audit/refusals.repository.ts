import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.js';
import { statement } from '../../platform/database/statement.js';
import { detailText } from './detail-text.js';

/** Rows that one address may have in a minute, and rows of all addresses: what is beyond is counted together. */
const ROWS_OF_ADDRESS = 20;
const ROWS_OF_ALL = 500;

/** The event that counts the refusals beyond those numbers, and its kind when they are of many addresses. */
export const MORE = 'refusals.more';

/** Refusals of one kind, counted since the last time. */
export interface CountedRefusal {
  /** What is the same in all of them, as a text. */
  readonly kind: string;
  readonly type: string;
  readonly userId: string | null;
  /** Of the number that they are about. */
  readonly phoneKey: Buffer | null;
  readonly subjectId: string | null;
  readonly address: string | null;
  readonly requestId: string | null;
  readonly detail: Record<string, unknown> | null;
  count: number;
  lastRequestId: string | null;
}

const MINUTE = `date_trunc('minute', now(), 'UTC')`;

/** The id of a kind's row in this minute: a UUID of version 8 (RFC 9562 section 5.8) out of its SHA-256. */
const idOf = (kind: string) => `overlay(overlay(encode(substring(
    sha256(convert_to(${kind} || extract(epoch FROM ${MINUTE})::bigint, 'UTF8')) FROM 1 FOR 16), 'hex')
    PLACING '8' FROM 13) PLACING '8' FROM 17)::uuid`;

// One row a kind and minute, whoever inserts it: its primary key is made of the two. A kind that has its row is counted
// there; a new one gets a row while its address and all together have room, else it is counted as "more". (Several
// instances at the same instant can each take the last place: there are then as many rows more.) The rows come in the
// order of their ids, so that no two statements wait for each other.
const COUNT = statement(
  'audit_count_refusals',
  `WITH refused AS (
     SELECT r.*, ${idOf('r.kind')} AS id
       FROM unnest(:kinds::text[], :types::text[], :user_ids::uuid[], :phone_keys::bytea[], :subject_ids::uuid[], :addresses::text[],
                   :request_ids::text[], :last_request_ids::text[], :details::text[], :counts::int[])
            WITH ORDINALITY AS r(kind, type, user_id, phone_key, subject_id, address, request_id, last_request_id, detail, count, place)
   ), present AS (
     SELECT id, address FROM audit_events WHERE occurred_at = ${MINUTE} AND count IS NOT NULL
   ), of_address AS (
     SELECT address, count(*) AS rows FROM present GROUP BY address
   ), ranked AS (
     SELECT r.*, p.id IS NOT NULL AS has_row,
            row_number() OVER (PARTITION BY p.id IS NULL ORDER BY r.place)
              + (SELECT count(*) FROM present) <= ${ROWS_OF_ALL} AS fits_all,
            row_number() OVER (PARTITION BY p.id IS NULL, r.address ORDER BY r.place)
              + coalesce(a.rows, 0) <= ${ROWS_OF_ADDRESS} AS fits_address
       FROM refused r LEFT JOIN present p ON p.id = r.id LEFT JOIN of_address a ON a.address = r.address
   ), placed AS (
     SELECT id, type, user_id, phone_key, subject_id, address, detail, request_id, last_request_id, count, place
       FROM ranked WHERE has_row OR fits_all AND fits_address
      UNION ALL
     SELECT ${idOf(`CASE WHEN fits_all THEN '${MORE} ' || address ELSE '${MORE}' END`)}, '${MORE}', NULL, NULL, NULL,
            CASE WHEN fits_all THEN address END, NULL, request_id, last_request_id, count, place
       FROM ranked WHERE NOT (has_row OR fits_all AND fits_address)
   )
   INSERT INTO audit_events AS e
          (id, occurred_at, type, outcome, user_id, phone_key, subject_id, address, request_id, detail, count, last_at, last_request_id)
   SELECT id, ${MINUTE}, type, 'failure', user_id, phone_key, subject_id, address, (array_agg(request_id ORDER BY place))[1],
          detail::jsonb, sum(count)::int, now(), (array_agg(last_request_id ORDER BY place DESC))[1]
     FROM placed GROUP BY id, type, user_id, phone_key, subject_id, address, detail ORDER BY id
   ON CONFLICT (occurred_at, id) DO UPDATE SET
     count = e.count + excluded.count, last_at = greatest(e.last_at, excluded.last_at), last_request_id = excluded.last_request_id`,
);

@Injectable()
export class RefusalsRepository {
  constructor(private readonly database: Database) {}

  /** @param refusals of different kinds */
  async count(refusals: readonly CountedRefusal[]): Promise<void> {
    await this.database.run(COUNT, {
      kinds: refusals.map(({ kind }) => kind),
      types: refusals.map(({ type }) => type),
      user_ids: refusals.map(({ userId }) => userId),
      phone_keys: refusals.map(({ phoneKey }) => phoneKey),
      subject_ids: refusals.map(({ subjectId }) => subjectId),
      addresses: refusals.map(({ address }) => address),
      request_ids: refusals.map(({ requestId }) => requestId),
      last_request_ids: refusals.map(({ lastRequestId }) => lastRequestId),
      details: refusals.map(({ detail }) => (detail === null ? null : detailText(detail))),
      counts: refusals.map(({ count }) => count),
    });
  }
}

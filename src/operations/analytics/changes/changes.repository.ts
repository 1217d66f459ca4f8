import { Injectable } from '@nestjs/common';
import { IS_CODE } from '../../../delivery/outbox/code-counts.sql.js';
import { Database } from '../../../platform/database/database.js';
import { statement } from '../../../platform/database/statement.js';
import { IS_REFUSAL } from '../../../records/audit/refusal-counts.sql.js';

/** What pages of the console show, each with a text that is another one when something of it has changed. */
export interface ChangesRow {
  overview: string;
  devices: string;
}

/** Nothing is later. With two bounds PostgreSQL expects few rows, and finds them by the index. */
const LATER = `now() + interval '1 day'`;

// Of codes and refusals only what is not counted yet is read: an hour or two. A receipt that comes later marks its hour, and the
// recount takes the mark away.
const MARKS = statement<ChangesRow>(
  'changes_marks',
  `SELECT md5(concat_ws(' ', codes.mark, refused.mark, counted.mark)) AS overview,
          md5(concat_ws(' ', accounts.mark, queued.mark, providers.mark)) AS devices
     FROM (SELECT concat_ws(' ', count(*), count(provider), count(*) FILTER (WHERE state = 'PENDING'),
                            count(*) FILTER (WHERE state = 'FAILED'), count(verified_at), count(sent_at), count(delivered_at),
                            count(read_at)) AS mark
             FROM (SELECT provider, state, verified_at, sent_at, delivered_at, read_at FROM messages WHERE ${IS_CODE}
                    UNION ALL
                   SELECT provider, state, verified_at, sent_at, delivered_at, read_at FROM message_history
                    WHERE created_at >= (SELECT until FROM codes_counted) AND created_at < ${LATER} AND ${IS_CODE}) AS code) AS codes,
          (SELECT concat_ws(' ', count(*), sum(count)) AS mark
             FROM audit_events
            WHERE occurred_at >= (SELECT until FROM refusals_counted) AND occurred_at < ${LATER} AND ${IS_REFUSAL}) AS refused,
          (SELECT concat_ws(' ', (SELECT until FROM codes_counted), count(*), sum(extract(epoch FROM hour))) AS mark
             FROM code_recounts) AS counted,
          (SELECT md5(string_agg(concat_ws(' ', id, state, owner, lease_until > now(), phone, close_code, restricted_until), ','
                                 ORDER BY id)) AS mark
             FROM gateway_sessions) AS accounts,
          (SELECT concat_ws(' ', count(*), count(*) FILTER (WHERE state = 'QUEUED'), min(created_at)) AS mark
             FROM gateway_messages WHERE state IN ('QUEUED', 'SENDING')) AS queued,
          (SELECT max(last_error_at)::text AS mark FROM provider_health) AS providers`,
);

@Injectable()
export class ChangesRepository {
  constructor(private readonly database: Database) {}

  async marks(): Promise<ChangesRow> {
    const [row] = await this.database.run(MARKS, {});
    if (!row) throw new Error('an aggregate returned no row');
    return row;
  }
}

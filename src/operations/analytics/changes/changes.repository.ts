import { Injectable } from '@nestjs/common';
import { IS_CODE } from '../../../delivery/outbox/code-counts.sql.js';
import { Database } from '../../../platform/database/database.js';
import { statement } from '../../../platform/database/statement.js';
import { IS_REFUSAL } from '../../../records/audit/refusal-counts.sql.js';

/** Figures that pages of the console show, each with a text that is another one when something of it has changed. */
interface FiguresRow {
  overview: string;
  devices: string;
}

interface ConversationsRow {
  conversations: string;
}

export type ChangesRow = FiguresRow & ConversationsRow;

/** Nothing is later. With two bounds PostgreSQL expects few rows, and finds them by the index. */
const LATER = `now() + interval '1 day'`;

/** Conversations whose changes are told: four pages of the console's list. */
const NEWEST = 100;

/** What the bot and the staff answer. */
const IS_ANSWER = `purpose = 'text'`;

// Of codes and refusals only what is not counted yet is read: an hour or two. A receipt that comes later marks its hour, and the
// recount takes the mark away.
const FIGURES = statement<FiguresRow>(
  'changes_figures',
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

// Of conversations those that are at the top of the list, and what became of answers of the last quarters of an hour: what changes
// below is found when somebody looks there. Quarters begin by the clock, so that the passing of time alone changes little.
const CONVERSATIONS = statement<ConversationsRow>(
  'changes_conversations',
  `SELECT md5(concat_ws(' ', newest.mark, answers.mark)) AS conversations
     FROM (SELECT string_agg(concat_ws(' ', phone, state, unread, last_position, sealed_name IS NULL), ','
                             ORDER BY last_activity_at DESC, phone DESC) AS mark
             FROM (SELECT phone, state, unread, last_position, sealed_name, last_activity_at FROM conversations
                    WHERE last_position > 0 ORDER BY last_activity_at DESC, phone DESC LIMIT ${NEWEST}) AS newest) AS newest,
          (SELECT concat_ws(' ', count(*), count(provider), count(last_error), count(*) FILTER (WHERE state = 'PENDING'),
                            count(*) FILTER (WHERE state = 'FAILED'), count(*) FILTER (WHERE state = 'EXPIRED'),
                            count(sent_at), count(delivered_at), count(read_at)) AS mark
             FROM (SELECT provider, last_error, state, sent_at, delivered_at, read_at FROM messages WHERE ${IS_ANSWER}
                    UNION ALL
                   SELECT provider, last_error, state, sent_at, delivered_at, read_at FROM message_history
                    WHERE created_at >= date_bin('15 minutes', now() - interval '15 minutes', 'epoch') AND created_at < ${LATER}
                      AND ${IS_ANSWER}) AS answer) AS answers`,
);

@Injectable()
export class ChangesRepository {
  constructor(private readonly database: Database) {}

  async figures(): Promise<FiguresRow> {
    return theOne(await this.database.run(FIGURES, {}));
  }

  async conversations(): Promise<ConversationsRow> {
    return theOne(await this.database.run(CONVERSATIONS, {}));
  }
}

function theOne<Row>([row]: readonly Row[]): Row {
  if (!row) throw new Error('an aggregate returned no row');
  return row;
}

import { Injectable } from '@nestjs/common';
import { recordEventFrom } from '../audit/audit.sql.js';
import { Database } from '../database/database.js';
import { statement, type StatementValues } from '../database/statement.js';
import { type AccountRow } from '../users/account.js';
import { activeAccountOf, activeRoleOf } from '../users/users.sql.js';

/** What becomes of a presented refresh token. */
export type ExchangeRow = Partial<AccountRow> & {
  verdict: 'fresh' | 'repeated' | 'theft' | 'dead';
  session_id: string;
  sealed_successor: Buffer | null;
};

// One statement, so that any number of parallel exchanges make exactly one successor: each waits for the session's row,
// then sees the newest version of it and of the token, and judges them. A reuse ends the family in the very statement
// that finds it, which commits by itself; the failed answer that follows takes nothing of it back (RFC 9700 section
// 4.14.2). The session is locked before its tokens, here and wherever both are written: whoever waits for it holds
// nothing that others want. (A reuse that lost a deadlock would leave the family alive.)
const EXCHANGE = statement<ExchangeRow>(
  'refresh_exchange',
  `WITH held AS (
     SELECT id, user_id, revoked_at, idle_expires_at, expires_at FROM login_sessions
      WHERE id = (SELECT session_id FROM refresh_tokens WHERE token_hash = :presented_hash::bytea) FOR NO KEY UPDATE
   ),
   presented AS (
     SELECT t.token_hash, t.session_id, t.used_at, t.successor_used_at, t.sealed_successor
       FROM (SELECT count(*) FROM held) AS after_held, refresh_tokens t WHERE t.token_hash = :presented_hash::bytea FOR UPDATE OF t
   ),
   living AS (
     SELECT id, user_id FROM held WHERE revoked_at IS NULL AND idle_expires_at > now() AND expires_at > now()
   ),
   account AS (${activeAccountOf('living')}),
   judged AS (
     SELECT p.*, CASE WHEN NOT EXISTS (SELECT 1 FROM account) THEN 'dead'
                      WHEN p.used_at IS NULL THEN 'fresh'
                      WHEN p.used_at > now() - interval '30 seconds' AND p.successor_used_at IS NULL THEN 'repeated'
                      ELSE 'theft' END AS verdict
       FROM presented p
   ),
   used AS (
     UPDATE refresh_tokens t SET used_at = now(), successor_hash = :successor_hash::bytea, sealed_successor = :sealed_successor::bytea
       FROM judged j WHERE j.verdict = 'fresh' AND t.token_hash = j.token_hash AND t.used_at IS NULL
     RETURNING t.session_id
   ),
   successor AS (
     INSERT INTO refresh_tokens (token_hash, session_id) SELECT :successor_hash::bytea, session_id FROM used
   ),
   predecessor AS (
     UPDATE refresh_tokens t SET successor_used_at = now(), sealed_successor = NULL
       FROM used WHERE t.successor_hash = :presented_hash::bytea
   ),
   touched AS (
     UPDATE login_sessions s SET last_used_at = now(), idle_expires_at = least(now() + :idle_seconds::int * interval '1 second', s.expires_at)
       FROM used WHERE s.id = used.session_id AND s.revoked_at IS NULL
     RETURNING s.id
   ),
   ended AS (
     UPDATE login_sessions s SET revoked_at = now(), revoked_reason = 'refresh_token_reuse'
       FROM judged j WHERE j.verdict = 'theft' AND s.id = j.session_id AND s.revoked_at IS NULL
     RETURNING s.id, s.user_id
   ),
   recorded AS (${recordEventFrom({ source: 'ended', type: 'session.refresh_reuse', outcome: 'failure', userId: 'ended.user_id', subjectId: 'ended.id' })})
   SELECT CASE WHEN j.verdict = 'fresh' AND NOT EXISTS (SELECT 1 FROM touched) THEN 'dead' ELSE j.verdict END AS verdict,
          j.session_id, j.sealed_successor, account.*
     FROM judged j LEFT JOIN account ON true`,
);

const FIND_UNUSED = statement<{
  user_id: string;
  session_id: string;
  role: string;
  created_at: Date;
  expires_at: Date;
}>(
  'refresh_tokens_find_unused',
  `SELECT s.user_id, s.id AS session_id, live_user.role, t.created_at, least(s.idle_expires_at, s.expires_at) AS expires_at
     FROM refresh_tokens t JOIN login_sessions s ON s.id = t.session_id
     JOIN LATERAL (${activeRoleOf('s.user_id')}) live_user ON true
    WHERE t.token_hash = :token_hash::bytea AND t.used_at IS NULL
      AND s.revoked_at IS NULL AND s.idle_expires_at > now() AND s.expires_at > now()`,
);

@Injectable()
export class RefreshRepository {
  constructor(private readonly database: Database) {}

  /** @returns null for a token that nobody issued */
  async exchange(values: StatementValues): Promise<ExchangeRow | null> {
    const [row] = await this.database.run(EXCHANGE, values);
    return row ?? null;
  }

  /** The session of a refresh token that can still be exchanged. */
  async findUnused(hash: Buffer) {
    const [row] = await this.database.run(FIND_UNUSED, { token_hash: hash });
    return row ?? null;
  }
}

import { Injectable } from '@nestjs/common';
import { recordEventFrom } from '../../records/audit/audit.sql.js';
import { Database } from '../../platform/database/database.js';
import { FUNCTIONS } from '../../platform/database/migrations/functions.js';
import { statement } from '../../platform/database/statement.js';
import { type Proved } from './proof/authentication.js';
import { type AccountRow } from '../users/account.js';
import { activeRoleOf } from '../users/users.sql.js';
import { PROVED_AT } from './sessions.sql.js';

/** A refresh token that was presented, and the one that follows it. */
export type Exchange = {
  readonly presented_hash: Buffer;
  readonly successor_hash: Buffer;
  readonly sealed_successor: Buffer;
  readonly idle_seconds: number;
  readonly address: string | null;
  readonly request_id: string;
  readonly audit_id: string;
};

/** What becomes of a presented refresh token; the account's columns are null where it may not log in. */
type ExchangeRow = { [Column in 'id' | 'role']: AccountRow[Column] | null } & {
  /** Whose token it is, also of a dead one. */
  owner_id: string;
  verdict: 'fresh' | 'repeated' | 'theft' | 'dead';
  session_id: string;
  sealed_successor: Buffer | null;
  method: Proved['method'];
  second_factor: Proved['secondFactor'];
  proved_at: Date;
};

// The verdict and what follows from it commit by themselves: the failed answer that follows a theft takes nothing back.
const EXCHANGE = statement<ExchangeRow>(
  'refresh_exchange',
  `WITH judged AS MATERIALIZED (
     SELECT * FROM ${FUNCTIONS}.exchange_refresh_token(
       :presented_hash::bytea, :successor_hash::bytea, :sealed_successor::bytea, :idle_seconds::int * interval '1 second')
   ), ended AS (
     SELECT o_session AS id, o_account AS user_id FROM judged WHERE o_ended
   ), recorded AS (${recordEventFrom({
     source: 'ended',
     type: 'session.refresh_reuse',
     outcome: 'failure',
     userId: 'ended.user_id',
     subjectId: 'ended.id',
   })})
   SELECT o_verdict AS verdict, o_owner AS owner_id, o_session AS session_id, o_sealed_successor AS sealed_successor,
          o_account AS id, o_role AS role, o_method AS method, o_second_factor AS second_factor, o_proved_at AS proved_at
     FROM judged WHERE o_verdict IS NOT NULL`,
);

// The valid token of a session, and one that the release before has issued.
const FIND_UNUSED = statement<{
  user_id: string;
  session_id: string;
  role: string;
  created_at: Date;
  expires_at: Date;
  method: Proved['method'];
  second_factor: Proved['secondFactor'];
  proved_at: Date;
}>(
  'refresh_tokens_find_unused',
  `WITH token AS (
     SELECT s.id AS session_id, s.refresh_issued_at AS created_at FROM login_sessions s WHERE s.refresh_hash = :token_hash::bytea
      UNION ALL
     SELECT t.session_id, t.created_at FROM refresh_tokens t WHERE t.token_hash = :token_hash::bytea AND t.used_at IS NULL
   )
   SELECT s.user_id, s.id AS session_id, live_user.role, t.created_at, least(s.idle_expires_at, s.expires_at) AS expires_at,
          s.method, s.second_factor, ${PROVED_AT} AS proved_at
     FROM token t JOIN login_sessions s ON s.id = t.session_id
     JOIN LATERAL (${activeRoleOf('s.user_id')}) live_user ON true
    WHERE s.revoked_at IS NULL AND s.idle_expires_at > now() AND s.expires_at > now()
    LIMIT 1`,
);

@Injectable()
export class RefreshRepository {
  constructor(private readonly database: Database) {}

  /** @returns null for a token that nobody issued */
  async exchange(values: Exchange): Promise<ExchangeRow | null> {
    const [row] = await this.database.run(EXCHANGE, values);
    return row ?? null;
  }

  /** The session of a refresh token that can still be exchanged. */
  async findUnused(hash: Buffer) {
    const [row] = await this.database.run(FIND_UNUSED, { token_hash: hash });
    return row ?? null;
  }
}

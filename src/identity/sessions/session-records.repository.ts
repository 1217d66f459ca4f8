import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../../platform/database/database.js';
import { statement } from '../../platform/database/statement.js';
import { endOf, pageOf, wantedOf } from '../../platform/database/steps.js';
import { type SessionRow } from './login-sessions.repository.js';

const ALL_OF = statement<PersonalSessionRow>(
  'login_sessions_all_of',
  `SELECT id, method, client_address, user_agent, created_at, last_used_at, least(idle_expires_at, expires_at) AS expires_at,
          revoked_at, revoked_reason
     FROM login_sessions WHERE user_id = :user_id::uuid ORDER BY created_at, id`,
);

const LAST_LOGINS = statement<{ user_id: string; last_login: Date }>(
  'login_sessions_last_logins',
  `SELECT user_id, max(created_at) AS last_login FROM login_sessions WHERE user_id = ANY(:user_ids::uuid[]) GROUP BY user_id`,
);

// Sessions before their tokens, which go with them: as a refresh locks them.
const FORGET_SESSIONS = statement(
  'login_sessions_forget',
  `DELETE FROM login_sessions WHERE id IN
     (SELECT id FROM login_sessions WHERE user_id = :user_id::uuid ORDER BY id FOR UPDATE)`,
);

const LIVING_ONES = {
  table: 'login_sessions',
  key: 'id',
  after: ':after::uuid',
  most: 1_000,
  where: 'revoked_at IS NULL AND idle_expires_at > now() AND expires_at > now()',
};
const END_LIVING = statement<{ ended: number; end: string | null }>(
  'login_sessions_end_living',
  `WITH ${pageOf(LIVING_ONES)}, ended AS (
     UPDATE login_sessions SET revoked_at = now(), revoked_reason = 'restored' WHERE ${wantedOf(LIVING_ONES)} RETURNING id
   )
   SELECT (SELECT count(*)::int FROM ended) AS ended, (${endOf(LIVING_ONES)}) AS end`,
);

/** A session as it is kept: until thirty days after its end. */
export type PersonalSessionRow = SessionRow & { revoked_at: Date | null; revoked_reason: string | null };

/** All sessions of a person, ended ones too: to show them, to forget them. */
@Injectable()
export class SessionRecordsRepository {
  constructor(private readonly database: Database) {}

  async allOf(userId: string): Promise<PersonalSessionRow[]> {
    return this.database.run(ALL_OF, { user_id: userId });
  }

  async lastLogins(userIds: readonly string[]): Promise<Map<string, Date>> {
    const rows = await this.database.run(LAST_LOGINS, { user_ids: userIds });
    return new Map(rows.map((row) => [row.user_id, row.last_login]));
  }

  /**
   * One step of a walk through the sessions: ends those that are open, of all accounts.
   *
   * @param after where the step before ended; null for the first
   * @returns how many it ended, and where; null behind the last
   */
  async endLiving(after: string | null): Promise<{ ended: number; end: string | null }> {
    const [step] = await this.database.run(END_LIVING, { after: after ?? '00000000-0000-0000-0000-000000000000' });
    return step ?? { ended: 0, end: null };
  }

  async forget(userId: string, within: Transaction): Promise<void> {
    await within.run(FORGET_SESSIONS, { user_id: userId });
  }
}

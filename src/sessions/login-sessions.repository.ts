import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { statement } from '../database/statement.js';
import { activeRoleOf } from '../users/users.sql.js';

/** What the guard must know of a session at each call. */
export interface LiveSession {
  user_id: string;
  role: 'ADMIN' | 'SUPERVISOR' | 'OPERATOR' | 'KARYAWAN' | 'USER';
}

// Two primary-key probes. The role is read here and not believed from the token, so that a change acts at once; `users`
// is joined instead of asked separately because every call that carries a token runs this statement.
const LIVE = statement<LiveSession>(
  'login_sessions_live',
  `SELECT s.user_id, live_user.role FROM login_sessions s
     JOIN LATERAL (${activeRoleOf('s.user_id')}) live_user ON true
    WHERE s.id = :id::uuid AND s.revoked_at IS NULL AND s.idle_expires_at > now() AND s.expires_at > now()`,
);

@Injectable()
export class LoginSessionsRepository {
  constructor(private readonly database: Database) {}

  async findLive(id: string): Promise<LiveSession | null> {
    const [row] = await this.database.run(LIVE, { id });
    return row ?? null;
  }
}

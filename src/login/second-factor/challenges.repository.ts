import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../../platform/database/database.js';
import { statement } from '../../platform/database/statement.js';

/** What a challenge is for: that of one purpose answers nothing of another. */
export type ChallengePurpose = 'totp-enrolment' | 'passkey-enrolment' | 'passkey-proof';

const PUT = statement(
  'second_factor_challenges_put',
  `INSERT INTO second_factor_challenges (login_session_id, purpose, content, expires_at)
   VALUES (:login_session_id::uuid, :purpose::text, :content::bytea, now() + :seconds::int * interval '1 second')
   ON CONFLICT (login_session_id, purpose) DO UPDATE SET content = excluded.content, expires_at = excluded.expires_at`,
);

const LOOK = statement<{ content: Buffer; now_seconds: number }>(
  'second_factor_challenges_look',
  `SELECT content, extract(epoch FROM now())::float8 AS now_seconds FROM second_factor_challenges
    WHERE login_session_id = :login_session_id::uuid AND purpose = :purpose::text AND expires_at > now()`,
);

// Used up whatever the answer is worth. One that has expired goes, too, and is none.
const TAKE = statement<{ content: Buffer; lives: boolean }>(
  'second_factor_challenges_take',
  `DELETE FROM second_factor_challenges WHERE login_session_id = :login_session_id::uuid AND purpose = :purpose::text
   RETURNING content, expires_at > now() AS lives`,
);

/** What a login session has begun and is still to answer. Nothing of it serves another session. */
@Injectable()
export class ChallengesRepository {
  constructor(private readonly database: Database) {}

  /** Begins anew: what the session had begun for this purpose is worth nothing any more. */
  async put(sessionId: string, purpose: ChallengePurpose, content: Buffer, seconds: number): Promise<void> {
    await this.database.run(PUT, { login_session_id: sessionId, purpose, content, seconds });
  }

  /** What was begun, with the database's clock in seconds since 1970; it stays. */
  async look(sessionId: string, purpose: ChallengePurpose): Promise<{ content: Buffer; now_seconds: number } | null> {
    const [row] = await this.database.run(LOOK, { login_session_id: sessionId, purpose });
    return row ?? null;
  }

  /** What was begun, to one caller only. @returns null when it is used up or has expired */
  async take(
    sessionId: string,
    purpose: ChallengePurpose,
    within: Transaction = this.database,
  ): Promise<Buffer | null> {
    const [row] = await within.run(TAKE, { login_session_id: sessionId, purpose });
    return row?.lives ? row.content : null;
  }
}

import { Injectable } from '@nestjs/common';
import { type Transaction } from '../../../platform/database/database.js';
import { statement } from '../../../platform/database/statement.js';
import { type AccountRow } from '../../users/account.js';
import { activeRoleOf } from '../../users/users.sql.js';
import { type Proved, type SecondFactor } from './authentication.js';
import { PROVED_AT } from '../sessions.sql.js';

/** A session whose owner has proved who they are, and the hash of what holds it from now on. */
type Proof = {
  readonly id: string;
  readonly user_id: string;
  readonly second_factor: SecondFactor | null;
  readonly secret_hash: Buffer;
};

interface ProvedRow {
  method: Proved['method'];
  second_factor: Proved['secondFactor'];
  proved_at: Date;
  role: AccountRow['role'];
  held_by_cookie: boolean;
}

// The session is locked before its tokens. Its refresh token becomes a used one whose successor was used: showing it again is
// theft. One that the release before has issued is forgotten. The answer before needs nobody any more.
const PROVE = statement<ProvedRow>(
  'login_sessions_prove',
  `WITH held AS MATERIALIZED (
     SELECT s.id, s.refresh_hash, s.refresh_issued_at, live_user.role
       FROM login_sessions s JOIN LATERAL (${activeRoleOf('s.user_id')}) live_user ON true
      WHERE s.id = :id::uuid AND s.user_id = :user_id::uuid
        AND s.revoked_at IS NULL AND s.idle_expires_at > now() AND s.expires_at > now()
        FOR NO KEY UPDATE OF s
   ), ended AS (
     UPDATE refresh_tokens t SET successor_used_at = now(), sealed_successor = NULL
       FROM held WHERE t.successor_hash = held.refresh_hash
   ), forgotten AS (
     DELETE FROM refresh_tokens t USING held WHERE t.session_id = held.id AND t.used_at IS NULL
   ), used AS (
     INSERT INTO refresh_tokens (token_hash, session_id, created_at, used_at, successor_hash, successor_used_at)
     SELECT refresh_hash, id, refresh_issued_at, now(), :secret_hash::bytea, now() FROM held WHERE refresh_hash IS NOT NULL
   )
   UPDATE login_sessions s
      SET proved_at = now(), second_factor = coalesce(:second_factor::text, s.second_factor), last_used_at = now(),
          cookie_hash = CASE WHEN s.cookie_hash IS NOT NULL THEN :secret_hash::bytea END,
          refresh_hash = CASE WHEN s.cookie_hash IS NULL THEN :secret_hash::bytea END,
          refresh_issued_at = now()
     FROM held WHERE s.id = held.id
   RETURNING s.method, s.second_factor, ${PROVED_AT} AS proved_at, held.role, s.cookie_hash IS NOT NULL AS held_by_cookie`,
);

const FORGET_OTHERS = statement(
  'login_sessions_forget_proofs',
  `UPDATE login_sessions SET second_factor = NULL
    WHERE user_id = :user_id::uuid AND id <> :but::uuid AND second_factor IS NOT NULL AND revoked_at IS NULL`,
);

/** Proofs of who somebody is, beside those that open a session. */
@Injectable()
export class ProofsRepository {
  /** @returns null when there is no such session that lives, of an active account */
  async prove(proof: Proof, within: Transaction): Promise<ProvedRow | null> {
    const [row] = await within.run(PROVE, proof);
    return row ?? null;
  }

  /** The account's other sessions have proved no second factor any more. */
  async forgetOthers(userId: string, but: string, within: Transaction): Promise<void> {
    await within.run(FORGET_OTHERS, { user_id: userId, but });
  }
}

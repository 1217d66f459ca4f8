import { Injectable } from '@nestjs/common';
import { recordEventFrom } from '../../records/audit/audit.sql.js';
import { Database, type Transaction } from '../../platform/database/database.js';
import { statement } from '../../platform/database/statement.js';
import { ofTheFirst } from '../../platform/database/steps.js';
import { type SecondFactor } from './proof/authentication.js';
import { livingSessionOf, livingSessionWhere } from './sessions.sql.js';

/** What the guard must know of a session at each call. */
export interface LiveSession {
  id: string;
  user_id: string;
  method: 'OTP' | 'PASSWORD';
  /** Of a login by code: client id of the application that the code was asked for by; null: the service itself. */
  application_id: string | null;
  role: 'ADMIN' | 'SUPERVISOR' | 'OPERATOR' | 'KARYAWAN' | 'USER';
  /** Whether the account has one, proved in this session or not. */
  has_second_factor: boolean;
  created_at: Date;
  second_factor: SecondFactor | null;
  /** When its owner last proved who they are: at the login, or since. */
  proved_at: Date;
  /** Since then, by the database's clock. */
  age_seconds: number;
  /** More than five minutes since its last use was noted. */
  stale: boolean;
}

/** A session as its owner sees it. */
export interface SessionRow {
  id: string;
  method: 'OTP' | 'PASSWORD';
  client_address: string;
  user_agent: string | null;
  created_at: Date;
  last_used_at: Date;
  expires_at: Date;
}

/** Who ends a session, and why; part of the audit event. */
export interface Ending {
  readonly reason:
    | 'logout'
    | 'revoked'
    | 'reset'
    | 'disabled'
    | 'erased'
    | 'role_changed'
    | 'phone_changed'
    | 'password_changed'
    | 'second_factor_reset';
  readonly address: string | null;
  readonly requestId: string | null;
  readonly auditId: string;
}

const LIVING = 'revoked_at IS NULL AND idle_expires_at > now() AND expires_at > now()';

// The role is read here and not believed from the token, so that a change acts at once; `users` is joined instead of
// asked separately because every call that carries a token runs this statement.
const LIVE = statement<LiveSession>('login_sessions_live', livingSessionOf(':id::uuid'));
const LIVE_BY_COOKIE = statement<LiveSession>(
  'login_sessions_live_by_cookie',
  livingSessionWhere('s.cookie_hash = :cookie_hash::bytea'),
);

const NOTE_USE = statement(
  'login_sessions_note_use',
  `UPDATE login_sessions SET last_used_at = now() WHERE id = :id::uuid AND last_used_at < now() - interval '5 minutes'`,
);

// A browser's session has no refresh to move its end, so its use does.
const KEEP_ALIVE = statement(
  'login_sessions_keep_alive',
  `UPDATE login_sessions SET last_used_at = now(), idle_expires_at = least(now() + :idle_seconds::int * interval '1 second', expires_at)
    WHERE id = :id::uuid AND last_used_at < now() - interval '5 minutes' AND ${LIVING}`,
);

const OF_USER = statement<SessionRow>(
  'login_sessions_of_user',
  `SELECT id, method, client_address, user_agent, created_at, last_used_at, least(idle_expires_at, expires_at) AS expires_at
     FROM login_sessions WHERE user_id = :user_id::uuid AND ${LIVING} ORDER BY last_used_at DESC, id DESC LIMIT 200`,
);

const recordEnding = recordEventFrom({
  source: 'ended',
  type: 'session.ended',
  outcome: 'success',
  userId: 'ended.user_id',
  subjectId: 'ended.id',
});

const END_ONE = statement<{ id: string }>(
  'login_sessions_end_one',
  `WITH ended AS (
     UPDATE login_sessions SET revoked_at = now(), revoked_reason = :reason::text
      WHERE id = :id::uuid AND user_id = :user_id::uuid AND revoked_at IS NULL RETURNING id, user_id
   ), recorded AS (${recordEnding})
   SELECT id FROM ended`,
);

const END_BY_REFRESH_TOKEN = statement<{ id: string }>(
  'login_sessions_end_by_refresh_token',
  `WITH ended AS (
     UPDATE login_sessions s SET revoked_at = now(), revoked_reason = :reason::text
      WHERE s.id = (SELECT l.id FROM login_sessions l WHERE l.refresh_hash = :token_hash::bytea
                     UNION ALL
                    SELECT t.session_id FROM refresh_tokens t WHERE t.token_hash = :token_hash::bytea
                     LIMIT 1)
        AND s.revoked_at IS NULL
     RETURNING s.id, s.user_id
   ), recorded AS (${recordEnding})
   SELECT id FROM ended`,
);

// One event for all of them: its subject is the account.
const END_ALL = statement<{ ended: string }>(
  'login_sessions_end_all',
  `WITH all_ended AS (
     UPDATE login_sessions SET revoked_at = now(), revoked_reason = :reason::text
      WHERE user_id = :user_id::uuid AND revoked_at IS NULL AND id IS DISTINCT FROM :but::uuid RETURNING id, user_id
   ), ended AS (SELECT user_id AS id, user_id FROM all_ended LIMIT 1), recorded AS (${recordEnding})
   SELECT count(*) AS ended FROM all_ended`,
);

/** Sessions that are looked at in one step, and tokens that are dropped in one. */
const STEP = 1_000;
const TOKENS_STEP = 2_000;

// No index says when a session was last used: each refresh would pay for it. So they are walked through.
const DEAD = `(least(idle_expires_at, expires_at) < now() - interval '30 days' OR revoked_at < now() - interval '30 days')`;
const WALK = statement<{ id: string; dead: boolean | null }>(
  'login_sessions_walk',
  `SELECT id, ${DEAD} AS dead FROM login_sessions WHERE id > :after::uuid ORDER BY id LIMIT ${STEP}`,
);

// First the tokens, of which one session can have thousands: what goes with a session goes in one statement.
const FORGET_TOKENS = statement<{ session_id: string }>(
  'refresh_tokens_forget_dead',
  `DELETE FROM refresh_tokens
    WHERE ${ofTheFirst({ table: 'refresh_tokens', where: 'session_id = ANY (:ids::uuid[])', order: 'session_id', most: TOKENS_STEP })}
   RETURNING session_id`,
);
const FORGET_DEAD = statement(
  'login_sessions_forget_dead',
  `DELETE FROM login_sessions
    WHERE ${ofTheFirst({ table: 'login_sessions', where: `id = ANY (:ids::uuid[]) AND ${DEAD}`, order: 'id', most: STEP })}`,
);

@Injectable()
export class LoginSessionsRepository {
  constructor(private readonly database: Database) {}

  async findLive(id: string): Promise<LiveSession | null> {
    const [row] = await this.database.run(LIVE, { id });
    return row ?? null;
  }

  async findLiveByCookie(cookieHash: Buffer): Promise<LiveSession | null> {
    const [row] = await this.database.run(LIVE_BY_COOKIE, { cookie_hash: cookieHash });
    return row ?? null;
  }

  /** @param idleSeconds how long it lives from now on without being used */
  async keepAlive(id: string, idleSeconds: number): Promise<void> {
    await this.database.run(KEEP_ALIVE, { id, idle_seconds: idleSeconds });
  }

  async noteUse(id: string): Promise<void> {
    await this.database.run(NOTE_USE, { id });
  }

  async ofUser(userId: string): Promise<SessionRow[]> {
    return this.database.run(OF_USER, { user_id: userId });
  }

  /** @returns whether there was such a session of this user */
  async endOne(id: string, userId: string, ending: Ending): Promise<boolean> {
    return (await this.database.run(END_ONE, { id, user_id: userId, ...values(ending) })).length > 0;
  }

  async endByRefreshToken(tokenHash: Buffer, ending: Ending): Promise<boolean> {
    return (await this.database.run(END_BY_REFRESH_TOKEN, { token_hash: tokenHash, ...values(ending) })).length > 0;
  }

  /** @param but a session that stays */
  async endAll(
    userId: string,
    but: string | null,
    ending: Ending,
    within: Transaction = this.database,
  ): Promise<number> {
    const [row] = await within.run(END_ALL, { user_id: userId, but, ...values(ending) });
    return Number(row?.ended ?? 0);
  }

  /**
   * One step of a walk through the sessions: forgets those that ended more than thirty days ago, with their tokens.
   *
   * @param after where the step before ended; null for the first
   * @returns where it ended; null behind the last
   */
  async forgetDead(after: string | null): Promise<string | null> {
    const rows = await this.database.run(WALK, { after: after ?? '00000000-0000-0000-0000-000000000000' });
    const ids = rows.filter(({ dead }) => dead).map(({ id }) => id);
    if (ids.length > 0) {
      while ((await this.database.run(FORGET_TOKENS, { ids })).length === TOKENS_STEP);
      await this.database.run(FORGET_DEAD, { ids });
    }
    return rows.length === STEP ? (rows.at(-1)?.id ?? null) : null;
  }
}

function values(ending: Ending) {
  return { reason: ending.reason, address: ending.address, request_id: ending.requestId, audit_id: ending.auditId };
}

import { activeRoleOf } from '../users/users.sql.js';

/** Whether a login session in `alias` lives. */
const isLiving = (alias: string) =>
  `${alias}.revoked_at IS NULL AND ${alias}.idle_expires_at > now() AND ${alias}.expires_at > now()`;

/** When the owner of the session `s` last proved who they are. */
export const PROVED_AT = 'coalesce(s.proved_at, s.created_at)';

/**
 * The active login session whose id is in `column`, of an account that is active (one row at most: id, user_id, method,
 * role, created_at, what it has proved and when, the age of that in seconds, and `stale` where its last use was noted more than
 * five minutes ago).
 */
export const livingSessionOf = (column: string) => livingSessionWhere(`s.id = ${column}`);

/** The same for a condition on `s`. Two primary-key probes. */
export const livingSessionWhere = (condition: string) => `
  SELECT s.id, s.user_id, s.method, s.application_id, live_user.role, live_user.has_second_factor, s.created_at, s.second_factor,
         ${PROVED_AT} AS proved_at, extract(epoch FROM now() - ${PROVED_AT})::float8 AS age_seconds,
         s.last_used_at < now() - interval '5 minutes' AS stale
    FROM login_sessions s JOIN LATERAL (${activeRoleOf('s.user_id')}) live_user ON true
   WHERE ${condition} AND ${isLiving('s')}`;

/** Login sessions that somebody has ended within the last hour; those that ran out are not among them. */
export const REVOKED_LATELY = `SELECT id FROM login_sessions WHERE revoked_at > now() - interval '1 hour'`;

/**
 * Ends the login sessions, with their refresh tokens and all that applications were issued on them, of each account of
 * `source`, a CTE with the column id. One that the same statement opens is not among them.
 */
export const endSessionsOf = (source: string, reason: string) => `
  UPDATE login_sessions SET revoked_at = now(), revoked_reason = '${reason}'
    FROM ${source} WHERE login_sessions.user_id = ${source}.id AND login_sessions.revoked_at IS NULL
  RETURNING login_sessions.id`;

/**
 * Opens a login session for each row of `account`, as a CTE of the statement that decided who it is. A refresh token or a
 * cookie holds it. A device keeps its id only for the account that it is known to (`:device_user`). Parameters: `:login_session_id`, `:device_user`, `:device_id`, `:new_device_id`, `:method`, `:address`, `:user_agent`, `:idle_seconds`,
 * `:max_seconds`, and one of `:refresh_hash` and `:cookie_hash`, the other being null.
 */
export const OPEN_LOGIN_SESSION = `
  opened AS (
    INSERT INTO login_sessions (id, user_id, device_id, method, client_address, user_agent,
                                idle_expires_at, expires_at, refresh_hash, cookie_hash, application_id)
    SELECT :login_session_id::uuid, account.id,
           CASE WHEN account.id = :device_user::uuid THEN :device_id::uuid ELSE :new_device_id::uuid END,
           :method::auth_method, :address::text, :user_agent::text,
           now() + :idle_seconds::int * interval '1 second', now() + :max_seconds::int * interval '1 second',
           :refresh_hash::bytea, :cookie_hash::bytea, :application::uuid
      FROM account
    RETURNING id, device_id
  )`;

/**
 * Opens a login session for each row of `source`, a CTE of the statement that decided who it is, with the columns
 * login_session_id, o_account, device_id, address, user_agent, application_id, refresh_hash and cookie_hash, one of the last two being null.
 * Parameters: `:idle_seconds`, `:max_seconds`.
 */
export const openLoginSessionsFrom = (source: string, method: 'OTP') => `
  INSERT INTO login_sessions (id, user_id, device_id, method, client_address, user_agent,
                              idle_expires_at, expires_at, refresh_hash, cookie_hash, application_id)
  SELECT w.login_session_id, w.o_account, w.device_id, '${method}', w.address, w.user_agent,
         now() + :idle_seconds::int * interval '1 second', now() + :max_seconds::int * interval '1 second',
         w.refresh_hash, w.cookie_hash, w.application_id
    FROM ${source} w`;

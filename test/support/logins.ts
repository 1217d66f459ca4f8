import { randomBytes } from 'node:crypto';
import { type Queries } from './database.js';
import { type Answer, type Service } from './service.js';
import type { House, Person, Resident } from './house.js';

export const PASSWORD = 'sandi yang cukup panjang';

/** What a login or a refresh answers. */
export interface Tokens {
  readonly token: string;
  readonly refreshToken: string;
}

export interface Login extends Tokens {
  readonly sid: string;
}

/** An account that logs in by `username` and `PASSWORD`. */
export async function newcomer(house: House, person: Person = {}): Promise<Resident & { username: string }> {
  const username = `u${randomBytes(6).toString('hex')}`;
  return { ...(await house.person({ ...person, username, password: PASSWORD })), username };
}

export async function logIn(
  service: Service,
  identifier: string,
  headers: Record<string, string> = {},
): Promise<Login> {
  const answer = await service.post('/api/auth/login', { identifier, password: PASSWORD }, headers);
  if (answer.status !== 200) throw new Error(`no login: ${answer.status} ${answer.text}`);
  const { token, refreshToken } = answer.body.data;
  return { token, refreshToken, sid: claimsOf(token).sid };
}

/** What our access tokens claim. */
export type Claims = Record<'sub' | 'sid' | 'jti' | 'role' | 'iss' | 'aud' | 'acr', string> &
  Record<'iat' | 'exp' | 'auth_time', number> & { amr: string[] };

export const bearer = ({ token }: Pick<Tokens, 'token'>) => ({ authorization: `Bearer ${token}` });

export const me = (service: Service, tokens: Pick<Tokens, 'token'>): Promise<Answer> =>
  service.get('/api/auth/me', bearer(tokens));

export const refresh = (service: Service, refreshToken: unknown): Promise<Answer> =>
  service.post('/api/auth/refresh', { refreshToken });

/** Refreshes; fails when that fails. */
export async function refreshed(service: Service, refreshToken: string): Promise<Tokens> {
  const answer = await refresh(service, refreshToken);
  if (answer.status !== 200) throw new Error(`no refresh: ${answer.status} ${answer.text}`);
  return answer.body.data;
}

/** The claims of an access token, unverified. */
export function claimsOf(token: string): Claims {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

/** Lets an end of a session pass; the idle one is never after the absolute one. */
export async function passEnd(database: Queries, limit: 'idle' | 'absolute', sid: string): Promise<void> {
  const more = limit === 'absolute' ? ', expires_at = now()' : '';
  await database.query(`UPDATE login_sessions SET idle_expires_at = now()${more} WHERE id = $1`, [sid]);
}

/** Lets the 30 s pass in which a used token may come again. */
export async function endGrace(database: Queries, sid: string): Promise<void> {
  await database.query(`UPDATE refresh_tokens SET used_at = used_at - interval '31 seconds' WHERE session_id = $1`, [
    sid,
  ]);
}

/** What the logins by code of a person left behind: sessions, their refresh tokens, successes in the audit log. */
export async function loginsOf(
  database: Queries,
  userId: string,
): Promise<{ sessions: number; tokens: number; events: number }> {
  const rows = await database.query<{ sessions: number; tokens: number; events: number }>(
    `SELECT (SELECT count(*)::int FROM login_sessions WHERE user_id = $1) AS sessions,
            (SELECT count(*)::int FROM login_sessions WHERE user_id = $1 AND refresh_hash IS NOT NULL) AS tokens,
            (SELECT count(*)::int FROM audit_events WHERE user_id = $1 AND type = 'login.otp' AND outcome = 'success') AS events`,
    [userId],
  );
  return rows[0]!;
}

import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { v4 as uuidv4 } from 'uuid';
import { Settings } from '../config/settings.js';
import { SigningKeys } from './signing-keys.js';

/** RFC 9068 section 2.1: an access token says that it is one, so that no other JWT of ours passes for it (RFC 8725 3.11). */
export const ACCESS_TOKEN_TYPE = 'at+jwt';

/** Makes access tokens: JWTs with `sub role sid jti iat exp iss aud` (contract A). */
@Injectable()
export class AccessTokens {
  constructor(
    private readonly settings: Settings,
    private readonly keys: SigningKeys,
    private readonly jwt: JwtService,
  ) {}

  /** @returns the token and its lifetime in seconds */
  sign(account: { id: string; role: string }, loginSessionId: string): { token: string; expiresIn: number } {
    const { kid, key } = this.keys.signing();
    const {
      jwtAlgorithm: algorithm,
      jwtExpiresIn: expiresIn,
      jwtIssuer: issuer,
      jwtAudience: audience,
    } = this.settings;
    const role = this.settings.jwtRoleCase === 'lower' ? account.role.toLowerCase() : account.role;
    const token = this.jwt.sign(
      { sub: account.id, role, sid: loginSessionId, jti: uuidv4() },
      // jsonwebtoken takes a KeyObject, which saves it from parsing a PEM at each signature; Nest's type has yet to say so.
      {
        algorithm,
        header: { alg: algorithm, typ: ACCESS_TOKEN_TYPE, kid },
        expiresIn,
        issuer,
        audience,
        privateKey: key as never,
      },
    );
    return { token, expiresIn };
  }
}

/** Longest token that is looked at: ours are under 700 characters. */
const LONGEST_TOKEN = 4_096;

/** What a header of ours says, all of it. Others (`crit` above all, RFC 7515 4.1.11) would have to be understood. */
const HEADER_FIELDS: readonly string[] = ['alg', 'typ', 'kid'];

/**
 * The JOSE header of a token, unverified; null when there is none, or one that says more than ours do. Nothing in it is
 * followed but `kid`, by look-up.
 */
export function accessTokenHeader(token: string): Record<string, unknown> | null {
  if (token.length > LONGEST_TOKEN) return null;
  try {
    const header: unknown = JSON.parse(Buffer.from(token.split('.', 1)[0] ?? '', 'base64url').toString());
    if (typeof header !== 'object' || header === null || Array.isArray(header)) return null;
    return Object.keys(header).every((field) => HEADER_FIELDS.includes(field))
      ? (header as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** Claims of an access token that is one of ours. */
export interface AccessClaims {
  readonly sub: string;
  readonly sid: string;
  readonly jti: string;
  readonly iat: number;
  readonly exp: number;
}

/** Clocks of instances may differ by this much, in seconds. */
const CLOCK_SLACK = 60;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * The claims as `AccessTokens` writes them, or null. The library that checked signature and times lets pass what has no
 * `exp`, was issued in the future or is for several audiences.
 */
export function accessClaims(
  claims: unknown,
  { jwtIssuer, jwtAudience }: Pick<Settings, 'jwtIssuer' | 'jwtAudience'>,
): AccessClaims | null {
  if (typeof claims !== 'object' || claims === null) return null;
  const { sub, sid, jti, iat, exp, iss, aud } = claims as Record<string, unknown>;
  if (typeof sub !== 'string' || typeof sid !== 'string' || !UUID.test(sid) || typeof jti !== 'string') return null;
  // eslint-disable-next-line no-restricted-properties -- times in tokens are of the calendar (RFC 7519 section 2, NumericDate)
  if (typeof iat !== 'number' || iat > Date.now() / 1000 + CLOCK_SLACK || typeof exp !== 'number') return null;
  return iss === jwtIssuer && aud === jwtAudience ? { sub, sid, jti, iat, exp } : null;
}

import { KeyObject, randomUUID, sign } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { TokenSettings } from '../../platform/config/groups/tokens.js';
import { authenticationOf, MULTIPLE, numericDate, type Proved } from './proof/authentication.js';
import { SigningKeys } from './signing-keys.js';

/** RFC 9068 section 2.1: an access token says that it is one, so that no other JWT of ours passes for it (RFC 8725 3.11). */
export const ACCESS_TOKEN_TYPE = 'at+jwt';

/** A login session, as its tokens tell of it. */
export type SignedSession = Proved & { readonly id: string };

/** Makes access tokens: JWTs with `sub role sid jti iat exp iss aud acr amr auth_time`: docs/contract/sikeskoja.md#access-tokens. */
@Injectable()
export class AccessTokens {
  constructor(
    private readonly settings: TokenSettings,
    private readonly keys: SigningKeys,
    private readonly jwt: JwtService,
  ) {}

  /** @returns the token and its lifetime in seconds */
  sign(account: { id: string; role: string }, session: SignedSession): { token: string; expiresIn: number } {
    const { kid, key } = this.keys.signing();
    const { jwtAlgorithm: algorithm, jwtExpiresIn: expiresIn, jwtIssuer: iss, jwtAudience: aud } = this.settings;
    const role = this.settings.jwtRoleCase === 'lower' ? account.role.toLowerCase() : account.role;
    const authTime = { auth_time: numericDate(session.provedAt) };
    const claims = {
      sub: account.id,
      role,
      sid: session.id,
      jti: randomUUID(),
      ...authenticationOf(session),
      ...authTime,
    };
    const header = { alg: algorithm, typ: ACCESS_TOKEN_TYPE, kid };
    if (algorithm === 'ES256' && key instanceof KeyObject) {
      // eslint-disable-next-line no-restricted-properties -- the claim is a time of the wall clock (RFC 7519 section 4.1.6)
      const iat = Math.floor(Date.now() / 1000);
      return { token: signedEs256(header, { ...claims, iat, exp: iat + expiresIn, aud, iss }, key), expiresIn };
    }
    // jsonwebtoken takes a KeyObject, which saves it from parsing a PEM at each signature; Nest's type has yet to say so.
    const options = { algorithm, header, expiresIn, issuer: iss, audience: aud, privateKey: key as never };
    return { token: this.jwt.sign(claims, options), expiresIn };
  }
}

/**
 * A JWS in compact form (RFC 7515 section 7.1), signed with ES256 (RFC 7518 section 3.4). A login pays for each signature:
 * OpenSSL's own form, DER, taken apart here costs half of what its `ieee-p1363` form costs (31 µs against 60, Node 24).
 */
function signedEs256(header: object, claims: object, key: KeyObject): string {
  const signed = `${base64url(header)}.${base64url(claims)}`;
  return `${signed}.${rawSignature(sign('sha256', Buffer.from(signed), key)).toString('base64url')}`;
}

const base64url = (json: object) => Buffer.from(JSON.stringify(json)).toString('base64url');

/** Bytes of each of the two numbers of an ES256 signature. */
const NUMBER_BYTES = 32;

/**
 * @param der SEQUENCE { INTEGER r, INTEGER s }, each with a leading zero byte where its first bit is set, and without its
 *   leading zero bytes otherwise (ITU-T X.690 section 8.3); short enough for one-byte lengths
 * @returns r ‖ s, 32 bytes each
 */
function rawSignature(der: Buffer): Buffer {
  const raw = Buffer.alloc(2 * NUMBER_BYTES);
  let at = 2;
  for (const end of [NUMBER_BYTES, 2 * NUMBER_BYTES]) {
    const length = der[at + 1] ?? 0;
    const from = at + 2 + Math.max(0, length - NUMBER_BYTES);
    const to = at + 2 + length;
    der.copy(raw, end - (to - from), from, to);
    at = to;
  }
  return raw;
}

/** Longest token that is looked at: ours are under 700 characters. */
const LONGEST_TOKEN = 4_096;

/** What a header of ours says, all of it. Others (`crit` above all, RFC 7515 4.1.11) would have to be understood. */
const HEADER_FIELDS: readonly string[] = ['alg', 'typ', 'kid'];

/**
 * The JOSE header of a token, unverified; null when it has none, or one with more in it than ours. Nothing in it is
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
  /** When the session had last proved who its owner is; absent in tokens of the release before. */
  readonly authTime: number | undefined;
  /** The session had proved a second factor. */
  readonly hasSecondFactor: boolean;
}

/** Clocks of instances may differ by this much, in seconds. */
const CLOCK_SLACK = 60;

/** The last second that a Date can name (ECMA-262, section 21.4.1.1). JSON can write larger numbers, even infinite ones (1e999). */
const LAST_SECOND = 8_640_000_000_000;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * The claims as `AccessTokens` writes them, or null. The library that checked signature and times lets pass what has no
 * `exp` or has one of infinity, was issued in the future or is for several audiences.
 */
export function accessClaims(
  claims: unknown,
  { jwtIssuer, jwtAudience }: Pick<TokenSettings, 'jwtIssuer' | 'jwtAudience'>,
): AccessClaims | null {
  if (typeof claims !== 'object' || claims === null) return null;
  const { sub, sid, jti, iat, exp, iss, aud, amr, auth_time: authTime } = claims as Record<string, unknown>;
  if (typeof sub !== 'string' || typeof sid !== 'string' || !UUID.test(sid) || typeof jti !== 'string') return null;
  // eslint-disable-next-line no-restricted-properties -- times in tokens are of the calendar (RFC 7519 section 2, NumericDate)
  if (!isTime(iat) || iat > Date.now() / 1000 + CLOCK_SLACK || !isTime(exp)) return null;
  if (authTime !== undefined && !isTime(authTime)) return null;
  const hasSecondFactor = Array.isArray(amr) && amr.includes(MULTIPLE);
  return iss === jwtIssuer && aud === jwtAudience ? { sub, sid, jti, iat, exp, authTime, hasSecondFactor } : null;
}

/** A NumericDate (RFC 7519, section 2) that names an instant. */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= LAST_SECOND;
}

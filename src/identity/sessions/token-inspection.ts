import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { TokenSettings } from '../../platform/config/groups/tokens.js';
import { type RequestContext } from '../../platform/http/request-context.js';
import { ACCESS_TOKEN_TYPE, accessClaims, accessTokenHeader, type AccessClaims } from './access-tokens.js';
import { authenticationOf, numericDate } from './proof/authentication.js';
import { LoginSessionsRepository } from './login-sessions.repository.js';
import { RefreshRepository } from './refresh.repository.js';
import { tokenHash } from './refresh-tokens.js';
import { Sessions } from './sessions.service.js';
import { SigningKeys } from './signing-keys.js';

/** What another service may know of a token (RFC 7662 section 2.2). Anything but a valid token is `{active:false}` alone. */
export type Introspection =
  | { active: false }
  | {
      active: true;
      token_type: 'Bearer' | 'refresh_token';
      sub: string;
      sid: string;
      role: string;
      iss: string;
      aud?: string;
      exp: number;
      iat: number;
      jti?: string;
      acr: string;
      amr: string[];
      auth_time: number;
    };

const INACTIVE = { active: false } as const;

/** Looks at tokens for other services, and ends them. */
@Injectable()
export class TokenInspection {
  constructor(
    private readonly settings: TokenSettings,
    private readonly keys: SigningKeys,
    private readonly jwt: JwtService,
    private readonly logins: LoginSessionsRepository,
    private readonly refreshes: RefreshRepository,
    private readonly sessions: Sessions,
  ) {}

  /** Whether a token of either kind lives, asked of the database at this moment. */
  async introspect(token: string): Promise<Introspection> {
    const claims = await this.claimsOf(token);
    if (claims) return this.accessToken(claims);
    const refresh = await this.refreshes.findUnused(tokenHash(token));
    if (!refresh) return INACTIVE;
    const { user_id: sub, session_id: sid, role } = refresh;
    const [iat, exp] = [numericDate(refresh.created_at), numericDate(refresh.expires_at)];
    const how = authenticationOf({ method: refresh.method, secondFactor: refresh.second_factor });
    const { jwtIssuer: iss } = this.settings;
    const auth_time = numericDate(refresh.proved_at);
    return { active: true, token_type: 'refresh_token', sub, sid, role, iss, exp, iat, ...how, auth_time };
  }

  /** Ends the login session that a token of either kind belongs to; an unknown token is not an error (RFC 7009 section 2.2). */
  async revoke(token: string, context: RequestContext): Promise<void> {
    const claims = await this.claimsOf(token);
    if (claims) await this.sessions.end(claims.sid, claims.sub, 'revoked', context);
    else await this.sessions.endByRefreshToken(token, 'revoked', context);
  }

  /** What the token was made for, even where its session has proved more since: as this service takes it itself. */
  private async accessToken({ sub, sid, jti, iat, exp, ...token }: AccessClaims): Promise<Introspection> {
    const live = await this.logins.findLive(sid);
    if (live?.user_id !== sub) return INACTIVE;
    const { jwtIssuer: iss, jwtAudience: aud } = this.settings;
    const secondFactor = token.hasSecondFactor ? live.second_factor : null;
    const how = authenticationOf({ method: live.method, secondFactor });
    const auth_time = Math.min(token.authTime ?? numericDate(live.created_at), numericDate(live.proved_at));
    return {
      active: true,
      token_type: 'Bearer',
      sub,
      sid,
      role: live.role,
      iss,
      aud,
      exp,
      iat,
      jti,
      ...how,
      auth_time,
    };
  }

  /** The claims of an access token of ours that has not expired; null for anything else. */
  private async claimsOf(token: string): Promise<AccessClaims | null> {
    const header = accessTokenHeader(token);
    if (header?.['typ'] !== ACCESS_TOKEN_TYPE || header['alg'] !== this.settings.jwtAlgorithm) return null;
    const key = await this.keys.verifying(header['kid']);
    if (!key) return null;
    const { jwtAlgorithm, jwtIssuer: issuer, jwtAudience: audience } = this.settings;
    try {
      const options = { publicKey: key as never, algorithms: [jwtAlgorithm], issuer, audience };
      return accessClaims(this.jwt.verify<object>(token, options), this.settings);
    } catch {
      return null;
    }
  }
}

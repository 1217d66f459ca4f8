import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { Settings } from '../config/settings.js';
import { type CurrentCaller } from '../http/access.decorators.js';
import { ACCESS_TOKEN_TYPE, accessClaims, accessTokenHeader } from './access-tokens.js';
import { LoginSessionsRepository } from './login-sessions.repository.js';
import { SigningKeys } from './signing-keys.js';

/**
 * Checks a bearer token against our own keys: exact algorithm, type, issuer, audience and time (RFC 8725), and that
 * its login session still lives, so that logout, disabling and a changed role act at the next call.
 */
@Injectable()
export class AccessTokenStrategy extends PassportStrategy(Strategy, 'access-token') {
  constructor(
    private readonly settings: Settings,
    keys: SigningKeys,
    private readonly sessions: LoginSessionsRepository,
  ) {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      algorithms: [settings.jwtAlgorithm],
      issuer: settings.jwtIssuer,
      audience: settings.jwtAudience,
      secretOrKeyProvider: (_request: unknown, token: string, done: (error: unknown, key?: never) => void) => {
        const header = accessTokenHeader(token);
        if (header?.['typ'] !== ACCESS_TOKEN_TYPE || header['alg'] !== settings.jwtAlgorithm) {
          done(new UnusableToken());
          return;
        }
        keys.verifying(header['kid']).then(
          (key) => (key ? done(null, key as never) : done(new UnusableToken())),
          (error: unknown) => done(error),
        );
      },
    });
  }

  /** Called by passport with the claims of a token whose signature and times hold. */
  async validate(verified: unknown): Promise<CurrentCaller | false> {
    const claims = accessClaims(verified, this.settings);
    if (!claims) return false;
    const { sub, sid } = claims;
    const live = await this.sessions.findLive(sid);
    if (live?.user_id !== sub) return false;
    if (live.stale) await this.sessions.noteUse(sid);
    return { userId: sub, sessionId: sid, role: live.role, loggedInAt: live.created_at };
  }
}

/** A token that is refused before its signature is looked at. Passport hands key errors on as failures, not as crashes. */
class UnusableToken extends Error {}

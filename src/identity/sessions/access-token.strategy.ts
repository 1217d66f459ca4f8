import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { type FastifyRequest } from 'fastify';
import passport from 'passport';
import { Strategy } from 'passport-jwt';
import { TokenSettings } from '../../platform/config/groups/tokens.js';
import { type CurrentCaller } from '../../platform/http/access.decorators.js';
import { ACCESS_TOKEN_TYPE, accessClaims, accessTokenHeader } from './access-tokens.js';
import { Callers } from './proof/callers.js';
import { LoginSessionsRepository } from './login-sessions.repository.js';
import { SigningKeys } from './signing-keys.js';

/**
 * Checks a bearer token against our own keys: exact algorithm, type, issuer, audience and time (RFC 8725), and that
 * its login session still lives, so that logout, disabling and a changed role act at the next call.
 */
@Injectable()
export class AccessTokenStrategy extends PassportStrategy(Strategy, 'access-token') {
  constructor(
    private readonly settings: TokenSettings,
    keys: SigningKeys,
    private readonly sessions: LoginSessionsRepository,
    private readonly callers: Callers,
  ) {
    super({
      jwtFromRequest: bearerToken as never,
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

  /** Asked by Nest where to keep it: in no place of the process, where the last of several services would check all tokens. */
  protected getPassportInstance(): object {
    return new passport.Authenticator();
  }

  /** Called by passport with the claims of a token whose signature and times hold. */
  async validate(verified: unknown): Promise<CurrentCaller | false> {
    const claims = accessClaims(verified, this.settings);
    if (!claims) return false;
    const { sub, sid } = claims;
    const live = await this.sessions.findLive(sid);
    if (live?.user_id !== sub) return false;
    if (live.stale) await this.sessions.noteUse(sid);
    return this.callers.of(live, claims);
  }
}

/** A token that is refused before its signature is looked at. Passport hands key errors on as failures, not as crashes. */
class UnusableToken extends Error {}

/** The scheme in any case (RFC 9110 11.1), then one token and nothing behind it. */
const BEARER = /^bearer +([\w.-]+)$/i;

/**
 * The token of the one Authorization header. Of two, Node keeps the first and a proxy in front may have looked at the
 * second, so neither counts.
 */
function bearerToken({ raw, headers }: FastifyRequest): string | null {
  const names = raw.rawHeaders.filter((_, at) => at % 2 === 0);
  if (names.filter((name) => name.toLowerCase() === 'authorization').length !== 1) return null;
  return BEARER.exec(headers.authorization ?? '')?.[1] ?? null;
}

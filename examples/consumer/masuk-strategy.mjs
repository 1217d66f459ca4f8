import { KeyObject } from 'node:crypto';
import { createRemoteJWKSet, decodeProtectedHeader } from 'jose';
import { ExtractJwt, Strategy } from 'passport-jwt';

/** Masuk signs with this unless `JWT_ALGORITHM` says otherwise. Never take the algorithm from the token. */
const ALGORITHM = 'ES256';

/** Access tokens say so (RFC 9068); other tokens of the same issuer must not pass for one. */
const TYPE = 'at+jwt';

/** The keys could not be had: nobody knows yet whether the token is good. */
export class KeysUnavailable extends Error {}

/**
 * A passport strategy for Masuk's access tokens: signature, algorithm, type, issuer, audience and times.
 *
 * @param options.jwksUri where the keys are published: `https://…/.well-known/jwks.json`. Only this address is ever
 *   fetched, whatever a token's header says
 * @param options.issuer exactly Masuk's `JWT_ISSUER` (its `PUBLIC_URL` when unset)
 * @param options.audience exactly Masuk's `JWT_AUDIENCE`
 * @param options.cooldown ms between two looks for unknown keys: nobody can use us to hammer the issuer
 */
export function masukStrategy({ jwksUri, issuer, audience, cooldown = 10_000 }) {
  // Keys are kept for five minutes, as the key set's Cache-Control says. An unknown kid may be a new key.
  const keySet = createRemoteJWKSet(new URL(jwksUri), {
    cacheMaxAge: 300_000,
    cooldownDuration: cooldown,
    timeoutDuration: 3_000,
  });

  async function keyOf(token) {
    const { alg, typ, kid, crit } = headerOf(token);
    if (alg !== ALGORITHM || typ !== TYPE || typeof kid !== 'string' || crit !== undefined) return null;
    try {
      // Only these two: nothing else of a stranger's header is for the key set to see.
      return KeyObject.from(await keySet({ alg, kid }));
    } catch (error) {
      if (error.code === 'ERR_JWKS_NO_MATCHING_KEY') return null;
      throw new KeysUnavailable('the key set cannot be read', { cause: error });
    }
  }

  const options = {
    jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
    algorithms: [ALGORITHM],
    issuer,
    audience,
    secretOrKeyProvider: (_request, token, done) => {
      keyOf(token).then((key) => (key ? done(null, key) : done(new Error('not a token of ours'))), done);
    },
  };
  return new Strategy(options, ({ sub, role, sid, iat, exp }, done) => {
    // The library lets a token without an end, or with one of infinity, pass.
    const whole = [sub, sid].every((id) => typeof id === 'string') && [iat, exp].every(Number.isFinite);
    done(null, whole ? { id: sub, role, sessionId: sid } : false);
  });
}

function headerOf(token) {
  try {
    return decodeProtectedHeader(token);
  } catch {
    return {};
  }
}

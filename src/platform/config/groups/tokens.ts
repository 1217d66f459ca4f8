import { looksWeak } from '../weak-secrets.js';
import { duration } from '../rows/duration.js';
import { group } from '../rows/group.js';
import { keyMaterial, oneOf, text } from '../rows/rule.js';
import { setting } from '../rows/setting.js';
import { ReplacedSettings } from './replaced.js';
import { ServerSettings } from './server.js';
import { type SigningAlgorithm, SIGNING_ALGORITHMS } from './signing-algorithms.js';

const { algorithm, secretKey, accessTokenSeconds } = ReplacedSettings.rows;

/** What access tokens say, how they are signed, and how long they live. */
export class TokenSettings extends group(
  'Secrets and tokens',
  {
    jwtAlgorithm: setting('JWT_ALGORITHM', oneOf(...SIGNING_ALGORITHMS), {
      default: ({ value }): SigningAlgorithm => value(algorithm) ?? 'ES256',
      otherwise: '`ES256`',
      example: 'ES256',
      doc: 'signature of access tokens: `ES256`, `RS256`, or `HS256` with `JWT_SECRET`',
    }),
    jwtSecret: setting('JWT_SECRET', keyMaterial(), {
      default: ({ value }) => value(secretKey),
      doc: 'key for `HS256`; not used with `ES256` and `RS256`, whose keys are made and kept in the database',
    }),
    jwtExpiresIn: setting('JWT_EXPIRES_IN', duration(), {
      default: ({ value, strict }) => value(accessTokenSeconds) ?? (strict ? 15 * 60 : 7 * 24 * 3600),
      otherwise: '`7d`; strict `15m`',
      example: '7d',
      doc: 'lifetime of an access token, a duration',
    }),
    jwtIssuer: setting('JWT_ISSUER', text(255), {
      default: ({ value }) => value(ServerSettings.rows.publicUrl),
      otherwise: '`PUBLIC_URL`',
      example: 'http://localhost:5000',
      shown: true,
      doc: '`iss` of access tokens',
    }),
    jwtAudience: setting('JWT_AUDIENCE', text(255), { default: 'masuk', shown: true, doc: '`aud` of access tokens' }),
    jwtRoleCase: setting('JWT_ROLE_CASE', oneOf('upper', 'lower'), {
      default: 'upper',
      doc: 'spelling of `role` in access tokens: `upper` (ADMIN) or `lower` (admin); answers always have upper case',
    }),
  },
  ({ jwtAlgorithm, jwtSecret }, { production }) => [
    jwtAlgorithm === 'HS256' && !jwtSecret && 'JWT_SECRET is required (at least 32 bytes) when JWT_ALGORITHM is HS256',
    production &&
      jwtAlgorithm === 'HS256' &&
      jwtSecret !== undefined &&
      looksWeak(jwtSecret) &&
      'JWT_SECRET is a placeholder; make one with: openssl rand -base64 48',
  ],
) {}

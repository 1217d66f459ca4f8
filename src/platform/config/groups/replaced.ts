import { group } from '../rows/group.js';
import { keyMaterial, oneOf, text, whole } from '../rows/rule.js';
import { setting } from '../rows/setting.js';
import { SIGNING_ALGORITHMS } from './signing-algorithms.js';

/** Names of the replaced systems; each stands in for a variable of ours when that one is absent. */
export class ReplacedSettings extends group('Names of the replaced systems', {
  dbType: setting(
    'DB_TYPE',
    text(40, /^postgres(ql)?$/i, 'must be postgres: only PostgreSQL is supported; set DATABASE_URL to one'),
    {
      example: 'postgres',
      shown: true,
      doc: 'only `postgres` and `postgresql` are accepted',
    },
  ),
  dbHost: setting('DB_HOST', text(255), {
    shown: true,
    doc: 'host of the database; with the four parts below it stands in for `DATABASE_URL`, without it they are ignored',
  }),
  dbPort: setting('DB_PORT', whole(1, 65_535), { otherwise: '`5432`', example: '5432', doc: 'port of `DB_HOST`' }),
  dbName: setting('DB_NAME', text(63), {
    otherwise: '`masuk`',
    example: 'masuk',
    shown: true,
    doc: 'name of the database there',
  }),
  dbUser: setting('DB_USER', text(63), {
    otherwise: '`postgres`',
    example: 'postgres',
    shown: true,
    doc: 'user of the database there',
  }),
  dbPassword: setting('DB_PASSWORD', text(1024), { doc: 'password of that user' }),
  secretKey: setting('SECRET_KEY', keyMaterial(), { doc: 'stands in for `JWT_SECRET`' }),
  algorithm: setting('ALGORITHM', oneOf(...SIGNING_ALGORITHMS), {
    example: 'ES256',
    doc: 'stands in for `JWT_ALGORITHM`',
  }),
  accessTokenSeconds: setting(
    'ACCESS_TOKEN_EXPIRE_MINUTES',
    whole(1, 5_256_000).as((minutes) => minutes * 60),
    {
      example: '10080',
      doc: 'stands in for `JWT_EXPIRES_IN`, in minutes',
    },
  ),
}) {}

import { resolve } from 'node:path';
import { databaseUrlFromParts, problemOfAddress } from '../database/database-url.js';
import { group } from '../rows/group.js';
import { onOff, text, whole } from '../rows/rule.js';
import { setting } from '../rows/setting.js';
import { ReplacedSettings } from './replaced.js';

const address = () => text(4096, /^postgres(ql)?:\/\//, 'must begin with postgresql://');

const { dbHost, dbPort, dbName, dbUser, dbPassword } = ReplacedSettings.rows;

/** Where the database is, and what else is kept on this machine. */
export class DatabaseSettings extends group(
  'Service',
  {
    /** Absent: the embedded PostgreSQL under `dataDir` (never in production). */
    databaseUrl: setting('DATABASE_URL', address(), {
      default: ({ value }) =>
        databaseUrlFromParts({
          DB_HOST: value(dbHost),
          DB_PORT: value(dbPort),
          DB_NAME: value(dbName),
          DB_USER: value(dbUser),
          DB_PASSWORD: value(dbPassword),
        }),
      otherwise: 'embedded PostgreSQL; production: required',
      doc:
        'PostgreSQL, as `postgresql://user:password@host:5432/database`; with TLS `?sslmode=verify-full`, and ' +
        '`&sslrootcert=/path/to/ca.pem` where the server has an authority of its own',
    }),
    /** For migrations, where `databaseUrl` goes through a pooler. */
    directDatabaseUrl: setting('DIRECT_DATABASE_URL', address(), {
      otherwise: '`DATABASE_URL`',
      doc: 'the same database without a pooler, for each start and for migrations',
    }),
    databasePool: setting('DATABASE_POOL', whole(1, 500), {
      default: 10,
      doc: 'connections of this instance to the database',
    }),
    dataDir: setting(
      'DATA_DIR',
      text(4096).as((path) => resolve(path)),
      {
        default: '.data',
        shown: true,
        doc:
          'folder of the embedded PostgreSQL, of the `AUTH_SECRET` that is made outside production, and of ' +
          '[compiled code](operations.md)',
      },
    ),
    testClock: setting('TEST_CLOCK', onOff(), {
      default: 'off',
      doc:
        'for the tests of the service: `on` takes the time of its statements from the schema test_clock of the database, ' +
        'where a test has put one ([decision 22](decisions/0022-tests-move-the-time.md)); production refuses it',
    }),
  },
  ({ databaseUrl, directDatabaseUrl, testClock }, { production }) => [
    problemOfAddress('DATABASE_URL', databaseUrl) ?? false,
    problemOfAddress('DIRECT_DATABASE_URL', directDatabaseUrl) ?? false,
    production && !databaseUrl && 'DATABASE_URL is required in production',
    production && testClock && 'TEST_CLOCK must be off in production',
  ],
) {}

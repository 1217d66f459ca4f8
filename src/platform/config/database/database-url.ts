import { readDatabaseAddress } from './database-address.js';

/** Which database to use, as far as the environment says. */
export interface DatabaseSettings {
  /** Absent: the embedded PostgreSQL under `dataDir`. */
  databaseUrl?: string;
  /** Past any pooler: for migrations, and whatever else needs a session. Absent: `databaseUrl` serves for that too. */
  directDatabaseUrl?: string;
  /** Where the embedded PostgreSQL and other files of the service are kept. */
  dataDir: string;
}

/** What `DB_*` mean when only some of them are set. */
const DEFAULTS = { host: 'localhost', port: '5432', name: 'masuk', user: 'postgres' };

/**
 * Reads where the database is: DATABASE_URL, or else DB_HOST with DB_PORT, DB_NAME, DB_USER and DB_PASSWORD as older
 * set-ups have them, or neither. An empty variable counts as absent, because Compose files pass those on.
 *
 * Variables of libpq do not count, see `forgetDriverVariables`.
 *
 * @throws Error when DB_TYPE asks for another kind of database, or an URL or port is not one
 */
export function readDatabaseSettings(env: NodeJS.ProcessEnv = process.env): DatabaseSettings {
  forgetDriverVariables(env);
  const kind = env['DB_TYPE']?.trim().toLowerCase();
  if (kind && kind !== 'postgres' && kind !== 'postgresql') {
    throw new Error('DB_TYPE must be postgres: only PostgreSQL is supported; set DATABASE_URL to one');
  }
  const databaseUrl = checked('DATABASE_URL', env['DATABASE_URL']) ?? databaseUrlFromParts(env);
  const directDatabaseUrl = checked('DIRECT_DATABASE_URL', env['DIRECT_DATABASE_URL']);
  return {
    ...(databaseUrl !== undefined && { databaseUrl }),
    ...(directDatabaseUrl !== undefined && { directDatabaseUrl }),
    dataDir: env['DATA_DIR']?.trim() || '.data',
  };
}

/** The parts of an address as older set-ups name them. */
export interface DatabaseParts {
  DB_HOST?: string | undefined;
  DB_PORT?: string | number | undefined;
  DB_NAME?: string | undefined;
  DB_USER?: string | undefined;
  DB_PASSWORD?: string | undefined;
}

/**
 * Puts the parts together, or returns undefined without DB_HOST: the other parts alone (a DB_PASSWORD left in a shell)
 * must not lead away from the embedded database.
 *
 * @throws Error when the port or the host is not valid
 */
export function databaseUrlFromParts(parts: DatabaseParts): string | undefined {
  const host = parts.DB_HOST?.trim();
  if (!host) return undefined;
  const port = String(parts.DB_PORT ?? '').trim() || DEFAULTS.port;
  if (!/^\d{1,5}$/.test(port)) throw new Error('DB_PORT must be a port number');
  const user = encodeURIComponent(parts.DB_USER || DEFAULTS.user);
  const password = parts.DB_PASSWORD ? `:${encodeURIComponent(parts.DB_PASSWORD)}` : '';
  const name = encodeURIComponent(parts.DB_NAME || DEFAULTS.name);
  // An IPv6 address needs its brackets in an URL.
  const address = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  return checked('DB_HOST', `postgresql://${user}${password}@${address}:${port}/${name}`);
}

/** The message names the variable and never shows its value, which holds a password. */
function checked(name: string, value: string | undefined): string | undefined {
  const url = value?.trim();
  if (!url) return undefined;
  if (!URL.canParse(url) || !['postgres:', 'postgresql:'].includes(new URL(url).protocol)) {
    throw new Error(`${name} is not a PostgreSQL address (postgresql://user:password@host:5432/database)`);
  }
  readDatabaseAddress(name, url);
  return url;
}

/**
 * The sentence about what is wrong with an address, or undefined when nothing is.
 *
 * @param name of the variable; its value is not in the sentence
 */
export function problemOfAddress(name: string, value: string | undefined): string | undefined {
  try {
    checked(name, value);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/**
 * Takes the variables of libpq (`PGHOST`, `PGOPTIONS`, `PGSSLMODE`, …) out of the process: the driver would fill in from
 * them what an address leaves open, so that a shell decided which database is written to, and how.
 */
export function forgetDriverVariables(env: NodeJS.ProcessEnv = process.env): void {
  for (const name of Object.keys(env)) if (/^PG[A-Z_]+$/.test(name)) Reflect.deleteProperty(env, name);
}

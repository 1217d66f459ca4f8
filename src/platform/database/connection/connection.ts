import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { type ConnectionOptions } from 'node:tls';
import { type ClientConfig, type PoolConfig } from 'pg';
import { type DatabaseAddress, readDatabaseAddress } from '../../config/database/database-address.js';
import { inWords } from './connection-failure.js';
import { beginSession, type SessionLimits } from './session-settings.js';

/** A connection whose other side vanished is asked for a sign of life after this, in ms. */
const KEEP_ALIVE_AFTER = 10_000;

/**
 * What our connections to the server at this address have in common.
 *
 * @param databaseUrl as the settings have it, see `readDatabaseAddress`
 * @throws Error when a file that it names cannot be read
 */
export function connectionOptions(databaseUrl: string): ClientConfig {
  const address = readDatabaseAddress('DATABASE_URL', databaseUrl);
  return {
    connectionString: address.url,
    ssl: tlsOptions(address),
    ...(address.directTls && { sslnegotiation: 'direct' as const }),
    enableChannelBinding: address.channelBinding,
    connectionTimeoutMillis: address.connectTimeout,
    application_name: 'masuk',
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER,
  };
}

/** A new connection has to take its settings in this time, in ms. */
const SETTINGS_PATIENCE = 2_000;

/** Lets each connection of a pool begin with the settings that we rely on, before anybody gets it. */
export function sessionsBegin(
  limits: SessionLimits,
  more: Readonly<Record<string, string>> = {},
): Pick<PoolConfig, 'onConnect'> {
  const settings = { text: beginSession(limits, more), query_timeout: SETTINGS_PATIENCE };
  // eslint-disable-next-line @typescript-eslint/no-misused-promises -- the pool waits for it, which its types do not say
  return { onConnect: (client) => client.query(settings).then(() => undefined) };
}

function tlsOptions(address: DatabaseAddress): ConnectionOptions | false {
  const { tls, authorities, certificate, key } = address;
  if (tls === 'disable') return false;
  return {
    ...(authorities !== undefined && { ca: fileOf('sslrootcert', authorities) }),
    ...(certificate !== undefined && { cert: fileOf('sslcert', certificate) }),
    ...(key !== undefined && { key: fileOf('sslkey', key) }),
    ...((tls === 'no-verify' || tls === 'prefer') && { rejectUnauthorized: false }),
    ...(tls === 'verify-ca' && { checkServerIdentity: () => undefined }),
  };
}

function fileOf(parameter: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code = 'unreadable' } = error as NodeJS.ErrnoException;
    throw new Error(`The file that ${parameter} names in the address of the database cannot be read (${code}).`, {
      cause: error,
    });
  }
}

/**
 * Decides what `sslmode=prefer` leaves open, for the life of the process: encrypted if the server offers it.
 *
 * @returns the address with another `sslmode`, or as it is
 * @throws Error in words when the server does not answer
 */
export async function settledUrl(databaseUrl: string): Promise<string> {
  const address = readDatabaseAddress('DATABASE_URL', databaseUrl);
  if (address.tls !== 'prefer') return databaseUrl;
  const offered = !address.host.startsWith('/') && (await offersTls(address));
  const url = new URL(databaseUrl);
  url.searchParams.set('sslmode', offered ? 'no-verify' : 'disable');
  return url.href;
}

/** Length 8, then the number that asks for TLS (PostgreSQL manual, 54.7, SSLRequest). */
const TLS_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

async function offersTls(address: DatabaseAddress): Promise<boolean> {
  let socket: Socket | undefined;
  try {
    return await new Promise<boolean>((resolve, reject) => {
      socket = connect(address.port, address.host, () => socket?.write(TLS_REQUEST));
      socket.setTimeout(address.connectTimeout, () => reject(new Error('timeout expired')));
      socket.once('data', (answer) => resolve(answer.toString('latin1') === 'S'));
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('Connection terminated unexpectedly')));
    });
  } catch (error) {
    throw inWords(error, address.where);
  } finally {
    socket?.destroy();
  }
}

/**
 * How far the server is trusted, after libpq's `sslmode` (PostgreSQL manual, 32.19), one word stricter: without a file
 * of authorities, `require` checks the certificate as `verify-full` does.
 */
export type TlsMode = 'disable' | 'prefer' | 'no-verify' | 'verify-ca' | 'verify-full';

/** A PostgreSQL address, and what its parameters ask for. */
export interface DatabaseAddress {
  /** Without the parameters that are read here, for the driver; holds the password. */
  readonly url: string;
  /** Host and port, or the folder of a socket: may be shown. */
  readonly where: string;
  readonly host: string;
  readonly port: number;
  /** What the server has at a start to let us in, in ms; `connect_timeout`, 10 s if that is absent or 0. */
  readonly connectTimeout: number;
  readonly tls: TlsMode;
  /** Files in PEM; absent, the authorities that Node knows decide. */
  readonly authorities: string | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
  /** TLS from the first byte on (`sslnegotiation=direct`, PostgreSQL 17 and newer). */
  readonly directTls: boolean;
  /** Binds the password's proof to the certificate (RFC 5929), so that nobody in between can use it. */
  readonly channelBinding: boolean;
}

const TLS_WORDS = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'];

/** In seconds. */
const CONNECT_TIMEOUT = 10;

/** Read here, and taken out of the address: the driver has meanings and warnings of its own. */
const READ_HERE = [
  ...['sslmode', 'ssl', 'uselibpqcompat', 'sslrootcert', 'sslcert', 'sslkey', 'sslnegotiation', 'channel_binding'],
  ...['schema', 'target_session_attrs', 'gssencmode', 'client_encoding', 'connect_timeout'],
];

/** The driver's own. */
const PASSED_ON = ['host', 'port', 'user', 'password', 'application_name', 'options'];

/** Set pools and times of other programs, or say what is so anyway: Masuk has its own, and nothing depends on them. */
const WITHOUT_MEANING = [
  ...['pgbouncer', 'connection_limit', 'pool_timeout', 'socket_timeout', 'statement_cache_size', 'supa'],
  ...['keepalives', 'keepalives_idle', 'keepalives_interval', 'keepalives_count'],
  ...['tcp_user_timeout', 'sslsni', 'sslcompression', 'fallback_application_name'],
];

/** Parameters of which only some values fit: what must be so, and what to do otherwise. */
const ONLY: Record<string, [values: RegExp, otherwise: string]> = {
  schema: [/^public$/, 'Masuk keeps its tables in the schema public: remove it, and give Masuk a database of its own'],
  target_session_attrs: [/^(any|read-write|primary)$/, 'Masuk writes: it must be read-write or absent'],
  gssencmode: [/^(disable|prefer)$/, 'Masuk encrypts by TLS alone: remove it'],
  client_encoding: [/^(utf-?8|auto)$/i, 'Masuk speaks UTF-8: remove it'],
  channel_binding: [/^(disable|prefer|require)$/, 'it must be one of disable, prefer, require'],
  sslnegotiation: [/^(postgres|direct)$/, 'it must be one of postgres, direct'],
  ssl: [/^(true|false|1|0|no-verify)$/, 'use sslmode'],
  sslmode: [new RegExp(`^(${TLS_WORDS.join('|')})$`), `it must be one of ${TLS_WORDS.join(', ')}`],
  connect_timeout: [/^\d{1,2}$/, 'it must be a number of seconds, at most 99'],
  uselibpqcompat: [/^(true|false)$/, 'it must be true or false'],
  // Such as endpoint=…, which some providers need.
  options: [/^\w[\w=.-]*$/, 'Masuk sets what it relies on by itself: remove it'],
};

/**
 * Reads an address and its parameters. One that would be ignored, although somebody meant something by it, is refused.
 *
 * @param name of the variable, for the sentences
 * @throws Error that names the variable and the parameter, never a value
 */
export function readDatabaseAddress(name: string, text: string): DatabaseAddress {
  const url = new URL(text);
  const given = Object.fromEntries(url.searchParams);
  for (const [parameter, value] of Object.entries(given)) refuseUnfit(name, parameter, value);
  const { sslrootcert, sslcert, sslkey } = given;
  const tls = tlsMode(given);
  if (given['sslnegotiation'] === 'direct' && (tls === 'disable' || tls === 'prefer'))
    throw new Error(
      `${name} has the parameter sslnegotiation=direct: sslmode must be require, verify-full or no-verify`,
    );
  const taken = [...READ_HERE, ...WITHOUT_MEANING].filter((parameter) => parameter in given);
  for (const parameter of taken) url.searchParams.delete(parameter);
  const host = given['host'] ?? decodeURIComponent(url.hostname.replace(/^\[(.+)\]$/, '$1'));
  const port = Number(given['port'] ?? (url.port || 5432));
  return {
    url: taken.length > 0 ? url.href : text,
    where: host.startsWith('/') ? host : `${host || 'localhost'}:${port}`,
    host: host || 'localhost',
    port,
    connectTimeout: 1000 * (Number(given['connect_timeout'] ?? 0) || CONNECT_TIMEOUT),
    tls,
    authorities: sslrootcert === 'system' ? undefined : sslrootcert,
    certificate: sslcert,
    key: sslkey,
    directTls: given['sslnegotiation'] === 'direct',
    channelBinding: given['channel_binding'] === 'require' && tls !== 'disable',
  };
}

function refuseUnfit(name: string, parameter: string, value: string): void {
  if (![...READ_HERE, ...PASSED_ON, ...WITHOUT_MEANING].includes(parameter)) {
    // Behind a question mark that is not encoded may be the rest of a password.
    const called = /^[a-z_]{1,40}$/.test(parameter) ? `the parameter ${parameter}, which` : 'a parameter that';
    throw new Error(`${name} has ${called} Masuk does not know: remove it, or encode the ? before it as %3F`);
  }
  const [values, otherwise] = ONLY[parameter] ?? [/^/, ''];
  if (!values.test(value))
    throw new Error(`${name} has a value of the parameter ${parameter} that is not taken: ${otherwise}`);
}

function tlsMode({ sslmode, ssl, uselibpqcompat, sslrootcert }: Record<string, string | undefined>): TlsMode {
  const file = sslrootcert !== undefined && sslrootcert !== 'system';
  switch (sslmode) {
    case undefined:
      if (ssl === undefined) return sslrootcert === undefined ? 'disable' : 'verify-full';
      return ssl === 'no-verify' ? ssl : ssl === 'true' || ssl === '1' ? 'verify-full' : 'disable';
    // libpq tries plain first where it is allowed; encrypted is as much of a connection, and better.
    case 'allow':
    case 'prefer':
      return 'prefer';
    case 'require':
      return file ? 'verify-ca' : uselibpqcompat === 'true' ? 'no-verify' : 'verify-full';
    case 'verify-ca':
      return file ? 'verify-ca' : 'verify-full';
    case 'disable':
    case 'no-verify':
      return sslmode;
    default:
      return 'verify-full';
  }
}

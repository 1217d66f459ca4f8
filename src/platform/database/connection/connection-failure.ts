/** The database cannot be reached, or not as the address asks; says what to do. */
export class DatabaseUnreachable extends Error {
  override readonly name = 'DatabaseUnreachable';
}

/** What OpenSSL says of a certificate whose authority it does not know. */
const UNKNOWN_AUTHORITY = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** What ends a connection that has only begun: limits of its role, its database or the server. */
const TOO_SHORT: Record<string, string> = { '57014': 'statement_timeout', '25P04': 'transaction_timeout' };

const NOT_THERE = new Set(['ECONNREFUSED', 'ENOENT', 'EACCES']);
const NO_SUCH_HOST = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL']);
const SILENT = new Set(['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN']);
const SILENT_WORDS = /^timeout expired$|connection timeout|Query read timeout/;

/**
 * A failure to connect, as a sentence for whoever starts the service. Other errors are returned as they are: the
 * server's own words (a wrong password, no such database) say enough.
 *
 * @param where host and port
 */
export function inWords(error: unknown, where: string): Error {
  // Not by instanceof: errors of Node's own modules may come from another realm.
  const failure = isErrorLike(error) ? error : new Error(String(error));
  const sentence = sentenceFor(failure, where);
  return sentence === undefined ? failure : new DatabaseUnreachable(sentence, { cause: error });
}

function isErrorLike(value: unknown): value is Error {
  return typeof value === 'object' && value !== null && 'message' in value;
}

function sentenceFor(error: Error, where: string): string | undefined {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (NOT_THERE.has(code)) return `The database does not answer at ${where}. Is DATABASE_URL right?`;
  if (NO_SUCH_HOST.has(code)) return `The host of the database at ${where} is not known. Is DATABASE_URL right?`;
  if (SILENT.has(code) || SILENT_WORDS.test(error.message))
    return `Nothing answers at ${where} in time. Is DATABASE_URL right, and does a firewall let us through?`;
  if (error.message.includes('does not support SSL connections'))
    return `The database at ${where} offers no TLS, which the sslmode of DATABASE_URL asks for.`;
  if (code in TOO_SHORT)
    return (
      `The database at ${where} ended the first statement of a connection: its ${TOO_SHORT[code]} is too short. ` +
      `Set it with ALTER ROLE, for example: ALTER ROLE masuk SET ${TOO_SHORT[code]} = '5s';`
    );
  if (error.message === 'Connection terminated unexpectedly')
    return `The database at ${where} ends the connection before it lets us in. Is it a PostgreSQL, and not starting or full?`;
  return certificateSentence(error, code, where);
}

function certificateSentence(error: Error, code: string, where: string): string | undefined {
  if (UNKNOWN_AUTHORITY.has(code))
    return (
      `The certificate of the database at ${where} comes from an authority that is not known here (${error.message}). ` +
      'Add the file of that authority to DATABASE_URL: sslmode=verify-full&sslrootcert=/path/to/ca.pem. ' +
      'Or encrypt without knowing to whom: sslmode=no-verify.'
    );
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return (
      `The certificate of the database at ${where} is for another host. Use the name that it has in DATABASE_URL, ` +
      'or check the authority alone: sslmode=verify-ca&sslrootcert=/path/to/ca.pem.'
    );
  if (code === 'CERT_HAS_EXPIRED') return `The certificate of the database at ${where} has expired.`;
  if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_OSSL_'))
    return `No TLS with the database at ${where}: ${error.message}`;
  return undefined;
}

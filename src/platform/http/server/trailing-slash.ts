import { type IncomingMessage } from 'node:http';

/**
 * Routes whose addresses are a standard's, letter for letter. A slash at the end of any other path changes nothing, as in
 * the services that are replaced here.
 */
const LITERAL = /^\/oidc(?:\/|$)/;

/** Path with one slash too many, and what follows it; also in the absolute form (RFC 9112 section 3.2.2). */
const SLASH_AT_END = /^((?:https?:\/\/[^/?#]*)?)(\/(?:[^?#]*[^/?#])?)\/([?#].*)?$/i;

/**
 * The address of a request without a slash at the end of its path, before anything looks at it: routing, guards, limits,
 * raw bodies and idempotency know one route. The address as it was sent is in `request.originalUrl`.
 */
export function withoutSlashAtEnd({ url = '' }: IncomingMessage): string {
  const [, origin = '', path = '', rest = ''] = SLASH_AT_END.exec(url) ?? [];
  return path === '' || path === '/' || LITERAL.test(path) ? url : origin + path + rest;
}

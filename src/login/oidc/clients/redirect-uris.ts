import { type ClientKind } from './clients.repository.js';

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

const LONGEST = 2_000;

/** A scheme of an application's own holds a dot: a domain name turned round (RFC 8252 section 7.1). */
const OWN_SCHEME = /^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:$/;

/** The address of a page on this machine, where there is no TLS (RFC 8252 section 7.3). */
export function isLoopback({ hostname }: URL): boolean {
  return LOOPBACK.has(hostname);
}

/**
 * Whether an address may be stored for a browser to be sent to, or for us to call: absolute, spelled as browsers spell it,
 * so that comparing texts compares addresses, `https` or on this machine, without fragment (RFC 6749 section 3.1.2),
 * user info or a wildcard.
 */
export function isWebAddress(text: string): boolean {
  const url = readAddress(text);
  return url !== null && isSecure(url);
}

/** The same for an address that a person is sent back to; applications on a device may have a scheme of their own. */
export function isRedirectUri(text: string, kind: ClientKind): boolean {
  const url = readAddress(text);
  if (url === null) return false;
  // The library takes no TLS on a device's own addresses for these: nobody can have a certificate for them.
  if (kind === 'native' && url.protocol === 'https:' && isLoopback(url)) return false;
  return isSecure(url) || (kind === 'native' && OWN_SCHEME.test(url.protocol));
}

function isSecure(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
}

function readAddress(text: string): URL | null {
  if (text.length > LONGEST || !URL.canParse(text) || /[#*\\\s]/.test(text)) return null;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return null;
  return url.href === text || url.href === `${text}/` ? url : null;
}

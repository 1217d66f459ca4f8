/**
 * Scheme, host and port of an address that begins with nothing else: no user name, backslash, blank or control character
 * that URL parsers understand differently. React Native's own `URL` cannot be relied on for this.
 */
const ABSOLUTE = /^(https?):\/\/([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?(?=[/?#]|$)/i;

const DEFAULT_PORTS: Record<string, string> = { http: '80', https: '443' };

/** The origin of an absolute http(s) address, in lower case, without a default port; null for anything else. */
export function originOf(address: string): string | null {
  const parts = ABSOLUTE.exec(address);
  if (!parts) return null;
  const [, scheme = '', host = '', port] = parts;
  const name = scheme.toLowerCase();
  const shown = port === undefined || port === DEFAULT_PORTS[name] ? '' : `:${port}`;
  return `${name}://${host.toLowerCase()}${shown}`;
}

/**
 * The absolute form of a base address.
 *
 * @param baseUrl `https://…`, or the path of a proxy on the page's own origin, or empty for that origin
 * @throws TypeError where there is no page (Node, React Native) and the address is not absolute
 */
export function absoluteBase(baseUrl: string): string {
  const bare = baseUrl.replace(/\/+$/, '');
  if (originOf(bare) !== null) return bare;
  const { location } = globalThis as { location?: { origin?: string } };
  const page = originOf(location?.origin ?? '');
  if (page === null || !/^(\/(?![/\\]).*)?$/.test(bare)) {
    throw new TypeError('baseUrl must be the address of the service, for example https://login.example.org');
  }
  return page + bare;
}

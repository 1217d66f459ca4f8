/** Outside production, without `FRONTEND_URL`: every page and packaged app of this machine, on any port. */
const OF_THIS_MACHINE =
  /^(?:https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?|(?:capacitor|ionic):\/\/localhost)$/;

/** The origins of pages inside an app: every app that is packaged by the same tool has the same one. */
const OF_PACKAGED_APPS = /^(?:https?:\/\/(?:[\w-]+\.)*localhost|(?!https?:).*)$/;

/** Schemes whose pages have no origin of their own (RFC 6454 section 4), or which have no pages. */
const WITHOUT_ORIGIN = new Set(['file:', 'data:', 'blob:', 'about:', 'javascript:', 'ws:', 'wss:', 'ftp:']);

/**
 * `https://app.example/path/` as the origin that a browser sends, `https://app.example`; also of a packaged app
 * (`capacitor://localhost`) or an extension. What has none comes back as it is, and `isOrigin` refuses it.
 */
export function originOf(address: string): string {
  if (!/^[a-z][a-z\d+.-]*:\/\//i.test(address) || !URL.canParse(address)) return address;
  const { protocol, host, origin } = new URL(address);
  return origin === 'null' ? `${protocol}//${host.toLowerCase()}` : origin;
}

/** Whether a text is an origin that a browser can send; a pattern such as `https://*.example` is not. */
export function isOrigin(text: string): boolean {
  const [, scheme = ''] = /^([a-z][a-z\d+.-]*:)\/\/[^/?#@*\s]+$/.exec(text) ?? [];
  return scheme !== '' && !WITHOUT_ORIGIN.has(scheme);
}

/** What a browser may do that sends this origin. */
export interface OriginRights {
  /** Whether its pages may call, and read the answers. */
  readonly calls: boolean;
  /** Whether they may send cookies with it. Never for an origin that belongs to nobody in particular. */
  readonly credentials: boolean;
}

/** @param allowed the origins of `FRONTEND_URL`; null for those of this machine */
export function rightsOf(origin: string | undefined, allowed: readonly string[] | null): OriginRights {
  if (origin === undefined) return { calls: false, credentials: false };
  if (allowed === null) return { calls: OF_THIS_MACHINE.test(origin), credentials: false };
  const calls = allowed.includes(origin);
  return { calls, credentials: calls && !OF_PACKAGED_APPS.test(origin) };
}

import { styleSource } from '../pages/page.js';
import { isLoopback } from './clients/redirect-uris.js';

/**
 * What a page of the provider may do: as our other pages (`login/pages/page.ts`), and a form that ends with the person being
 * sent back to the application may do that: browsers ask `form-action` about redirects too.
 *
 * @param sentTo the address of the application, checked; undefined while it is not known
 * @param logo of the application
 * @param nonce see `styleNonce`
 */
export function providerPolicy(sentTo?: string, logo?: string | null, nonce?: string): string {
  const images = ["'self'", ...sourceOf(logo ?? undefined)];
  const forms = ["'self'", ...sourceOf(sentTo)];
  return [
    "default-src 'none'",
    "script-src 'self'",
    styleSource(nonce),
    `img-src ${images.join(' ')}`,
    "connect-src 'self'",
    "base-uri 'none'",
    `form-action ${forms.join(' ')}`,
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types lit-html',
  ].join('; ');
}

/** An origin, or the scheme of an application's own. */
function sourceOf(address: string | undefined): string[] {
  if (address === undefined || !URL.canParse(address)) return [];
  const url = new URL(address);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url))) return [url.origin];
  return url.protocol.includes('.') ? [url.protocol] : [];
}

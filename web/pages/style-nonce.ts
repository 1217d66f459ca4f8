/**
 * For Lit, where a browser cannot construct style sheets: the nonce by which the page lets them in. Imported before the
 * elements.
 */
const { nonce } = document.querySelector<HTMLLinkElement>('link[nonce]') ?? {};
if (nonce !== undefined) Object.assign(globalThis, { litNonce: nonce });

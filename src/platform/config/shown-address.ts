/** From a scheme to the next blank. */
const ADDRESS = /[a-z][a-z0-9+.-]*:\/\/\S*/gi;

/** Everything up to the last `@` before a path. */
const CREDENTIALS = /(:\/\/)[^/?#]*@/;

/** A part of a query, with or without a name; and the first part of a fragment that has names, as those of OpenID Connect do. */
const QUERY_PART = /([?&;])([^=&;#?]*)(?:(=)[^&;#?]*)?/g;
const FRAGMENT_PART = /(#[^=&#]*=)[^&#]*/g;

/**
 * A text with its addresses as those may see them who may not change them: without user and password, and of a query the names
 * without their values. Which value is a secret, as in `?token=…`, is known to nobody but whoever chose the address.
 */
export function shownAddresses(text: string): string {
  return text.replace(ADDRESS, (address) =>
    address
      .replace(CREDENTIALS, '$1…@')
      .replace(QUERY_PART, (_, mark: string, name: string, equals?: string) =>
        equals ? `${mark}${name}=…` : `${mark}${name === '' ? '' : '…'}`,
      )
      .replace(FRAGMENT_PART, '$1…'),
  );
}

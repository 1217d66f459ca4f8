/** An sf-string (RFC 8941 section 3.3.3), which the draft wants; at least one character and at most 255. */
const QUOTED = /^"((?:[ !#-[\]-~]|\\["\\]){1,255})"$/;

/** What many clients send instead: an id without quotes. */
const BARE = /^[\w.:~+/=-]{1,255}$/;

/** @returns the key that an `Idempotency-Key` header names, or null when it names none; with or without quotes is the same key */
export function idempotencyKey(header: string): string | null {
  const quoted = QUOTED.exec(header)?.[1];
  if (quoted !== undefined) return quoted.replace(/\\(.)/g, '$1');
  return BARE.test(header) ? header : null;
}

/** A body as a text that is the same for the same fields in any order. Bodies of ours are nested a few deep at most. */
export function canonicalJson(body: unknown): string {
  if (body === undefined) return '';
  return JSON.stringify(body, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
      : value,
  );
}

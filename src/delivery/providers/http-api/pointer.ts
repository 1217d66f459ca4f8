import { own } from '../json-fields.js';

/** A place in a JSON document, as RFC 6901 writes it: `/data/0/id`. */
export type Pointer = readonly string[];

/** Undefined for a text that is no pointer, and for the one to the whole document. */
export function pointerOf(text: string): Pointer | undefined {
  if (!/^(?:\/(?:[^~/]|~[01])*)+$/.test(text) || text.length > 200) return undefined;
  return text
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** What stands there; undefined for nothing, and never a field of a prototype. */
export function valueAt(document: unknown, pointer: Pointer): unknown {
  return pointer.reduce<unknown>((place, token) => {
    if (!Array.isArray(place)) return own(place, token);
    return /^(?:0|[1-9]\d{0,8})$/.test(token) ? (place[Number(token)] as unknown) : undefined;
  }, document);
}

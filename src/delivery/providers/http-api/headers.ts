import { isFields, parseObject } from '../json-fields.js';

/** Names that are this service's or the connection's. */
const RESERVED =
  /^(?:host|content-(?:length|type|encoding)|transfer-encoding|accept-encoding|connection|keep-alive|upgrade|te|trailer|expect|proxy-.*)$/i;

const NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/;

/** Visible ASCII with blanks inside: no line can begin in it. */
const VALUE = /^[\x21-\x7e](?:[\x20-\x7e]{0,4000}[\x21-\x7e])?$/;

/** Headers out of a JSON object; undefined when one is not a header, is not the operator's to set, or is there twice. */
export function headersOf(text: string): Readonly<Record<string, string>> | undefined {
  const object = parseObject(text);
  if (!isFields(object)) return undefined;
  const entries = Object.entries(object);
  const isRight = ([name, value]: [string, unknown]) =>
    NAME.test(name) && !RESERVED.test(name) && typeof value === 'string' && VALUE.test(value) && !value.includes('{{');
  const names = new Set(entries.map(([name]) => name.toLowerCase()));
  if (entries.length > 20 || names.size < entries.length || !entries.every(isRight)) return undefined;
  return Object.fromEntries(entries) as Record<string, string>;
}

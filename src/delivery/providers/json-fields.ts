/** A JSON object of somebody else: any keys, any values. */
export type Fields = Readonly<Record<string, unknown>>;

/** Whether it is an object and not a list. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The JSON object in a text; undefined for any other text. */
export function parseObject(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A field of an object, never one of its prototype's; undefined for anything but an object. */
export function own(value: unknown, name: string): unknown {
  return isFields(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** The first element of a list; undefined for anything but a list. */
export function firstOf(list: unknown): unknown {
  return Array.isArray(list) ? list[0] : undefined;
}

/** A field by its name in lower case, whatever the case in the answer; the exact spelling goes first. */
export function field(value: unknown, name: string): unknown {
  if (!isFields(value)) return undefined;
  const key = Object.hasOwn(value, name) ? name : Object.keys(value).find((each) => each.toLowerCase() === name);
  return key === undefined ? undefined : value[key];
}

/**
 * A provider's id of a message or file: 1 to 200 visible ASCII characters, or a whole number. Null for any other: one that was
 * cut or cleaned would be another message's, and no receipt would find it.
 */
export function idOf(value: unknown): string | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : null;
  return typeof value === 'string' && /^[\x21-\x7e]{1,200}$/.test(value) ? value : null;
}

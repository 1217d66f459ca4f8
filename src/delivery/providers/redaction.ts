import { isFields, type Fields } from './json-fields.js';

/** An answer outside the shapes that are known of a provider: key names and status only, never values. */
export interface ContractSurprise {
  provider: string;
  /** What was asked for, for example `send`. */
  call: string;
  /** Key names of the answer, those of an inner object as `outer.inner`; empty when it was no JSON object. */
  keys: string[];
  httpStatus: number;
}

/** Where surprises go: the log. */
export type SurpriseListener = (surprise: ContractSurprise) => void;

const MAX_TEXT = 200;
const MAX_KEYS = 20;
const MAX_KEY = 40;

/**
 * A provider's words without secrets, URLs, mail addresses, ids, numbers or what we sent; at most 200 characters.
 *
 * @param secrets texts that may not come out, whole
 * @returns undefined when no words are left
 */
export function redacted(words: unknown, secrets: readonly (string | undefined)[]): string | undefined {
  if (typeof words !== 'string') return undefined;
  let text = words;
  for (const secret of secrets) {
    if (secret) text = text.replaceAll(secret, '…');
  }
  text = text
    .slice(0, 20 * MAX_TEXT)
    .replace(/\p{Cf}+/gu, '')
    .replace(/\b[a-z][a-z0-9+.-]{0,20}:\/\/\S*|\bwww\.\S*/gi, '…')
    .replace(/[^\s@<>"'(),:;]{1,64}@[^\s@<>"'(),:;]{1,255}/g, '…')
    .replace(/[0-9a-f-]{16,}/gi, '…')
    .replace(/\d(?:[ ().-]{0,3}\d){5,}/g, '…')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return text === '' ? undefined : text.slice(0, MAX_TEXT).toWellFormed();
}

/** The names of an object's keys and of its inner objects' keys, redacted; at most 20 of 40 characters. */
export function keyNames(body: Fields | undefined, secrets: readonly (string | undefined)[]): string[] {
  const outer = Object.entries(body ?? {}).slice(0, MAX_KEYS);
  const inner = outer.flatMap(([name, value]) =>
    isFields(value)
      ? Object.keys(value)
          .slice(0, MAX_KEYS)
          .map((key) => `${name}.${key}`)
      : [],
  );
  return [...outer.map(([name]) => name), ...inner]
    .slice(0, MAX_KEYS)
    .map((key) => (redacted(key, secrets) ?? '').slice(0, MAX_KEY));
}

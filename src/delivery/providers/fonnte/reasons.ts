import { type RejectionReason } from '../message-provider.js';

/** What Fonnte's words mean; the first that fits counts: docs/wire/fonnte.md#send. */
const REASON_BY_WORDS: readonly [RegExp, RejectionReason][] = [
  [/disconnect|not connected/i, 'provider-disconnected'],
  [/token invalid|device not found/i, 'provider-auth'],
  [/quota/i, 'provider-quota'],
  [/^target invalid/i, 'recipient-invalid'],
  [/^(?:input|url|file|json)\b|body value/i, 'content'],
];

/** What a refusal is about, by its words; undefined for words that are not known. */
export function reasonOfWords(words: string | undefined): RejectionReason | undefined {
  if (words === undefined) return undefined;
  return REASON_BY_WORDS.find(([pattern]) => pattern.test(words))?.[1];
}

/** Providers' sentences that may be shown to a stranger: they name no device, number or address. */
const KNOWN = new Set(['device not connected or not found']);

/** The provider's words, when they are among the known ones. */
export function knownWords(words: string | undefined): string | undefined {
  return words !== undefined && KNOWN.has(words) ? words : undefined;
}

/** Providers' sentences that may be shown to a stranger: they name no device, number or address. */
const SAFE_TEXTS = new Set(['device not connected or not found']);

/** The provider's words, when they are among the known ones. */
export function safeProviderText(text: string | undefined): string | undefined {
  return text !== undefined && SAFE_TEXTS.has(text) ? text : undefined;
}

/** What a webhook can be told of. */
export const WEBHOOK_EVENTS = ['session.status', 'message.status', 'message.received', 'otp.status'] as const;
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];

/** Longer texts are cut: a body stays well under what receivers take. */
const LONGEST_TEXT = 16_384;

/** A text as an event carries it. */
export function boundedText(text: string | null): { text: string | null; truncated?: true } {
  if (text === null || text.length <= LONGEST_TEXT) return { text };
  // Not in the middle of a character: half a surrogate pair is not valid text.
  return { text: text.slice(0, LONGEST_TEXT).replace(/[\uD800-\uDBFF]$/, ''), truncated: true };
}

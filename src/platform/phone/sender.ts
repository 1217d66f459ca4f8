/**
 * What providers call somebody who hides their number: Meta's id of a user (`ID.13491208655302741918`), WhatsApp's hidden
 * id (`98765432101234@lid`), or its digits alone.
 */
const HIDDEN_ID = /^(?:[A-Z]{2}\.[A-Za-z0-9.]{1,128}|[1-9][0-9]{4,19}@lid|[1-9][0-9]{6,19})$/;
const MARK = 'id:';

/**
 * How a sender without a number is kept: `id:` and what their provider calls them. It is never taken for a number.
 *
 * @param id as the provider wrote it; the device behind a WhatsApp id is left out
 * @returns null for anything else
 */
export function hiddenSender(id: unknown): string | null {
  const written = typeof id === 'number' && Number.isSafeInteger(id) ? String(id) : id;
  if (typeof written !== 'string' || written.length > 140) return null;
  const whole = written.replace(/:[0-9]{1,5}@lid$/, '@lid');
  return HIDDEN_ID.test(whole) ? `${MARK}${whole}` : null;
}

/** Whether this is a sender without a number, as `hiddenSender` writes them. */
export function isHiddenSender(sender: string): boolean {
  return sender.startsWith(MARK) && hiddenSender(sender.slice(MARK.length)) === sender;
}

/** Whether digits are those of a hidden id, so that they must not be read as a number. */
export function areDigitsOf(digits: unknown, hiddenIds: readonly unknown[]): boolean {
  const bare = typeof digits === 'number' ? String(digits) : digits;
  if (typeof bare !== 'string' || !/^\+?[0-9]+$/.test(bare)) return false;
  return hiddenIds.map(hiddenSender).some((id) => id?.match(/[0-9]+/)?.[0] === bare.replace('+', ''));
}

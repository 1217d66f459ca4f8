import { type RejectionReason } from '../message-provider.js';
import { codeOf, reasonByCode } from '../outcomes.js';

/**
 * What Twilio's error codes mean; those of 30000 and more come with receipts. Twilio adds finer ones over time, so what
 * is not here falls back on the HTTP status: docs/wire/twilio.md.
 */
const REASONS: Readonly<Record<RejectionReason, readonly number[]>> = {
  'recipient-invalid': [21211, 21217, 21265, 21614, 21635, 30005, 30006],
  'recipient-unreachable': [21612, 30003],
  'recipient-blocked-by-policy': [21408, 21608, 21610, 30004],
  'provider-auth': [20003, 20005, 20006, 20008, 20404, 30002],
  'provider-quota': [63038],
  'provider-unavailable': [20500, 20503, 30009, 30410],
  'rate-limited-account': [14107, 20429, 21611, 30001, 30022],
  content: [21212, 21602, 21603, 21604, 21606, 21617, 21619, 21659, 21660, 21661, 30007, 30019],
  'rate-limited-recipient': [],
  'recipient-not-on-whatsapp': [],
  'provider-disconnected': [],
  template: [],
  unclassified: [],
};

const REASON_BY_CODE = reasonByCode(REASONS);

/** What a code means; undefined when there is none, or one that is not known. */
export function reasonOf(code: number | undefined): RejectionReason | undefined {
  return code === undefined ? undefined : REASON_BY_CODE.get(code);
}

/** A code above zero: Twilio writes null, and elsewhere 0, for none. */
export function errorCodeOf(code: unknown): number | undefined {
  const number = codeOf(code);
  return number !== undefined && number > 0 ? number : undefined;
}

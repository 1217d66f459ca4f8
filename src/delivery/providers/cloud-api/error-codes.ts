import { type RejectionReason } from '../message-provider.js';
import { reasonByCode } from '../outcomes.js';

/** What `error.code` means, whatever the HTTP status: docs/wire/cloud-api.md#errors. Permissions are a range, below. */
const REASONS: Readonly<Record<RejectionReason, readonly number[]>> = {
  'provider-auth': [0, 190, 3, 10, 368, 131005, 131031, 131037, 133010, 133016],
  'rate-limited-account': [4, 80007, 130429],
  'provider-unavailable': [1, 2, 131000, 131016, 131057, 133004],
  // 131052 and 131053: Meta could not fetch the file from its address, or will not have it.
  content: [33, 100, 131008, 131009, 131051, 131052, 131053],
  'recipient-blocked-by-policy': [130497, 130472, 131030, 131049],
  'recipient-invalid': [131021],
  'recipient-not-on-whatsapp': [131026],
  // The 24 hours after the recipient's last message are over: free text is not delivered, another rung may serve.
  'recipient-unreachable': [131047],
  // 131048 is Meta's brake on a number that people report as spam: to go on makes it worse.
  'provider-quota': [131042, 131048],
  'rate-limited-recipient': [131056],
  template: [132000, 132001, 132005, 132007, 132012, 132015, 132016],
  'provider-disconnected': [],
  unclassified: [],
};

const REASON_BY_CODE = reasonByCode(REASONS);

/** What a code means; undefined when there is none, or one that is not known. */
export function reasonOf(code: number | undefined): RejectionReason | undefined {
  if (code === undefined) return undefined;
  // 200 to 299 are permissions that the token lacks; 132000 and on are templates, old ones and new.
  if (code >= 200 && code < 300) return 'provider-auth';
  if (code >= 132_000 && code < 133_000) return 'template';
  return REASON_BY_CODE.get(code);
}

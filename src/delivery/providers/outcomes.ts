import type { HttpAnswer, HttpResult } from './http-exchange.js';
import type { DeviceState, RejectionReason, SendOutcome } from './message-provider.js';

type Rejection = Extract<SendOutcome, { kind: 'rejected' }>;

/** A refusal; details that are undefined are left out. */
export function rejected(
  reason: RejectionReason,
  {
    status,
    words,
    code,
    wait,
  }: { status?: number; words?: string | undefined; code?: string | undefined; wait?: number | undefined } = {},
): Rejection {
  return {
    kind: 'rejected',
    reason,
    ...(status !== undefined && { httpStatus: status }),
    ...(words !== undefined && { providerText: words }),
    ...(code !== undefined && { providerCode: code }),
    ...(wait !== undefined && { retryAfterSeconds: wait }),
  };
}

/** What a send without an answer means: certainly nothing, or nobody knows. */
export function unanswered(result: Exclude<HttpResult, HttpAnswer>): SendOutcome {
  if (result.kind === 'not-sent') return rejected('provider-unavailable', { words: result.code });
  return { kind: 'unknown', cause: result.kind };
}

/** What a question for the state without an answer means. */
export function unreachable(result: Exclude<HttpResult, HttpAnswer>): DeviceState {
  return { state: 'unreachable', text: (result.kind === 'not-sent' && result.code) || result.kind };
}

/** A state with the provider's words, if there are any. */
export function state(state: DeviceState['state'], text?: string): DeviceState {
  return { state, ...(text !== undefined && { text }) };
}

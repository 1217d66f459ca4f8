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
export function outcomeWithoutAnswer(result: Exclude<HttpResult, HttpAnswer>): SendOutcome {
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

/** The reason of each of a provider's error codes, out of a table of the codes of each reason. */
export function reasonByCode(
  codes: Readonly<Record<RejectionReason, readonly number[]>>,
): ReadonlyMap<number, RejectionReason> {
  const entries = Object.entries(codes) as [RejectionReason, readonly number[]][];
  return new Map(entries.flatMap(([reason, each]) => each.map((code) => [code, reason] as const)));
}

/** What an HTTP status means where the provider gives no code that is known. */
export function reasonOfStatus(status: number): RejectionReason {
  if (status === 401 || status === 403 || status === 404) return 'provider-auth';
  if (status === 429) return 'rate-limited-account';
  if (status >= 500 || (status >= 300 && status < 400)) return 'provider-unavailable';
  return 'unclassified';
}

/** A provider's error code, as a number or in digits; undefined for anything else. */
export function codeOf(code: unknown): number | undefined {
  const number = typeof code === 'string' && /^\d{1,9}$/.test(code) ? Number(code) : code;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined;
}

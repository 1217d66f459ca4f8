/** Why a provider said no, in terms that the ladder can act on. */
export type RejectionReason =
  | 'recipient-invalid'
  | 'recipient-not-on-whatsapp'
  | 'recipient-blocked-by-policy'
  | 'provider-auth'
  | 'provider-disconnected'
  | 'provider-quota'
  | 'provider-unavailable'
  | 'rate-limited-account'
  | 'rate-limited-recipient'
  | 'template'
  | 'content'
  | 'unclassified';

/** What a provider's answer to one send means. */
export type SendOutcome =
  /** Taken over by the provider: queued, not delivered. Delivery, if it is ever told, comes by receipt. */
  | { kind: 'accepted'; providerMessageId: string | null }
  /** Certainly not sent. `providerText` is the provider's own words, for logs and admins, never for strangers. */
  | {
      kind: 'rejected';
      reason: RejectionReason;
      httpStatus?: number;
      providerText?: string;
      /** The provider's own number or name of the error. */
      providerCode?: string;
      retryAfterSeconds?: number;
    }
  /** It may or may not have gone out: never repeated on the same rung. */
  | { kind: 'unknown'; cause: 'timeout' | 'reset' | 'bad-body' };

/** A message as a provider gets it: rendered text, and the code by itself for providers that fill a template. */
export interface OutgoingMessage {
  /** Recipient as E.164, for example `+6281234567890`. */
  readonly to: string;
  readonly text: string;
  readonly code?: string;
}

/** What a provider says of its own link to WhatsApp. `text` is in the provider's words and may be shown to an admin only. */
export interface DeviceState {
  readonly state: 'connected' | 'disconnected' | 'unreachable';
  readonly text?: string;
}

/**
 * One way to get a message to a phone. The only interface of the room: there are several real ones.
 * A provider fails fast and never retries inside; the ladder decides what comes next.
 */
export interface MessageProvider {
  readonly name: string;
  /** Whether this provider's device can deliver to a real phone; `console` cannot. */
  readonly reachesPhones: boolean;
  /** Whether delivery receipts follow an accepted message. */
  readonly sendsReceipts: boolean;
  /** Sends once. Resolves to an outcome whatever happens on the wire; ends by itself when `signal` aborts (unknown, `timeout`). */
  send(message: OutgoingMessage, signal: AbortSignal): Promise<SendOutcome>;
  /** Asks the provider for its device's state, once. Never throws. */
  deviceState(signal: AbortSignal): Promise<DeviceState>;
}

import { type Language } from '../../platform/config/languages.js';
import type { FilePlace } from '../../platform/egress/open-file.js';
import type { MediaKind } from './media-types.js';

/** Why a provider said no, in terms that the ladder can act on. */
export type RejectionReason =
  | 'recipient-invalid'
  | 'recipient-not-on-whatsapp'
  | 'recipient-blocked-by-policy'
  /** This rung has no way to this recipient, now or ever: no e-mail address, no open conversation, mailbox full. */
  | 'recipient-unreachable'
  | 'provider-auth'
  | 'provider-disconnected'
  | 'provider-quota'
  | 'provider-unavailable'
  | 'rate-limited-account'
  | 'rate-limited-recipient'
  | 'template'
  /** Our request was wrong: a mistake in the settings or in this service. */
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
  /** It may or may not have gone out: never repeated on the same rung. `held`: the provider has it and has not decided. */
  | { kind: 'unknown'; cause: 'timeout' | 'reset' | 'bad-body' | 'held' };

/** A file to send. The provider fetches it from where it lies. */
export interface OutgoingMedia {
  readonly kind: MediaKind;
  /** https, without credentials. */
  readonly url: string;
  /** The text under it; a sound has none. */
  readonly caption: string | null;
  /** Of a document: the name that its recipient sees. */
  readonly fileName: string | null;
}

/** A message as a provider gets it: rendered for each kind of channel, and the code by itself for those that fill a template. */
export interface OutgoingMessage {
  /** Recipient as E.164, for example `+6281234567890`. */
  readonly to: string;
  /** In WhatsApp's markup; a code is `*code*` on a line of its own. */
  readonly text: string;
  /** The same in fewer words, where each 160 characters cost; a code is written as in `text`. */
  readonly shortText: string;
  /** One line without the code: lock screens show it. */
  readonly subject: string;
  readonly language: Language;
  readonly code?: string;
  /** E-mail address of the account; null when it has none, or when the message must reach this number and nothing else. */
  readonly email: string | null;
  /** The file that the message is; `text` has its caption and its address then. Only providers of its kind get it. */
  readonly media?: OutgoingMedia;
}

/**
 * What a provider says of its own link. Only `connected` can send; `waiting-for-scan`: a QR code is shown and nobody
 * has scanned it. `text` is in the provider's words and may be shown to an admin only.
 */
export interface DeviceState {
  readonly state: 'connected' | 'disconnected' | 'waiting-for-scan' | 'unreachable';
  readonly text?: string;
}

/** How old a device's state may be, in ms: docs/contract/sikeskoja.md#device-status. */
export const DEVICE_STATE_AGE = 1_000;

/** Where no device can be unlinked the account is asked more rarely, in ms: Meta allows some hundred such calls an hour. */
export const ACCOUNT_STATE_AGE = 60_000;

/** What kind of content came in; `reply` is a pressed button or a chosen row, `other` everything that is not named. */
export type IncomingKind =
  'text' | 'reply' | 'image' | 'video' | 'audio' | 'document' | 'sticker' | 'location' | 'contact' | 'other';

/** Where media lie. Both come from outside: `url` may point anywhere, private addresses included. */
export interface MediaReference {
  readonly id: string | null;
  readonly url: string | null;
  readonly mimeType: string | null;
  readonly fileName: string | null;
}

/** A message that came in, as every provider's webhook is read into. Nothing in it is trustworthy but its origin. */
export interface IncomingMessage {
  readonly provider: string;
  /** Null where the provider gives none: de-duplicate by sender, text and time then. */
  readonly providerMessageId: string | null;
  /** Sender as E.164, or as `id:…` where they hide it; the service's own number when `fromMe`. */
  readonly from: string;
  /** Text, caption or title of the button; null without. */
  readonly text: string | null;
  readonly kind: IncomingKind;
  readonly media: MediaReference | null;
  /** The name that the sender gave themselves. */
  readonly pushName: string | null;
  readonly sentAt: Date | null;
  /** An echo of what was sent from this number. */
  readonly fromMe: boolean;
  /** From a group, a channel or a status list: not to be answered. */
  readonly isGroup: boolean;
}

/** What became of an accepted message. They come more than once and in any order. */
export interface Receipt {
  readonly provider: string;
  readonly providerMessageId: string;
  readonly status: 'sent' | 'delivered' | 'read' | 'failed';
  readonly at: Date | null;
  /** Why it failed. */
  readonly reason?: RejectionReason;
  readonly providerCode?: string;
}

/** What one call of a webhook held. */
export interface IncomingBatch {
  readonly messages: readonly IncomingMessage[];
  readonly receipts: readonly Receipt[];
  /** Elements that could not be read, or were too many. */
  readonly skipped: number;
  /** Key names of the first one that could not be read, for the log; never values. */
  readonly skippedKeys: readonly string[];
}

/**
 * One way to get a message to a person.
 * A provider fails fast and never retries inside; the ladder decides what comes next.
 */
export interface MessageProvider {
  readonly name: string;
  /** Whether its messages arrive in WhatsApp on a phone. */
  readonly onWhatsApp: boolean;
  /** Whether delivery receipts follow an accepted message. */
  readonly sendsReceipts: boolean;
  /** Kinds of file that it sends. */
  readonly mediaKinds: readonly MediaKind[];
  /** The id of its device, where it has one that `GET /api/auth/otp/status` shows: docs/contract/sikeskoja.md#device-status. */
  readonly deviceId?: string;
  /** How old its state may be before it is asked again, in ms. */
  readonly stateAge: number;
  /** Sends once. Resolves to an outcome whatever happens on the wire; ends by itself when `signal` aborts (unknown, `timeout`). */
  send(message: OutgoingMessage, signal: AbortSignal): Promise<SendOutcome>;
  /** Where a file that came in by it is, by its id; absent where it keeps none. Never throws. */
  mediaPlace?(id: string, signal: AbortSignal): Promise<FilePlace | 'gone' | 'unavailable'>;
  /** Asks the provider for its device's state, once. Never throws. */
  deviceState(signal: AbortSignal): Promise<DeviceState>;
}

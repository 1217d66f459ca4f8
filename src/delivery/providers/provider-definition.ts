import { type IncomingHttpHeaders } from 'node:http';
import { type Group } from '../../platform/config/rows/group.js';
import { type Rung } from '../../platform/config/rows/setting.js';
import { type RawType } from '../../platform/http/bodies/raw-bodies.js';
import { type IncomingBatch, type MessageProvider, type OutgoingMessage } from './message-provider.js';
import { type SurpriseListener } from './redaction.js';

/**
 * All that the service knows of a provider. Each has a folder here, whose `definition.ts` is a line in `providers.ts`;
 * nothing else names it. How to add one: CONTRIBUTING.md, "Where does it go".
 */
export interface ProviderDefinition<Own extends object = object> extends Rung {
  /** Its settings, in its folder: `platform/config/rows/group.ts` says how they are written. */
  readonly settings?: Group<Own>;
  /** What it says of a failure that strangers may read: it names no device, number or address. */
  readonly safeTexts?: readonly string[];
  /** Its page for those who set it up. */
  readonly docs: string;
  /** Makes it for the ladder; what it needs is set. What is large is loaded here, and not with this file. */
  make(own: Own, context: ProviderContext): MessageProvider | Promise<MessageProvider>;
  /** What it calls, also while it is not on the ladder. */
  readonly webhook?: ProviderWebhook<Own>;
}

/** What a provider is made with, besides its own settings. */
export interface ProviderContext {
  /** The address of its webhook, as it is reached from outside. */
  readonly webhookUrl: string;
  /** Where answers go that nobody expected. */
  readonly onSurprise: SurpriseListener;
  /** Keeps a message where developers read it. */
  readonly keep: (message: OutgoingMessage) => Promise<void>;
  /** The provider that sends by accounts linked to this service: it is made in a room above. */
  readonly linkedAccount: MessageProvider;
}

/**
 * `POST /webhook/<name>`. Whoever shows what was agreed with the provider may deliver; where nothing was agreed it is not
 * there (404).
 */
export interface ProviderWebhook<Own extends object = object> {
  /** Types of body that it takes; 415 for others. */
  readonly bodies: readonly RawType[];
  /** Whether the secret is the last part of the address: `POST /webhook/<name>/<secret>`. */
  readonly hasSecretInAddress?: true;
  /** What was agreed with the provider. */
  secret(own: Own): string | undefined;
  /** Whether a call is the provider's (401 if not). Nothing of its body has been read yet. */
  isGenuine(call: WebhookCall, secret: string): boolean;
  /** Whether, outside production, this machine may call it while nothing was agreed. */
  readonly isOpenToThisMachine?: true;
  /** What a genuine call says. @throws AppError `invalid_json` */
  read(call: WebhookCall): IncomingBatch;
  /** Its question whether the webhook is ours: `GET` of the same address. */
  readonly question?: WebhookQuestion<Own>;
  /** How the API's description has it; absent: not at all, as its one caller knows it by its own settings. */
  readonly description?: {
    readonly operationId: string;
    readonly summary: string;
    readonly description: string;
    readonly header: { readonly name: string; readonly description: string };
  };
}

/** A provider's question whether a webhook is ours. */
export interface WebhookQuestion<Own extends object = object> {
  /** What the provider shows when it asks; without it nothing is answered (404). */
  secret(own: Own): string | undefined;
  /** The text to answer; null when something else was shown (403). */
  answer(query: unknown, secret: string): string | null;
}

/** A call of a webhook. */
export interface WebhookCall {
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  /** Where it was made to, as the provider knows it, query included. */
  readonly url: string;
  /** The last part of the address, where a secret belongs there. */
  readonly shown: string | undefined;
}

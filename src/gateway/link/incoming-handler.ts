import { type LinkedAccountRef } from './gateway-events.js';
import { type IncomingLinkMessage, type IncomingReceipt } from './incoming-message.js';

/** Deals with what linked accounts receive. The link knows nothing of stored messages: gateway.module.ts hands this in. */
export abstract class IncomingHandler {
  abstract messages(account: LinkedAccountRef, messages: readonly IncomingLinkMessage[]): Promise<void>;
  abstract receipts(account: LinkedAccountRef, receipts: readonly IncomingReceipt[]): Promise<void>;
}

import { MEDIA_KINDS } from '../media-types.js';
import {
  DEVICE_STATE_AGE,
  type DeviceState,
  type MessageProvider,
  type OutgoingMessage,
  type SendOutcome,
} from '../message-provider.js';

/** The provider for development: every message lands in the developer inbox instead of on a phone. */
export class ConsoleProvider implements MessageProvider {
  readonly name = 'console';
  readonly onWhatsApp = false;
  readonly sendsReceipts = false;
  readonly mediaKinds = MEDIA_KINDS;
  readonly stateAge = DEVICE_STATE_AGE;

  readonly #keep: (message: OutgoingMessage) => Promise<void>;

  /** `keep` stores a message where a developer can read it. */
  constructor(keep: (message: OutgoingMessage) => Promise<void>) {
    this.#keep = keep;
  }

  /** Keeps the message; accepted without an id, or rejected when it could not be kept. */
  async send(message: OutgoingMessage): Promise<SendOutcome> {
    try {
      await this.#keep(message);
      return { kind: 'accepted', providerMessageId: null };
    } catch {
      return { kind: 'rejected', reason: 'provider-unavailable' };
    }
  }

  /** There is always a console; that it is no WhatsApp device is said by `onWhatsApp`. */
  deviceState(): Promise<DeviceState> {
    return Promise.resolve({ state: 'connected' });
  }
}

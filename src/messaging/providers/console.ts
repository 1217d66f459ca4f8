import type { DeviceState, MessageProvider, OutgoingMessage, SendOutcome } from './message-provider.js';

/** The provider for development: every message lands in the developer inbox instead of on a phone. */
export class ConsoleProvider implements MessageProvider {
  readonly name = 'console';
  readonly reachesPhones = false;
  readonly sendsReceipts = false;

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

  /** There is always a console; that it is no WhatsApp device is said by `reachesPhones`. */
  deviceState(): Promise<DeviceState> {
    return Promise.resolve({ state: 'connected' });
  }
}

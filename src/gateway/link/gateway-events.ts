import { Inject, Injectable } from '@nestjs/common';
import { UnderWay } from '../../platform/background/under-way.js';
import { LOGGER, type ServiceLogger } from '../../platform/log/logger.js';
import { type LinkedAccountState } from './linked-account-state.js';
import { type IncomingLinkMessage } from './incoming-message.js';

/** The linked account that something happened to. */
export interface LinkedAccountRef {
  readonly id: string;
  /** The id that was chosen when the linked account was created. */
  readonly name: string;
  /** The API key that made it; null for an admin. */
  readonly apiKeyId: string | null;
  /** Whether the login ladder and the bot may use it. */
  readonly forLadder: boolean;
}

/** What became of a message that a linked account sent. */
export interface MessageNote {
  readonly whatsappId: string;
  readonly status: 'delivered' | 'read';
  readonly at: Date | null;
  /** Whether it was sent for the login ladder. */
  readonly fromLadder: boolean;
}

/** How a message ended that was sent for a caller; its receipts come later. */
export interface MessageEnd {
  /** E.164. */
  readonly to: string;
  readonly status: 'sent' | 'failed' | 'unknown';
  /** WhatsApp's id of it, where it was sent. */
  readonly messageId?: string;
  /** From our own list, where it failed. */
  readonly error?: string;
}

/** Who wants to know what happens; told on the instance that holds the linked account, once. */
export interface GatewayListener {
  accountChanged?(session: LinkedAccountRef, state: LinkedAccountState): void | Promise<void>;
  messagesReceived?(messages: readonly IncomingLinkMessage[], session: LinkedAccountRef): void | Promise<void>;
  /** On the instance that was asked to send it. */
  messageEnded?(end: MessageEnd, session: LinkedAccountRef): void | Promise<void>;
  messageNoted?(note: MessageNote, session: LinkedAccountRef): void | Promise<void>;
}

/** What happens in the gateway, for the rooms above and beside it: `app.module.ts` and modules of this room subscribe. */
@Injectable()
export class GatewayEvents {
  private readonly listeners = new Set<GatewayListener>();
  private readonly underWay = new UnderWay();

  constructor(@Inject(LOGGER) private readonly logger: ServiceLogger) {}

  subscribe(listener: GatewayListener): void {
    this.listeners.add(listener);
  }

  accountChanged(session: LinkedAccountRef, state: LinkedAccountState): void {
    this.tell((listener) => listener.accountChanged?.(session, state));
  }

  messagesReceived(messages: readonly IncomingLinkMessage[], session: LinkedAccountRef): void {
    this.tell((listener) => listener.messagesReceived?.(messages, session));
  }

  messageEnded(end: MessageEnd, session: LinkedAccountRef): void {
    this.tell((listener) => listener.messageEnded?.(end, session));
  }

  messageNoted(note: MessageNote, session: LinkedAccountRef): void {
    this.tell((listener) => listener.messageNoted?.(note, session));
  }

  /** Resolves when everybody has dealt with what they were told. */
  settled(): Promise<void> {
    return this.underWay.ended();
  }

  private tell(say: (listener: GatewayListener) => void | Promise<void>): void {
    for (const listener of this.listeners) {
      const telling = (async () => say(listener))();
      this.underWay.add(
        telling.catch((err: unknown) => this.logger.error({ err }, 'an event of the gateway was not handled')),
      );
    }
  }
}

import { Injectable } from '@nestjs/common';
import { DeliverySettings } from '../platform/config/groups/delivery.js';
import { GatewaySettings } from '../platform/config/groups/gateway.js';
import { AppError } from '../platform/errors/app-error.js';
import { MEDIA_KINDS } from '../delivery/providers/media-types.js';
import {
  type DeviceState,
  type MessageProvider,
  type OutgoingMessage,
  type SendOutcome,
} from '../delivery/providers/message-provider.js';
import { SESSION } from '../delivery/providers/session/name.js';
import { GatewayMessages, type QueueEnd } from './messages/gateway-messages.service.js';
import { LinkedAccountsRepository } from './accounts/linked-accounts.repository.js';
import { MediaMessages } from './messages/media-messages.js';
import { LinkedAccountSeal } from './link/linked-account-seal.js';

/** The ladder cuts a provider off by its signal; no message may outlive the send that it belongs to by more than this, in ms. */
const LIFE_MARGIN = 500;

/** The login ladder's way through an account that is linked here. */
@Injectable()
export class LinkedAccountProvider implements MessageProvider {
  readonly name = SESSION;
  readonly onWhatsApp = true;
  readonly stateAge = 1_000;
  readonly sendsReceipts = true;
  readonly mediaKinds = MEDIA_KINDS;

  constructor(
    private readonly deliverySettings: DeliverySettings,
    private readonly gatewaySettings: GatewaySettings,
    private readonly sessions: LinkedAccountsRepository,
    private readonly messages: GatewayMessages,
    private readonly media: MediaMessages,
    private readonly seal: LinkedAccountSeal,
  ) {}

  /** Sends by the account that knows the number, else by any that the ladder may use. A file is fetched here. */
  async send({ to, text, media }: OutgoingMessage, signal: AbortSignal): Promise<SendOutcome> {
    try {
      const session = await this.sessions.forLadder(this.named, this.seal.contact(to));
      if (!session) return { kind: 'rejected', reason: 'provider-disconnected' };
      if (media) {
        const patience = this.deliverySettings.sendTimeout * 1000 + LIFE_MARGIN;
        const end = await this.media.sendForLadder({ sessionId: session.id, to }, media, patience, signal);
        return end.kind === 'unfetched' ? unfetched(end.error, signal) : outcomeOf(end);
      }
      const patience = this.deliverySettings.providerTimeout * 1000 + LIFE_MARGIN;
      const message = { kind: 'text', content: { text } } as const;
      return outcomeOf(await this.messages.queue(session.id, to, message, { patience, fromLadder: true, signal }));
    } catch {
      // The database did not answer: it may have been queued.
      return { kind: 'unknown', cause: 'reset' };
    }
  }

  async deviceState(): Promise<DeviceState> {
    try {
      const state = await this.sessions.ladderState(this.named);
      if (state === 'CONNECTED') return { state: 'connected' };
      if (state === 'QR') return { state: 'waiting-for-scan' };
      return { state: 'disconnected', text: state === null ? 'no session' : state.toLowerCase() };
    } catch {
      return { state: 'unreachable' };
    }
  }

  private get named(): string | null {
    return this.gatewaySettings.whatsappSessionId ?? null;
  }
}

/** The file is at fault, unless time was over or there was no room for it. */
function unfetched(error: unknown, { aborted }: AbortSignal): SendOutcome {
  const isOurFault = aborted || !(error instanceof AppError) || error.code === 'busy';
  return { kind: 'rejected', reason: isOurFault ? 'provider-unavailable' : 'content' };
}

function outcomeOf(end: QueueEnd): SendOutcome {
  if (end.kind === 'sent') return { kind: 'accepted', providerMessageId: end.messageId };
  if (end.kind === 'unknown') return { kind: 'unknown', cause: 'timeout' };
  switch (end.error) {
    case 'not_on_whatsapp':
      return { kind: 'rejected', reason: 'recipient-not-on-whatsapp' };
    case 'restricted':
    case 'warming_up':
      return { kind: 'rejected', reason: 'rate-limited-account' };
    case 'queue-full':
    case 'timeout':
      return { kind: 'rejected', reason: 'provider-unavailable' };
    case 'refused':
    case 'not_sent':
      return { kind: 'rejected', reason: 'unclassified' };
  }
}

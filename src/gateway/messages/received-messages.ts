import { Inject, Injectable } from '@nestjs/common';
import { LOGGER, type ServiceLogger } from '../../platform/log/logger.js';
import { GatewayContactsRepository } from './gateway-contacts.repository.js';
import { GatewayEvents, type LinkedAccountRef } from '../link/gateway-events.js';
import { GatewayMessagesRepository } from './gateway-messages.repository.js';
import { IncomingHandler } from '../link/incoming-handler.js';
import { type IncomingLinkMessage, type IncomingReceipt } from '../link/incoming-message.js';
import { LinkedAccountSeal } from '../link/linked-account-seal.js';
import { MenuReplies } from '../menus/menu-replies.js';

/** What linked accounts receive: senders and receipts are stored, menus are read, and the listeners are told. */
@Injectable()
export class ReceivedMessages extends IncomingHandler {
  constructor(
    private readonly stored: GatewayMessagesRepository,
    private readonly contacts: GatewayContactsRepository,
    private readonly menus: MenuReplies,
    private readonly seal: LinkedAccountSeal,
    private readonly events: GatewayEvents,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {
    super();
  }

  async messages(account: LinkedAccountRef, messages: readonly IncomingLinkMessage[]): Promise<void> {
    const contacts = messages.filter(({ fromMe }) => !fromMe).map(({ from }) => this.seal.contact(from));
    await this.contacts
      .noteHeard(account.id, contacts)
      .catch((err: unknown) => this.logger.warn({ err }, 'the sender of a message was not recorded'));
    this.events.messagesReceived(await this.menus.read(account.id, messages), account);
  }

  async receipts(account: LinkedAccountRef, receipts: readonly IncomingReceipt[]): Promise<void> {
    for (const receipt of receipts) {
      try {
        const noted = await this.stored.noteReceipt(account.id, receipt);
        if (noted) this.events.messageNoted({ ...receipt, ...noted }, account);
      } catch (err) {
        this.logger.warn({ err }, 'a receipt was not stored');
      }
    }
  }
}

import { Inject, Injectable } from '@nestjs/common';
import { LOGGER, type ServiceLogger } from '../../platform/log/logger.js';
import { GatewayMenusRepository } from './gateway-menus.repository.js';
import { type IncomingLinkMessage } from '../link/incoming-message.js';
import { choiceOf, type MenuChoice } from './menus.js';
import { LinkedAccountSeal } from '../link/linked-account-seal.js';

/** For how long a menu can be answered, in hours. */
const ANSWERED_WITHIN = 24;

/** Menus that went out as numbered texts, and what their recipients answer. */
@Injectable()
export class MenuReplies {
  constructor(
    private readonly menus: GatewayMenusRepository,
    private readonly seal: LinkedAccountSeal,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  /**
   * Keeps what the numbers of a menu mean, before it leaves: an answer may be faster than the server's word.
   *
   * @param to E.164
   */
  async remember(
    sessionId: string,
    { whatsappId, to, choices }: { whatsappId: string; to: string; choices: readonly MenuChoice[] },
  ): Promise<void> {
    const contactHash = this.seal.contact(to);
    const sealedChoices = this.seal.content(choices, `${sessionId} ${whatsappId}`);
    await this.menus.remember({ sessionId, whatsappId, contactHash, sealedChoices }, ANSWERED_WITHIN);
  }

  /** The same messages; what answers a menu says which choice it means, and its text is the choice's title. */
  async read(sessionId: string, messages: readonly IncomingLinkMessage[]): Promise<IncomingLinkMessage[]> {
    const read: IncomingLinkMessage[] = [];
    // One after the other: two answers in one batch must not both count for one menu.
    for (const message of messages) read.push(await this.readOne(sessionId, message));
    return read;
  }

  private async readOne(sessionId: string, message: IncomingLinkMessage): Promise<IncomingLinkMessage> {
    const { fromMe, kind, text, from, quotedId: quoted, providerMessageId: answerId } = message;
    if (fromMe || kind !== 'text' || text === null) return message;
    try {
      const menu = await this.menus.find(sessionId, this.seal.contacts(from), { answerId, quoted });
      if (!menu) return message;
      const choices = this.seal.openContent(menu.sealed_choices, `${sessionId} ${menu.whatsapp_id}`) as MenuChoice[];
      const choice = choiceOf(text, choices);
      if (!choice || !(await this.menus.answer(sessionId, menu.whatsapp_id, { answerId, quoted }))) return message;
      const { id, title } = choice;
      return { ...message, kind: 'reply', text: title, choice: { id, title, menuId: menu.whatsapp_id } };
    } catch (err) {
      this.logger.warn({ err }, 'the menu that a message answers could not be read');
      return message;
    }
  }
}

import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { LOGGER, type ServiceLogger } from '../http/logger.js';
import { every, type Recurring } from '../http/recurring.js';
import { GatewayCommandsRepository } from './gateway-commands.repository.js';
import { GatewayContactsRepository } from './gateway-contacts.repository.js';
import { GatewayMessagesRepository } from './gateway-messages.repository.js';
import { GatewayTicketsRepository } from './gateway-tickets.repository.js';

const EVERY = 30_000;

/** A message whose time is over is closed so long after it, in seconds: who waits for it decides first. */
const GRACE = 20;

/** How long messages stay without content, for their receipts, in days. */
const MESSAGES_KEPT = 30;

/** How long it is remembered which session knows a number, in days. */
const CONTACTS_KEPT = 180;

/** Ends what is over: messages whose time has passed, old ones, tickets, commands. */
@Injectable()
export class GatewayUpkeep implements OnApplicationShutdown {
  private running: Recurring | undefined;

  constructor(
    private readonly messages: GatewayMessagesRepository,
    private readonly contacts: GatewayContactsRepository,
    private readonly commands: GatewayCommandsRepository,
    private readonly tickets: GatewayTicketsRepository,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  begin(): void {
    this.running = every(
      EVERY,
      () => this.run(),
      (err) => this.logger.warn({ err }, 'the gateway was not tidied'),
    );
  }

  async onApplicationShutdown(): Promise<void> {
    await this.running?.stop();
  }

  private async run(): Promise<void> {
    const late = await this.messages.expire(GRACE);
    if (late > 0) this.logger.warn({ count: late }, 'messages of the gateway were not sent in their time');
    await this.commands.forgetOld();
    await this.tickets.forgetOld();
    while ((await this.messages.forgetOld(MESSAGES_KEPT)) === 1000);
    while ((await this.contacts.forgetOld(CONTACTS_KEPT)) === 1000);
  }
}

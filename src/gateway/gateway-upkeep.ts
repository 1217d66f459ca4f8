import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { LOGGER, type ServiceLogger } from '../platform/log/logger.js';
import { every, type Recurring } from '../platform/background/timers.js';
import { Jobs } from '../platform/jobs/jobs.service.js';
import { GatewayCommandsRepository } from './accounts/gateway-commands.repository.js';
import { GatewayContactsRepository } from './messages/gateway-contacts.repository.js';
import { GatewayMediaRepository } from './media/gateway-media.repository.js';
import { GatewayMenusRepository } from './menus/gateway-menus.repository.js';
import { GatewayMessagesRepository } from './messages/gateway-messages.repository.js';
import { LinkedAccountsRepository } from './accounts/linked-accounts.repository.js';
import { GatewayTicketsRepository } from './accounts/gateway-tickets.repository.js';
import { LinkedAccountSeal } from './link/linked-account-seal.js';

/** While `AUTH_SECRET` is replaced, keys are sealed anew again and again, in ms: old instances go on making some. */
const RESEAL_EVERY = 60_000;

/** A message whose time is over is closed so long after it, in seconds: who waits for it decides first. */
const GRACE = 20;

/** How long messages stay without content, for their receipts, in days. */
const MESSAGES_KEPT = 30;

/** How long it is remembered which linked account knows a number, in days. */
const CONTACTS_KEPT = 180;

/** Steps of a thousand contacts that are looked at each hour: a million in a day. */
const CONTACT_STEPS = 50;

/** Minutes after which a file without a message counts as left by an instance that died before it stored the message. */
const MEDIA_LEFT_AFTER = 10;

/** Ends what is over: messages whose time has passed, old ones, tickets, commands. */
@Injectable()
export class GatewayUpkeep implements OnModuleInit, OnApplicationShutdown {
  private resealing: Recurring | undefined;

  constructor(
    private readonly sessions: LinkedAccountsRepository,
    private readonly seal: LinkedAccountSeal,
    private readonly messages: GatewayMessagesRepository,
    private readonly contacts: GatewayContactsRepository,
    private readonly media: GatewayMediaRepository,
    private readonly menus: GatewayMenusRepository,
    private readonly commands: GatewayCommandsRepository,
    private readonly tickets: GatewayTicketsRepository,
    private readonly jobs: Jobs,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  onModuleInit(): void {
    this.jobs.schedule('late-gateway-messages', '* * * * *', () => this.closeLate());
    this.jobs.schedule('old-gateway-messages', '31 * * * *', () => this.messages.forgetOld(MESSAGES_KEPT));
    this.jobs.schedule('old-gateway-contacts', '37 * * * *', async () => {
      await this.jobs.walk('gateway-contacts', CONTACT_STEPS, (after) => this.contacts.forgetOld(CONTACTS_KEPT, after));
      return false;
    });
    this.jobs.schedule('left-gateway-media', '* * * * *', () => this.media.forgetLeft(MEDIA_LEFT_AFTER));
    this.jobs.schedule('old-gateway-menus', '43 * * * *', () => this.menus.forgetOld());
  }

  /** Begins a task of each instance, not of the cluster: only instances that know both secrets can seal anew. */
  begin(): void {
    if (!this.seal.replacing) return;
    const onError = (err: unknown) => this.logger.warn({ err }, 'keys of linked accounts were not sealed again');
    void this.resealKeys().catch(onError);
    this.resealing = every(RESEAL_EVERY, () => this.resealKeys(), onError);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.resealing?.stop();
  }

  private async closeLate(): Promise<boolean> {
    const late = await this.messages.expire(GRACE);
    if (late > 0) this.logger.warn({ count: late }, 'messages of the gateway were not sent before their deadline');
    const commands = await this.commands.forgetOld();
    const tickets = await this.tickets.forgetOld();
    return late > 0 || commands || tickets;
  }

  /** Also those of linked accounts that nobody holds: the old secret will not come back. */
  private async resealKeys(): Promise<void> {
    for (const { id, sealed_key: before } of await this.sessions.keys()) {
      try {
        const anew = this.seal.anew(before, id);
        if (anew) await this.sessions.reseal(id, before, anew);
      } catch (err) {
        this.logger.error({ err, session: id }, 'the key of a linked account was not sealed again');
      }
    }
  }
}

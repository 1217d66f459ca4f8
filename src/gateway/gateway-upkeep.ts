import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { LOGGER, type ServiceLogger } from '../http/logger.js';
import { every, type Recurring } from '../http/recurring.js';
import { GatewayCommandsRepository } from './gateway-commands.repository.js';
import { GatewayContactsRepository } from './gateway-contacts.repository.js';
import { GatewayMessagesRepository } from './gateway-messages.repository.js';
import { GatewaySessionsRepository } from './gateway-sessions.repository.js';
import { GatewayTicketsRepository } from './gateway-tickets.repository.js';
import { SessionSeal } from './session-seal.js';

const EVERY = 30_000;

/** While `AUTH_SECRET` is replaced, keys are sealed anew at the start and every so many rounds: old instances make some, too. */
const RESEAL_EVERY = 20;

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
  private rounds = 0;

  constructor(
    private readonly sessions: GatewaySessionsRepository,
    private readonly seal: SessionSeal,
    private readonly messages: GatewayMessagesRepository,
    private readonly contacts: GatewayContactsRepository,
    private readonly commands: GatewayCommandsRepository,
    private readonly tickets: GatewayTicketsRepository,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  begin(): void {
    const onError = (err: unknown) => this.logger.warn({ err }, 'the gateway was not tidied');
    if (this.seal.replacing) void this.resealKeys().catch(onError);
    this.running = every(EVERY, () => this.run(), onError);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.running?.stop();
  }

  private async run(): Promise<void> {
    if (this.seal.replacing && ++this.rounds % RESEAL_EVERY === 0) await this.resealKeys();
    const late = await this.messages.expire(GRACE);
    if (late > 0) this.logger.warn({ count: late }, 'messages of the gateway were not sent in their time');
    await this.commands.forgetOld();
    await this.tickets.forgetOld();
    while ((await this.messages.forgetOld(MESSAGES_KEPT)) === 1000);
    while ((await this.contacts.forgetOld(CONTACTS_KEPT)) === 1000);
  }

  /** Also those of sessions that nobody holds: the old secret will not come back. */
  private async resealKeys(): Promise<void> {
    for (const { id, sealed_key: before } of await this.sessions.keys()) {
      try {
        await this.sessions.reseal(id, before, this.seal.key(this.seal.openKey(before, id), id));
      } catch (err) {
        this.logger.error({ err, session: id }, 'the key of a session was not sealed anew');
      }
    }
  }
}

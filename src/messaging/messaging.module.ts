import { Module } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { LOGGER, type ServiceLogger } from '../http/logger.js';
import { UsersModule } from '../users/users.module.js';
import { DeveloperInbox } from './developer-inbox.js';
import { DeveloperInboxRepository } from './developer-inbox.repository.js';
import { HeldMessagesRepository } from './held-messages.repository.js';
import { Ladder, PROVIDERS } from './ladder.js';
import { LadderStatus } from './ladder-status.js';
import { MessagesRepository } from './messages.repository.js';
import { Messaging } from './messaging.service.js';
import { OutcomeWriter } from './outcome-writer.js';
import { ConsoleProvider } from './providers/console.js';
import { type MessageProvider } from './providers/message-provider.js';
import { ProviderHealth } from './provider-health.js';
import { ProviderHealthRepository } from './provider-health.repository.js';
import { Receipts } from './receipts.js';
import { ReceiptsRepository } from './receipts.repository.js';
import { HANDED_IN, type HandedInProviders } from './handed-in-providers.js';
import { TestNumbers } from './test-numbers.js';
import { WhacenterProvider } from './providers/whacenter.js';

/** How each rung is made; a provider is added by its file and a line here. */
const MAKERS: Record<string, (settings: Settings, logger: ServiceLogger, inbox: DeveloperInbox) => MessageProvider> = {
  whacenter: (settings, logger) =>
    new WhacenterProvider({
      baseUrl: settings.whacenterBaseUrl,
      deviceId: settings.whacenterDeviceId ?? '',
      onSurprise: (surprise) => logger.warn(surprise, 'provider_contract_surprise'),
    }),
  console: (_settings, _logger, inbox) => new ConsoleProvider((message) => inbox.keep(message)),
};

function makeLadder(
  settings: Settings,
  logger: ServiceLogger,
  inbox: DeveloperInbox,
  handedIn: HandedInProviders,
): MessageProvider[] {
  return settings.providers.map((name) => {
    const made = MAKERS[name]?.(settings, logger, inbox) ?? handedIn[name];
    if (!made) throw new Error(`there is no provider ${name}`);
    return made;
  });
}

@Module({
  imports: [UsersModule],
  providers: [
    Messaging,
    Ladder,
    LadderStatus,
    OutcomeWriter,
    MessagesRepository,
    HeldMessagesRepository,
    ProviderHealth,
    ProviderHealthRepository,
    Receipts,
    ReceiptsRepository,
    TestNumbers,
    DeveloperInbox,
    DeveloperInboxRepository,
    { provide: PROVIDERS, useFactory: makeLadder, inject: [Settings, LOGGER, DeveloperInbox, HANDED_IN] },
  ],
  exports: [LadderStatus, Messaging, Receipts, TestNumbers, DeveloperInbox],
})
export class MessagingModule {}

import { Module } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { DeliverySettings } from '../platform/config/groups/delivery.js';
import { ServerSettings } from '../platform/config/groups/server.js';

import { HttpModule } from '../platform/http/http.module.js';
import { LOGGER, type ServiceLogger } from '../platform/log/logger.js';
import { JobsModule } from '../platform/jobs/jobs.module.js';
import { UsersModule } from '../identity/users/users.module.js';
import { Canary } from './outbox/canary.js';
import { CodeCounts } from './outbox/code-counts.js';
import { CodeCountsRepository } from './outbox/code-counts.repository.js';
import { DeveloperInbox } from './developer-inbox/developer-inbox.js';
import { DeveloperInboxRepository } from './developer-inbox/developer-inbox.repository.js';
import { MessageRecordsRepository } from './outbox/message-records.repository.js';
import { Ladder, PROVIDERS } from './ladder/ladder.js';
import { IncomingMedia } from './ladder/incoming-media.js';
import { LadderStatus } from './ladder/ladder-status.js';
import { MessagesRepository } from './outbox/messages.repository.js';
import { Messaging } from './outbox/messaging.service.js';
import { OutcomeWriter } from './outbox/outcome-writer.js';
import { type MessageProvider, type OutgoingMessage } from './providers/message-provider.js';
import { providerNamed, providerSettings } from './providers/providers.js';
import { ProviderHealth } from './ladder/provider-health.js';
import { ProviderHealthRepository } from './ladder/provider-health.repository.js';
import { Receipts } from './outbox/receipts.js';
import { ReceiptsRepository } from './outbox/receipts.repository.js';
import { LINKED_ACCOUNT } from './ladder/linked-account.js';
import { TestNumbers } from './outbox/test-numbers.js';
import { type ContractSurprise } from './providers/redaction.js';

async function makeLadder(
  { providers }: DeliverySettings,
  { publicUrl }: ServerSettings,
  module: ModuleRef,
  logger: ServiceLogger,
  inbox: DeveloperInbox,
  linkedAccount: MessageProvider,
): Promise<MessageProvider[]> {
  const context = {
    linkedAccount,
    onSurprise: (surprise: ContractSurprise) => logger.warn(surprise, 'provider_contract_surprise'),
    keep: (message: OutgoingMessage) => inbox.keep(message),
  };
  const made = providers.map(async (name) => {
    const provider = providerNamed(name);
    return provider.make(providerSettings(provider, module), {
      ...context,
      webhookUrl: `${publicUrl}/webhook/${name}`,
    });
  });
  return Promise.all(made);
}

@Module({
  imports: [HttpModule, JobsModule, UsersModule],
  providers: [
    Messaging,
    IncomingMedia,
    Canary,
    CodeCounts,
    CodeCountsRepository,
    Ladder,
    LadderStatus,
    OutcomeWriter,
    MessagesRepository,
    MessageRecordsRepository,
    ProviderHealth,
    ProviderHealthRepository,
    Receipts,
    ReceiptsRepository,
    TestNumbers,
    DeveloperInbox,
    DeveloperInboxRepository,
    {
      provide: PROVIDERS,
      useFactory: makeLadder,
      inject: [DeliverySettings, ServerSettings, ModuleRef, LOGGER, DeveloperInbox, LINKED_ACCOUNT],
    },
  ],
  exports: [IncomingMedia, LadderStatus, Messaging, Receipts, TestNumbers, DeveloperInbox],
})
export class MessagingModule {}

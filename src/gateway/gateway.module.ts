import { Module } from '@nestjs/common';
import { ActivityModule } from '../records/activity/activity.module.js';
import { ApiKeysModule } from '../identity/api-keys/api-keys.module.js';
import { AuditModule } from '../records/audit/audit.module.js';
import { HttpModule } from '../platform/http/http.module.js';
import { JobsModule } from '../platform/jobs/jobs.module.js';
import { SessionsModule } from '../identity/sessions/sessions.module.js';
import { CommandRunner } from './command-runner.js';
import { Gateway } from './gateway.js';
import { GatewayCommandsRepository } from './gateway-commands.repository.js';
import { GatewayContactsRepository } from './gateway-contacts.repository.js';
import { GatewayEvents } from './gateway-events.js';
import { GatewayKeysRepository } from './signal-keys.repository.js';
import { GatewayMediaRepository } from './gateway-media.repository.js';
import { GatewayMenusRepository } from './gateway-menus.repository.js';
import { GatewayMessages } from './gateway-messages.service.js';
import { GatewayMessagesRepository } from './gateway-messages.repository.js';
import { LinkedAccounts } from './linked-accounts.service.js';
import { LinkedAccountsRepository } from './linked-accounts.repository.js';
import { GatewayTicketsRepository } from './gateway-tickets.repository.js';
import { GatewayUpkeep } from './gateway-upkeep.js';
import { HeldAccounts } from './held-accounts.js';
import { KeyWriter } from './signal-key-writer.js';
import { GatewayKindsController } from './kinds.controller.js';
import { GatewayMediaController } from './media.controller.js';
import { MediaFetcher } from './media-fetcher.js';
import { MediaForm } from './media-form.js';
import { MediaIntake } from './media-intake.js';
import { MediaMessages } from './media-messages.js';
import { MediaUploads } from './media-uploads.js';
import { MenuReplies } from './menu-replies.js';
import { MessageDispatcher } from './message-dispatcher.js';
import { MessageWaiters } from './message-waiters.js';
import { GatewayMessagesController } from './messages.controller.js';
import { StreamViewers } from './stream-viewers.js';
import { QrPageController } from './qr-page.controller.js';
import { QrTickets } from './qr-tickets.js';
import { LinkedAccountActivity } from './linked-account-activity.js';
import { AccountLeasesRepository } from './account-leases.repository.js';
import { LinkedAccountProvider } from './linked-account-provider.js';
import { LinkedAccountSeal } from './linked-account-seal.js';
import { LinkedAccountStreams } from './linked-account-streams.js';
import { LinkedAccountsController } from './linked-accounts.controller.js';

@Module({
  imports: [ActivityModule, ApiKeysModule, AuditModule, HttpModule, JobsModule, SessionsModule],
  controllers: [
    LinkedAccountsController,
    QrPageController,
    GatewayMessagesController,
    GatewayKindsController,
    GatewayMediaController,
  ],
  providers: [
    CommandRunner,
    Gateway,
    GatewayCommandsRepository,
    GatewayContactsRepository,
    GatewayEvents,
    GatewayKeysRepository,
    GatewayMediaRepository,
    GatewayMenusRepository,
    GatewayMessages,
    GatewayMessagesRepository,
    LinkedAccounts,
    LinkedAccountsRepository,
    GatewayTicketsRepository,
    GatewayUpkeep,
    HeldAccounts,
    KeyWriter,
    MediaFetcher,
    MediaForm,
    MediaIntake,
    MediaMessages,
    MediaUploads,
    MenuReplies,
    MessageDispatcher,
    MessageWaiters,
    StreamViewers,
    QrTickets,
    LinkedAccountActivity,
    AccountLeasesRepository,
    LinkedAccountProvider,
    LinkedAccountSeal,
    LinkedAccountStreams,
  ],
  exports: [Gateway, GatewayEvents, GatewayMessages, LinkedAccounts, LinkedAccountProvider],
})
export class GatewayModule {}

import { Module } from '@nestjs/common';
import { ActivityModule } from '../records/activity/activity.module.js';
import { ApiKeysModule } from '../identity/api-keys/api-keys.module.js';
import { AuditModule } from '../records/audit/audit.module.js';
import { HttpModule } from '../platform/http/http.module.js';
import { JobsModule } from '../platform/jobs/jobs.module.js';
import { SessionsModule } from '../identity/sessions/sessions.module.js';
import { CommandRunner } from './accounts/command-runner.js';
import { Gateway } from './gateway.js';
import { GatewayCommandsRepository } from './accounts/gateway-commands.repository.js';
import { GatewayContactsRepository } from './messages/gateway-contacts.repository.js';
import { GatewayEvents } from './link/gateway-events.js';
import { GatewayKeysRepository } from './link/keys/signal-keys.repository.js';
import { GatewayMediaRepository } from './media/gateway-media.repository.js';
import { GatewayMenusRepository } from './menus/gateway-menus.repository.js';
import { GatewayMessages } from './messages/gateway-messages.service.js';
import { GatewayMessagesRepository } from './messages/gateway-messages.repository.js';
import { LinkedAccounts } from './accounts/linked-accounts.service.js';
import { LinkedAccountsRepository } from './accounts/linked-accounts.repository.js';
import { GatewayTicketsRepository } from './accounts/gateway-tickets.repository.js';
import { GatewayUpkeep } from './gateway-upkeep.js';
import { HeldAccounts } from './link/held-accounts.js';
import { KeyWriter } from './link/keys/signal-key-writer.js';
import { GatewayKindsController } from './messages/message-kinds.controller.js';
import { GatewayMediaController } from './messages/media.controller.js';
import { MediaFetcher } from './media/media-fetcher.js';
import { MediaForm } from './media/media-form.js';
import { MediaIntake } from './media/media-intake.js';
import { MediaMessages } from './messages/media-messages.js';
import { MediaUploads } from './messages/media-uploads.js';
import { IncomingHandler } from './link/incoming-handler.js';
import { ReceivedMessages } from './messages/received-messages.js';
import { MenuReplies } from './menus/menu-replies.js';
import { MessageDispatcher } from './messages/message-dispatcher.js';
import { MessageWaiters } from './messages/message-waiters.js';
import { GatewayMessagesController } from './messages/messages.controller.js';
import { StreamViewers } from './accounts/stream-viewers.js';
import { QrPageController } from './accounts/qr-page.controller.js';
import { drawQr, QrPictures } from './accounts/qr-pictures.js';
import { QrTickets } from './accounts/qr-tickets.js';
import { LinkedAccountActivity } from './accounts/linked-account-activity.js';
import { AccountLeasesRepository } from './link/account-leases.repository.js';
import { LinkedAccountProvider } from './linked-account-provider.js';
import { LinkedAccountSeal } from './link/linked-account-seal.js';
import { LinkedAccountStreams } from './accounts/linked-account-streams.js';
import { LinkedAccountsController } from './accounts/linked-accounts.controller.js';

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
    { provide: QrPictures, useFactory: () => new QrPictures(drawQr) },
    QrTickets,
    ReceivedMessages,
    { provide: IncomingHandler, useExisting: ReceivedMessages },
    LinkedAccountActivity,
    AccountLeasesRepository,
    LinkedAccountProvider,
    LinkedAccountSeal,
    LinkedAccountStreams,
  ],
  exports: [Gateway, GatewayEvents, GatewayMessages, LinkedAccounts, LinkedAccountProvider],
})
export class GatewayModule {}

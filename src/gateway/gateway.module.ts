import { Module } from '@nestjs/common';
import { ActivityModule } from '../activity/activity.module.js';
import { ApiKeysModule } from '../api-keys/api-keys.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { HttpModule } from '../http/http.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { CommandRunner } from './command-runner.js';
import { Gateway } from './gateway.js';
import { GatewayCommandsRepository } from './gateway-commands.repository.js';
import { GatewayContactsRepository } from './gateway-contacts.repository.js';
import { GatewayEvents } from './gateway-events.js';
import { GatewayKeysRepository } from './gateway-keys.repository.js';
import { GatewayMediaRepository } from './gateway-media.repository.js';
import { GatewayMenusRepository } from './gateway-menus.repository.js';
import { GatewayMessages } from './gateway-messages.service.js';
import { GatewayMessagesRepository } from './gateway-messages.repository.js';
import { GatewaySessions } from './gateway-sessions.service.js';
import { GatewaySessionsRepository } from './gateway-sessions.repository.js';
import { GatewayTicketsRepository } from './gateway-tickets.repository.js';
import { GatewayUpkeep } from './gateway-upkeep.js';
import { HeldSessions } from './held-sessions.js';
import { KeyWriter } from './key-writer.js';
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
import { Onlookers } from './onlookers.js';
import { QrPageController } from './qr-page.controller.js';
import { QrTickets } from './qr-tickets.js';
import { SessionActivity } from './session-activity.js';
import { SessionHoldsRepository } from './session-holds.repository.js';
import { SessionProvider } from './session-provider.js';
import { SessionSeal } from './session-seal.js';
import { SessionStreams } from './session-streams.js';
import { GatewaySessionsController } from './sessions.controller.js';

@Module({
  imports: [ActivityModule, ApiKeysModule, AuditModule, HttpModule, JobsModule, SessionsModule],
  controllers: [
    GatewaySessionsController,
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
    GatewaySessions,
    GatewaySessionsRepository,
    GatewayTicketsRepository,
    GatewayUpkeep,
    HeldSessions,
    KeyWriter,
    MediaFetcher,
    MediaForm,
    MediaIntake,
    MediaMessages,
    MediaUploads,
    MenuReplies,
    MessageDispatcher,
    MessageWaiters,
    Onlookers,
    QrTickets,
    SessionActivity,
    SessionHoldsRepository,
    SessionProvider,
    SessionSeal,
    SessionStreams,
  ],
  exports: [Gateway, GatewayEvents, GatewayMessages, GatewaySessions, SessionProvider],
})
export class GatewayModule {}

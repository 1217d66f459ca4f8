import { Injectable, Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { AdminModule } from './operations/admin/admin.module.js';
import { AnalyticsModule } from './operations/analytics/analytics.module.js';
import { ApiKeyGuard } from './identity/api-keys/api-key.guard.js';
import { ConsoleModule } from './operations/console/console.module.js';
import { ApiKeysModule } from './identity/api-keys/api-keys.module.js';
import { AuditModule } from './records/audit/audit.module.js';
import { NAMED_OWNERS, type NamedOwners } from './records/audit/named-owners.js';
import { RefusalObserver } from './records/audit/refusal-observer.js';
import { AuthModule } from './login/auth/auth.module.js';
import { HELD_CONVERSATION, type HoldsConversation } from './login/auth/own-account/personal-data.js';
import { BotModule } from './incoming/bot/bot.module.js';
import { ProviderWebhooksModule } from './incoming/provider-webhooks/provider-webhooks.module.js';
import { Conversations } from './incoming/bot/conversations.service.js';
import { Inbound } from './incoming/bot/inbound.js';
import { AuthSecret } from './platform/secrets/auth-secret.js';
import { SettingsInForce } from './platform/config/in-force.js';
import { type Settings } from './platform/config/settings.js';
import { SettingsModule } from './operations/settings/settings.module.js';
import { DatabaseModule } from './platform/database/database.module.js';
import { type OpenDatabase } from './platform/database/open-database.js';
import { ExceptionToAnswerFilter } from './platform/errors/exception.filter.js';
import { ForgotPasswordModule } from './login/forgot-password/forgot-password.module.js';
import { GatewayEvents } from './gateway/link/gateway-events.js';
import { GatewayModule } from './gateway/gateway.module.js';
import { LinkedAccountProvider } from './gateway/linked-account-provider.js';
import { HealthModule } from './operations/health/health.module.js';
import { AddressLimitGuard } from './platform/http/address-limit.guard.js';
import { HttpModule } from './platform/http/http.module.js';
import { AnsweredBeforeFilter, IdempotencyGuard } from './platform/idempotency/idempotency.guard.js';
import { IdempotencyModule } from './platform/idempotency/idempotency.module.js';
import { LOGGER, type ServiceLogger } from './platform/log/logger.js';
import { bodyValidation } from './platform/http/validation/validation.pipe.js';
import { DeveloperInboxModule } from './delivery/developer-inbox.module.js';
import { LINKED_ACCOUNT } from './delivery/ladder/linked-account.js';
import { SESSION } from './delivery/providers/session/name.js';
import { MessagingModule } from './delivery/messaging.module.js';
import { Receipts } from './delivery/outbox/receipts.js';
import { Clients } from './login/oidc/clients/clients.service.js';
import { OidcModule } from './login/oidc/oidc.module.js';
import { APPLICATION_NAMES, type ApplicationNames } from './login/codes/application-names.js';
import { PagesModule } from './login/pages/pages.module.js';
import { AccessGuard } from './identity/sessions/access.guard.js';
import { SessionsModule } from './identity/sessions/sessions.module.js';
import { UsersModule } from './identity/users/users.module.js';
import { Users } from './identity/users/users.service.js';
import { VerificationModule } from './applications/verification/verification.module.js';
import { WebhooksModule } from './applications/webhooks/webhooks.module.js';

/** What the rooms are given from outside. */
export interface Foundation {
  readonly settings: Settings;
  readonly secret: AuthSecret;
  readonly logger: ServiceLogger;
  readonly database: Pick<OpenDatabase, 'pool' | 'poolBehind' | 'poolForLogs'>;
}

/** The list of rooms, and what comes before every route: deny by default, limits, validation, one filter. */
@Module({})
export class AppModule {
  static on({ settings, secret, logger, database }: Foundation): DynamicModule {
    return {
      module: AppModule,
      imports: [
        foundation(settings, secret, logger),
        linkedAccount(),
        namesOfApplications(),
        ownersOfNames(),
        DatabaseModule.with(database),
        HttpModule,
        IdempotencyModule,
        AuditModule,
        UsersModule,
        SessionsModule,
        ApiKeysModule,
        AuthModule,
        ProviderWebhooksModule,
        BotModule,
        handover(),
        ForgotPasswordModule,
        GatewayModule,
        WebhooksModule,
        VerificationModule,
        MessagingModule,
        AdminModule,
        ConsoleModule,
        AnalyticsModule,
        HealthModule,
        SettingsModule,
        PagesModule,
        OidcModule,
        ...(settings.production ? [] : [DeveloperInboxModule]),
      ],
      providers: [
        GatewayWiring,
        { provide: APP_GUARD, useClass: AccessGuard },
        { provide: APP_GUARD, useExisting: ApiKeyGuard },
        { provide: APP_GUARD, useExisting: IdempotencyGuard },
        { provide: APP_GUARD, useExisting: AddressLimitGuard },
        { provide: APP_PIPE, useFactory: () => bodyValidation(settings.profile, settings.otpLength) },
        // The last filter is asked first: this one is for everything that the next leaves.
        {
          provide: APP_FILTER,
          inject: [RefusalObserver],
          useFactory: (refusals: RefusalObserver) =>
            new ExceptionToAnswerFilter(settings, (failure, request) => refusals.observe(failure, request)),
        },
        { provide: APP_FILTER, useClass: AnsweredBeforeFilter },
      ],
    };
  }
}

/** Tells other rooms what happens in the gateway, which knows none of them. */
@Injectable()
class GatewayWiring implements OnModuleInit {
  constructor(
    private readonly events: GatewayEvents,
    private readonly receipts: Receipts,
    private readonly inbound: Inbound,
  ) {}

  onModuleInit(): void {
    this.events.subscribe({
      messagesReceived: async (messages, { forLadder }) => {
        if (forLadder) await this.inbound.hear(messages);
      },
      messageNoted: async ({ whatsappId: providerMessageId, status, at, fromLadder }) => {
        if (fromLadder) await this.receipts.note([{ provider: SESSION, providerMessageId, status, at }]);
      },
    });
  }
}

/** The provider of the ladder that a room above messaging makes. */
function linkedAccount(): DynamicModule {
  @Module({})
  class LinkedAccountModule {}
  return {
    module: LinkedAccountModule,
    global: true,
    imports: [GatewayModule],
    providers: [{ provide: LINKED_ACCOUNT, useExisting: LinkedAccountProvider }],
    exports: [LINKED_ACCOUNT],
  };
}

/** What messages call the applications that people log in for. */
function namesOfApplications(): DynamicModule {
  @Module({})
  class NamesOfApplicationsModule {}
  const names = {
    provide: APPLICATION_NAMES,
    useFactory: (clients: Clients): ApplicationNames => ({ nameOf: (clientId) => clients.nameOf(clientId) }),
    inject: [Clients],
  };
  return {
    module: NamesOfApplicationsModule,
    global: true,
    imports: [OidcModule],
    providers: [names],
    exports: [names],
  };
}

/** Whose account a refusal was about, where only a number or a name is known. */
function ownersOfNames(): DynamicModule {
  @Module({})
  class OwnersOfNamesModule {}
  const owners = {
    provide: NAMED_OWNERS,
    useFactory: (users: Users): NamedOwners => ({ ownersOf: (named) => users.ownersOf(named) }),
    inject: [Users],
  };
  return {
    module: OwnersOfNamesModule,
    global: true,
    imports: [UsersModule],
    providers: [owners],
    exports: [owners],
  };
}

/** Groups of settings, secret and log for every room. */
function foundation(settings: Settings, secret: AuthSecret, logger: ServiceLogger): DynamicModule {
  @Module({})
  class FoundationModule {}
  const providers = [
    ...[...settings.groups].map(([provide, useValue]) => ({ provide, useValue })),
    { provide: SettingsInForce, useValue: settings.inForce },
    { provide: AuthSecret, useValue: secret },
    { provide: LOGGER, useValue: logger },
  ];
  return { module: FoundationModule, global: true, providers, exports: providers };
}

/** What rooms beside each other need of one another, and must not import. */
function handover(): DynamicModule {
  @Module({})
  class HandoverModule {}
  const heldConversation = {
    provide: HELD_CONVERSATION,
    useFactory: (conversations: Conversations): HoldsConversation => ({
      conversationOf: (phone) => conversations.personalDataOf(phone),
    }),
    inject: [Conversations],
  };
  return {
    module: HandoverModule,
    global: true,
    imports: [BotModule],
    providers: [heldConversation],
    exports: [heldConversation],
  };
}

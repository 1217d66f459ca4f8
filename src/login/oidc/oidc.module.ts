import { Module } from '@nestjs/common';
import { JobsModule } from '../../platform/jobs/jobs.module.js';
import { HttpModule } from '../../platform/http/http.module.js';
import { PagesModule } from '../pages/pages.module.js';
import { SessionsModule } from '../../identity/sessions/sessions.module.js';
import { UsersModule } from '../../identity/users/users.module.js';
import { AuditModule } from '../../records/audit/audit.module.js';
import { Artifacts } from './artifacts.js';
import { ArtifactsRepository } from './artifacts.repository.js';
import { ClientsController } from './clients/clients.controller.js';
import { ClientsRepository } from './clients/clients.repository.js';
import { Clients } from './clients/clients.service.js';
import { Interactions } from './interactions.js';
import { InteractionsController } from './interactions.controller.js';
import { Mount } from './mount.js';
import { ProviderClaims } from './provider-claims.js';
import { ProviderController } from './provider.controller.js';
import { ProviderPages } from './provider-pages.js';
import { Providers } from './providers.js';
import { ProviderUpkeep } from './upkeep.js';

@Module({
  imports: [AuditModule, HttpModule, JobsModule, PagesModule, SessionsModule, UsersModule],
  controllers: [ClientsController, InteractionsController, ProviderController],
  providers: [
    Artifacts,
    ArtifactsRepository,
    Clients,
    ClientsRepository,
    Interactions,
    Mount,
    ProviderClaims,
    ProviderPages,
    Providers,
    ProviderUpkeep,
  ],
  exports: [Clients, Mount],
})
export class OidcModule {}

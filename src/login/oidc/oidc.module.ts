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
import { OidcRoutes } from './oidc-routes.js';
import { OidcClaims } from './oidc-claims.js';
import { OidcController } from './oidc.controller.js';
import { OidcLogins } from './oidc-logins.js';
import { OidcPages } from './oidc-pages.js';
import { OidcProviders } from './oidc-providers.js';
import { OidcUpkeep } from './oidc-upkeep.js';

@Module({
  imports: [AuditModule, HttpModule, JobsModule, PagesModule, SessionsModule, UsersModule],
  controllers: [ClientsController, InteractionsController, OidcController],
  providers: [
    Artifacts,
    ArtifactsRepository,
    Clients,
    ClientsRepository,
    Interactions,
    OidcRoutes,
    OidcClaims,
    OidcLogins,
    OidcPages,
    OidcProviders,
    OidcUpkeep,
  ],
  exports: [Clients, OidcRoutes],
})
export class OidcModule {}

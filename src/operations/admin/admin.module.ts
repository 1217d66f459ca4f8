import { Module } from '@nestjs/common';
import { AuditModule } from '../../records/audit/audit.module.js';
import { AuthModule } from '../../login/auth/auth.module.js';
import { BotModule } from '../../incoming/bot/bot.module.js';
import { JobsModule } from '../../platform/jobs/jobs.module.js';
import { GatewayModule } from '../../gateway/gateway.module.js';
import { MessagingModule } from '../../delivery/messaging.module.js';
import { CodesModule } from '../../login/codes/codes.module.js';
import { SecondFactorModule } from '../../login/second-factor/second-factor.module.js';
import { PeopleImportModule } from '../../identity/people-import/people-import.module.js';
import { SessionsModule } from '../../identity/sessions/sessions.module.js';
import { UsersModule } from '../../identity/users/users.module.js';
import { VerificationModule } from '../../applications/verification/verification.module.js';
import { AuditController } from './audit.controller.js';
import { AdminCreation } from './admin-creation.js';
import { Erasure } from './erasure.js';
import { ImportRunner } from './imports/import-runner.js';
import { ImportUpload } from './imports/import-upload.js';
import { ImportsController } from './imports/imports.controller.js';
import { JobsController } from './jobs.controller.js';
import { UserAdministration } from './user-administration.js';
import { UsersController } from './users.controller.js';

@Module({
  imports: [
    AuditModule,
    AuthModule,
    BotModule,
    GatewayModule,
    VerificationModule,
    JobsModule,
    MessagingModule,
    CodesModule,
    SecondFactorModule,
    PeopleImportModule,
    SessionsModule,
    UsersModule,
  ],
  controllers: [AuditController, ImportsController, JobsController, UsersController],
  providers: [UserAdministration, Erasure, AdminCreation, ImportRunner, ImportUpload],
})
export class AdminModule {}

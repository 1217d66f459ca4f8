import { Module } from '@nestjs/common';
import { AuditModule } from '../../records/audit/audit.module.js';
import { HttpModule } from '../../platform/http/http.module.js';
import { MessagingModule } from '../../delivery/messaging.module.js';
import { CodesModule } from '../codes/codes.module.js';
import { SecondFactorModule } from '../second-factor/second-factor.module.js';
import { PeopleImportModule } from '../../identity/people-import/people-import.module.js';
import { SessionsModule } from '../../identity/sessions/sessions.module.js';
import { UsersModule } from '../../identity/users/users.module.js';
import { BrowserController } from './browser.controller.js';
import { AuthController } from './auth.controller.js';
import { Auth } from './auth.service.js';
import { DeviceStatusController } from './device-status.controller.js';
import { JwksController } from './jwks.controller.js';
import { SessionsController } from './sessions.controller.js';
import { TokensController } from './tokens.controller.js';
import { DashboardController } from './dashboard.controller.js';
import { LoginRenewal } from './own-account/login-renewal.js';
import { LoginRepository } from './login.repository.js';
import { OwnAccountController } from './own-account/own-account.controller.js';
import { PasswordChange } from './own-account/password-change.js';
import { PersonalData } from './own-account/personal-data.js';
import { Registration } from './registration.js';
import { PhoneChange } from './own-account/phone-change.js';

@Module({
  imports: [
    AuditModule,
    HttpModule,
    MessagingModule,
    CodesModule,
    SecondFactorModule,
    PeopleImportModule,
    SessionsModule,
    UsersModule,
  ],
  controllers: [
    AuthController,
    BrowserController,
    OwnAccountController,
    SessionsController,
    TokensController,
    DashboardController,
    DeviceStatusController,
    JwksController,
  ],
  providers: [Auth, LoginRenewal, LoginRepository, PasswordChange, PersonalData, PhoneChange, Registration],
  exports: [PersonalData],
})
export class AuthModule {}

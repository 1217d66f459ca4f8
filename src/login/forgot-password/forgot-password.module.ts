import { Module } from '@nestjs/common';
import { AuditModule } from '../../records/audit/audit.module.js';
import { HttpModule } from '../../platform/http/http.module.js';
import { MessagingModule } from '../../delivery/messaging.module.js';
import { CodesModule } from '../codes/codes.module.js';
import { SessionsModule } from '../../identity/sessions/sessions.module.js';
import { UsersModule } from '../../identity/users/users.module.js';
import { ForgotPasswordController } from './forgot-password.controller.js';
import { ForgotPassword } from './forgot-password.service.js';

@Module({
  imports: [AuditModule, HttpModule, MessagingModule, CodesModule, SessionsModule, UsersModule],
  controllers: [ForgotPasswordController],
  providers: [ForgotPassword],
})
export class ForgotPasswordModule {}

import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { MessagingModule } from '../messaging/messaging.module.js';
import { CodeIssuer } from './code-issuer.js';
import { HeldCodesRepository } from './held-codes.repository.js';
import { OtpRepository } from './otp.repository.js';
import { Otp } from './otp.service.js';

@Module({
  imports: [AuditModule, MessagingModule],
  providers: [CodeIssuer, Otp, OtpRepository, HeldCodesRepository],
  exports: [CodeIssuer, Otp],
})
export class OtpModule {}

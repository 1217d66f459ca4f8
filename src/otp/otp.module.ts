import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { HttpModule } from '../http/http.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { MessagingModule } from '../messaging/messaging.module.js';
import { CodeIssuer } from './code-issuer.js';
import { HeldCodesRepository } from './held-codes.repository.js';
import { SendLimits } from './send-limits.js';
import { SendLimitsRepository } from './send-limits.repository.js';
import { OtpRepository } from './otp.repository.js';
import { Otp } from './otp.service.js';

@Module({
  imports: [AuditModule, HttpModule, JobsModule, MessagingModule],
  providers: [SendLimits, SendLimitsRepository, CodeIssuer, Otp, OtpRepository, HeldCodesRepository],
  exports: [CodeIssuer, Otp, SendLimits],
})
export class OtpModule {}

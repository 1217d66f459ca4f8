import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { HttpModule } from '../http/http.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { MessagingModule } from '../messaging/messaging.module.js';
import { UsersModule } from '../users/users.module.js';
import { CodeIssuer } from './code-issuer.js';
import { HeldCodesRepository } from './held-codes.repository.js';
import { SendLimits } from './send-limits.js';
import { SendLimitsRepository } from './send-limits.repository.js';
import { OtpRepository } from './otp.repository.js';
import { Otp } from './otp.service.js';
import { PhoneProof } from './phone-proof.js';
import { PhoneProofRepository } from './phone-proof.repository.js';

@Module({
  imports: [AuditModule, HttpModule, JobsModule, MessagingModule, UsersModule],
  providers: [
    SendLimits,
    SendLimitsRepository,
    CodeIssuer,
    Otp,
    OtpRepository,
    HeldCodesRepository,
    PhoneProof,
    PhoneProofRepository,
  ],
  exports: [CodeIssuer, Otp, PhoneProof, SendLimits],
})
export class OtpModule {}

import { Module } from '@nestjs/common';
import { AuditModule } from '../../records/audit/audit.module.js';
import { HttpModule } from '../../platform/http/http.module.js';
import { JobsModule } from '../../platform/jobs/jobs.module.js';
import { MessagingModule } from '../../delivery/messaging.module.js';
import { Applications } from './applications.js';
import { UsersModule } from '../../identity/users/users.module.js';
import { CodeIssuer } from './code-issuer.js';
import { CodesRepository } from './codes.repository.js';
import { Codes } from './codes.service.js';
import { DeviceGuessesRepository } from './device-guesses.repository.js';
import { CodeRecordsRepository } from './code-records.repository.js';
import { NumberLocksRepository } from './number-locks.repository.js';
import { VerificationCodes } from './verifications/verification-codes.js';
import { VerificationsRepository } from './verifications/verifications.repository.js';
import { SendLimits } from './send-limits.js';
import { SendLimitsRepository } from './send-limits.repository.js';
import { PhoneProof } from './phone-proof.js';
import { PhoneProofRepository } from './phone-proof.repository.js';

@Module({
  imports: [AuditModule, HttpModule, JobsModule, MessagingModule, UsersModule],
  providers: [
    Applications,
    SendLimits,
    SendLimitsRepository,
    CodeIssuer,
    Codes,
    CodesRepository,
    DeviceGuessesRepository,
    CodeRecordsRepository,
    NumberLocksRepository,
    PhoneProof,
    PhoneProofRepository,
    VerificationCodes,
    VerificationsRepository,
  ],
  exports: [CodeIssuer, Codes, PhoneProof, SendLimits, VerificationCodes],
})
export class CodesModule {}

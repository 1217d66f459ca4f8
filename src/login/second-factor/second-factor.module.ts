import { Module } from '@nestjs/common';
import { AuditModule } from '../../records/audit/audit.module.js';
import { MessagingModule } from '../../delivery/messaging.module.js';
import { SessionsModule } from '../../identity/sessions/sessions.module.js';
import { UsersModule } from '../../identity/users/users.module.js';
import { ChallengesRepository } from './challenges.repository.js';
import { SecondFactorEnrolment } from './enrolment.service.js';
import { FactorsRepository } from './factors.repository.js';
import { PasskeysController } from './passkeys.controller.js';
import { PasskeysRepository } from './passkeys.repository.js';
import { Passkeys } from './passkeys.service.js';
import { SecondFactorProofs } from './proofs.service.js';
import { SecondFactorController } from './second-factor.controller.js';
import { SecondFactors } from './second-factors.service.js';
import { TotpSeal } from './totp-seal.js';

@Module({
  imports: [AuditModule, MessagingModule, SessionsModule, UsersModule],
  controllers: [SecondFactorController, PasskeysController],
  providers: [
    ChallengesRepository,
    FactorsRepository,
    Passkeys,
    PasskeysRepository,
    SecondFactorEnrolment,
    SecondFactorProofs,
    SecondFactors,
    TotpSeal,
  ],
  exports: [SecondFactors],
})
export class SecondFactorModule {}

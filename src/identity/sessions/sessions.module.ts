import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { PassportModule } from '@nestjs/passport';
import { JobsModule } from '../../platform/jobs/jobs.module.js';
import { AccessTokenStrategy } from './access-token.strategy.js';
import { AccessTokens } from './access-tokens.js';
import { BrowserSessions } from './browser-sessions.js';
import { Callers } from './proof/callers.js';
import { ProofsRepository } from './proof/proofs.repository.js';
import { DeviceTokens } from './device-tokens.js';
import { SessionRecordsRepository } from './session-records.repository.js';
import { LoginSessionsRepository } from './login-sessions.repository.js';
import { RefreshRepository } from './refresh.repository.js';
import { Sessions } from './sessions.service.js';
import { SigningKeyRepository } from './signing-key.repository.js';
import { TokenInspection } from './token-inspection.js';
import { SigningKeys } from './signing-keys.js';

@Module({
  imports: [JobsModule, JwtModule.register({}), PassportModule],
  providers: [
    AccessTokens,
    AccessTokenStrategy,
    BrowserSessions,
    Callers,
    DeviceTokens,
    ProofsRepository,
    SigningKeys,
    SigningKeyRepository,
    Sessions,
    TokenInspection,
    RefreshRepository,
    LoginSessionsRepository,
    SessionRecordsRepository,
  ],
  exports: [AccessTokens, AccessTokenStrategy, BrowserSessions, DeviceTokens, Sessions, SigningKeys, TokenInspection],
})
export class SessionsModule {}

import { Module } from '@nestjs/common';
import { AuditModule } from '../../records/audit/audit.module.js';
import { HttpModule } from '../../platform/http/http.module.js';
import { ApiKeyGuard } from './api-key.guard.js';
import { ApiKeysController } from './api-keys.controller.js';
import { ApiKeysRepository } from './api-keys.repository.js';
import { ApiKeys } from './api-keys.service.js';

@Module({
  imports: [AuditModule, HttpModule],
  controllers: [ApiKeysController],
  providers: [ApiKeys, ApiKeysRepository, ApiKeyGuard],
  exports: [ApiKeys, ApiKeyGuard],
})
export class ApiKeysModule {}

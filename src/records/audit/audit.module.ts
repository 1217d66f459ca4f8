import { Module } from '@nestjs/common';
import { AuditLog } from './audit-log.js';
import { JobsModule } from '../../platform/jobs/jobs.module.js';
import { AuditRepository } from './audit.repository.js';
import { AuditRetention } from './audit-retention.js';
import { Audit } from './audit.service.js';
import { RefusalCounts } from './refusal-counts.js';
import { RefusalCountsRepository } from './refusal-counts.repository.js';
import { RefusalObserver } from './refusal-observer.js';
import { Refusals } from './refusals.js';
import { RefusalsRepository } from './refusals.repository.js';

@Module({
  imports: [JobsModule],
  providers: [
    Audit,
    AuditLog,
    AuditRepository,
    AuditRetention,
    RefusalCounts,
    RefusalCountsRepository,
    RefusalObserver,
    Refusals,
    RefusalsRepository,
  ],
  exports: [Audit, AuditLog, RefusalObserver],
})
export class AuditModule {}

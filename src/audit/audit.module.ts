import { Module } from '@nestjs/common';
import { JobsModule } from '../jobs/jobs.module.js';
import { AuditRepository } from './audit.repository.js';
import { AuditRetention } from './audit-retention.js';
import { Audit } from './audit.service.js';

@Module({ imports: [JobsModule], providers: [Audit, AuditRepository, AuditRetention], exports: [Audit] })
export class AuditModule {}

import { Module } from '@nestjs/common';
import { AuditRepository } from './audit.repository.js';
import { AuditRetention } from './audit-retention.js';
import { Audit } from './audit.service.js';

@Module({ providers: [Audit, AuditRepository, AuditRetention], exports: [Audit] })
export class AuditModule {}

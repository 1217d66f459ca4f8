import { Module } from '@nestjs/common';
import { JobsModule } from '../../platform/jobs/jobs.module.js';
import { AuditModule } from '../../records/audit/audit.module.js';
import { UsersModule } from '../users/users.module.js';
import { Batches } from './batches.js';
import { PeopleImport } from './people-import.js';
import { RowsRepository } from './rows.repository.js';
import { RunsRepository } from './runs.repository.js';

@Module({
  imports: [AuditModule, JobsModule, UsersModule],
  providers: [PeopleImport, Batches, RunsRepository, RowsRepository],
  exports: [PeopleImport],
})
export class PeopleImportModule {}

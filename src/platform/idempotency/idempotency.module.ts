import { Module } from '@nestjs/common';
import { HttpModule } from '../http/http.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { IdempotencyGuard } from './idempotency.guard.js';
import { IdempotencyRepository } from './idempotency.repository.js';
import { IdempotentRequests } from './idempotent-requests.js';

@Module({
  imports: [HttpModule, JobsModule],
  providers: [IdempotencyGuard, IdempotencyRepository, IdempotentRequests],
  exports: [IdempotencyGuard],
})
export class IdempotencyModule {}

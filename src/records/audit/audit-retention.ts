import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { RetentionSettings } from '../../platform/config/groups/retention.js';
import { Partitions } from '../../platform/database/partitions.js';
import { LOGGER, type ServiceLogger } from '../../platform/log/logger.js';
import { Jobs } from '../../platform/jobs/jobs.service.js';

/** Keeps the histories' partitions coming, and drops the events that are older than `AUDIT_RETENTION_DAYS`. */
@Injectable()
export class AuditRetention implements OnModuleInit {
  constructor(
    private readonly settings: RetentionSettings,
    private readonly partitions: Partitions,
    private readonly jobs: Jobs,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  onModuleInit(): void {
    this.jobs.schedule('history-partitions', '7 * * * *', () => this.run());
  }

  private async run(): Promise<boolean> {
    await this.partitions.ensure();
    const days = this.settings.auditRetentionDays;
    // The history of messages is kept as long: it says who got them, and nothing should stay for ever.
    const dropped = [
      ...(await this.partitions.dropOlderThan('audit_events', days)),
      ...(await this.partitions.dropOlderThan('message_history', days)),
    ];
    if (dropped.length > 0) this.logger.info({ dropped }, 'expired history dropped');
    return false;
  }
}

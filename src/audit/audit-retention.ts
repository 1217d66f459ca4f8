import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Partitions } from '../database/partitions.js';
import { LOGGER, type ServiceLogger } from '../http/logger.js';
import { every, type Recurring } from '../http/recurring.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Keeps the histories' partitions coming, and drops the events that are older than `AUDIT_RETENTION_DAYS`. */
@Injectable()
export class AuditRetention implements OnModuleInit, OnApplicationShutdown {
  private upkeep: Recurring | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly partitions: Partitions,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  onModuleInit(): void {
    const onError = (err: unknown) => {
      this.logger.error({ err }, 'partitions not kept up');
    };
    this.upkeep = every(HOUR, () => this.run(), onError);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.upkeep?.stop();
  }

  private async run(): Promise<void> {
    await this.partitions.ensure();
    const before = new Date(Date.now() - this.settings.auditRetentionDays * DAY);
    // The history of messages is kept as long: it says who got them, and nothing should stay for ever.
    const dropped = [
      ...(await this.partitions.dropBefore('audit_events', before)),
      ...(await this.partitions.dropBefore('message_history', before)),
    ];
    if (dropped.length > 0) this.logger.info({ dropped }, 'history past its retention dropped');
  }
}

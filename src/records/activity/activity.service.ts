import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { RetentionSettings } from '../../platform/config/groups/retention.js';
import { type Transaction } from '../../platform/database/database.js';
import { Partitions } from '../../platform/database/partitions.js';
import { LOGGER, type ServiceLogger } from '../../platform/log/logger.js';
import { Jobs } from '../../platform/jobs/jobs.service.js';
import { ActivityRepository, type ActivityEntry } from './activity.repository.js';

export { type ActivityEntry };

/** Rows that one statement deletes. */
const BATCH = 1_000;

/** What linked accounts did. What sends messages writes its lines in the same statement (`activity.sql.ts`). */
@Injectable()
export class Activity implements OnModuleInit {
  constructor(
    private readonly settings: RetentionSettings,
    private readonly repository: ActivityRepository,
    private readonly partitions: Partitions,
    private readonly jobs: Jobs,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  onModuleInit(): void {
    this.jobs.schedule('old-activity', '17 * * * *', () => this.dropOld());
  }

  /** Writes lines of the log. Never fails: what they report has happened. */
  async record(...entries: ActivityEntry[]): Promise<void> {
    if (entries.length === 0) return;
    await this.repository
      .record(entries)
      .catch((err: unknown) => this.logger.warn({ err }, 'the activity of a linked account was not recorded'));
  }

  /**
   * Deletes lines before their time, in small batches; what is counted of them stays.
   *
   * @param days older than this
   * @param apiKeyId of this key's linked accounts; null: of all
   * @param most at most so many
   * @returns how many
   */
  async clean(days: number, apiKeyId: string | null, most: number): Promise<number> {
    let deleted = 0;
    while (deleted < most) {
      const batch = Math.min(BATCH, most - deleted);
      const gone = await this.repository.clean(days, apiKeyId, batch);
      deleted += gone;
      if (gone < batch) break;
    }
    return deleted;
  }

  /** Forgets how often a number was written to. @param hashes as the counters have it */
  forget(hashes: readonly Buffer[], within: Transaction): Promise<void> {
    return this.repository.forgetNumber(hashes, within);
  }

  private async dropOld(): Promise<boolean> {
    const days = this.settings.activityRetentionDays;
    const dropped = [
      ...(await this.partitions.dropOlderThan('activity_log', days)),
      ...(await this.partitions.dropOlderThan('activity_numbers', days)),
    ];
    if (dropped.length > 0) this.logger.info({ dropped }, 'expired activity dropped');
    return this.repository.forgetDays(days);
  }
}

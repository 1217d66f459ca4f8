import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { RetentionSettings } from '../../platform/config/groups/retention.js';
import { LOGGER, type ServiceLogger } from '../../platform/log/logger.js';
import { every, type Recurring } from '../../platform/background/timers.js';
import { Jobs } from '../../platform/jobs/jobs.service.js';
import { ConversationSeal } from './conversation-seal.js';
import { ConversationRecordsRepository } from './conversation-records.repository.js';

const RESEAL_EVERY = 15_000;

/** Drops what is older than `CONVERSATION_RETENTION_DAYS`, and keeps the rest readable while AUTH_SECRET is replaced. */
@Injectable()
export class ConversationUpkeep implements OnModuleInit, OnApplicationShutdown {
  private resealing: Recurring | undefined;
  private settled = false;

  constructor(
    private readonly settings: RetentionSettings,
    private readonly seal: ConversationSeal,
    private readonly repository: ConversationRecordsRepository,
    private readonly jobs: Jobs,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  onModuleInit(): void {
    const days = this.settings.conversationRetentionDays;
    this.jobs.schedule('old-conversations', '19 * * * *', () => this.repository.dropOlderThan(days));
    // No job of the cluster: only instances that know both secrets can do it.
    const onError = (err: unknown) => this.logger.warn({ err }, 'conversations were not sealed again');
    if (this.seal.changes) this.resealing = every(RESEAL_EVERY, () => this.reseal(), onError);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.resealing?.stop();
  }

  /** Again and again, as instances with the previous secret go on writing; told once nothing was left to do. */
  private async reseal(): Promise<void> {
    const anew = this.seal.anew.bind(this.seal);
    const messages = await this.repository.reseal('messages', anew);
    const names = await this.repository.reseal('names', anew);
    const nothing = messages + names === 0;
    if (!nothing || !this.settled)
      this.logger.info(
        { messages, names },
        nothing ? 'conversations are sealed under AUTH_SECRET' : 'conversations were sealed again',
      );
    this.settled = nothing;
  }
}

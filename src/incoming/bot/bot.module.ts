import { Module } from '@nestjs/common';
import { AuditModule } from '../../records/audit/audit.module.js';
import { JobsModule } from '../../platform/jobs/jobs.module.js';
import { MessagingModule } from '../../delivery/messaging.module.js';
import { UsersModule } from '../../identity/users/users.module.js';
import { CodesModule } from '../../login/codes/codes.module.js';
import { ConversationSeal } from './conversation-seal.js';
import { ConversationUpkeep } from './conversation-upkeep.js';
import { ConversationsController } from './conversations.controller.js';
import { ConversationsRepository } from './conversations.repository.js';
import { Conversations } from './conversations.service.js';
import { ConversationRecordsRepository } from './conversation-records.repository.js';
import { Inbound } from './inbound.js';

@Module({
  imports: [AuditModule, JobsModule, MessagingModule, CodesModule, UsersModule],
  controllers: [ConversationsController],
  providers: [
    Conversations,
    ConversationSeal,
    ConversationUpkeep,
    ConversationsRepository,
    ConversationRecordsRepository,
    Inbound,
  ],
  exports: [Conversations, Inbound],
})
export class BotModule {}

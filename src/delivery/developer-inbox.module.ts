import { Module } from '@nestjs/common';
import { DeveloperInboxController } from './developer-inbox/developer-inbox.controller.js';
import { MessagingModule } from './messaging.module.js';

/** The inbox's routes; only a service outside production has this module. */
@Module({ imports: [MessagingModule], controllers: [DeveloperInboxController] })
export class DeveloperInboxModule {}

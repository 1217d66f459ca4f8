import { Module } from '@nestjs/common';
import { ActivityModule } from '../../records/activity/activity.module.js';
import { CodesModule } from '../../login/codes/codes.module.js';
import { GatewayModule } from '../../gateway/gateway.module.js';
import { JobsModule } from '../../platform/jobs/jobs.module.js';
import { WebhooksModule } from '../webhooks/webhooks.module.js';
import { CodeMessagesController } from './code-messages.controller.js';
import { VerificationController } from './verification.controller.js';
import { Verification } from './verification.service.js';

@Module({
  imports: [ActivityModule, CodesModule, GatewayModule, JobsModule, WebhooksModule],
  controllers: [CodeMessagesController, VerificationController],
  providers: [Verification],
  exports: [Verification],
})
export class VerificationModule {}

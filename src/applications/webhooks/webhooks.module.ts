import { Module } from '@nestjs/common';
import { AuditModule } from '../../records/audit/audit.module.js';
import { GatewayModule } from '../../gateway/gateway.module.js';
import { HttpModule } from '../../platform/http/http.module.js';
import { JobsModule } from '../../platform/jobs/jobs.module.js';
import { DeliveriesRepository } from './deliveries.repository.js';
import { GatewayListener } from './gateway-listener.js';
import { WebhookDispatcher } from './webhook-dispatcher.js';
import { WebhookSeal } from './webhook-seal.js';
import { WebhookSender } from './webhook-sender.js';
import { WebhooksController } from './webhooks.controller.js';
import { WebhooksRepository } from './webhooks.repository.js';
import { Webhooks } from './webhooks.service.js';

@Module({
  imports: [AuditModule, GatewayModule, HttpModule, JobsModule],
  controllers: [WebhooksController],
  providers: [
    DeliveriesRepository,
    GatewayListener,
    WebhookDispatcher,
    WebhookSeal,
    WebhookSender,
    Webhooks,
    WebhooksRepository,
  ],
  exports: [Webhooks, WebhookDispatcher],
})
export class WebhooksModule {}

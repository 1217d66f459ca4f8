import { Module } from '@nestjs/common';
import { ALL_PROVIDERS } from '../../delivery/providers/providers.js';
import { BotModule } from '../bot/bot.module.js';
import { webhookRoutes } from './provider-webhooks.controller.js';
import { WebhookDoor } from './webhook-door.js';

@Module({
  imports: [BotModule],
  controllers: ALL_PROVIDERS.flatMap(webhookRoutes),
  providers: [WebhookDoor],
})
export class ProviderWebhooksModule {}

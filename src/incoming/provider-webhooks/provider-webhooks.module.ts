import { Module } from '@nestjs/common';
import { BotModule } from '../bot/bot.module.js';
import { ProviderWebhooksController } from './provider-webhooks.controller.js';
import { WebhookGuards } from './webhook-guards.js';

@Module({
  imports: [BotModule],
  controllers: [ProviderWebhooksController],
  providers: [WebhookGuards],
})
export class ProviderWebhooksModule {}

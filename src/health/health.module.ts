import { Module } from '@nestjs/common';
import { GatewayModule } from '../gateway/gateway.module.js';
import { MessagingModule } from '../messaging/messaging.module.js';
import { HealthController } from './health.controller.js';

@Module({ imports: [GatewayModule, MessagingModule], controllers: [HealthController] })
export class HealthModule {}

import { Module } from '@nestjs/common';
import { GatewayModule } from '../../gateway/gateway.module.js';
import { HttpModule } from '../../platform/http/http.module.js';
import { MessagingModule } from '../../delivery/messaging.module.js';
import { HealthController } from './health.controller.js';

@Module({ imports: [GatewayModule, HttpModule, MessagingModule], controllers: [HealthController] })
export class HealthModule {}

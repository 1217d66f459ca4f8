import { Module } from '@nestjs/common';
import { MessagingModule } from '../messaging/messaging.module.js';
import { DeliveryController } from './delivery.controller.js';
import { DeliveryRepository } from './delivery.repository.js';
import { DeliveryFigures } from './delivery.service.js';

@Module({
  imports: [MessagingModule],
  controllers: [DeliveryController],
  providers: [DeliveryFigures, DeliveryRepository],
})
export class AnalyticsModule {}

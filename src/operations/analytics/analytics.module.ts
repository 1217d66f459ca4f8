import { Module } from '@nestjs/common';
import { ActivityModule } from '../../records/activity/activity.module.js';
import { ApiKeysModule } from '../../identity/api-keys/api-keys.module.js';
import { AuditModule } from '../../records/audit/audit.module.js';
import { GatewayModule } from '../../gateway/gateway.module.js';
import { MessagingModule } from '../../delivery/messaging.module.js';
import { SessionsModule } from '../../identity/sessions/sessions.module.js';
import { VerificationModule } from '../../applications/verification/verification.module.js';
import { ActivityController } from './activity.controller.js';
import { ActivityFigures } from './activity-figures.js';
import { ActivityFiguresRepository } from './activity-figures.repository.js';
import { ActivityLogs } from './activity-logs.js';
import { ActivityLogsRepository } from './activity-logs.repository.js';
import { DeliveryController } from './delivery.controller.js';
import { DeliveryRepository } from './delivery.repository.js';
import { DeliveryFigures } from './delivery.service.js';

@Module({
  imports: [
    ActivityModule,
    ApiKeysModule,
    AuditModule,
    GatewayModule,
    MessagingModule,
    SessionsModule,
    VerificationModule,
  ],
  controllers: [ActivityController, DeliveryController],
  providers: [
    ActivityFigures,
    ActivityFiguresRepository,
    ActivityLogs,
    ActivityLogsRepository,
    DeliveryFigures,
    DeliveryRepository,
  ],
})
export class AnalyticsModule {}

import { Module } from '@nestjs/common';
import { ActivityModule } from '../../records/activity/activity.module.js';
import { ApiKeysModule } from '../../identity/api-keys/api-keys.module.js';
import { AuditModule } from '../../records/audit/audit.module.js';
import { GatewayModule } from '../../gateway/gateway.module.js';
import { MessagingModule } from '../../delivery/messaging.module.js';
import { SessionsModule } from '../../identity/sessions/sessions.module.js';
import { VerificationModule } from '../../applications/verification/verification.module.js';
import { CodesModule } from '../../login/codes/codes.module.js';
import { ActivityController } from './activity.controller.js';
import { ActivityFigures } from './activity-figures.js';
import { ActivityFiguresRepository } from './activity-figures.repository.js';
import { ActivityLogs } from './activity-logs.js';
import { ActivityLogsRepository } from './activity-logs.repository.js';
import { ChangesController } from './changes/changes.controller.js';
import { ChangesRepository } from './changes/changes.repository.js';
import { ChangeStreams } from './changes/change-streams.js';
import { DeliveryController } from './delivery.controller.js';
import { DeliveryRepository } from './delivery.repository.js';
import { DeliveryFigures } from './delivery.service.js';
import { OverviewController } from './overview/overview.controller.js';
import { OverviewRepository } from './overview/overview.repository.js';
import { OverviewFigures } from './overview/overview.service.js';

@Module({
  imports: [
    ActivityModule,
    ApiKeysModule,
    AuditModule,
    CodesModule,
    GatewayModule,
    MessagingModule,
    SessionsModule,
    VerificationModule,
  ],
  controllers: [ActivityController, ChangesController, DeliveryController, OverviewController],
  providers: [
    ActivityFigures,
    ActivityFiguresRepository,
    ActivityLogs,
    ActivityLogsRepository,
    ChangesRepository,
    ChangeStreams,
    DeliveryFigures,
    DeliveryRepository,
    OverviewFigures,
    OverviewRepository,
  ],
})
export class AnalyticsModule {}

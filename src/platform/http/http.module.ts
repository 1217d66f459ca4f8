import { Module } from '@nestjs/common';
import { OutgoingAgents } from '../egress/outgoing-agent.js';
import { LimitsModule } from '../limits/limits.module.js';
import { AddressLimitGuard } from './address-limit.guard.js';
import { GracefulShutdown } from './server/graceful-shutdown.js';

@Module({
  imports: [LimitsModule],
  providers: [AddressLimitGuard, OutgoingAgents, GracefulShutdown],
  exports: [LimitsModule, AddressLimitGuard, OutgoingAgents, GracefulShutdown],
})
export class HttpModule {}

import { Module } from '@nestjs/common';
import { AddressLimitGuard } from './address-limit.guard.js';
import { AddressLimits } from './address-limits.js';
import { GracefulShutdown } from './graceful-shutdown.js';
import { LeasedLimitRepository } from './leased-limit.repository.js';
import { LeasedLimits } from './leased-limits.js';
import { OutgoingAgents } from './outgoing-agent.js';

@Module({
  providers: [AddressLimits, LeasedLimits, LeasedLimitRepository, AddressLimitGuard, OutgoingAgents, GracefulShutdown],
  exports: [AddressLimits, LeasedLimits, AddressLimitGuard, OutgoingAgents, GracefulShutdown],
})
export class HttpModule {}

import { Module } from '@nestjs/common';
import { AddressLimitGuard } from './address-limit.guard.js';
import { AddressLimits } from './address-limits.js';
import { Departure } from './departure.js';
import { LeasedLimitRepository } from './leased-limit.repository.js';
import { LeasedLimits } from './leased-limits.js';
import { OutgoingAgents } from './outgoing-agent.js';

@Module({
  providers: [AddressLimits, LeasedLimits, LeasedLimitRepository, AddressLimitGuard, OutgoingAgents, Departure],
  exports: [AddressLimits, LeasedLimits, AddressLimitGuard, OutgoingAgents, Departure],
})
export class HttpModule {}

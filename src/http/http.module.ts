import { Module } from '@nestjs/common';
import { AddressLimitGuard } from './address-limit.guard.js';
import { AddressLimits } from './address-limits.js';
import { LeasedLimitRepository } from './leased-limit.repository.js';
import { LeasedLimits } from './leased-limits.js';

@Module({
  providers: [AddressLimits, LeasedLimits, LeasedLimitRepository, AddressLimitGuard],
  exports: [AddressLimits, LeasedLimits, AddressLimitGuard],
})
export class HttpModule {}

import { Module } from '@nestjs/common';
import { AddressLimits } from './address-limits.js';
import { LeasedLimitRepository } from './leased-limit.repository.js';
import { LeasedLimits } from './leased-limits.js';

@Module({
  providers: [AddressLimits, LeasedLimits, LeasedLimitRepository],
  exports: [AddressLimits, LeasedLimits],
})
export class LimitsModule {}

import { Module } from '@nestjs/common';
import { AddressLimitGuard } from './address-limit.guard.js';
import { AddressLimitRepository } from './address-limit.repository.js';
import { AddressLimits } from './address-limits.js';

@Module({
  providers: [AddressLimits, AddressLimitRepository, AddressLimitGuard],
  exports: [AddressLimits, AddressLimitGuard],
})
export class HttpModule {}

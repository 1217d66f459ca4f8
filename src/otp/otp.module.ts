import { Module } from '@nestjs/common';
import { MessagingModule } from '../messaging/messaging.module.js';
import { HeldCodesRepository } from './held-codes.repository.js';
import { OtpRepository } from './otp.repository.js';
import { Otp } from './otp.service.js';

@Module({ imports: [MessagingModule], providers: [Otp, OtpRepository, HeldCodesRepository], exports: [Otp] })
export class OtpModule {}

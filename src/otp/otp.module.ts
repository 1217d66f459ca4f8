import { Module } from '@nestjs/common';
import { MessagingModule } from '../messaging/messaging.module.js';
import { OtpRepository } from './otp.repository.js';
import { Otp } from './otp.service.js';

@Module({ imports: [MessagingModule], providers: [Otp, OtpRepository], exports: [Otp] })
export class OtpModule {}

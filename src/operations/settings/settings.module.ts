import { Module } from '@nestjs/common';
import { MessagingModule } from '../../delivery/messaging.module.js';
import { SessionsModule } from '../../identity/sessions/sessions.module.js';
import { SettingsController } from './settings.controller.js';
import { TemplatePreviews } from './template-previews.js';

@Module({
  imports: [MessagingModule, SessionsModule],
  controllers: [SettingsController],
  providers: [TemplatePreviews],
})
export class SettingsModule {}

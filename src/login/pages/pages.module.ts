import { Module } from '@nestjs/common';
import { SessionsModule } from '../../identity/sessions/sessions.module.js';
import { BuiltFiles } from './built-files.js';
import { PagesController } from './pages.controller.js';

@Module({
  imports: [SessionsModule],
  controllers: [PagesController],
  providers: [BuiltFiles],
  exports: [BuiltFiles],
})
export class PagesModule {}

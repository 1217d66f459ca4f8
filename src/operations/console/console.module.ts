import { Module } from '@nestjs/common';
import { PagesModule } from '../../login/pages/pages.module.js';
import { ConsoleController } from './console.controller.js';

@Module({ imports: [PagesModule], controllers: [ConsoleController] })
export class ConsoleModule {}

import { Module } from '@nestjs/common';
import { BuiltFiles } from './built-files.js';
import { PagesController } from './pages.controller.js';

@Module({ controllers: [PagesController], providers: [BuiltFiles] })
export class PagesModule {}

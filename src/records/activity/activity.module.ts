import { Module } from '@nestjs/common';
import { JobsModule } from '../../platform/jobs/jobs.module.js';
import { ActivityRepository } from './activity.repository.js';
import { Activity } from './activity.service.js';

@Module({ imports: [JobsModule], providers: [Activity, ActivityRepository], exports: [Activity] })
export class ActivityModule {}

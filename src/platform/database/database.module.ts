import { Module, type DynamicModule } from '@nestjs/common';
import { DatabaseHealth } from './database-health.js';
import { Database } from './database.js';
import { type OpenDatabase } from './open-database.js';
import { Partitions } from './partitions.js';
import { POOL, POOL_FOR_LOGS } from './pool.js';
import { PrismaService } from './prisma.service.js';

/** Hands the opened database to every room that has a repository. */
@Module({})
export class DatabaseModule {
  static with(open: Pick<OpenDatabase, 'pool' | 'poolBehind' | 'poolForLogs'>): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      providers: [
        { provide: Database, useFactory: () => new Database(open.pool, open.poolBehind) },
        { provide: POOL, useValue: open.pool },
        { provide: POOL_FOR_LOGS, useValue: open.poolForLogs },
        PrismaService,
        DatabaseHealth,
        Partitions,
      ],
      exports: [Database, PrismaService, DatabaseHealth, Partitions],
    };
  }
}

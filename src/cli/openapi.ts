import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import pg from 'pg';
import { AppModule } from '../app.module.js';
import { AuthSecret } from '../platform/secrets/auth-secret.js';
import { PROJECT } from '../platform/config/folders.js';
import { settingsFrom } from '../settings.js';
import { apiDocument } from '../platform/http/server/api-docs.js';
import { openLog } from '../platform/log/logger.js';

/** Writes `openapi.json` from the controllers alone: nothing is started, no database is asked. */
const settings = settingsFrom({ LOG_LEVEL: 'error' });
const app = await NestFactory.create<NestFastifyApplication>(
  AppModule.on({
    settings,
    secret: new AuthSecret('none'),
    logger: openLog(settings).logger,
    database: { pool: new pg.Pool(), poolBehind: new pg.Pool(), poolForLogs: new pg.Pool() },
  }),
  new FastifyAdapter(),
  { preview: true, logger: false, abortOnError: false },
);
const file = join(PROJECT, 'openapi.json');
writeFileSync(file, `${JSON.stringify(apiDocument(app), null, 2)}\n`);
process.stdout.write('Wrote openapi.json.\n');

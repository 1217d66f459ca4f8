import { type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from '../../app.module.js';
import { loadAuthSecret } from '../../platform/secrets/auth-secret.js';
import { readAllSettings } from '../../settings.js';
import { openDatabase } from '../../platform/database/open-database.js';
import { refuseBesideOthers } from '../../platform/database/connection/other-instances.js';
import { openLog } from '../../platform/log/logger.js';

/**
 * Lets a command work with the rooms of the service, without its routes: opens the database as a start does, and closes
 * everything again.
 *
 * @param say told what a start tells; where it goes is the command's choice
 * @param isAlone refuses to begin while an instance uses the database
 * @throws OtherInstances, what a start throws, and what the work throws
 */
export async function withRooms(
  say: (message: string) => unknown,
  work: (rooms: INestApplicationContext) => Promise<void>,
  { isAlone = false } = {},
): Promise<void> {
  const settings = await readAllSettings();
  // What goes wrong is thrown, and told once.
  const { logger } = openLog({ logLevel: 'silent', production: settings.production, test: settings.test });
  const secret = loadAuthSecret(settings);
  const address = settings.directDatabaseUrl ?? settings.databaseUrl;
  // The folder of an embedded PostgreSQL is locked by whoever uses it.
  if (isAlone && address !== undefined) await refuseBesideOthers(address);
  const database = await openDatabase(settings, secret, say);
  try {
    const rooms = await NestFactory.createApplicationContext(AppModule.on({ settings, secret, logger, database }), {
      logger: false,
      abortOnError: false,
    });
    try {
      await work(rooms);
    } finally {
      await rooms.close();
    }
  } finally {
    await database.close();
  }
}

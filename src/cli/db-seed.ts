import { NestFactory } from '@nestjs/core';
import { AppModule } from '../app.module.js';
import { loadAuthSecret } from '../config/auth-secret.js';
import { readSettings } from '../config/read-settings.js';
import { openDatabase } from '../database/open-database.js';
import { createLogger } from '../http/logger.js';
import { refuseStart } from '../lifetime.js';
import { DemoAccounts } from '../users/demo-accounts.js';

/** Puts the demo accounts of `SEED_DEMO` into the database; twice is once, and production refuses. */
async function seed(): Promise<void> {
  const settings = await readSettings();
  const logger = createLogger(settings);
  const secret = loadAuthSecret(settings);
  const say = (message: string) => process.stdout.write(`${message}\n`);
  const database = await openDatabase(settings, secret, say);
  try {
    const context = await NestFactory.createApplicationContext(AppModule.on({ settings, secret, logger, database }), {
      logger: false,
      abortOnError: false,
    });
    const added = await context.get(DemoAccounts).seed();
    say(added === 0 ? 'The demo accounts are there already.' : `Added ${added} demo accounts.`);
    await context.close();
  } finally {
    await database.close();
  }
}

seed().catch((error: unknown) => refuseStart(error, 'The demo accounts were not added.'));

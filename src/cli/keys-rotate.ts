import { NestFactory } from '@nestjs/core';
import { AppModule } from '../app.module.js';
import { loadAuthSecret } from '../config/auth-secret.js';
import { readSettings } from '../config/read-settings.js';
import { openDatabase } from '../database/open-database.js';
import { createLogger } from '../http/logger.js';
import { refuseStart } from '../lifetime.js';
import { SigningKeys } from '../sessions/signing-keys.js';

/** Announces a new signing key; every running instance takes it up by itself, without a restart. */
async function rotate(): Promise<void> {
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
    const activatesAt = await context.get(SigningKeys).rotate();
    say(
      activatesAt
        ? `A new key is announced; it signs from ${activatesAt.toISOString()} on.`
        : 'A rotation is under way already.',
    );
    await context.close();
  } finally {
    await database.close();
  }
}

rotate().catch(refuseStart);

import { type AddressInfo } from 'node:net';
import { announce } from './announce.js';
import { createApp } from './app.js';
import { loadAuthSecret } from './config/auth-secret.js';
import { readSettings } from './config/read-settings.js';
import { openDatabase } from './database/open-database.js';
import { createLogger } from './http/logger.js';
import { refuseStart, stopOnSignals } from './process-life.js';
import { DemoAccounts } from './users/demo-accounts.js';

async function start(): Promise<void> {
  const settings = await readSettings();
  const logger = createLogger(settings);
  const secret = loadAuthSecret(settings);
  const database = await openDatabase(settings, secret, (message) => logger.info(message));
  try {
    const app = await createApp({ settings, secret, logger, database });
    const demo = app.get(DemoAccounts);
    if (settings.production) await demo.refuseInProduction();
    else await demo.seedIfEmpty();
    // Before listening: a signal that comes in between must find somebody to hear it.
    stopOnSignals(logger, async () => {
      await app.close();
      await database.close();
    });
    await app.listen(settings.port, settings.host);
    announce(settings, app.getHttpServer().address() as AddressInfo, demo.phones());
  } catch (error) {
    await database.close();
    throw error;
  }
}

start().catch(refuseStart);

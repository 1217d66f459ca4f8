import { type AddressInfo } from 'node:net';
import { announce } from './announce.js';
import { createApp } from './app.js';
import { loadAuthSecret } from './config/auth-secret.js';
import { keepCompiledCode } from './config/compile-cache.js';
import { exposureWarning, isReachedByOthers } from './config/exposure.js';
import { readSettings } from './config/read-settings.js';
import { openDatabase } from './database/open-database.js';
import { Gateway } from './gateway/gateway.js';
import { Departure } from './http/departure.js';
import { openLog } from './http/logger.js';
import { ensureJobSchema } from './jobs/job-schema.js';
import { Jobs } from './jobs/jobs.service.js';
import { Lifetime, stopPatience } from './lifetime.js';
import { DemoAccounts } from './users/demo-accounts.js';
import { WebhookDispatcher } from './webhooks/webhook-dispatcher.js';

async function start(life: Lifetime): Promise<void> {
  const settings = await readSettings();
  const { logger, output } = openLog(settings);
  const say = (message: string) => {
    logger.info(message);
  };
  life.know({ say, log: output, patience: stopPatience(settings) });
  const secret = loadAuthSecret(settings);
  const database = await openDatabase(settings, secret, say);
  life.opens(() => database.close());
  await ensureJobSchema(settings, database, say);
  const app = await createApp({ settings, secret, logger, database });
  life.opens(() => app.close());
  const demo = app.get(DemoAccounts);
  if (settings.production || (isReachedByOthers(settings) && !settings.exposeDevelopment))
    await demo.refuseDemoPassword();
  if (!settings.production) await demo.seedIfEmpty();
  const exposed = exposureWarning(settings);
  if (exposed !== null) logger.warn(exposed);
  if (settings.providers.length === 0) logger.warn('no provider is configured: no code can be sent');
  await app.listen(settings.port, settings.host);
  life.opens(() => app.get(Departure).drain(settings.drainTime));
  app.get(Jobs).start();
  app.get(Gateway).begin();
  app.get(WebhookDispatcher).begin();
  output.flush();
  announce(settings, app.getHttpServer().address() as AddressInfo, await demo.phones());
  keepCompiledCode();
}

new Lifetime().run(start);

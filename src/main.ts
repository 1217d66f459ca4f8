import { type AddressInfo } from 'node:net';
import { printStartupBanner } from './startup-banner.js';
import { createApp } from './app.js';
import { loadAuthSecret } from './platform/secrets/auth-secret.js';
import { keepCompiledCode } from './platform/config/compile-cache.js';
import { exposureWarning, isReachedByOthers } from './platform/config/exposure.js';
import { readAllSettings } from './settings.js';
import { openDatabase } from './platform/database/open-database.js';
import { Gateway } from './gateway/gateway.js';
import { GracefulShutdown } from './platform/http/server/graceful-shutdown.js';
import { openLog } from './platform/log/logger.js';
import { ensureJobSchema } from './platform/jobs/job-schema.js';
import { Jobs } from './platform/jobs/jobs.service.js';
import { ProcessLifecycle, stopPatience } from './process-lifecycle.js';
import { releaseStartMemory } from './startup-memory.js';
import { DemoAccounts } from './identity/users/demo-accounts.js';
import { WebhookDispatcher } from './applications/webhooks/webhook-dispatcher.js';

async function start(lifecycle: ProcessLifecycle): Promise<void> {
  const settings = await readAllSettings();
  const { logger, output } = openLog(settings);
  const say = (message: string) => {
    logger.info(message);
  };
  lifecycle.know({ say, log: output, patience: stopPatience(settings) });
  const secret = loadAuthSecret(settings);
  const database = await openDatabase(settings, secret, say);
  lifecycle.onStop(() => database.close());
  await ensureJobSchema(settings, database, say);
  const app = await createApp({ settings, secret, logger, database });
  lifecycle.onStop(() => app.close());
  const demo = app.get(DemoAccounts);
  if (settings.production || (isReachedByOthers(settings) && !settings.exposeDevelopment))
    await demo.refuseDemoPassword();
  if (!settings.production) await demo.seedIfEmpty();
  const exposed = exposureWarning(settings);
  if (exposed !== null) logger.warn(exposed);
  if (settings.providers.length === 0) logger.warn('no provider is configured: no code can be sent');
  await app.listen(settings.port, settings.host);
  lifecycle.onStop(() => app.get(GracefulShutdown).drain(settings.drainTime));
  app.get(Jobs).start();
  app.get(Gateway).begin();
  app.get(WebhookDispatcher).begin();
  output.flush();
  printStartupBanner(settings, app.getHttpServer().address() as AddressInfo, await demo.phones());
  keepCompiledCode();
  releaseStartMemory();
}

new ProcessLifecycle().run(start);

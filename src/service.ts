import { type AddressInfo } from 'node:net';
import { createApp } from './app.js';
import { WebhookDispatcher } from './applications/webhooks/webhook-dispatcher.js';
import { Gateway } from './gateway/gateway.js';
import { DemoAccounts } from './identity/users/demo-accounts.js';
import { exposureWarning, isReachedByOthers } from './platform/config/exposure.js';
import { warningOf } from './platform/config/variables/unknown-variables.js';
import { openDatabase } from './platform/database/open-database.js';
import { GracefulShutdown } from './platform/http/server/graceful-shutdown.js';
import { ensureJobSchema } from './platform/jobs/job-schema.js';
import { Jobs } from './platform/jobs/jobs.service.js';
import { LogOutput, type OutputOptions } from './platform/log/log-output.js';
import { openLog } from './platform/log/logger.js';
import { loadAuthSecret } from './platform/secrets/auth-secret.js';
import { refusal, stopPatience, type ProcessLifecycle } from './process-lifecycle.js';
import { readAllSettings } from './settings.js';
import { printStartupBanner } from './startup-banner.js';

export { LogOutput, refusal };

/** What a service has of the process that it runs in. */
export interface Surroundings {
  /** The variables that its settings are read from, if not the process's. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Makes the place where its log goes, if not to standard output. */
  readonly openOutput?: (options: OutputOptions) => LogOutput;
}

/**
 * Opens a service, and listens. All that it opens is closed by what it hands to `lifecycle`: a process may have several services,
 * side by side and one after the other, and nothing of one is seen by another.
 *
 * @returns where it listens
 */
export async function startService(
  lifecycle: Pick<ProcessLifecycle, 'know' | 'onStop'>,
  { environment, openOutput }: Surroundings = {},
): Promise<AddressInfo> {
  const settings = await readAllSettings(environment);
  const { logger, output } = openLog(settings, openOutput);
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
  for (const variable of settings.unknownVariables) logger.warn(warningOf(variable));
  if (settings.providers.length === 0) logger.warn('no provider is configured: no code can be sent');
  await app.listen(settings.port, settings.host);
  lifecycle.onStop(() => app.get(GracefulShutdown).drain(settings.drainTime));
  app.get(Jobs).start();
  app.get(Gateway).begin();
  app.get(WebhookDispatcher).begin();
  output.flush();
  const address = app.getHttpServer().address() as AddressInfo;
  printStartupBanner(settings, address, await demo.phones());
  return address;
}

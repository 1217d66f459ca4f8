import { ConfigurationError } from './config/read-settings.js';
import { masked, type ServiceLogger } from './http/logger.js';

/** An orchestrator kills after its own patience (30 s is usual); we are gone before, in ms. */
const STOP_PATIENCE = 10_000;

/**
 * Stops cleanly on SIGTERM, SIGINT and SIGHUP: requests under way finish, then the process exits 0. A second signal
 * (Ctrl-C reaches a terminal's whole group, and npm hands it on again) changes nothing.
 */
export function stopOnSignals(logger: ServiceLogger, stop: () => Promise<void>): void {
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      logger.info({ signal }, 'stopping');
      setTimeout(() => {
        logger.error('stopping took too long');
        process.exit(1);
      }, STOP_PATIENCE).unref();
      stop().then(
        () => process.exit(0),
        (err: unknown) => {
          logger.error({ err }, 'stopping failed');
          process.exit(1);
        },
      );
    });
  }
}

/** Says on standard error why the service does not start, and exits 1. Configuration errors name variables, not values. */
export function refuseStart(error: unknown): never {
  const known = error instanceof ConfigurationError || (error instanceof Error && error.name !== 'Error');
  const text = error instanceof Error ? (known ? error.message : (error.stack ?? error.message)) : String(error);
  const inUse = (error as { code?: unknown } | null)?.code === 'EADDRINUSE';
  const hint = inUse ? 'The port is in use. Set PORT to a free one, or stop what uses it.' : masked(text);
  process.stderr.write(`Masuk does not start.\n${hint}\n`);
  process.exit(1);
}

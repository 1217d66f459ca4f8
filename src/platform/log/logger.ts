import { createRequire } from 'node:module';
import { isatty } from 'node:tty';
import { type LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';
import { type ModeSettings } from '../config/groups/mode.js';
import { type ServerSettings } from '../config/groups/server.js';
import { shownAddresses } from '../config/shown-address.js';
import { LONGEST_WAIT, standardOutput, type LogOutput, type OutputOptions } from './log-output.js';

export type ServiceLogger = Logger;

/** Injection token of the service's log. */
export const LOGGER = Symbol('logger');

/** Long digit runs are phone numbers, codes of other systems or device ids; JWTs begin with `eyJ`, API keys with `msk_`. */
const DIGITS = /\+?\d[\d\s-]{4,}\d/g;
const TOKENS =
  /\beyJ[\w-]+(?:\.[\w-]*){1,2}|msk_[\w-]{8,}|\b[0-9a-f]{32,}\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi;

/** Values of a query, also where no scheme says that this is an address: `/hook?token=…`. */
const QUERY_VALUES = /([?&][\w.~-]{1,64}=)[^\s&#"'<>]+/g;

/** A free text made fit for the log: values in addresses, runs of digits and anything that looks like a token or device id are blanked. */
export function masked(text: string): string {
  return shownAddresses(text).replace(QUERY_VALUES, '$1…').replace(TOKENS, '[id]').replace(DIGITS, '[digits]');
}

/** No route of ours has a part as long as this; refresh tokens, cookies and device tokens do. */
const LONG_PART = /[^/]{24,}/g;

/**
 * A path that no route has, fit for the log; a webhook's mistyped address still has its secret in it, and what somebody
 * put into an address by mistake may be any token.
 */
export function unknownRoute(url: string): string {
  const path = url.split('?', 1)[0] ?? '';
  const [webhook] = /^\/*webhook/i.exec(path) ?? [];
  return webhook === undefined ? masked(path).replace(LONG_PART, '[long]').slice(0, 200) : `${webhook}/…`;
}

/** An error as the log may hold it: database drivers put whole rows into `detail`, so fields are chosen, not copied. */
function errorForLog(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: masked(String(error)) };
  const { code, constraint, table } = error as Error & { code?: unknown; constraint?: unknown; table?: unknown };
  return {
    type: error.name,
    message: masked(error.message),
    code,
    constraint,
    table,
    stack: error.stack?.split('\n').slice(1, 9).join('\n'),
    cause: error.cause === undefined ? undefined : errorForLog(error.cause),
  };
}

/** The service's log, and the output that is ended with the process. */
export interface ServiceLog {
  readonly logger: ServiceLogger;
  readonly output: LogOutput;
}

/**
 * One JSON line an event on standard output; for a person at a terminal, a readable line (development only).
 *
 * @param openOutput makes another output in its place
 */
export function openLog(
  settings: Pick<ServerSettings, 'logLevel'> & Pick<ModeSettings, 'production' | 'test'>,
  openOutput: (options: OutputOptions) => LogOutput = standardOutput,
): ServiceLog {
  // A test reads what it caused; there is nothing to be gained by gathering.
  const wait = settings.test ? 0 : LONGEST_WAIT;
  const output = openOutput(!settings.production && isatty(1) ? { wait, dress: readable() } : { wait });
  const logger = pino(
    {
      level: settings.logLevel,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: errorForLog },
    },
    output,
  );
  output.onDropped = (count) => logger.warn({ count }, 'log lines dropped');
  return { logger, output };
}

/** Loaded when it is needed: production has no use for it. */
function readable(): (line: string) => string {
  const { prettyFactory } = createRequire(import.meta.url)('pino-pretty') as typeof import('pino-pretty');
  return prettyFactory({ colorize: true, ignore: 'reqId', translateTime: 'HH:MM:ss' });
}

/** Lets Nest speak through the same log; its start-up chatter counts as debug. */
export class NestLog implements LoggerService {
  constructor(private readonly logger: ServiceLogger) {}

  log(message: unknown): void {
    this.logger.debug(masked(String(message)));
  }
  debug(message: unknown): void {
    this.logger.trace(masked(String(message)));
  }
  verbose(message: unknown): void {
    this.logger.trace(masked(String(message)));
  }
  warn(message: unknown): void {
    this.logger.warn(masked(String(message)));
  }
  error(message: unknown): void {
    this.logger.error(message instanceof Error ? { err: message } : masked(String(message)));
  }
  fatal(message: unknown): void {
    this.logger.fatal(masked(String(message)));
  }
}

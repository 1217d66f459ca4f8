import type * as Library from '@whiskeysockets/baileys';
import { type ServiceLogger } from '../../platform/log/logger.js';

/** Baileys, once it is loaded. */
export type Baileys = typeof Library;

let loading: Promise<Baileys | null> | undefined;

/**
 * Loads Baileys when it is first needed: it is optional (its libsignal is GPL-3.0), takes some 50 MB, and a
 * service without linked accounts never needs it.
 *
 * @returns null where it is not installed
 */
export function loadBaileys(logger: ServiceLogger): Promise<Baileys | null> {
  loading ??= load(logger);
  return loading;
}

async function load(logger: ServiceLogger): Promise<Baileys | null> {
  try {
    const library = await import('@whiskeysockets/baileys');
    silenceConsole();
    outliveItsRejections(logger);
    return library;
  } catch (err) {
    logger.warn({ err }, 'the WhatsApp gateway is off: @whiskeysockets/baileys cannot be loaded');
    return null;
  }
}

/** libsignal prints whole sessions, private keys included, on the console; nothing else in this process uses it. */
function silenceConsole(): void {
  for (const method of ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir'] as const)
    // eslint-disable-next-line no-console -- it is taken away here, not used
    console[method] = () => undefined;
}

/**
 * Baileys starts work that nobody waits for, and some of it fails when a connection ends in the middle of it. That must
 * not end the process, as an unhandled rejection otherwise does; one that is not Baileys' still does.
 */
function outliveItsRejections(logger: ServiceLogger): void {
  process.on('unhandledRejection', (reason) => {
    const stack = reason instanceof Error ? (reason.stack ?? '') : '';
    if (!/[\\/](?:@whiskeysockets[\\/]baileys|libsignal)[\\/]|[\\/]gateway[\\/]/.test(stack)) throw reason;
    logger.debug({ err: reason }, 'background work of Baileys failed');
  });
}

/** What Baileys logs holds numbers, texts and keys: none of it is kept. */
export const SILENT_LOG = {
  level: 'silent',
  child: () => SILENT_LOG,
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

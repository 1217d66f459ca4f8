import { type ModuleRef } from '@nestjs/core';
import { cloudApi } from './cloud-api/definition.js';
import { developerConsole } from './console/definition.js';
import { email } from './email/definition.js';
import { fonnte } from './fonnte/definition.js';
import { httpApi } from './http-api/definition.js';
import { type ProviderDefinition } from './provider-definition.js';
import { session } from './session/definition.js';
import { twilio } from './twilio/definition.js';
import { wablas } from './wablas/definition.js';
import { whacenter } from './whacenter/definition.js';
import { whapi } from './whapi/definition.js';

/** Every provider there is, in the order of the ladder where WHATSAPP_PROVIDERS names none. */
export const ALL_PROVIDERS: readonly ProviderDefinition[] = [
  whacenter,
  whapi,
  fonnte,
  wablas,
  cloudApi,
  session,
  twilio,
  httpApi,
  email,
  developerConsole,
];

/** A provider's own settings, out of the groups that Nest hands out. */
export function providerSettings(
  { settings }: Pick<ProviderDefinition, 'settings'>,
  module: Pick<ModuleRef, 'get'>,
): object {
  return settings ? module.get(settings, { strict: false }) : {};
}

/** @throws Error when there is none of this name */
export function providerNamed(name: string): ProviderDefinition {
  const provider = ALL_PROVIDERS.find((each) => each.name === name);
  if (!provider) throw new Error(`there is no provider ${name}`);
  return provider;
}

const namesReaching = (whom: ProviderDefinition['reaches']) =>
  ALL_PROVIDERS.filter(({ reaches }) => reaches === whom).map(({ name }) => name);

/** Names of the providers that write to mailboxes in place of numbers. */
export const TO_MAILBOXES: readonly string[] = namesReaching('mailbox');

/** Names of those whose messages reach developers alone. */
export const TO_DEVELOPERS: readonly string[] = namesReaching('developers');

const SAFE_TEXTS = new Set(ALL_PROVIDERS.flatMap(({ safeTexts = [] }) => safeTexts));

/** A provider's words, when strangers may read them. */
export function safeProviderText(text: string | undefined): string | undefined {
  return text !== undefined && SAFE_TEXTS.has(text) ? text : undefined;
}

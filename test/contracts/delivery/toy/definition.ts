import type { ProviderDefinition } from '../../../../src/delivery/providers/provider-definition.js';
import { parseJson } from '../../../../src/delivery/providers/parse-body.js';
import { sameSecret } from '../../../../src/delivery/providers/webhook-secret.js';
import { ToySettings } from './settings.js';
import { ToyProvider } from './toy.js';
import { readToyWebhook } from './webhook.js';

/** A provider that the service does not have: `new-provider.spec.ts` adds it. */
export const toy: ProviderDefinition<ToySettings> = {
  name: 'toy',
  alias: 'plaything',
  docs: 'docs/providers/README.md',
  settings: ToySettings,
  needs: [ToySettings.rows.baseUrl],
  make: ({ baseUrl = '' }, { onSurprise }) => new ToyProvider(baseUrl, onSurprise),
  webhook: {
    bodies: ['application/json'],
    secret: ({ webhookSecret }) => webhookSecret,
    isGenuine: ({ headers }, secret) => sameSecret(headers['x-toy-secret'], secret),
    read: ({ bytes }) => readToyWebhook(parseJson(bytes)),
  },
};

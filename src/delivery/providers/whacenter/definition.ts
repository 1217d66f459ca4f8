import { type ProviderDefinition } from '../provider-definition.js';
import { parseBody } from '../parse-body.js';
import { sameSecret } from '../webhook-secret.js';
import { WhacenterSettings } from './settings.js';
import { readWhacenterWebhook } from './webhook.js';
import { WhacenterProvider } from './whacenter.js';

/** On the wire: docs/wire/whacenter.md. */
export const whacenter: ProviderDefinition<WhacenterSettings> = {
  name: 'whacenter',
  docs: 'docs/providers/whacenter.md',
  settings: WhacenterSettings,
  needs: [WhacenterSettings.rows.deviceId],
  safeTexts: ['device not connected or not found'],
  make: ({ baseUrl, deviceId = '' }, { onSurprise }) => new WhacenterProvider({ baseUrl, deviceId, onSurprise }),
  webhook: {
    bodies: ['application/json', 'application/x-www-form-urlencoded'],
    // Whacenter sends nothing else that could be checked.
    hasSecretInAddress: true,
    secret: ({ webhookSecret }) => webhookSecret,
    isGenuine: ({ shown }, secret) => sameSecret(shown, secret),
    read: (call) => readWhacenterWebhook(parseBody(call)),
  },
};

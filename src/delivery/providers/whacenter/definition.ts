import { type ProviderDefinition } from '../provider-definition.js';
import { parseBody } from '../webhook-bodies.js';
import { sameSecret } from '../webhook-secret.js';
import { WhacenterSettings } from './settings.js';
import { readWhacenterWebhook } from './webhook.js';
import { WhacenterProvider } from './whacenter.js';

/** docs/providers/whacenter.md; on the wire: docs/wire/whacenter.md. */
export const whacenter: ProviderDefinition = {
  name: 'whacenter',
  settings: WhacenterSettings,
  needs: [WhacenterSettings.rows.deviceId],
  safeTexts: ['device not connected or not found'],
  make: ({ of, onSurprise }) => {
    const { baseUrl, deviceId = '' } = of(WhacenterSettings);
    return new WhacenterProvider({ baseUrl, deviceId, onSurprise });
  },
  webhook: {
    bodies: ['application/json', 'application/x-www-form-urlencoded'],
    // Whacenter sends nothing else that could be checked.
    hasSecretInAddress: true,
    secret: (of) => of(WhacenterSettings).webhookSecret,
    isGenuine: ({ shown }, secret) => sameSecret(shown, secret),
    read: (call) => readWhacenterWebhook(parseBody(call)),
  },
};

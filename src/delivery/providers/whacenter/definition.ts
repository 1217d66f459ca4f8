import { type ProviderDefinition } from '../provider-definition.js';
import { parseBody } from '../webhook-bodies.js';
import { sameSecret } from '../webhook-secret.js';
import { readWhacenterWebhook } from './webhook.js';
import { WhacenterProvider } from './whacenter.js';

/** docs/providers/whacenter.md; on the wire: docs/wire/whacenter.md. */
export const whacenter: ProviderDefinition = {
  name: 'whacenter',
  safeTexts: ['device not connected or not found'],
  make: ({ settings: { whacenterBaseUrl: baseUrl, whacenterDeviceId: deviceId = '' }, onSurprise }) =>
    new WhacenterProvider({ baseUrl, deviceId, onSurprise }),
  webhook: {
    bodies: ['application/json', 'application/x-www-form-urlencoded'],
    // Whacenter sends nothing else that could be checked.
    hasSecretInAddress: true,
    secret: ({ whacenterWebhookSecret }) => whacenterWebhookSecret,
    isGenuine: ({ shown }, secret) => sameSecret(shown, secret),
    read: (call) => readWhacenterWebhook(parseBody(call)),
  },
};

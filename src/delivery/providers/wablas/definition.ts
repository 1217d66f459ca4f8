import { type ProviderDefinition } from '../provider-definition.js';
import { parseBody } from '../parse-body.js';
import { sameSecret } from '../webhook-secret.js';
import { WablasSettings } from './settings.js';
import { WablasProvider } from './wablas.js';
import { readWablasWebhook } from './webhook.js';

/** On the wire: docs/wire/wablas.md. */
export const wablas: ProviderDefinition<WablasSettings> = {
  name: 'wablas',
  docs: 'docs/providers/wablas.md',
  settings: WablasSettings,
  needs: [WablasSettings.rows.baseUrl, WablasSettings.rows.token],
  safeTexts: ['device disconnected, need to scan qr code again'],
  make: ({ baseUrl = '', token = '', secretKey, webhookSecret }, { onSurprise }) =>
    new WablasProvider({ baseUrl, token, secretKey, hasWebhook: webhookSecret !== undefined, onSurprise }),
  webhook: {
    bodies: ['application/json', 'application/x-www-form-urlencoded'],
    // Wablas signs nothing and sends no header of ours.
    hasSecretInAddress: true,
    secret: ({ webhookSecret }) => webhookSecret,
    isGenuine: ({ shown }, secret) => sameSecret(shown, secret),
    read: (call) => readWablasWebhook(parseBody(call)),
  },
};

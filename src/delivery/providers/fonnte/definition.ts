import { type ProviderDefinition } from '../provider-definition.js';
import { parseBody } from '../parse-body.js';
import { sameSecret } from '../webhook-secret.js';
import { FonnteProvider } from './fonnte.js';
import { FonnteSettings } from './settings.js';
import { readFonnteWebhook } from './webhook.js';

/** On the wire: docs/wire/fonnte.md. */
export const fonnte: ProviderDefinition<FonnteSettings> = {
  name: 'fonnte',
  docs: 'docs/providers/fonnte.md',
  settings: FonnteSettings,
  needs: [FonnteSettings.rows.token],
  safeTexts: ['request invalid on disconnected device'],
  make: ({ baseUrl, token = '', webhookSecret }, { onSurprise }) =>
    new FonnteProvider({ baseUrl, token, hasWebhook: webhookSecret !== undefined, onSurprise }),
  webhook: {
    bodies: ['application/json', 'application/x-www-form-urlencoded'],
    // Fonnte signs nothing and sends no header of ours.
    hasSecretInAddress: true,
    secret: ({ webhookSecret }) => webhookSecret,
    isGenuine: ({ shown }, secret) => sameSecret(shown, secret),
    read: (call) => readFonnteWebhook(parseBody(call)),
  },
};

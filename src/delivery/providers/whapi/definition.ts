import { type ProviderDefinition } from '../provider-definition.js';
import { parseJson } from '../webhook-bodies.js';
import { WhapiSettings } from './settings.js';
import { isFromWhapi, readWhapiWebhook } from './webhook.js';
import { WhapiProvider } from './whapi.js';

/** docs/providers/whapi.md; on the wire: docs/wire/whapi.md. */
export const whapi: ProviderDefinition = {
  name: 'whapi',
  settings: WhapiSettings,
  needs: [WhapiSettings.rows.token],
  make: ({ of, onSurprise }) => {
    const { baseUrl, token = '', webhookSecret } = of(WhapiSettings);
    return new WhapiProvider({ baseUrl, token, hasWebhook: webhookSecret !== undefined, onSurprise });
  },
  webhook: {
    bodies: ['application/json'],
    secret: (of) => of(WhapiSettings).webhookSecret,
    isGenuine: ({ headers }, secret) => isFromWhapi(headers, secret),
    // As the replaced dashboard was called: docs/contract/dashboard.md#whapis-webhook.
    isOpenToThisMachine: true,
    read: ({ bytes }) => readWhapiWebhook(parseJson(bytes)),
    description: {
      operationId: 'whapiWebhook',
      summary: 'Messages and receipts from Whapi',
      description: 'In the format of Whapi; a message needs only `from` and `text.body`.',
      header: { name: 'X-Hook-Secret', description: '`WHAPI_WEBHOOK_SECRET`, when it is set' },
    },
  },
};

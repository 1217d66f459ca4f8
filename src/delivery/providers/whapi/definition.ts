import { type ProviderDefinition } from '../provider-definition.js';
import { parseJson } from '../parse-body.js';
import { WhapiSettings } from './settings.js';
import { isFromWhapi, readWhapiWebhook } from './webhook.js';
import { WhapiProvider } from './whapi.js';

/** On the wire: docs/wire/whapi.md. */
export const whapi: ProviderDefinition<WhapiSettings> = {
  name: 'whapi',
  docs: 'docs/providers/whapi.md',
  settings: WhapiSettings,
  needs: [WhapiSettings.rows.token],
  make: ({ baseUrl, token = '', webhookSecret }, { onSurprise }) =>
    new WhapiProvider({ baseUrl, token, hasWebhook: webhookSecret !== undefined, onSurprise }),
  webhook: {
    bodies: ['application/json'],
    secret: ({ webhookSecret }) => webhookSecret,
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

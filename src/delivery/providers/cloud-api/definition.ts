import { type ProviderDefinition } from '../provider-definition.js';
import { parseJson } from '../webhook-bodies.js';
import { CloudApiProvider } from './cloud-api.js';
import { CloudApiSettings } from './settings.js';
import { challengeAnswer, isFromCloudApi, readCloudApiWebhook } from './webhook.js';

const { token, phoneId, template } = CloudApiSettings.rows;

/** docs/providers/cloud-api.md; on the wire: docs/wire/cloud-api.md. */
export const cloudApi: ProviderDefinition = {
  name: 'cloud-api',
  settings: CloudApiSettings,
  needs: [token, phoneId, template],
  make: ({ of, onSurprise }) => {
    const { baseUrl, version, token = '', phoneId = '', template = '', appSecret } = of(CloudApiSettings);
    const hasWebhook = appSecret !== undefined;
    return new CloudApiProvider({ baseUrl, version, token, phoneId, template, hasWebhook, onSurprise });
  },
  webhook: {
    bodies: ['application/json'],
    secret: (of) => of(CloudApiSettings).appSecret,
    isGenuine: ({ headers, bytes }, secret) => isFromCloudApi(headers, bytes, secret),
    read: ({ bytes }) => readCloudApiWebhook(parseJson(bytes)),
    question: {
      secret: (of) => of(CloudApiSettings).verifyToken,
      answer: challengeAnswer,
    },
  },
};

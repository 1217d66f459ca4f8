import { type ProviderDefinition } from '../provider-definition.js';
import { parseJson } from '../webhook-bodies.js';
import { CloudApiProvider } from './cloud-api.js';
import { challengeAnswer, isFromCloudApi, readCloudApiWebhook } from './webhook.js';

/** docs/providers/cloud-api.md; on the wire: docs/wire/cloud-api.md. */
export const cloudApi: ProviderDefinition = {
  name: 'cloud-api',
  make: ({ settings, onSurprise }) => {
    const { baseUrl, version, token = '', phoneId = '', template = '', appSecret } = settings.cloudApi;
    const hasWebhook = appSecret !== undefined;
    return new CloudApiProvider({ baseUrl, version, token, phoneId, template, hasWebhook, onSurprise });
  },
  webhook: {
    bodies: ['application/json'],
    secret: (settings) => settings.cloudApi.appSecret,
    isGenuine: ({ headers, bytes }, secret) => isFromCloudApi(headers, bytes, secret),
    read: ({ bytes }) => readCloudApiWebhook(parseJson(bytes)),
    question: {
      secret: (settings) => settings.cloudApi.verifyToken,
      answer: challengeAnswer,
    },
  },
};

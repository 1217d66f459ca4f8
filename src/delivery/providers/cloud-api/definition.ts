import { type ProviderDefinition } from '../provider-definition.js';
import { parseJson } from '../parse-body.js';
import { CloudApiProvider } from './cloud-api.js';
import { CloudApiSettings } from './settings.js';
import { challengeAnswer, isFromCloudApi, readCloudApiWebhook } from './webhook.js';

const { token, phoneId, template } = CloudApiSettings.rows;

/** On the wire: docs/wire/cloud-api.md. */
export const cloudApi: ProviderDefinition<CloudApiSettings> = {
  name: 'cloud-api',
  docs: 'docs/providers/cloud-api.md',
  settings: CloudApiSettings,
  needs: [token, phoneId, template],
  make: ({ baseUrl, version, token = '', phoneId = '', template = '', appSecret }, { onSurprise }) => {
    const hasWebhook = appSecret !== undefined;
    return new CloudApiProvider({ baseUrl, version, token, phoneId, template, hasWebhook, onSurprise });
  },
  webhook: {
    bodies: ['application/json'],
    secret: ({ appSecret }) => appSecret,
    isGenuine: ({ headers, bytes }, secret) => isFromCloudApi(headers, bytes, secret),
    read: ({ bytes }) => readCloudApiWebhook(parseJson(bytes)),
    question: { secret: ({ verifyToken }) => verifyToken, answer: challengeAnswer },
  },
};

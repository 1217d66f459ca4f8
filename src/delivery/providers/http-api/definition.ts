import { type ProviderDefinition } from '../provider-definition.js';
import { HttpApiProvider } from './http-api.js';
import { HttpApiSettings } from './settings.js';

/** An API of the operator's choice, described by settings alone: docs/providers/http-api.md. */
export const httpApi: ProviderDefinition<HttpApiSettings> = {
  name: 'http-api',
  docs: 'docs/providers/http-api.md',
  settings: HttpApiSettings,
  needs: [HttpApiSettings.rows.url],
  make: (own, { onSurprise }) => {
    if (own.url === undefined) throw new Error('HTTP_API_URL is needed');
    return new HttpApiProvider({ ...own, url: own.url, onSurprise });
  },
};

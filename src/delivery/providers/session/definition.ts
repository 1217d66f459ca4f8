import { type ProviderDefinition } from '../provider-definition.js';
import { SESSION } from './name.js';

/** Accounts that are linked to this service: docs/gateway.md. What they send and hear is the gateway's. */
export const session: ProviderDefinition = {
  name: SESSION,
  make: ({ linkedAccount }) => linkedAccount,
};

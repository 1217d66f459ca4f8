import { GatewaySettings } from '../../../platform/config/groups/gateway.js';
import { type ProviderDefinition } from '../provider-definition.js';
import { SESSION } from './name.js';

/** Accounts that are linked to this service. What they send and hear is the gateway's. */
export const session: ProviderDefinition = {
  name: SESSION,
  docs: 'docs/gateway.md',
  // Any linked account may send; one that is named puts them on the ladder of whoever names no provider.
  needs: [],
  joinsBy: [GatewaySettings.rows.whatsappSessionId],
  make: (_own, { linkedAccount }) => linkedAccount,
};

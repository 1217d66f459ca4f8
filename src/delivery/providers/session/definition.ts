import { GatewaySettings } from '../../../platform/config/groups/gateway.js';
import { type ProviderDefinition } from '../provider-definition.js';
import { SESSION } from './name.js';

/** Accounts that are linked to this service: docs/gateway.md. What they send and hear is the gateway's. */
export const session: ProviderDefinition = {
  name: SESSION,
  // Any linked account may send; the variable puts it on the ladder of whoever names none.
  needs: [],
  joinsBy: [GatewaySettings.rows.whatsappSessionId],
  make: ({ linkedAccount }) => linkedAccount,
};

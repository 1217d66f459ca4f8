import { ownAccount, phoneChange, sessions } from './beyond-accounts.mjs';
import { audit } from './beyond-audit.mjs';
import { browserSessions } from './beyond-browsers.mjs';
import { imports } from './beyond-imports.mjs';
import { retries } from './beyond-retries.mjs';
import { apiKeys, health, tokens } from './beyond-services.mjs';
import { oidcClients } from './beyond-oidc.mjs';
import { operations } from './beyond-operations.mjs';
import { secondFactor } from './beyond-second-factor.mjs';
import { users } from './beyond-users.mjs';

export const beyond = {
  name: 'Beyond',
  about:
    'What no replaced system had: refresh and sessions, browser sessions, one’s own account and its number, accounts ' +
    'for admins and the audit log, requests that are sent again, API keys, applications and token checks for other services, ' +
    'second factors, operations, health. It needs `adminToken`, `operatorToken`, `accountId` and `token` of the folder SiKesKoja.',
  items: [
    ...[ownAccount, phoneChange, sessions, browserSessions, retries],
    ...[apiKeys, oidcClients, tokens, audit, users, imports, secondFactor, operations, health],
  ],
};

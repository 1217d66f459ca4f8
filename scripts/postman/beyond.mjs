import { ownAccount, phoneChange, sessions } from './beyond-accounts.mjs';
import { audit } from './beyond-audit.mjs';
import { browserSessions } from './beyond-browsers.mjs';
import { retries } from './beyond-retries.mjs';
import { apiKeys, health, tokens } from './beyond-services.mjs';
import { operations } from './beyond-operations.mjs';
import { users } from './beyond-users.mjs';

export const beyond = {
  name: 'Beyond',
  about:
    'What no replaced system had: refresh and sessions, browser sessions, one’s own account and its number, accounts ' +
    'for admins and the audit log, requests that are sent again, API keys and token checks for other services, ' +
    'operations, health. It needs `adminToken`, `operatorToken`, `accountId` and `token` of folder A.',
  items: [
    ...[ownAccount, phoneChange, sessions, browserSessions, retries],
    ...[apiKeys, tokens, audit, users, operations, health],
  ],
};

import { ownAccount, phoneChange, sessions } from './beyond-accounts.mjs';
import { browserSessions } from './beyond-browsers.mjs';
import { apiKeys, health, tokens } from './beyond-services.mjs';
import { operations } from './beyond-operations.mjs';
import { users } from './beyond-users.mjs';

export const beyond = {
  name: 'Beyond',
  about:
    'What no replaced system had: refresh and sessions, browser sessions, one’s own account and its number, accounts ' +
    'for admins, API keys and token checks for other services, operations, health. It needs `adminToken`, `operatorToken` and ' +
    '`token` of folder A.',
  items: [ownAccount, phoneChange, sessions, browserSessions, apiKeys, tokens, users, operations, health],
};

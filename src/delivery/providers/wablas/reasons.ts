import { type ReasonsByWords } from '../queue-answer.js';

/** What Wablas's words mean; the first that fits counts: docs/wire/wablas.md#send. */
export const REASONS: ReasonsByWords = [
  [/disconnected|not connected|scan qr/i, 'provider-disconnected'],
  [/token invalid|secret key|not authorized|device not found/i, 'provider-auth'],
  [/quota/i, 'provider-quota'],
  [/param invalid/i, 'content'],
];

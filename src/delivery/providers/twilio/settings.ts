import { group } from '../../../platform/config/rows/group.js';
import { baseUrl, secret, text } from '../../../platform/config/rows/rule.js';
import { setting } from '../../../platform/config/rows/setting.js';

/** Of the account at Twilio. */
export class TwilioSettings extends group('Delivery', {
  accountSid: setting('TWILIO_ACCOUNT_SID', text(64, /^[A-Za-z0-9._~-]+$/, 'must be an account SID'), {
    doc: 'SID of the Twilio account',
  }),
  authToken: setting('TWILIO_AUTH_TOKEN', secret(), {
    doc: 'auth token of that account; it also signs the webhooks',
  }),
  from: setting(
    'TWILIO_FROM',
    text(
      34,
      /^(?:\+[1-9]\d{6,14}|MG\w{32}|\d{3,8}|[A-Za-z0-9 ]{1,11})$/,
      'must be a number such as +14155550100, a sender of at most 11 characters, or the id of a messaging service',
    ),
    {
      shown: true,
      doc:
        'sender of text messages: a number (`+14155550100`), a name of at most 11 characters, or the id of a messaging ' +
        'service (`MG…`)',
    },
  ),
  baseUrl: setting('TWILIO_BASE_URL', baseUrl(), {
    default: 'https://api.twilio.com',
    shown: true,
    doc: "Twilio's host",
  }),
}) {}

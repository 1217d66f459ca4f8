import { type ProviderDefinition } from '../provider-definition.js';
import { TwilioSettings } from './settings.js';
import { TwilioProvider } from './twilio.js';
import { isFromTwilio, readTwilioStatus } from './webhook.js';

const { accountSid, authToken, from } = TwilioSettings.rows;

/** On the wire: docs/wire/twilio.md. */
export const twilio: ProviderDefinition<TwilioSettings> = {
  // From before there could be a second provider of SMS: docs/glossary.md#provider.
  name: 'sms',
  alias: 'twilio',
  docs: 'docs/providers/twilio.md',
  settings: TwilioSettings,
  needs: [accountSid, authToken, from],
  make: ({ baseUrl, accountSid = '', authToken = '', from = '' }, { webhookUrl, onSurprise }) => {
    // Twilio calls addresses that the whole world can, and signs over what it calls.
    const reachable = webhookUrl.startsWith('https:') && { statusCallback: webhookUrl };
    return new TwilioProvider({ baseUrl, accountSid, authToken, from, ...reachable, onSurprise });
  },
  // Twilio tells what became of a message.
  webhook: {
    bodies: ['application/x-www-form-urlencoded'],
    secret: ({ authToken }) => authToken,
    isGenuine: ({ headers, url, bytes }, secret) => isFromTwilio(headers, url, formOf(bytes), secret),
    read: ({ bytes }) => readTwilioStatus(formOf(bytes)),
  },
};

function formOf(bytes: Buffer): URLSearchParams {
  return new URLSearchParams(bytes.toString());
}

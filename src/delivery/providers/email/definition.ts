import { type ProviderDefinition } from '../provider-definition.js';
import { EmailSettings } from './settings.js';

const { url, from } = EmailSettings.rows;

/** On the wire: docs/wire/email.md. */
export const email: ProviderDefinition<EmailSettings> = {
  name: 'email',
  docs: 'docs/providers/email.md',
  reaches: 'mailbox',
  settings: EmailSettings,
  needs: [url, from],
  make: async ({ url = '', from = '' }) => {
    // Loaded where it is used: nodemailer costs each start a tenth of a second.
    const { EmailProvider } = await import('./email.js');
    return new EmailProvider({ url, from });
  },
};

import { type ProviderDefinition } from '../provider-definition.js';
import { EmailSettings } from './settings.js';

/** docs/providers/email.md; on the wire: docs/wire/email.md. */
export const email: ProviderDefinition = {
  name: 'email',
  settings: EmailSettings,
  needs: [EmailSettings.rows.url, EmailSettings.rows.from],
  reaches: 'mailbox',
  make: async ({ of }) => {
    const { url = '', from = '' } = of(EmailSettings);
    // Loaded where it is used: nodemailer costs each start a tenth of a second.
    const { EmailProvider } = await import('./email.js');
    return new EmailProvider({ url, from });
  },
};

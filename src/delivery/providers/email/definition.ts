import { type ProviderDefinition } from '../provider-definition.js';

/** docs/providers/email.md; on the wire: docs/wire/email.md. */
export const email: ProviderDefinition = {
  name: 'email',
  reaches: 'mailbox',
  make: async ({ settings: { smtpUrl: url = '', smtpFrom: from = '' } }) => {
    // Loaded where it is used: nodemailer costs each start a tenth of a second.
    const { EmailProvider } = await import('./email.js');
    return new EmailProvider({ url, from });
  },
};

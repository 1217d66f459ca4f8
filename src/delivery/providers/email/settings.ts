import { group } from '../../../platform/config/rows/group.js';
import { text } from '../../../platform/config/rows/rule.js';
import { setting } from '../../../platform/config/rows/setting.js';

/** Of the mail server. */
export class EmailSettings extends group(
  'Delivery',
  {
    url: setting('SMTP_URL', text(2048, /^smtps?:\/\/\S+$/, 'must begin with smtp:// or smtps://'), {
      doc:
        'mail server: `smtp://user:password@host:587` (STARTTLS) or `smtps://user:password@host:465` (TLS), special ' +
        'characters percent-encoded',
    }),
    from: setting(
      'SMTP_FROM',
      text(
        320,
        /^(?:[^<>@\r\n",;:]{1,200} )?<[^\s<>@,;:"]+@[\w.-]+>$|^[^\s<>@,;:"]+@[\w.-]+$/,
        'must be an address, or a name and <address>',
      ),
      { shown: true, doc: 'sender of e-mails: an address, or a name and `<address>`' },
    ),
  },
  ({ url }) => [
    url !== undefined &&
      !isMailServer(url) &&
      'SMTP_URL must be an address such as smtp://user:password@mail.example.com:587, special characters percent-encoded',
  ],
) {}

function isMailServer(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { hostname, username, password } = new URL(address);
  try {
    decodeURIComponent(username + password);
    return hostname !== '';
  } catch {
    return false;
  }
}

import { group } from '../../../platform/config/rows/group.js';
import { baseUrl, partOfAddress, secret } from '../../../platform/config/rows/rule.js';
import { setting } from '../../../platform/config/rows/setting.js';
import { isTooShort } from '../webhook-secret.js';

/** Of the device at Fonnte. */
export class FonnteSettings extends group(
  'Delivery',
  {
    token: setting('FONNTE_TOKEN', secret(), {
      doc: "token of Fonnte's device; in a `.env` file put it in single quotes, as it may begin with `#`",
    }),
    baseUrl: setting('FONNTE_BASE_URL', baseUrl(), {
      default: 'https://api.fonnte.com',
      shown: true,
      doc: "Fonnte's host",
    }),
    /** The secret in the webhook's address; without it there is no webhook. */
    webhookSecret: setting('FONNTE_WEBHOOK_SECRET', partOfAddress(), {
      doc:
        "last part of the address of Fonnte's webhooks: letters, digits and `-._~`. It is the only protection of the " +
        'webhook: long and random (`openssl rand -hex 32`)',
    }),
  },
  ({ webhookSecret }, { production }) => [isTooShort('FONNTE_WEBHOOK_SECRET', webhookSecret, production)],
) {}

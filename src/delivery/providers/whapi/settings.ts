import { group } from '../../../platform/config/rows/group.js';
import { baseUrl, secret } from '../../../platform/config/rows/rule.js';
import { setting } from '../../../platform/config/rows/setting.js';
import { isTooShort } from '../webhook-secret.js';

/** Of the channel at Whapi.cloud. */
export class WhapiSettings extends group(
  'Delivery',
  {
    baseUrl: setting('WHAPI_BASE_URL', baseUrl(), {
      default: 'https://gate.whapi.cloud',
      shown: true,
      doc: "Whapi's host",
    }),
    token: setting('WHAPI_TOKEN', secret(), { doc: 'token of the Whapi channel' }),
    /** What the channel's webhook must send as `X-Hook-Secret`. */
    webhookSecret: setting('WHAPI_WEBHOOK_SECRET', secret(), {
      doc: 'secret that the webhook of the Whapi channel sends as `X-Hook-Secret`',
    }),
  },
  ({ webhookSecret }, { production }) => [isTooShort('WHAPI_WEBHOOK_SECRET', webhookSecret, production)],
) {}

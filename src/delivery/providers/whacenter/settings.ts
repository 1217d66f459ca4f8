import { group } from '../../../platform/config/rows/group.js';
import { baseUrl, partOfAddress, text } from '../../../platform/config/rows/rule.js';
import { setting } from '../../../platform/config/rows/setting.js';
import { isTooShort } from '../webhook-secret.js';

/** Of the device at Whacenter. */
export class WhacenterSettings extends group(
  'Delivery',
  {
    deviceId: setting('WHATSAPP_DEVICE_ID', text(255), {
      doc: "Whacenter's device id; it is the only credential there, so treat it as a password",
    }),
    baseUrl: setting('WHACENTER_BASE_URL', baseUrl(), {
      default: 'https://app.whacenter.com',
      shown: true,
      doc: "Whacenter's host; newer accounts may have another one",
    }),
    /** The secret in the webhook's address; without it there is no webhook. */
    webhookSecret: setting('WHACENTER_WEBHOOK_SECRET', partOfAddress(), {
      doc:
        "last part of the address of Whacenter's webhook: letters, digits and `-._~`. It is the only protection of the " +
        'webhook: long and random (`openssl rand -hex 32`)',
    }),
  },
  ({ webhookSecret }, { production }) => [isTooShort('WHACENTER_WEBHOOK_SECRET', webhookSecret, production)],
) {}

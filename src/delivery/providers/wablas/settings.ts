import { group } from '../../../platform/config/rows/group.js';
import { baseUrl, partOfAddress, text } from '../../../platform/config/rows/rule.js';
import { setting } from '../../../platform/config/rows/setting.js';
import { isTooShort } from '../webhook-secret.js';

const CREDENTIAL = /^[\w.-]+$/;

/** Of the device at Wablas. */
export class WablasSettings extends group(
  'Delivery',
  {
    /** No default: an account lives on one server, and another one takes its token for a wrong one. */
    baseUrl: setting('WABLAS_BASE_URL', baseUrl(), {
      shown: true,
      example: 'https://solo.wablas.com',
      doc: "Wablas's server of the account, as its dashboard names it (`https://solo.wablas.com`)",
    }),
    token: setting('WABLAS_TOKEN', text(255, CREDENTIAL, 'must be the token of a device'), {
      doc: "token of Wablas's device",
    }),
    secretKey: setting('WABLAS_SECRET_KEY', text(255, CREDENTIAL, 'must be the secret key of a device'), {
      doc: 'secret key of that device, where it has one',
    }),
    /** The secret in the webhook's address; without it there is no webhook. */
    webhookSecret: setting('WABLAS_WEBHOOK_SECRET', partOfAddress(), {
      doc:
        "last part of the address of Wablas's webhooks: letters, digits and `-._~`. It is the only protection of the " +
        'webhook: long and random (`openssl rand -hex 32`)',
    }),
  },
  ({ webhookSecret }, { production }) => [isTooShort('WABLAS_WEBHOOK_SECRET', webhookSecret, production)],
) {}

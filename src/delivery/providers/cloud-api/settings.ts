import { group } from '../../../platform/config/rows/group.js';
import { baseUrl, secret, text } from '../../../platform/config/rows/rule.js';
import { setting } from '../../../platform/config/rows/setting.js';

/** Of the number at Meta's Cloud API. */
export class CloudApiSettings extends group('Delivery', {
  baseUrl: setting('CLOUD_API_BASE_URL', baseUrl(), {
    default: 'https://graph.facebook.com',
    shown: true,
    doc: "Meta's host",
  }),
  version: setting('CLOUD_API_VERSION', text(12, /^v\d{1,3}\.\d{1,3}$/, 'must be a version such as v25.0'), {
    default: 'v25.0',
    shown: true,
    doc: 'version of the Graph API',
  }),
  token: setting('CLOUD_API_TOKEN', secret(), { doc: 'token of the system user at Meta' }),
  phoneId: setting(
    'CLOUD_API_PHONE_ID',
    text(64, /^[A-Za-z0-9._~-]+$/, 'must be the id of a number, which is not the number'),
    { shown: true, doc: "Meta's id of the sending number, which is not the number" },
  ),
  template: setting('CLOUD_API_TEMPLATE', text(512, /^[a-z0-9_]+$/, 'must be the name of a template: a-z, 0-9 and _'), {
    shown: true,
    doc: 'name of the authentication template',
  }),
  /** Key of the signatures on webhooks. */
  appSecret: setting('CLOUD_API_APP_SECRET', secret(), { doc: "secret of Meta's app, which signs the webhooks" }),
  /** What Meta presents when it asks whether the webhook is ours. */
  verifyToken: setting('CLOUD_API_VERIFY_TOKEN', secret(), { doc: 'token with which Meta verifies the webhook' }),
}) {}

import { group } from '../../../../src/platform/config/rows/group.js';
import { baseUrl, secret } from '../../../../src/platform/config/rows/rule.js';
import { setting } from '../../../../src/platform/config/rows/setting.js';

export class ToySettings extends group('Delivery', {
  baseUrl: setting('TOY_BASE_URL', baseUrl(), { doc: "the toy's host" }),
  webhookSecret: setting('TOY_WEBHOOK_SECRET', secret(), { doc: 'secret that its webhook sends as `X-Toy-Secret`' }),
}) {}

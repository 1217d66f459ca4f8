import { group } from '../rows/group.js';
import { onOff } from '../rows/rule.js';
import { setting } from '../rows/setting.js';

/** Whereto the service may be led by others. */
export class OutgoingSettings extends group(
  'Addresses that callers give',
  {
    /** Whether addresses that callers give (media, webhooks) may lead to this machine and its network. */
    outgoingAllowPrivate: setting('OUTGOING_ALLOW_PRIVATE', onOff(), {
      default: 'off',
      doc:
        'whether media addresses and webhooks may lead to this machine and private networks, `on` or `off`; only for ' +
        'development and tests, production refuses it',
    }),
  },
  ({ outgoingAllowPrivate }, { production }) => [
    production &&
      outgoingAllowPrivate &&
      'OUTGOING_ALLOW_PRIVATE must be off in production: whoever has an API key could reach into the network',
  ],
) {}

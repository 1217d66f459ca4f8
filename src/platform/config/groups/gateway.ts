import { group } from '../rows/group.js';
import { onOff, text, whole } from '../rows/rule.js';
import { setting } from '../rows/setting.js';

/** WhatsApp accounts that are linked here. */
export class GatewaySettings extends group(
  'Gateway',
  {
    /** The linked account that the ladder uses; absent: any that no API key made. */
    whatsappSessionId: setting(
      'WHATSAPP_SESSION_ID',
      text(64, /^[A-Za-z0-9_-]+$/, 'must be 1 to 64 letters, digits, _ and -'),
      {
        otherwise: 'any session that no API key created',
        example: 'klinik',
        shown: true,
        doc: 'the session that the login and the bot use, one that no API key created; adds `session` to the providers',
      },
    ),
    /** Whether calls from this machine may use the gateway without a key. */
    gatewayKeylessLoopback: setting('GATEWAY_KEYLESS_LOOPBACK', onOff(), {
      default: { usual: 'on', strict: 'off', production: 'off' },
      doc: "whether calls from this machine may use the gateway's routes without an API key, `on` or `off`",
    }),
    gatewayWhatsappUrl: setting(
      'GATEWAY_WHATSAPP_URL',
      text(255, /^wss?:\/\/[^\s]+$/, 'must begin with wss:// or ws://'),
      {
        default: 'wss://web.whatsapp.com/ws/chat',
        shown: true,
        doc: 'address of WhatsApp, `wss://`; other addresses are for tests',
      },
    ),
    gatewayMaxSessions: setting('GATEWAY_MAX_SESSIONS', whole(1, 10_000), {
      default: 500,
      doc:
        'most sessions; an API key can have at most half of what others leave, and keys together all but one until an admin ' +
        'has one',
    }),
    /** Between two messages of one linked account, in ms: at least the pause, at most both. */
    gatewayPauseMs: setting('GATEWAY_PAUSE_MS', whole(0, 600_000), {
      default: 1_000,
      doc: 'shortest pause between two messages of one session, in milliseconds',
    }),
    gatewayJitterMs: setting('GATEWAY_JITTER_MS', whole(0, 600_000), {
      default: 1_500,
      doc: 'longest random extra pause, in milliseconds',
    }),
    /** In seconds. */
    gatewaySendTimeout: setting('GATEWAY_SEND_TIMEOUT', whole(1, 120), {
      default: 40,
      doc: 'seconds that a caller waits for a message to be sent',
    }),
    /** Conversations that a linked account may begin on its first day, and as many more with each day; 0: no limit. */
    gatewayNewContactsPerDay: setting('GATEWAY_NEW_CONTACTS_PER_DAY', whole(0, 100_000), {
      default: 50,
      doc:
        'new conversations of a session within 24 hours on the first day of its account, and as many more each further day, ' +
        'up to `GATEWAY_WARM_UP_DAYS`; `0`: no limit',
    }),
    gatewayWarmUpDays: setting('GATEWAY_WARM_UP_DAYS', whole(1, 365), {
      default: 14,
      doc: 'days after which this limit ends',
    }),
    mediaMaxBytes: setting('MEDIA_MAX_BYTES', whole(1, 104_857_600), {
      default: 50 * 1024 * 1024,
      doc: 'largest file in bytes',
    }),
  },
  ({ gatewayKeylessLoopback, gatewayWhatsappUrl }, { production, strict }) => [
    gatewayKeylessLoopback &&
      (production || strict) &&
      'GATEWAY_KEYLESS_LOOPBACK may be on only outside production and under AUTH_PROFILE=compat',
    production &&
      !gatewayWhatsappUrl.startsWith('wss:') &&
      'GATEWAY_WHATSAPP_URL must begin with wss:// in production: nothing but TLS tells WhatsApp from another',
  ],
) {}

import { group } from '../rows/group.js';
import { whole } from '../rows/rule.js';
import { setting } from '../rows/setting.js';

/** For how many days what is kept. */
export class RetentionSettings extends group('Retention', {
  auditRetentionDays: setting('AUDIT_RETENTION_DAYS', whole(1, 3650), {
    default: 365,
    doc: 'days that security events are kept; they are deleted by whole months',
  }),
  // Meta delivers an unanswered webhook again for seven days: what was dropped must not come back as new.
  conversationRetentionDays: setting('CONVERSATION_RETENTION_DAYS', whole(8, 3650), {
    default: 90,
    doc: 'days that [conversations](bot.md) are kept; providers deliver again for up to seven days',
  }),
  /** Of the gateway: what linked accounts did. */
  activityRetentionDays: setting('ACTIVITY_RETENTION_DAYS', whole(1, 365), {
    default: 30,
    doc: 'days that the activity log and the figures of the gateway are kept',
  }),
  /** Codes that were sent for other applications. */
  otpRetentionDays: setting('OTP_RETENTION_DAYS', whole(1, 365), {
    default: 7,
    doc: 'days that codes sent for other applications are kept, hashed',
  }),
  webhookRetentionDays: setting('WEBHOOK_RETENTION_DAYS', whole(1, 90), {
    default: 7,
    doc: 'days that deliveries to webhooks are kept, sealed, and can be repeated',
  }),
}) {}

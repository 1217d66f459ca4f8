import { group } from '../rows/group.js';
import { onOff, whole } from '../rows/rule.js';
import { setting } from '../rows/setting.js';

/** What a new password must be. */
export class PasswordSettings extends group('Accounts and passwords', {
  passwordMinLength: setting('PASSWORD_MIN_LENGTH', whole(6, 64), {
    default: { usual: 6, strict: 15 },
    doc: 'minimum length of a new password in characters',
  }),
  passwordMaxLength: setting('PASSWORD_MAX_LENGTH', whole(64, 1024), {
    default: { usual: 72, strict: 128 },
    doc: 'maximum length of a new password in characters',
  }),
  passwordBlocklist: setting('PASSWORD_BLOCKLIST', onOff(), {
    default: { usual: 'off', strict: 'on' },
    doc: '`on` refuses common passwords, and those that contain the name of their owner',
  }),
}) {}

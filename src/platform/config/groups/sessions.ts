import { duration } from '../rows/duration.js';
import { group } from '../rows/group.js';
import { setting } from '../rows/setting.js';

const TEN_YEARS = 3_650 * 24 * 3_600;

/** How long a login lasts, in seconds. */
export class SessionSettings extends group(
  'Secrets and tokens',
  {
    refreshExpiresIn: setting('REFRESH_EXPIRES_IN', duration(), {
      default: '30d',
      doc: 'how long a session lives without a refresh, a duration; at most `SESSION_MAX_AGE`',
    }),
    sessionMaxAge: setting('SESSION_MAX_AGE', duration(), {
      default: '90d',
      doc: 'how long a session lives at most, a duration',
    }),
    deviceTokenExpiresIn: setting('DEVICE_TOKEN_EXPIRES_IN', duration(), {
      default: '180d',
      doc:
        'how long after its last login a [known device](integration.md#known-devices) stays known, a duration of at most ' +
        '`3650d`; it has its own allowance of codes and guesses, which strangers cannot use up',
    }),
  },
  ({ refreshExpiresIn, sessionMaxAge, deviceTokenExpiresIn }) => [
    sessionMaxAge < refreshExpiresIn && 'SESSION_MAX_AGE must not be shorter than REFRESH_EXPIRES_IN',
    deviceTokenExpiresIn > TEN_YEARS && 'DEVICE_TOKEN_EXPIRES_IN must be at most 3650d',
  ],
) {}

import { looksWeak } from '../weak-secrets.js';
import { group } from '../rows/group.js';
import { keyMaterial } from '../rows/rule.js';
import { setting } from '../rows/setting.js';

/** What all keys are derived from. */
export class SecretSettings extends group(
  'Secrets and tokens',
  {
    /** Absent outside production: made on first start and kept under `dataDir`. */
    authSecret: setting('AUTH_SECRET', keyMaterial(), {
      otherwise: 'made outside production; production: required',
      doc:
        'secret that all keys are derived from; make one with `openssl rand -base64 48`. Backups of the database need it. ' +
        'Outside production one is made and kept in `DATA_DIR/auth-secret`',
    }),
    /** The secret that `authSecret` replaces; given while instances are restarted with the new one. */
    authSecretPrevious: setting('AUTH_SECRET_PREVIOUS', keyMaterial(), {
      doc:
        'the secret that `AUTH_SECRET` replaces; give it to every instance until none runs with the old one alone ' +
        '([operations](operations.md#replacing-auth_secret))',
    }),
  },
  ({ authSecret }, { production }) => [
    production && !authSecret && 'AUTH_SECRET is required in production (at least 32 bytes)',
    production &&
      authSecret !== undefined &&
      looksWeak(authSecret) &&
      'AUTH_SECRET is a placeholder; make one with: openssl rand -base64 48',
  ],
) {}

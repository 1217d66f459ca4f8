import { group } from '../rows/group.js';
import { oneOf } from '../rows/rule.js';
import { derived, setting } from '../rows/setting.js';

const environment = setting('NODE_ENV', oneOf('development', 'test', 'production'), {
  default: 'development',
  doc: '`development`, `test` or `production`; production needs `DATABASE_URL`, `AUTH_SECRET` and `PUBLIC_URL`, and has no developer inbox',
});

/** What kind of service this is. */
export class ModeSettings extends group('Service', {
  environment,
  production: derived(({ value }) => value(environment) === 'production'),
  test: derived(({ value }) => value(environment) === 'test'),
  profile: setting('AUTH_PROFILE', oneOf('compat', 'strict'), {
    default: { usual: 'compat', production: 'strict' },
    doc: '`compat` behaves as the replaced systems did, `strict` is hardened: other defaults, and a body with unknown fields is refused',
  }),
}) {}

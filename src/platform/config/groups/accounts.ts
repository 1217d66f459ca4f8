import { group } from '../rows/group.js';
import { oneOf } from '../rows/rule.js';
import { setting } from '../rows/setting.js';

/** Who may have an account, and what strangers learn of others. */
export class AccountSettings extends group(
  'Accounts and passwords',
  {
    concealUnknownPhones: setting(
      'UNKNOWN_PHONE',
      oneOf('reveal', 'conceal').as((word) => word === 'conceal'),
      {
        default: { usual: 'reveal', strict: 'conceal' },
        doc: 'a number that has no active account: `reveal` answers 404, `conceal` answers as for any other number',
      },
    ),
    registration: setting('REGISTRATION', oneOf('open', 'admin'), {
      default: { usual: 'open', strict: 'admin' },
      doc: 'who can create accounts: `open` lets everybody, with the roles `USER` and `KARYAWAN`; `admin` lets an `ADMIN` alone',
    }),
    staffSecondFactor: setting('STAFF_SECOND_FACTOR', oneOf('off', 'offer', 'require'), {
      default: 'offer',
      doc:
        'a [second factor](security.md#second-factor) for `ADMIN`, `SUPERVISOR` and `OPERATOR`: `off` asks nobody, `offer` asks whoever ' +
        'has one, `require` lets nobody use these roles without one',
    }),
    seedDemo: setting('SEED_DEMO', oneOf('sikeskoja', 'ticketing', 'none'), {
      default: { usual: 'sikeskoja', production: 'none' },
      doc: 'demo accounts for an empty database: `sikeskoja`, `ticketing` or `none`; production accepts nothing but `none`',
    }),
  },
  ({ seedDemo }, { production }) => [production && seedDemo !== 'none' && 'SEED_DEMO must be none in production'],
) {}

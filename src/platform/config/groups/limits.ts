import { group } from '../rows/group.js';
import { oneOf, whole } from '../rows/rule.js';
import { setting } from '../rows/setting.js';

/** What strangers can have sent, and how often they may be wrong. */
export class LimitSettings extends group('Codes and limits', {
  prefixSendsPerHour: setting('PREFIX_SENDS_PER_HOUR', whole(1, 1_000_000), {
    default: 100,
    doc:
      'unverified codes per hour to a range of ten thousand numbers; grows by half of the codes that were verified there ' +
      'in the last day',
  }),
  countrySendsPerHour: setting('COUNTRY_SENDS_PER_HOUR', whole(1, 100_000_000), {
    default: 1000,
    doc: 'unverified codes per hour to a country; grows in the same way',
  }),
  abuseMode: setting('ABUSE_MODE', oneOf('record', 'enforce'), {
    default: { usual: 'record', strict: 'enforce' },
    doc: '`enforce`: a used-up country budget refuses codes; `record`: it is only written to the audit log',
  }),
  serviceSendsPerDay: setting('SERVICE_SENDS_PER_DAY', whole(1, 100_000_000), {
    default: 20_000,
    doc:
      'codes for logins, resets and changes of a number that the whole service sends in a day; at four fifths of it the log ' +
      'and the audit log warn',
  }),
  addressSendsPerHour: setting('ADDRESS_SENDS_PER_HOUR', whole(1, 1_000_000), {
    default: 100,
    doc: 'unverified codes per hour and client address (IPv6: a /64)',
  }),
  addressFailuresPerHour: setting('ADDRESS_FAILURES_PER_HOUR', whole(1, 1_000_000), {
    default: 300,
    doc: 'wrong codes, passwords and refresh tokens, unknown numbers and registrations per hour and client address',
  }),
}) {}

import { group } from '../rows/group.js';
import { text } from '../rows/rule.js';
import { setting } from '../rows/setting.js';
import { endOfDay, readTestPhones, TEST_PHONES, type TestPhones } from '../test-phones.js';

/** How many test numbers production allows, and for how many days from the start. */
const IN_PRODUCTION = { count: 5, days: 30 };

const DAY = 24 * 3600 * 1000;

/** Numbers with outcomes of their own. */
export class TestPhoneSettings extends group(
  'Codes and limits',
  {
    /** In production only with `testPhonesInProduction`. */
    testPhones: setting(
      'TEST_PHONES',
      text(4096, TEST_PHONES, 'must be a list such as +6281200000001=delivered,until=2026-12-31').as(readTestPhones),
      {
        default: () => null,
        example: '+6281200000001=delivered,+6281200000002=code:123456,until=2026-12-31',
        doc:
          'test numbers, to which nothing is sent: `+62…=outcome,…,until=2026-12-31`, which is their last day; outcomes ' +
          '`delivered`, `slow`, `not-on-whatsapp`, `provider-down`, `locked`, `code:123456` (delivered, and the code is ' +
          'always this one)',
      },
    ),
    /** The day until which they may be used in production. */
    testPhonesInProduction: setting(
      'TEST_PHONES_IN_PRODUCTION',
      text(10, /^\d{4}-\d{2}-\d{2}$/, 'must be a date such as 2026-12-31').as(endOfDay),
      {
        default: () => null,
        example: '2026-12-10',
        shown: true,
        doc:
          'the last day of `TEST_PHONES` in production, at most 30 days ahead; then at most five numbers, and only while ' +
          'their accounts have the role `USER`. Each use is recorded',
      },
    ),
  },
  ({ testPhones, testPhonesInProduction }, { production }) =>
    testPhones === null
      ? []
      : [
          Number.isNaN(testPhones.until.getTime()) &&
            'TEST_PHONES must end with a day of the calendar such as until=2026-12-31',
          ...(production ? problemsInProduction(testPhones, testPhonesInProduction) : []),
        ],
) {}

function problemsInProduction({ until, outcomes }: TestPhones, allowedUntil: Date | null): (string | false)[] {
  const { count, days } = IN_PRODUCTION;
  if (!allowedUntil)
    return ['TEST_PHONES must be absent in production, or TEST_PHONES_IN_PRODUCTION give the day of its end'];
  return [
    !(until <= allowedUntil) && 'TEST_PHONES must end by TEST_PHONES_IN_PRODUCTION',
    // eslint-disable-next-line no-restricted-properties -- a day of the calendar that a person chose
    !(allowedUntil.getTime() <= Date.now() + (days + 1) * DAY) &&
      `TEST_PHONES_IN_PRODUCTION must be a day within the next ${days}`,
    outcomes.size > count && `TEST_PHONES may name ${count} numbers in production`,
  ];
}

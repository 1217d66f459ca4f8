import { group } from '../rows/group.js';
import { list, onOff, text, whole } from '../rows/rule.js';
import { setting } from '../rows/setting.js';

/** Codes: what they look like, how long they live, how many there are for a number. */
export class CodeSettings extends group(
  'Codes and limits',
  {
    otpLength: setting('OTP_LENGTH', whole(4, 8), { default: 6, doc: 'digits of a code; at least 6 in production' }),
    otpExpiresInMinutes: setting('OTP_EXPIRES_IN', whole(1, 10), { default: 5, doc: 'lifetime of a code in minutes' }),
    resetOtpExpiresInMinutes: setting('RESET_OTP_EXPIRES_IN', whole(1, 15), {
      default: { usual: 15, strict: 10 },
      doc: 'lifetime of a code to reset a password in minutes',
    }),
    otpEcho: setting('OTP_ECHO', onOff(), {
      default: { usual: 'on', strict: 'off', production: 'off' },
      doc:
        '`on`: while no device is ready, `/api/forgot-password/request-otp` answers with the code as `testOTP`; production ' +
        'refuses it',
    }),
    otpMaxAttempts: setting('OTP_MAX_ATTEMPTS', whole(1, 10), { default: 3, doc: 'guesses allowed for one code' }),
    guessBudget: setting('GUESS_BUDGET', whole(1, 100), {
      default: 5,
      doc:
        'guesses allowed for all codes of a phone number and purpose (login, reset, change of number) in 15 minutes; at ' +
        'least `OTP_MAX_ATTEMPTS`',
    }),
    resendCooldowns: setting(
      'OTP_RESEND_COOLDOWN',
      text(200, /^[1-9]\d{0,5}(\s*,\s*[1-9]\d{0,5})*$/, 'must be a comma list of seconds, each at least 1').as(
        (value): readonly number[] => list(value).map(Number),
      ),
      {
        default: '60,60,120,300',
        shown: true,
        doc: 'seconds between two codes for a phone number: after the first, second, … code of an hour; the last value repeats',
      },
    ),
    sendsPerHour: setting('OTP_SENDS_PER_HOUR', whole(1, 1000), {
      default: 5,
      doc:
        'codes for a phone number in an hour, for all purposes; the same again for each API key, and twice as many for all ' +
        'senders together',
    }),
    sendsPerDay: setting('OTP_SENDS_PER_DAY', whole(1, 1000), {
      default: 10,
      doc: 'codes for a phone number in a day, counted in the same way; at least `OTP_SENDS_PER_HOUR`',
    }),
  },
  ({ otpLength, otpEcho, otpMaxAttempts, guessBudget, sendsPerHour, sendsPerDay }, { production }) => [
    guessBudget < otpMaxAttempts && 'GUESS_BUDGET must not be smaller than OTP_MAX_ATTEMPTS',
    sendsPerDay < sendsPerHour && 'OTP_SENDS_PER_DAY must not be smaller than OTP_SENDS_PER_HOUR',
    production && otpEcho && 'OTP_ECHO must be off in production',
    production && otpLength < 6 && 'OTP_LENGTH must be at least 6 in production',
  ],
) {}

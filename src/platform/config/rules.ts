import { exposureRefused } from './exposure.js';
import { type Settings } from './settings.js';

/**
 * Rules between settings of several groups; those within one are beside its rows.
 *
 * @returns a sentence for each broken rule, naming the variable and never its value
 */
export function rulesBetweenGroups(settings: Settings): readonly (string | false)[] {
  const { production, mailProviders, registration, testPhones, otpLength } = settings;
  const outcomes = [...(testPhones?.outcomes.values() ?? [])];
  return [
    exposureRefused(settings) ?? false,
    outcomes.some((outcome) => outcome.kind === 'fixed-code' && outcome.code.length !== otpLength) &&
      'TEST_PHONES must give codes of OTP_LENGTH digits',
    // Whoever registers with somebody else's number and his own mailbox would get that number's codes.
    production &&
      mailProviders.length > 0 &&
      registration === 'open' &&
      `WHATSAPP_PROVIDERS must not name ${mailProviders.join(', ')} in production while REGISTRATION is open`,
  ];
}

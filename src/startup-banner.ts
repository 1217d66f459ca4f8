import { type AddressInfo } from 'node:net';
import { exposureWarning } from './platform/config/exposure.js';
import { type Settings } from './platform/config/settings.js';
import { nationalPhone } from './platform/phone/phone.js';

/** Tells the person at the terminal where everything is; in production the log has one line less to explain. */
export function printStartupBanner(settings: Settings, address: AddressInfo, demoPhones: readonly string[]): void {
  if (settings.production || settings.test) return;
  const at = `http://${hostOf(address)}:${address.port}`;
  const warning = exposureWarning(settings);
  const inbox = `${at}/dev/inbox`;
  const usesInbox = settings.providersOfPeople.length < settings.providers.length;
  const lines = [
    '',
    ...(warning === null ? [] : [`  !!! ${warning}`, '']),
    `  Masuk listens at     ${at}`,
    ...(demoPhones.length > 0 ? [`  Demo numbers         ${demoPhones.map(nationalPhone).join(', ')}`] : []),
    codesAre(settings, inbox),
    `  Login page           ${at}/login`,
    `  Admin console        ${at}/admin`,
    `  API documentation    ${at}/docs   ${at}/redoc`,
    '',
    '  Log in:',
    `    curl -X POST ${at}/api/auth/otp/request -H 'content-type: application/json' -d '{"phone":"081234567890"}'`,
    ...(usesInbox ? [`    curl ${inbox}`] : []),
    `    curl -X POST ${at}/api/auth/otp/verify -H 'content-type: application/json' -d '{"phone":"081234567890","otpCode":"THE CODE"}'`,
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

const REACHED_AS_LOCALHOST: ReadonlySet<string> = new Set(['127.0.0.1', '::1', '0.0.0.0', '::']);

/** The address by which somebody at this terminal reaches it: `localhost`, unless it listens on another one alone. */
function hostOf({ address }: AddressInfo): string {
  if (REACHED_AS_LOCALHOST.has(address)) return 'localhost';
  return address.includes(':') ? `[${address}]` : address;
}

/** Where the codes go: nothing reaches the developer inbox where real providers alone are set. */
function codesAre({ providers, providersOfPeople }: Settings, inbox: string): string {
  if (providers.length === 0) return '  No codes are sent    (no provider is configured)';
  if (providersOfPeople.length === 0) return `  Codes are read at    ${inbox}   (no WhatsApp device is configured)`;
  const rest = providersOfPeople.length < providers.length ? `   (what that does not take is at ${inbox})` : '';
  return `  Codes are sent by    ${providersOfPeople.join(', ')}${rest}`;
}

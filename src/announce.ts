import { type AddressInfo } from 'node:net';
import { type Settings } from './config/settings.js';
import { nationalPhone } from './phone/phone.js';

/** Tells the person at the terminal where everything is; in production the log has one line less to explain. */
export function announce(settings: Settings, address: AddressInfo, demoPhones: readonly string[]): void {
  if (settings.production || settings.test) return;
  const at = `http://localhost:${address.port}`;
  const inbox = `${at}/dev/inbox`;
  const usesInbox = settings.providers.includes('console');
  const lines = [
    '',
    `  Masuk listens at     ${at}`,
    ...(demoPhones.length > 0 ? [`  Demo numbers         ${demoPhones.map(nationalPhone).join(', ')}`] : []),
    codesAre(settings.providers, inbox),
    `  Login page           ${at}/login`,
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

/** Where the codes go: nothing reaches the developer inbox where real providers alone are set. */
function codesAre(providers: readonly string[], inbox: string): string {
  const real = providers.filter((name) => name !== 'console').join(', ');
  if (providers.length === 0) return '  No codes are sent    (no provider is configured)';
  if (real === '') return `  Codes are read at    ${inbox}   (no WhatsApp device is configured)`;
  const rest = providers.includes('console') ? `   (what that does not take is at ${inbox})` : '';
  return `  Codes are sent by    ${real}${rest}`;
}

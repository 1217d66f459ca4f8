import { type AddressInfo } from 'node:net';
import { type Settings } from './config/settings.js';
import { nationalPhone } from './phone/phone.js';

/** Tells the person at the terminal where everything is; in production the log has one line less to explain. */
export function announce(settings: Settings, address: AddressInfo, demoPhones: readonly string[]): void {
  if (settings.production || settings.test) return;
  const at = `http://localhost:${address.port}`;
  const codes = settings.providers.includes('console')
    ? `  Codes are read at    ${at}/dev/inbox   (no WhatsApp device is configured)`
    : `  Codes are sent by    ${settings.providers.join(', ')}`;
  const lines = [
    '',
    `  Masuk listens at     ${at}`,
    ...(demoPhones.length > 0 ? [`  Demo numbers         ${demoPhones.map(nationalPhone).join(', ')}`] : []),
    codes,
    `  Login page           ${at}/login`,
    `  API documentation    ${at}/docs   ${at}/redoc`,
    '',
    '  Log in:',
    `    curl -X POST ${at}/api/auth/otp/request -H 'content-type: application/json' -d '{"phone":"081234567890"}'`,
    `    curl ${at}/dev/inbox`,
    `    curl -X POST ${at}/api/auth/otp/verify -H 'content-type: application/json' -d '{"phone":"081234567890","otpCode":"THE CODE"}'`,
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

import { isIP } from 'node:net';
import { exposureRefused } from './exposure.js';
import { isLoopback } from './loopback.js';
import { isOrigin } from './origins.js';
import { problemOfAddress } from './database/database-url.js';
import { RUNGS } from './provider-settings.js';
import { type Settings } from './settings.js';
import { type TestPhones } from './test-phones.js';

const PLACEHOLDERS = /change[-_ ]?me|placeholder|your[-_ ]|example|secret[-_ ]?key|ganti|rahasia|xxxx|0123456789/i;

const TEN_YEARS = 3_650 * 24 * 3_600;

/** Too few different characters for 32 bytes of chance: a repeated word or a row of one letter. */
function looksMadeUp(secret: string): boolean {
  return PLACEHOLDERS.test(secret) || new Set(secret).size < 10;
}

/**
 * Rules between settings, and what production refuses: docs/configuration.md#what-production-refuses.
 *
 * @returns a sentence for each broken rule, naming the variable and never its value; empty when all is well.
 */
export function brokenRules(settings: Settings): string[] {
  return [...alwaysBroken(settings), ...(settings.production ? brokenInProduction(settings) : [])];
}

function alwaysBroken(settings: Settings): string[] {
  const broken: string[] = [];
  const refuse = (condition: boolean, sentence: string) => condition && broken.push(sentence);
  refuse(
    settings.jwtAlgorithm === 'HS256' && !settings.jwtSecret,
    'JWT_SECRET is required (at least 32 bytes) when JWT_ALGORITHM is HS256',
  );
  for (const problem of [
    problemOfAddress('DATABASE_URL', settings.databaseUrl),
    problemOfAddress('DIRECT_DATABASE_URL', settings.directDatabaseUrl),
  ])
    if (problem !== undefined) broken.push(problem);
  const unknown = settings.providers.filter((name) => !RUNGS.includes(name));
  refuse(unknown.length > 0, `WHATSAPP_PROVIDERS may name ${RUNGS.join(', ')}`);
  refuse(
    new Set(settings.providers).size < settings.providers.length,
    'WHATSAPP_PROVIDERS must name each provider once',
  );
  for (const [provider, missing] of Object.entries(settings.missingForProviders)) {
    for (const variable of missing) {
      broken.push(`${variable} is required when WHATSAPP_PROVIDERS names ${provider}`);
    }
  }
  refuse(
    settings.smtpUrl !== undefined && !isSmtpAddress(settings.smtpUrl),
    'SMTP_URL must be an address such as smtp://user:password@mail.example.com:587, special characters percent-encoded',
  );
  refuse(settings.providerTimeout > settings.sendTimeout, 'PROVIDER_TIMEOUT must not exceed SEND_TIMEOUT');
  refuse(
    settings.sessionMaxAge < settings.refreshExpiresIn,
    'SESSION_MAX_AGE must not be shorter than REFRESH_EXPIRES_IN',
  );
  refuse(settings.deviceTokenExpiresIn > TEN_YEARS, 'DEVICE_TOKEN_EXPIRES_IN must be at most 3650d');
  refuse(settings.guessBudget < settings.otpMaxAttempts, 'GUESS_BUDGET must not be smaller than OTP_MAX_ATTEMPTS');
  refuse(settings.sendsPerDay < settings.sendsPerHour, 'OTP_SENDS_PER_DAY must not be smaller than OTP_SENDS_PER_HOUR');
  refuse(
    settings.gatewayKeylessLoopback && (settings.production || settings.profile === 'strict'),
    'GATEWAY_KEYLESS_LOOPBACK may be on only outside production and under AUTH_PROFILE=compat',
  );
  refuseAddresses(settings, refuse);
  if (settings.testPhones) refuseTestPhones(settings, settings.testPhones, refuse);
  return broken;
}

/** Where the service listens, what it is called, and whom it believes. */
function refuseAddresses(settings: Settings, refuse: (condition: boolean, sentence: string) => unknown): void {
  const exposure = exposureRefused(settings);
  refuse(exposure !== null, exposure ?? '');
  refuse(
    /[@?#]/.test(settings.publicUrl),
    'PUBLIC_URL must be an address without user name, query and fragment, such as https://login.example.org',
  );
  refuse(
    settings.allowedOrigins?.some((origin) => !isOrigin(origin)) ?? false,
    'FRONTEND_URL must be a comma list of origins such as https://app.example or capacitor://localhost, each one whole',
  );
  refuse(
    !settings.trustedProxies.every(isAddressOrRange),
    'TRUST_PROXY must be a comma list of addresses or CIDR ranges',
  );
  refuse(
    settings.trustedProxies.some((range) => /\/0+$/.test(range)),
    'TRUST_PROXY must not be every address: anybody could then write down whose request theirs is',
  );
  refuse(
    settings.clientAddressHeader !== 'x-forwarded-for' && settings.trustedProxies.length === 0,
    'CLIENT_ADDRESS_HEADER is read from the proxies of TRUST_PROXY alone: name them',
  );
}

/** How many test numbers production allows, and for how many days from the start. */
const TEST_PHONES_IN_PRODUCTION = { count: 5, days: 30 };

const DAY = 24 * 3600 * 1000;

function refuseTestPhones(
  { production, testPhonesInProduction: allowedUntil, otpLength }: Settings,
  { until, outcomes }: TestPhones,
  refuse: (condition: boolean, sentence: string) => unknown,
): void {
  refuse(Number.isNaN(until.getTime()), 'TEST_PHONES must end with a day of the calendar such as until=2026-12-31');
  const codes = [...outcomes.values()].flatMap((outcome) => (outcome.kind === 'fixed-code' ? [outcome.code] : []));
  refuse(
    codes.some((code) => code.length !== otpLength),
    'TEST_PHONES must give codes of OTP_LENGTH digits',
  );
  if (!production) return;
  const { count, days } = TEST_PHONES_IN_PRODUCTION;
  if (!allowedUntil) {
    refuse(true, 'TEST_PHONES must be absent in production, or TEST_PHONES_IN_PRODUCTION give the day of its end');
    return;
  }
  refuse(!(until <= allowedUntil), 'TEST_PHONES must end by TEST_PHONES_IN_PRODUCTION');
  refuse(
    // eslint-disable-next-line no-restricted-properties -- a day of the calendar that a person chose
    !(allowedUntil.getTime() <= Date.now() + (days + 1) * DAY),
    `TEST_PHONES_IN_PRODUCTION must be a day within the next ${days}`,
  );
  refuse(outcomes.size > count, `TEST_PHONES may name ${count} numbers in production`);
}

function brokenInProduction(settings: Settings): string[] {
  const broken: string[] = [];
  const refuse = (condition: boolean, sentence: string) => condition && broken.push(sentence);
  refuse(!settings.databaseUrl, 'DATABASE_URL is required in production');
  refuse(
    settings.publicUrl === '',
    'PUBLIC_URL is required in production: it is the issuer of tokens, and makes cookies Secure',
  );
  refuse(
    settings.publicUrl.startsWith('http:') && !isLoopback(new URL(settings.publicUrl).hostname),
    'PUBLIC_URL must begin with https:// in production; http:// is taken for localhost only',
  );
  refuse(!settings.authSecret, 'AUTH_SECRET is required in production (at least 32 bytes)');
  refuse(
    settings.authSecret !== undefined && looksMadeUp(settings.authSecret),
    'AUTH_SECRET is a placeholder; make one with: openssl rand -base64 48',
  );
  refuse(
    settings.jwtAlgorithm === 'HS256' && settings.jwtSecret !== undefined && looksMadeUp(settings.jwtSecret),
    'JWT_SECRET is a placeholder; make one with: openssl rand -base64 48',
  );
  refuse(settings.otpEcho, 'OTP_ECHO must be off in production');
  refuse(settings.testClock, 'TEST_CLOCK must be off in production');
  // Whoever registers with somebody else's number and his own mailbox would get that number's codes.
  refuse(
    settings.providers.includes('email') && settings.registration === 'open',
    'WHATSAPP_PROVIDERS must not name email in production while REGISTRATION is open',
  );
  const { whapi, whacenterWebhookSecret } = settings;
  refuse(isShort(whapi.webhookSecret), 'WHAPI_WEBHOOK_SECRET must have at least 16 characters in production');
  refuse(isShort(whacenterWebhookSecret), 'WHACENTER_WEBHOOK_SECRET must have at least 16 characters in production');
  refuse(settings.seedDemo !== 'none', 'SEED_DEMO must be none in production');
  refuse(settings.otpLength < 6, 'OTP_LENGTH must be at least 6 in production');
  refuse(
    settings.providers.includes('console'),
    'WHATSAPP_PROVIDERS must not name console in production (it is the developer inbox)',
  );
  refuse(
    !settings.gatewayWhatsappUrl.startsWith('wss:'),
    'GATEWAY_WHATSAPP_URL must begin with wss:// in production: nothing but TLS tells WhatsApp from another',
  );
  refuse(
    settings.outgoingAllowPrivate,
    'OUTGOING_ALLOW_PRIVATE must be off in production: whoever has an API key could reach into the network',
  );
  return broken;
}

/** A secret that somebody could find out by trying. */
function isShort(secret: string | undefined): boolean {
  return secret !== undefined && secret.length < 16;
}

function isAddressOrRange(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

function isSmtpAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { hostname, username, password } = new URL(text);
  try {
    decodeURIComponent(username + password);
    return hostname !== '';
  } catch {
    return false;
  }
}

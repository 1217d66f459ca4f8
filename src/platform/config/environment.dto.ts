import { Transform } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, IsUrl, Matches, Max, MaxLength, Min, MinLength } from 'class-validator';

import { TEST_PHONES } from './test-phones.js';

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];
/** Seconds, or a number with s, m, h or d. */
export const DURATION = /^[1-9]\d{0,8}[smhd]?$/;

/** A whole number in decimal digits; anything else stays as it is and fails `IsInt`. */
const WholeNumber = () =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value,
  );

/** An optional whole number within bounds, both included. */
function Whole(min: number, max: number): PropertyDecorator {
  const rule = { message: `$property must be a whole number from ${min} to ${max}` };
  return (target, key) => {
    for (const decorate of [IsOptional(), WholeNumber(), IsInt(rule), Min(min, rule), Max(max, rule)])
      decorate(target, key);
  };
}

/** An optional value out of a list. */
function OneOf(...values: string[]): PropertyDecorator {
  return (target, key) => {
    IsOptional()(target, key);
    IsIn(values, { message: `$property must be one of ${values.join(', ')}` })(target, key);
  };
}

/** An optional span of time: seconds, or a number with s, m, h or d. */
function Duration(): PropertyDecorator {
  return (target, key) => {
    IsOptional()(target, key);
    Matches(DURATION, { message: '$property must be a duration such as 900, 15m, 12h or 7d' })(target, key);
  };
}

/** An optional text of bounded length that matches a pattern; `rule` says it in words. */
function Text(max: number, pattern?: RegExp, rule = `must be a text of at most ${max} characters`): PropertyDecorator {
  const message = { message: `$property ${rule}` };
  return (target, key) => {
    for (const decorate of [IsOptional(), IsString(message), MaxLength(max, message)]) decorate(target, key);
    if (pattern) Matches(pattern, message)(target, key);
  };
}

const URL_SAFE = /^[A-Za-z0-9._~-]+$/;

/** An optional token or secret of another service: it travels in headers, so it is visible ASCII. */
const Secret = () => Text(4096, /^[\x21-\x7e]+$/, 'must be visible ASCII without spaces');

/** An optional secret that keys are made of: too long to be found by trying. */
function KeyMaterial(): PropertyDecorator {
  const rule = { message: '$property must be at least 32 bytes; make one with: openssl rand -base64 48' };
  return (target, key) => {
    IsOptional()(target, key);
    MinLength(32, rule)(target, key);
  };
}

/** An optional http(s) address. */
function HttpUrl(): PropertyDecorator {
  const rule = { message: '$property must be an http or https address' };
  return (target, key) => {
    IsOptional()(target, key);
    IsUrl({ protocols: ['http', 'https'], require_protocol: true, require_tld: false }, rule)(target, key);
  };
}

/**
 * Every variable the service reads, as text from the environment. Names, defaults and bounds: docs/configuration.md;
 * what a variable means stands in `.env.example`. An empty value counts as absent.
 */
export class Environment {
  @OneOf('development', 'test', 'production') NODE_ENV?: string;
  @Whole(0, 65_535) PORT?: number;
  @Text(255, /^[A-Za-z0-9.:_-]+$/, 'must be a host name or an address') HOST?: string;
  @HttpUrl() PUBLIC_URL?: string;
  @OneOf('on', 'off') EXPOSE_DEVELOPMENT?: string;
  @Text(4096, /^postgres(ql)?:\/\//, 'must begin with postgresql://') DATABASE_URL?: string;
  @Text(4096, /^postgres(ql)?:\/\//, 'must begin with postgresql://') DIRECT_DATABASE_URL?: string;
  @Whole(1, 500) DATABASE_POOL?: number;
  @Text(4096) DATA_DIR?: string;
  @Whole(0, 300) DRAIN_TIME?: number;
  @Text(8192) FRONTEND_URL?: string;
  @Text(8192) TRUST_PROXY?: string;
  @Text(64, /^[A-Za-z0-9-]+$/, 'must be the name of a header such as X-Forwarded-For') CLIENT_ADDRESS_HEADER?: string;
  @OneOf(...LOG_LEVELS) LOG_LEVEL?: string;
  @OneOf('sikeskoja', 'ticketing', 'none') SEED_DEMO?: string;
  @Text(120, /^[^\r\n]+$/, 'must be one line of at most 120 characters') APP_NAME?: string;
  @Text(120, /^[^\r\n]+$/, 'must be one line of at most 120 characters') APP_TEAM?: string;
  @OneOf('id', 'en', 'negotiate') MESSAGE_LANGUAGE?: string;
  @Text(1024, /^[A-Z]{2}(\s*,\s*[A-Z]{2})*$/, 'must be a comma list of two-letter country codes')
  ALLOWED_COUNTRIES?: string;

  @OneOf('compat', 'strict') AUTH_PROFILE?: string;
  @OneOf('reveal', 'conceal') UNKNOWN_PHONE?: string;
  @OneOf('on', 'off') OTP_ECHO?: string;
  @OneOf('on', 'off') TEST_CLOCK?: string;
  @KeyMaterial() AUTH_SECRET?: string;
  @KeyMaterial() AUTH_SECRET_PREVIOUS?: string;
  @OneOf('open', 'admin') REGISTRATION?: string;
  @Whole(6, 64) PASSWORD_MIN_LENGTH?: number;
  @Whole(64, 1024) PASSWORD_MAX_LENGTH?: number;
  @OneOf('on', 'off') PASSWORD_BLOCKLIST?: string;
  @OneOf('ES256', 'RS256', 'HS256') JWT_ALGORITHM?: string;
  @KeyMaterial() JWT_SECRET?: string;
  @Duration() JWT_EXPIRES_IN?: string;
  @Text(255) JWT_ISSUER?: string;
  @Text(255) JWT_AUDIENCE?: string;
  @OneOf('upper', 'lower') JWT_ROLE_CASE?: string;
  @Duration() REFRESH_EXPIRES_IN?: string;
  @Duration() SESSION_MAX_AGE?: string;
  @Duration() DEVICE_TOKEN_EXPIRES_IN?: string;

  @Whole(4, 8) OTP_LENGTH?: number;
  @Whole(1, 10) OTP_EXPIRES_IN?: number;
  @Whole(1, 15) RESET_OTP_EXPIRES_IN?: number;
  @Whole(1, 10) OTP_MAX_ATTEMPTS?: number;
  @Whole(1, 100) GUESS_BUDGET?: number;
  @Text(200, /^[1-9]\d{0,5}(\s*,\s*[1-9]\d{0,5})*$/, 'must be a comma list of seconds, each at least 1')
  OTP_RESEND_COOLDOWN?: string;
  @Whole(1, 1000) OTP_SENDS_PER_HOUR?: number;
  @Whole(1, 1000) OTP_SENDS_PER_DAY?: number;
  @Whole(1, 1_000_000) ADDRESS_SENDS_PER_HOUR?: number;
  @Whole(1, 1_000_000) ADDRESS_FAILURES_PER_HOUR?: number;
  @Whole(1, 1_000_000) PREFIX_SENDS_PER_HOUR?: number;
  @Whole(1, 100_000_000) COUNTRY_SENDS_PER_HOUR?: number;
  @Whole(1, 100_000_000) SERVICE_SENDS_PER_DAY?: number;
  @OneOf('record', 'enforce') ABUSE_MODE?: string;
  @Text(16, /^\+[1-9]\d{6,14}$/, 'must be a number such as +6281234567890') CANARY_PHONE?: string;
  @Text(4096, TEST_PHONES, 'must be a list such as +6281200000001=delivered,until=2026-12-31')
  TEST_PHONES?: string;
  @Text(10, /^\d{4}-\d{2}-\d{2}$/, 'must be a date such as 2026-12-31') TEST_PHONES_IN_PRODUCTION?: string;
  @Whole(1, 3650) AUDIT_RETENTION_DAYS?: number;

  // Meta delivers an unanswered webhook again for seven days: what was dropped must not come back as new.
  @Whole(8, 3650) CONVERSATION_RETENTION_DAYS?: number;
  @Text(1000) BOT_MENU_INFO?: string;
  @Text(1000) BOT_MENU_HELP?: string;

  @Text(200, /^[a-z-]+(\s*,\s*[a-z-]+)*$/, 'must be a comma list of provider names') WHATSAPP_PROVIDERS?: string;
  @Whole(1, 30) SEND_TIMEOUT?: number;
  @Whole(1, 30) PROVIDER_TIMEOUT?: number;
  @Text(255) WHATSAPP_DEVICE_ID?: string;
  @HttpUrl() WHACENTER_BASE_URL?: string;
  @Text(255, URL_SAFE, 'must be letters, digits and -._~: it stands in an address') WHACENTER_WEBHOOK_SECRET?: string;
  @HttpUrl() WHAPI_BASE_URL?: string;
  @Secret() WHAPI_TOKEN?: string;
  @Secret() WHAPI_WEBHOOK_SECRET?: string;
  @HttpUrl() CLOUD_API_BASE_URL?: string;
  @Text(12, /^v\d{1,3}\.\d{1,3}$/, 'must be a version such as v25.0') CLOUD_API_VERSION?: string;
  @Secret() CLOUD_API_TOKEN?: string;
  @Text(64, URL_SAFE, 'must be the id of a number, which is not the number') CLOUD_API_PHONE_ID?: string;
  @Text(512, /^[a-z0-9_]+$/, 'must be the name of a template: a-z, 0-9 and _') CLOUD_API_TEMPLATE?: string;
  @Secret() CLOUD_API_APP_SECRET?: string;
  @Secret() CLOUD_API_VERIFY_TOKEN?: string;
  @Text(64, URL_SAFE, 'must be an account SID') TWILIO_ACCOUNT_SID?: string;
  @Secret() TWILIO_AUTH_TOKEN?: string;
  @Text(
    34,
    /^(?:\+[1-9]\d{6,14}|MG\w{32}|\d{3,8}|[A-Za-z0-9 ]{1,11})$/,
    'must be a number such as +14155550100, a sender of at most 11 characters, or the id of a messaging service',
  )
  TWILIO_FROM?: string;
  @HttpUrl() TWILIO_BASE_URL?: string;
  @Text(2048, /^smtps?:\/\/\S+$/, 'must begin with smtp:// or smtps://') SMTP_URL?: string;
  @Text(
    320,
    /^(?:[^<>@\r\n",;:]{1,200} )?<[^\s<>@,;:"]+@[\w.-]+>$|^[^\s<>@,;:"]+@[\w.-]+$/,
    'must be an address, or a name and <address>',
  )
  SMTP_FROM?: string;
  @Text(64, /^[A-Za-z0-9_-]+$/, 'must be 1 to 64 letters, digits, _ and -') WHATSAPP_SESSION_ID?: string;

  @OneOf('on', 'off') GATEWAY_KEYLESS_LOOPBACK?: string;
  @Text(255, /^wss?:\/\/[^\s]+$/, 'must begin with wss:// or ws://') GATEWAY_WHATSAPP_URL?: string;
  @Whole(1, 10_000) GATEWAY_MAX_SESSIONS?: number;
  @Whole(0, 600_000) GATEWAY_PAUSE_MS?: number;
  @Whole(0, 600_000) GATEWAY_JITTER_MS?: number;
  @Whole(1, 120) GATEWAY_SEND_TIMEOUT?: number;
  @Whole(0, 100_000) GATEWAY_NEW_CONTACTS_PER_DAY?: number;
  @Whole(1, 365) GATEWAY_WARM_UP_DAYS?: number;
  @Whole(1, 104_857_600) MEDIA_MAX_BYTES?: number;

  @OneOf('on', 'off') OUTGOING_ALLOW_PRIVATE?: string;
  @Whole(1, 365) ACTIVITY_RETENTION_DAYS?: number;
  @Whole(1, 365) OTP_RETENTION_DAYS?: number;
  @Whole(1, 90) WEBHOOK_RETENTION_DAYS?: number;

  // Names of the replaced systems; each stands in for the variable in brackets when that one is absent.
  /** Only PostgreSQL is served. */
  @Text(40) DB_TYPE?: string;
  /** (DATABASE_URL) */
  @Text(255) DB_HOST?: string;
  /** (DATABASE_URL) */
  @Whole(1, 65_535) DB_PORT?: number;
  /** (DATABASE_URL) */
  @Text(63) DB_NAME?: string;
  /** (DATABASE_URL) */
  @Text(63) DB_USER?: string;
  /** (DATABASE_URL) */
  @Text(1024) DB_PASSWORD?: string;
  /** (JWT_SECRET) */
  @KeyMaterial() SECRET_KEY?: string;
  /** (JWT_ALGORITHM) */
  @OneOf('ES256', 'RS256', 'HS256') ALGORITHM?: string;
  /** (JWT_EXPIRES_IN), in minutes */
  @Whole(1, 5_256_000) ACCESS_TOKEN_EXPIRE_MINUTES?: number;
}

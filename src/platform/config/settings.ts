import { resolve } from 'node:path';
import { type Environment } from './environment.dto.js';
import { endOfDay, readTestPhones, type TestPhones } from './test-phones.js';
import { databaseUrlFromParts } from './database/database-url.js';
import { isLoopback } from './loopback.js';
import { originOf } from './origins.js';
import {
  cloudApiSettings,
  configuredRungs,
  missingVariables,
  providerNamed,
  twilioSettings,
  whapiSettings,
} from './provider-settings.js';

export const LANGUAGES = ['id', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];
export type SigningAlgorithm = 'ES256' | 'RS256' | 'HS256';

/**
 * What the service runs with: the validated environment with the profile's defaults filled in, frozen. Durations are
 * in seconds unless the name says otherwise. Secrets are here and nowhere else; this object is never logged.
 */
export class Settings {
  readonly production: boolean;
  readonly test: boolean;
  readonly port: number;
  readonly host: string;
  /** Empty only in a production that is refused. */
  readonly publicUrl: string;
  /** Whether others than this machine may reach a service outside production. */
  readonly exposeDevelopment: boolean;
  /** Whether the first account of a database may make itself an ADMIN. */
  readonly firstAdminRegisters: boolean;
  /** Absent: the embedded PostgreSQL under `dataDir` (never in production). */
  readonly databaseUrl: string | undefined;
  /** For migrations, where `databaseUrl` goes through a pooler. */
  readonly directDatabaseUrl: string | undefined;
  readonly databasePool: number;
  readonly dataDir: string;
  /** How long the service says that it goes before it takes no more requests. */
  readonly drainTime: number;
  /** Exact origins; null allows pages and packaged apps of this machine (outside production). */
  readonly allowedOrigins: readonly string[] | null;
  readonly trustedProxies: readonly string[];
  /** In lower case: the one header that is believed about a client's address, from a trusted proxy. */
  readonly clientAddressHeader: string;
  readonly logLevel: string;
  readonly seedDemo: 'sikeskoja' | 'ticketing' | 'none';
  readonly appName: string;
  readonly appTeam: string;
  readonly messageLanguage: Language | 'negotiate';
  readonly allowedCountries: readonly string[];

  readonly profile: 'compat' | 'strict';
  readonly concealUnknownPhones: boolean;
  readonly otpEcho: boolean;
  readonly testClock: boolean;
  /** Absent outside production: made on first start and kept under `dataDir`. */
  readonly authSecret: string | undefined;
  /** The secret that `authSecret` replaces; given while instances are restarted with the new one. */
  readonly authSecretPrevious: string | undefined;
  readonly registration: 'open' | 'admin';
  readonly passwordMinLength: number;
  readonly passwordMaxLength: number;
  readonly passwordBlocklist: boolean;
  readonly jwtAlgorithm: SigningAlgorithm;
  readonly jwtSecret: string | undefined;
  readonly jwtExpiresIn: number;
  readonly jwtIssuer: string;
  readonly jwtAudience: string;
  readonly jwtRoleCase: 'upper' | 'lower';
  readonly refreshExpiresIn: number;
  readonly sessionMaxAge: number;
  readonly deviceTokenExpiresIn: number;

  readonly otpLength: number;
  readonly otpExpiresInMinutes: number;
  readonly resetOtpExpiresInMinutes: number;
  readonly otpMaxAttempts: number;
  readonly guessBudget: number;
  readonly resendCooldowns: readonly number[];
  readonly sendsPerHour: number;
  readonly sendsPerDay: number;
  readonly addressSendsPerHour: number;
  readonly addressFailuresPerHour: number;
  /** Unverified sends to a range of ten thousand numbers, and to a country; both grow with the verified volume. */
  readonly prefixSendsPerHour: number;
  readonly countrySendsPerHour: number;
  readonly serviceSendsPerDay: number;
  readonly abuseMode: 'record' | 'enforce';
  readonly auditRetentionDays: number;
  /** A number of the operator's own, E.164, that shows whether each provider delivers. */
  readonly canaryPhone: string | undefined;
  /** Numbers with outcomes of their own; in production only with `testPhonesInProduction`. */
  readonly testPhones: TestPhones | null;
  /** The day until which they may be used in production. */
  readonly testPhonesInProduction: Date | null;

  readonly conversationRetentionDays: number;
  /** What the bot says to `1`; absent: a text of its own. */
  readonly botMenuInfo: string | undefined;
  /** What the bot says to `2`; absent: a text of its own. */
  readonly botMenuHelp: string | undefined;

  /** The delivery ladder, first rung first. */
  readonly providers: readonly string[];
  readonly sendTimeout: number;
  readonly providerTimeout: number;
  /** Variables that a rung of the ladder needs and that are absent, by the rung's name. */
  readonly missingForProviders: Readonly<Record<string, readonly string[]>>;
  readonly whacenterDeviceId: string | undefined;
  readonly whacenterBaseUrl: string;
  /** The secret in the webhook's address; without it there is no webhook. */
  readonly whacenterWebhookSecret: string | undefined;
  readonly whapi: ReturnType<typeof whapiSettings>;
  readonly cloudApi: ReturnType<typeof cloudApiSettings>;
  readonly twilio: ReturnType<typeof twilioSettings>;
  readonly smtpUrl: string | undefined;
  readonly smtpFrom: string | undefined;
  /** The linked account that the ladder uses; absent: any that no API key made. */
  readonly whatsappSessionId: string | undefined;

  /** Whether calls from this machine may use the gateway without a key. */
  readonly gatewayKeylessLoopback: boolean;
  readonly gatewayWhatsappUrl: string;
  readonly gatewayMaxSessions: number;
  /** Between two messages of one linked account, in ms: at least the pause, at most both. */
  readonly gatewayPauseMs: number;
  readonly gatewayJitterMs: number;
  readonly gatewaySendTimeout: number;
  /** Conversations that a linked account may begin on its first day, and as many more with each day; 0: no limit. */
  readonly gatewayNewContactsPerDay: number;
  /** After so many days there is no such limit. */
  readonly gatewayWarmUpDays: number;
  readonly mediaMaxBytes: number;

  /** Whether addresses that callers give (media, webhooks) may lead to this machine and its network. */
  readonly outgoingAllowPrivate: boolean;
  /** Of the gateway: what linked accounts did. */
  readonly activityRetentionDays: number;
  /** Codes that were sent for other applications. */
  readonly otpRetentionDays: number;
  readonly webhookRetentionDays: number;

  // eslint-disable-next-line max-lines-per-function -- one line a setting; in pieces the compiler could not tell that one is missing
  constructor(env: Environment) {
    this.production = env.NODE_ENV === 'production';
    this.test = env.NODE_ENV === 'test';
    this.port = env.PORT ?? 5000;
    this.host = env.HOST ?? (this.production ? '0.0.0.0' : '127.0.0.1');
    this.publicUrl = publicUrlOf(env.PUBLIC_URL ?? (this.production ? '' : `http://localhost:${this.port}`));
    this.exposeDevelopment = !this.production && env.EXPOSE_DEVELOPMENT === 'on';
    this.firstAdminRegisters = !this.production && (isLoopback(this.host) || this.exposeDevelopment);
    this.databaseUrl = env.DATABASE_URL ?? databaseUrlFromParts(env);
    this.directDatabaseUrl = env.DIRECT_DATABASE_URL;
    this.databasePool = env.DATABASE_POOL ?? 10;
    this.dataDir = resolve(env.DATA_DIR ?? '.data');
    this.drainTime = env.DRAIN_TIME ?? (this.production ? 5 : 0);
    this.allowedOrigins = env.FRONTEND_URL ? list(env.FRONTEND_URL).map(originOf) : this.production ? [] : null;
    this.trustedProxies = list(env.TRUST_PROXY ?? '');
    this.clientAddressHeader = (env.CLIENT_ADDRESS_HEADER ?? 'X-Forwarded-For').toLowerCase();
    this.logLevel = env.LOG_LEVEL ?? 'info';
    this.seedDemo = (env.SEED_DEMO as Settings['seedDemo'] | undefined) ?? (this.production ? 'none' : 'sikeskoja');
    this.appName = env.APP_NAME ?? 'SiKesKoja - Sistem Kesehatan Kota Jayapura';
    this.appTeam = env.APP_TEAM ?? 'SiKesKoja';
    this.messageLanguage = (env.MESSAGE_LANGUAGE as Settings['messageLanguage'] | undefined) ?? 'id';
    this.allowedCountries = list(env.ALLOWED_COUNTRIES ?? 'ID');

    this.profile = (env.AUTH_PROFILE as Settings['profile'] | undefined) ?? (this.production ? 'strict' : 'compat');
    const strict = this.profile === 'strict';
    this.concealUnknownPhones = (env.UNKNOWN_PHONE ?? (strict ? 'conceal' : 'reveal')) === 'conceal';
    this.otpEcho = (env.OTP_ECHO ?? (strict || this.production ? 'off' : 'on')) === 'on';
    this.testClock = env.TEST_CLOCK === 'on';
    this.authSecret = env.AUTH_SECRET;
    this.authSecretPrevious = env.AUTH_SECRET_PREVIOUS;
    this.registration = (env.REGISTRATION as Settings['registration'] | undefined) ?? (strict ? 'admin' : 'open');
    this.passwordMinLength = env.PASSWORD_MIN_LENGTH ?? (strict ? 15 : 6);
    this.passwordMaxLength = env.PASSWORD_MAX_LENGTH ?? (strict ? 128 : 72);
    this.passwordBlocklist = (env.PASSWORD_BLOCKLIST ?? (strict ? 'on' : 'off')) === 'on';
    this.jwtAlgorithm = (env.JWT_ALGORITHM ?? env.ALGORITHM ?? 'ES256') as SigningAlgorithm;
    this.jwtSecret = env.JWT_SECRET ?? env.SECRET_KEY;
    this.jwtExpiresIn = accessTokenLifetime(env, strict ? '15m' : '7d');
    this.jwtIssuer = env.JWT_ISSUER ?? this.publicUrl;
    this.jwtAudience = env.JWT_AUDIENCE ?? 'masuk';
    this.jwtRoleCase = (env.JWT_ROLE_CASE as Settings['jwtRoleCase'] | undefined) ?? 'upper';
    this.refreshExpiresIn = seconds(env.REFRESH_EXPIRES_IN ?? '30d');
    this.sessionMaxAge = seconds(env.SESSION_MAX_AGE ?? '90d');
    this.deviceTokenExpiresIn = seconds(env.DEVICE_TOKEN_EXPIRES_IN ?? '180d');

    this.otpLength = env.OTP_LENGTH ?? 6;
    this.otpExpiresInMinutes = env.OTP_EXPIRES_IN ?? 5;
    this.resetOtpExpiresInMinutes = env.RESET_OTP_EXPIRES_IN ?? (strict ? 10 : 15);
    this.otpMaxAttempts = env.OTP_MAX_ATTEMPTS ?? 3;
    this.guessBudget = env.GUESS_BUDGET ?? 5;
    this.resendCooldowns = list(env.OTP_RESEND_COOLDOWN ?? '60,60,120,300').map(Number);
    this.sendsPerHour = env.OTP_SENDS_PER_HOUR ?? 5;
    this.sendsPerDay = env.OTP_SENDS_PER_DAY ?? 10;
    this.addressSendsPerHour = env.ADDRESS_SENDS_PER_HOUR ?? 100;
    this.addressFailuresPerHour = env.ADDRESS_FAILURES_PER_HOUR ?? 300;
    this.prefixSendsPerHour = env.PREFIX_SENDS_PER_HOUR ?? 100;
    this.countrySendsPerHour = env.COUNTRY_SENDS_PER_HOUR ?? 1_000;
    this.serviceSendsPerDay = env.SERVICE_SENDS_PER_DAY ?? 20_000;
    this.abuseMode = (env.ABUSE_MODE as Settings['abuseMode'] | undefined) ?? (strict ? 'enforce' : 'record');
    this.canaryPhone = env.CANARY_PHONE;
    this.testPhones = env.TEST_PHONES ? readTestPhones(env.TEST_PHONES) : null;
    this.testPhonesInProduction = env.TEST_PHONES_IN_PRODUCTION ? endOfDay(env.TEST_PHONES_IN_PRODUCTION) : null;
    this.auditRetentionDays = env.AUDIT_RETENTION_DAYS ?? 365;

    this.conversationRetentionDays = env.CONVERSATION_RETENTION_DAYS ?? 90;
    this.botMenuInfo = env.BOT_MENU_INFO;
    this.botMenuHelp = env.BOT_MENU_HELP;

    this.whacenterDeviceId = env.WHATSAPP_DEVICE_ID;
    this.whacenterBaseUrl = (env.WHACENTER_BASE_URL ?? 'https://app.whacenter.com').replace(/\/+$/, '');
    this.whatsappSessionId = env.WHATSAPP_SESSION_ID;
    this.gatewayKeylessLoopback = (env.GATEWAY_KEYLESS_LOOPBACK ?? (strict || this.production ? 'off' : 'on')) === 'on';
    this.gatewayWhatsappUrl = env.GATEWAY_WHATSAPP_URL ?? 'wss://web.whatsapp.com/ws/chat';
    this.gatewayMaxSessions = env.GATEWAY_MAX_SESSIONS ?? 500;
    this.gatewayPauseMs = env.GATEWAY_PAUSE_MS ?? 1_000;
    this.gatewayJitterMs = env.GATEWAY_JITTER_MS ?? 1_500;
    this.gatewaySendTimeout = env.GATEWAY_SEND_TIMEOUT ?? 40;
    this.gatewayNewContactsPerDay = env.GATEWAY_NEW_CONTACTS_PER_DAY ?? 50;
    this.gatewayWarmUpDays = env.GATEWAY_WARM_UP_DAYS ?? 14;
    this.mediaMaxBytes = env.MEDIA_MAX_BYTES ?? 50 * 1024 * 1024;
    this.outgoingAllowPrivate = env.OUTGOING_ALLOW_PRIVATE === 'on';
    this.activityRetentionDays = env.ACTIVITY_RETENTION_DAYS ?? 30;
    this.otpRetentionDays = env.OTP_RETENTION_DAYS ?? 7;
    this.webhookRetentionDays = env.WEBHOOK_RETENTION_DAYS ?? 7;
    this.whacenterWebhookSecret = env.WHACENTER_WEBHOOK_SECRET;
    this.whapi = whapiSettings(env);
    this.cloudApi = cloudApiSettings(env);
    this.twilio = twilioSettings(env);
    this.smtpUrl = env.SMTP_URL;
    this.smtpFrom = env.SMTP_FROM;
    this.providers = env.WHATSAPP_PROVIDERS
      ? list(env.WHATSAPP_PROVIDERS).map(providerNamed)
      : this.configuredProviders(env);
    this.missingForProviders = missingVariables(env, this.providers);
    this.sendTimeout = env.SEND_TIMEOUT ?? 8;
    this.providerTimeout = env.PROVIDER_TIMEOUT ?? 3;
    Object.freeze(this);
  }

  private configuredProviders(env: Environment): readonly string[] {
    const configured = configuredRungs(env);
    return configured.length > 0 || this.production ? configured : ['console'];
  }
}

/** Without slashes at its end; the scheme in lower case, because its being https decides about cookies and HSTS. */
function publicUrlOf(address: string): string {
  return address.replace(/\/+$/, '').replace(/^https?:/i, (scheme) => scheme.toLowerCase());
}

function accessTokenLifetime(env: Environment, profileDefault: string): number {
  if (env.JWT_EXPIRES_IN) return seconds(env.JWT_EXPIRES_IN);
  if (env.ACCESS_TOKEN_EXPIRE_MINUTES) return env.ACCESS_TOKEN_EXPIRE_MINUTES * 60;
  return seconds(profileDefault);
}

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** `900`, `15m`, `12h` or `7d` in seconds. The pattern was checked with the environment. */
export function seconds(duration: string): number {
  const unit = UNITS[duration.slice(-1)];
  return unit === undefined ? Number(duration) : Number(duration.slice(0, -1)) * unit;
}

function list(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

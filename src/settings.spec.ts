import { describe, expect, it } from '@jest/globals';
import { CloudApiSettings } from './delivery/providers/cloud-api/settings.js';
import { EmailSettings } from './delivery/providers/email/settings.js';
import { TwilioSettings } from './delivery/providers/twilio/settings.js';
import { WhapiSettings } from './delivery/providers/whapi/settings.js';
import { ConfigurationError } from './platform/config/configuration-error.js';
import { CodeSettings } from './platform/config/groups/codes.js';
import { group } from './platform/config/rows/group.js';
import { GROUPS } from './platform/config/settings.js';
import { ALL_GROUPS, settingsFrom } from './settings.js';

const production = {
  NODE_ENV: 'production',
  PUBLIC_URL: 'https://masuk.example.org',
  DATABASE_URL: 'postgresql://masuk:pw@db/masuk',
  AUTH_SECRET: 'Zk3vN8qL1xW7tR5yB2mC9pD4sF6gH0jK',
  WHATSAPP_DEVICE_ID: 'device',
};

/** Everything that rungs besides Whacenter need. */
const rungs = {
  WHAPI_TOKEN: 'whapi-token',
  FONNTE_TOKEN: '#fonnte-token',
  WABLAS_BASE_URL: 'https://solo.wablas.example',
  WABLAS_TOKEN: 'wablas-token',
  HTTP_API_URL: 'https://sms.example/{{number}}?text={{text}}',
  CLOUD_API_TOKEN: 'EAAtoken',
  CLOUD_API_PHONE_ID: '106540352242922',
  CLOUD_API_TEMPLATE: 'otp_login',
  TWILIO_ACCOUNT_SID: 'AC00000000000000000000000000000000',
  TWILIO_AUTH_TOKEN: 'twilio-token',
  TWILIO_FROM: '+14155550100',
  SMTP_URL: 'smtp://user:geheim@mail.example.com',
  SMTP_FROM: 'Masuk <no-reply@example.com>',
};

/** The problems that a set of variables has; none when it is usable. */
function problemsOf(variables: Record<string, string>): string {
  try {
    settingsFrom(variables);
    return '';
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
}

describe('settingsFrom', () => {
  it('fills in the documented defaults', () => {
    expect(settingsFrom({})).toMatchObject({
      port: 5000,
      host: '127.0.0.1',
      profile: 'compat',
      concealUnknownPhones: false,
      jwtExpiresIn: 604_800,
      refreshExpiresIn: 2_592_000,
      sessionMaxAge: 7_776_000,
      jwtAlgorithm: 'ES256',
      otpLength: 6,
      otpExpiresInMinutes: 5,
      otpMaxAttempts: 3,
      guessBudget: 5,
      resendCooldowns: [60, 60, 120, 300],
      sendsPerHour: 5,
      sendsPerDay: 10,
      addressSendsPerHour: 100,
      addressFailuresPerHour: 300,
      providers: ['console'],
      sendTimeout: 8,
      providerTimeout: 3,
      allowedCountries: ['ID'],
      otpEcho: true,
      seedDemo: 'sikeskoja',
    });
  });

  it('hardens itself in production', () => {
    expect(settingsFrom(production)).toMatchObject({
      host: '127.0.0.1',
      hstsSubdomains: false,
      profile: 'strict',
      concealUnknownPhones: true,
      jwtExpiresIn: 900,
      otpEcho: false,
      seedDemo: 'none',
      providers: ['whacenter'],
      allowedOrigins: [],
    });
  });

  it('names a mistyped variable, in the refusal too when it is why one is missing', () => {
    const { AUTH_SECRET, ...rest } = production;
    const problems = problemsOf({ ...rest, AUTH_SERCET: AUTH_SECRET });
    expect(problems).toMatch(/- AUTH_SECRET /);
    expect(problems).toContain('AUTH_SERCET is not a setting and has no effect: did you mean AUTH_SECRET?');
    expect(problems).not.toContain(AUTH_SECRET);
    const { unknownVariables } = settingsFrom({ ...production, OTP_LENGHT: '8', HOME: '/root' });
    expect(unknownVariables).toEqual([{ name: 'OTP_LENGHT', resembles: 'OTP_LENGTH' }]);
  });

  it('lets this machine use the gateway without a key outside production and under compat alone', () => {
    const keyless = (variables: Record<string, string>) => settingsFrom(variables).gatewayKeylessLoopback;
    expect(keyless({})).toBe(true);
    expect(keyless({ GATEWAY_KEYLESS_LOOPBACK: 'off' })).toBe(false);
    expect(keyless({ AUTH_PROFILE: 'strict' })).toBe(false);
    expect(keyless(production)).toBe(false);
    expect(keyless({ ...production, AUTH_PROFILE: 'compat' })).toBe(false);
    expect(problemsOf({ AUTH_PROFILE: 'strict', GATEWAY_KEYLESS_LOOPBACK: 'on' })).toContain(
      'GATEWAY_KEYLESS_LOOPBACK',
    );
  });

  it('conceals unknown numbers under strict, unless UNKNOWN_PHONE says otherwise', () => {
    const conceals = (variables: Record<string, string>) => settingsFrom(variables).concealUnknownPhones;
    expect([conceals({}), conceals({ UNKNOWN_PHONE: 'conceal' })]).toEqual([false, true]);
    const strict = { AUTH_PROFILE: 'strict' };
    expect([conceals(strict), conceals({ ...strict, UNKNOWN_PHONE: 'reveal' })]).toEqual([true, false]);
  });

  it('only records what a country sends above its budget, unless it is strict or told otherwise', () => {
    const mode = (variables: Record<string, string>) => settingsFrom(variables).abuseMode;
    expect([mode({}), mode({ ABUSE_MODE: 'enforce' })]).toEqual(['record', 'enforce']);
    expect([mode(production), mode({ ...production, ABUSE_MODE: 'record' })]).toEqual(['enforce', 'record']);
  });

  it('takes the originals’ names', () => {
    const settings = settingsFrom({
      DB_HOST: 'db',
      DB_PORT: '5433',
      DB_NAME: 'health',
      DB_USER: 'u',
      DB_PASSWORD: 'p@ss/word',
      DB_TYPE: 'postgres',
      SECRET_KEY: 'x'.repeat(40),
      ALGORITHM: 'HS256',
      ACCESS_TOKEN_EXPIRE_MINUTES: '30',
    });
    expect(settings).toMatchObject({
      databaseUrl: 'postgresql://u:p%40ss%2Fword@db:5433/health',
      jwtAlgorithm: 'HS256',
      jwtSecret: 'x'.repeat(40),
      jwtExpiresIn: 1800,
    });
  });

  it.each<[Record<string, string>, string[]]>([
    [{}, ['console']],
    [{ NODE_ENV: 'production' }, []],
    [{ SMTP_URL: 'smtp://mail.example', SMTP_FROM: 'a@b.example' }, ['email']],
    [{ SMTP_URL: 'smtp://mail.example', WHAPI_TOKEN: 't' }, ['whapi']],
    [{ CLOUD_API_TOKEN: 't', CLOUD_API_PHONE_ID: '1' }, ['console']],
    [{ CLOUD_API_APP_SECRET: 's', CLOUD_API_VERIFY_TOKEN: 'v', WHAPI_WEBHOOK_SECRET: 's' }, ['console']],
    [
      {
        ...rungs,
        WHATSAPP_DEVICE_ID: 'device',
      },
      ['whacenter', 'whapi', 'fonnte', 'wablas', 'cloud-api', 'sms', 'http-api', 'email'],
    ],
  ])('builds the ladder of what is configured: %j', (variables, providers) => {
    const rest = variables['NODE_ENV'] ? { ...production, WHATSAPP_DEVICE_ID: '' } : {};
    expect(settingsFrom({ ...rest, ...variables }).providers).toEqual(providers);
  });

  it('fills in what the providers’ own documents say', () => {
    const settings = settingsFrom({ ...rungs, WHAPI_BASE_URL: 'http://localhost:1//' });
    expect(settings.of(WhapiSettings)).toEqual({
      baseUrl: 'http://localhost:1',
      token: 'whapi-token',
      webhookSecret: undefined,
    });
    expect(settings.of(CloudApiSettings)).toMatchObject({
      baseUrl: 'https://graph.facebook.com',
      version: 'v25.0',
      template: 'otp_login',
      appSecret: undefined,
    });
    expect(settings.of(TwilioSettings)).toMatchObject({ baseUrl: 'https://api.twilio.com', from: '+14155550100' });
    expect(settings.of(EmailSettings).from).toBe('Masuk <no-reply@example.com>');
    expect(settingsFrom({}).of(WhapiSettings).baseUrl).toBe('https://gate.whapi.cloud');
  });

  it.each([
    ['whacenter', 'WHATSAPP_DEVICE_ID'],
    ['whapi', 'WHAPI_TOKEN'],
    ['fonnte', 'FONNTE_TOKEN'],
    ['wablas', 'WABLAS_BASE_URL'],
    ['wablas', 'WABLAS_TOKEN'],
    ['cloud-api', 'CLOUD_API_TOKEN'],
    ['cloud-api', 'CLOUD_API_PHONE_ID'],
    ['cloud-api', 'CLOUD_API_TEMPLATE'],
    ['sms', 'TWILIO_ACCOUNT_SID'],
    ['sms', 'TWILIO_AUTH_TOKEN'],
    ['sms', 'TWILIO_FROM'],
    ['http-api', 'HTTP_API_URL'],
    ['email', 'SMTP_URL'],
    ['email', 'SMTP_FROM'],
  ])('does not put %s on the ladder without %s', (provider, variable) => {
    const all = { ...rungs, WHATSAPP_DEVICE_ID: 'device', WHATSAPP_PROVIDERS: `console,${provider}` };
    expect(problemsOf(all)).toBe('');
    const problems = problemsOf({ ...all, [variable]: '' });
    expect(problems).toContain(`${variable} is required when WHATSAPP_PROVIDERS names ${provider}`);
    for (const value of Object.values(rungs)) expect(problems).not.toContain(value);
  });

  it('knows Twilio by its own name, too', () => {
    const env = { ...rungs, WHATSAPP_PROVIDERS: 'twilio,console' };
    expect(settingsFrom(env).providers).toEqual(['sms', 'console']);
    expect(problemsOf({ ...env, WHATSAPP_PROVIDERS: 'sms,twilio' })).toContain('must name each provider once');
  });

  it.each(['pigeon', 'constructor', 'prototype'])('knows no rung %s', (name) => {
    expect(problemsOf({ WHATSAPP_PROVIDERS: name })).toContain('WHATSAPP_PROVIDERS may name whacenter, whapi, fonnte');
  });

  it.each<[string, string]>([
    ['WHAPI_BASE_URL', 'gate.whapi.cloud'],
    ['WHAPI_TOKEN', 'with a space'],
    ['WHAPI_TOKEN', 'line\nbreak'],
    ['WHAPI_WEBHOOK_SECRET', 'ünicode'],
    ['WHACENTER_WEBHOOK_SECRET', 'with/slash'],
    ['FONNTE_TOKEN', 'line\nbreak'],
    ['FONNTE_WEBHOOK_SECRET', 'with/slash'],
    ['WABLAS_BASE_URL', 'solo.wablas.com'],
    ['WABLAS_TOKEN', 'a&token=b'],
    ['WABLAS_SECRET_KEY', 'a b'],
    ['WABLAS_WEBHOOK_SECRET', 'with/slash'],
    ['CLOUD_API_VERSION', '25-0'],
    ['CLOUD_API_PHONE_ID', '../me'],
    ['CLOUD_API_TEMPLATE', 'OTP-Login'],
    ['TWILIO_ACCOUNT_SID', 'AC/../x'],
    ['TWILIO_FROM', '+0123'],
    ['TWILIO_FROM', 'NamaPengirimPanjang'],
    ['TWILIO_BASE_URL', 'ftp://x.example'],
    ['SMTP_URL', 'https://mail.example'],
    ['SMTP_URL', 'smtp://user:p%ss@mail.example'],
    ['SMTP_URL', 'smtp:///mail.example'],
    ['SMTP_FROM', 'nobody'],
    ['SMTP_FROM', 'a@b.example\r\nBcc: c@d.example'],
    ['SMTP_FROM', 'A <a@b.example>, B <c@d.example>'],
  ])('refuses %s=%j', (name, value) => {
    const problems = problemsOf({ [name]: value });
    expect(problems).toContain(name);
    expect(problems).not.toContain(value);
  });

  it.each<[string, string]>([
    ['TWILIO_FROM', `MG${'0'.repeat(32)}`],
    ['TWILIO_FROM', 'SiKesKoja'],
    ['TWILIO_FROM', '12345'],
    ['SMTP_FROM', 'no-reply@example.com'],
    ['SMTP_FROM', 'Sistem Kesehatan - SiKesKoja <no-reply@example.com>'],
    ['SMTP_URL', 'smtps://user%40example.com:p%2Fw@mail.example.com:465'],
    ['WHACENTER_WEBHOOK_SECRET', 'Zk3vN8qL1xW7tR5y-_.~'],
  ])('takes %s=%j', (name, value) => expect(problemsOf({ [name]: value })).toBe(''));

  it.each(['FONNTE_WEBHOOK_SECRET', 'WABLAS_WEBHOOK_SECRET'])(
    'wants a %s that nobody guesses, in production',
    (name) => {
      expect(problemsOf({ [name]: 'short-one-9j1-x' })).toBe('');
      expect(problemsOf({ ...production, [name]: 'long-enough-9j1-x' })).toBe('');
      expect(problemsOf({ ...production, [name]: 'short-one-9j1-x' })).toContain(
        `${name} must have at least 16 characters in production`,
      );
    },
  );

  it('counts an empty value as absent', () => {
    expect(settingsFrom({ PORT: '', DATABASE_URL: ' ' })).toMatchObject({ port: 5000, databaseUrl: undefined });
  });

  it.each([
    ['PORT', '70000'],
    ['PORT', '5e3'],
    ['NODE_ENV', 'prod'],
    ['OTP_LENGTH', '3'],
    ['OTP_EXPIRES_IN', '11'],
    ['OTP_RESEND_COOLDOWN', '60,0'],
    ['JWT_EXPIRES_IN', '7 days'],
    ['DATABASE_URL', 'mysql://secret@db/x'],
    ['FRONTEND_URL', 'my-front-end'],
    ['TRUST_PROXY', '10.0.0.0/33'],
    ['ALLOWED_COUNTRIES', 'Indonesia'],
    ['AUTH_SECRET', 'short'],
    ['DB_TYPE', 'sqlite'],
    ['WHATSAPP_PROVIDERS', 'pigeon'],
    ['WHATSAPP_PROVIDERS', 'whacenter'],
    ['JWT_ALGORITHM', 'none'],
    ['GUESS_BUDGET', '1'],
    ['WHATSAPP_SESSION_ID', '../klinik'],
    ['GATEWAY_WHATSAPP_URL', 'https://web.whatsapp.com'],
    ['GATEWAY_MAX_SESSIONS', '0'],
    ['GATEWAY_PAUSE_MS', '-1'],
    ['GATEWAY_SEND_TIMEOUT', '121'],
  ])('refuses %s=%s by name, without its value', (name, value) => {
    const problems = problemsOf({ [name]: value });
    expect(problems).toContain(name === 'WHATSAPP_PROVIDERS' && value === 'whacenter' ? 'WHATSAPP_DEVICE_ID' : name);
    if (value.length > 4 && value !== 'whacenter') expect(problems).not.toContain(value);
  });

  it.each([
    ['DATABASE_URL', ''],
    ['AUTH_SECRET', ''],
    ['AUTH_SECRET', 'change-me-change-me-change-me-change-me'],
    ['AUTH_SECRET', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'],
    ['OTP_ECHO', 'on'],
    ['TEST_CLOCK', 'on'],
    ['SEED_DEMO', 'sikeskoja'],
    ['OTP_LENGTH', '5'],
    ['WHATSAPP_PROVIDERS', 'console'],
    ['GATEWAY_KEYLESS_LOOPBACK', 'on'],
    ['GATEWAY_WHATSAPP_URL', 'ws://127.0.0.1:8080/ws/chat'],
    ['OUTGOING_ALLOW_PRIVATE', 'on'],
  ])('refuses %s=%p in production', (name, value) => {
    expect(problemsOf(production)).toBe('');
    expect(problemsOf({ ...production, [name]: value })).toContain(name);
  });
});

describe('TEST_PHONES in production', () => {
  const day = (ahead: number) => new Date(Date.now() + ahead * 24 * 3600 * 1000).toISOString().slice(0, 10);
  const numbers = (count: number) => Array.from({ length: count }, (_, at) => `+628120000000${at}=delivered,`).join('');
  const problems = (count: number, until: string, allowed?: string) =>
    problemsOf({
      ...production,
      TEST_PHONES: `${numbers(count)}until=${until}`,
      ...(allowed === undefined ? {} : { TEST_PHONES_IN_PRODUCTION: allowed }),
    });

  it('wants a day of its end, within thirty days, and five numbers at most', () => {
    expect(problems(5, day(30), day(30))).toBe('');
    expect(problems(5, day(30))).toMatch(/TEST_PHONES must be absent in production/);
    expect(problems(5, day(31), day(30))).toMatch(/TEST_PHONES must end by/);
    expect(problems(5, day(32), day(32))).toMatch(/within the next 30/);
    expect(problems(6, day(30), day(30))).toMatch(/5 numbers/);
    expect(problems(1, '2026-13-45', day(30))).toMatch(/day of the calendar/);
    expect(problems(1, day(1), '2026-99-99')).toMatch(/TEST_PHONES/);
  });

  it('gives codes of the right length', () => {
    expect(problemsOf({ TEST_PHONES: `+6281200000001=code:1234,until=${day(1)}` })).toMatch(/OTP_LENGTH/);
  });
});

describe('rows', () => {
  const rows = ALL_GROUPS.flatMap(({ rows: fields }) => Object.values(fields));
  const variables = rows.flatMap(({ variable }) => variable ?? []);
  const twice = (names: string[]) => names.filter((name, at) => names.indexOf(name) !== at);

  it('have each variable once, and the sum has each field once', () => {
    expect(variables.length).toBeGreaterThan(80);
    expect(twice(variables.map(({ name }) => name))).toEqual([]);
    expect(twice(GROUPS.flatMap(({ rows: fields }) => Object.keys(fields)))).toEqual([]);
  });

  it('have defaults that their own rules take', () => {
    const defaults = variables.flatMap(({ name, rule, defaults: written = { usual: '' } }) =>
      Object.values(written).flatMap((text) => (text === '' || rule.read(String(text)) !== undefined ? [] : [name])),
    );
    expect(defaults).toEqual([]);
  });

  it('say what they are for in a form that fits a table and a comment', () => {
    const unfit = variables.filter(
      ({ doc }) => !/^[a-z`A-Z][^|\n]*[^.\s]$/.test(doc) || /^[A-Z][a-z]+ [a-z]/.test(doc),
    );
    expect(unfit.map(({ name, doc }) => [name, doc])).toEqual([]);
  });

  it('are read by the class of their group, which must be declared', () => {
    class Undeclared extends group('Service', {}) {}
    expect(settingsFrom({ OTP_LENGTH: '8' }).of(CodeSettings).otpLength).toBe(8);
    expect(() => settingsFrom({}).of(Undeclared)).toThrow('Undeclared is not declared');
  });
});

describe('the settings in force', () => {
  const of = (variables: Record<string, string>) => {
    const { all } = settingsFrom(variables).inForce;
    return (name: string) => {
      const { source, masked, value } = all.find((each) => each.name === name)!;
      return { source, masked, value };
    };
  };

  it('say what counts, and why', () => {
    const usual = of({ OTP_LENGTH: '8', JWT_EXPIRES_IN: '12h' });
    expect(usual('OTP_LENGTH')).toEqual({ source: 'environment', masked: false, value: '8' });
    expect(usual('JWT_EXPIRES_IN')).toEqual({ source: 'environment', masked: false, value: '12h' });
    expect(usual('OTP_EXPIRES_IN')).toEqual({ source: 'default', masked: false, value: '5' });
    expect(usual('JWT_ISSUER')).toEqual({ source: 'derived', masked: false, value: 'http://localhost:5000' });
    expect(usual('CANARY_PHONE')).toEqual({ source: 'absent', masked: false, value: null });
    const hardened = of({ ...production, AUTH_PROFILE: 'strict' });
    expect(hardened('GATEWAY_KEYLESS_LOOPBACK')).toMatchObject({ source: 'production', value: 'off' });
    expect(of({ AUTH_PROFILE: 'strict' })('GATEWAY_KEYLESS_LOOPBACK')).toMatchObject({ source: 'strict' });
    expect(hardened('DRAIN_TIME')).toEqual({ source: 'production', masked: false, value: '5' });
  });

  it('are every variable once, each in its section', () => {
    const names = settingsFrom({}).inForce.all.map(({ name }) => name);
    const variables = ALL_GROUPS.flatMap(({ rows }) => Object.values(rows).flatMap(({ variable }) => variable ?? []));
    expect(names).toEqual(variables.map(({ name }) => name));
    expect(new Set(names).size).toBe(names.length);
  });

  it('mask what may be a secret, whoever set it', () => {
    const masked = settingsFrom({})
      .inForce.all.filter((each) => each.masked)
      .map(({ name }) => name);
    // A new text is masked until its row says `shown`: think before you take a name out of here.
    expect(masked.sort()).toEqual([
      'AUTH_SECRET',
      'AUTH_SECRET_PREVIOUS',
      'CLOUD_API_APP_SECRET',
      'CLOUD_API_TOKEN',
      'CLOUD_API_VERIFY_TOKEN',
      'DATABASE_URL',
      'DB_PASSWORD',
      'DIRECT_DATABASE_URL',
      'FONNTE_TOKEN',
      'FONNTE_WEBHOOK_SECRET',
      'HTTP_API_FORM',
      'HTTP_API_HEADERS',
      'HTTP_API_JSON',
      'HTTP_API_STATE_URL',
      'HTTP_API_URL',
      'JWT_SECRET',
      'SECRET_KEY',
      'SMTP_URL',
      'TEST_PHONES',
      'TWILIO_ACCOUNT_SID',
      'TWILIO_AUTH_TOKEN',
      'WABLAS_SECRET_KEY',
      'WABLAS_TOKEN',
      'WABLAS_WEBHOOK_SECRET',
      'WHACENTER_WEBHOOK_SECRET',
      'WHAPI_TOKEN',
      'WHAPI_WEBHOOK_SECRET',
      'WHATSAPP_DEVICE_ID',
    ]);
    const secret = 'geheim-9f3c';
    const address = `https://user:${secret}@api.example.com/v1?token=${secret}`;
    const set = of({
      ...production,
      ...rungs,
      DB_HOST: 'db',
      DB_PASSWORD: secret,
      SMTP_URL: `smtp://user:${secret}@mail.example.com`,
      WHATSAPP_DEVICE_ID: secret,
      WHAPI_TOKEN: secret,
      TEST_PHONES: '+6281200000002=code:918273,until=2099-12-31',
      WHAPI_BASE_URL: address,
      TEST_PHONES_IN_PRODUCTION: '',
      NODE_ENV: 'development',
    });
    for (const name of ['DATABASE_URL', 'SMTP_URL', 'WHATSAPP_DEVICE_ID', 'WHAPI_TOKEN', 'TEST_PHONES'])
      expect([name, set(name)]).toEqual([name, { source: 'environment', masked: true, value: null }]);
    expect(set('WHAPI_BASE_URL').value).toBe('https://…@api.example.com/v1?token=…');
    expect(of({ DB_HOST: 'db', DB_PASSWORD: secret })('DATABASE_URL')).toEqual({
      source: 'derived',
      masked: true,
      value: null,
    });
  });
});

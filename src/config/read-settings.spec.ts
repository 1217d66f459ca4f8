import { describe, expect, it } from '@jest/globals';
import { ConfigurationError, settingsFrom } from './read-settings.js';

const production = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgresql://masuk:pw@db/masuk',
  AUTH_SECRET: 'Zk3vN8qL1xW7tR5yB2mC9pD4sF6gH0jK',
  WHATSAPP_DEVICE_ID: 'device',
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
  it('fills in the contract’s defaults', () => {
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
      host: '0.0.0.0',
      profile: 'strict',
      concealUnknownPhones: true,
      jwtExpiresIn: 900,
      otpEcho: false,
      seedDemo: 'none',
      providers: ['whacenter'],
      allowedOrigins: [],
    });
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
    ['SEED_DEMO', 'sikeskoja'],
    ['OTP_LENGTH', '5'],
    ['WHATSAPP_PROVIDERS', 'console'],
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

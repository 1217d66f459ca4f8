import { type Environment } from './environment.dto.js';

/** What each rung cannot do without, in the order of the ladder that is built when WHATSAPP_PROVIDERS is absent. */
const NEEDS: ReadonlyMap<string, readonly (keyof Environment)[]> = new Map([
  ['whacenter', ['WHATSAPP_DEVICE_ID']],
  ['whapi', ['WHAPI_TOKEN']],
  ['cloud-api', ['CLOUD_API_TOKEN', 'CLOUD_API_PHONE_ID', 'CLOUD_API_TEMPLATE']],
  // No variable is required: any linked account may send. WHATSAPP_SESSION_ID adds it to the default ladder.
  ['session', []],
  ['sms', ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_FROM']],
  ['email', ['SMTP_URL', 'SMTP_FROM']],
]);

/** Other names that WHATSAPP_PROVIDERS may hold. Twilio is called `sms` on the wire and in stored rows (docs/glossary.md#provider). */
const ALIASES: Readonly<Record<string, string>> = { twilio: 'sms' };

/** The provider that a name in WHATSAPP_PROVIDERS means. */
export function providerNamed(name: string): string {
  return Object.hasOwn(ALIASES, name) ? (ALIASES[name] ?? name) : name;
}

/** Names that WHATSAPP_PROVIDERS may hold; `console` needs nothing. */
export const RUNGS: readonly string[] = [...NEEDS.keys(), 'console'];

/** The rungs whose variables are all there, first rung first. */
export function configuredRungs(env: Environment): readonly string[] {
  return [...NEEDS.keys()].filter(
    (rung) => absent(env, rung).length === 0 && (rung !== 'session' || env.WHATSAPP_SESSION_ID !== undefined),
  );
}

/** The variables that these rungs need and that are absent; rungs that lack none are left out. */
export function missingVariables(
  env: Environment,
  rungs: readonly string[],
): Readonly<Record<string, readonly string[]>> {
  const missing = rungs.map((rung) => [rung, absent(env, rung)] as const);
  return Object.fromEntries(missing.filter(([, variables]) => variables.length > 0));
}

function absent(env: Environment, rung: string): readonly string[] {
  return (NEEDS.get(rung) ?? []).filter((variable) => env[variable] === undefined);
}

export function whapiSettings(env: Environment) {
  return Object.freeze({
    baseUrl: withoutSlash(env.WHAPI_BASE_URL ?? 'https://gate.whapi.cloud'),
    token: env.WHAPI_TOKEN,
    /** What the channel's webhook must send as `X-Hook-Secret`. */
    webhookSecret: env.WHAPI_WEBHOOK_SECRET,
  });
}

export function cloudApiSettings(env: Environment) {
  return Object.freeze({
    baseUrl: withoutSlash(env.CLOUD_API_BASE_URL ?? 'https://graph.facebook.com'),
    version: env.CLOUD_API_VERSION ?? 'v25.0',
    token: env.CLOUD_API_TOKEN,
    phoneId: env.CLOUD_API_PHONE_ID,
    template: env.CLOUD_API_TEMPLATE,
    /** Key of the signatures on webhooks. */
    appSecret: env.CLOUD_API_APP_SECRET,
    /** What Meta presents when it asks whether the webhook is ours. */
    verifyToken: env.CLOUD_API_VERIFY_TOKEN,
  });
}

export function twilioSettings(env: Environment) {
  return Object.freeze({
    baseUrl: withoutSlash(env.TWILIO_BASE_URL ?? 'https://api.twilio.com'),
    accountSid: env.TWILIO_ACCOUNT_SID,
    authToken: env.TWILIO_AUTH_TOKEN,
    from: env.TWILIO_FROM,
  });
}

function withoutSlash(address: string): string {
  return address.replace(/\/+$/, '');
}

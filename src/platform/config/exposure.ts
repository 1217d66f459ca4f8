import { isLoopback } from './loopback.js';
import { type Settings } from './settings.js';

type Exposed = Pick<
  Settings,
  | 'production'
  | 'host'
  | 'publicUrl'
  | 'trustedProxies'
  | 'exposeDevelopment'
  | 'seedDemo'
  | 'providers'
  | 'providersOfPeople'
  | 'otpEcho'
  | 'testPhones'
>;

/** Whether a service outside production listens on more than the loopback address. */
export function isReachedByOthers({ production, host }: Pick<Settings, 'production' | 'host'>): boolean {
  return !production && !isLoopback(host);
}

/**
 * What a stranger who reaches a service outside production could log in with, each with the variable that turns it off;
 * empty in production.
 */
function openToStrangers({
  production,
  seedDemo,
  providers,
  providersOfPeople,
  otpEcho,
  testPhones,
}: Exposed): string[] {
  if (production) return [];
  const open: string[] = [];
  if (seedDemo !== 'none') open.push('demo accounts, whose password is public (SEED_DEMO)');
  if (providersOfPeople.length < providers.length)
    open.push('the developer inbox, which shows codes (WHATSAPP_PROVIDERS)');
  if (otpEcho) open.push('codes in answers while no device is ready (OTP_ECHO)');
  if (testPhones !== null) open.push('test numbers (TEST_PHONES)');
  return open;
}

/** The sentence that stops a start on an address that others reach; null where nothing does. */
export function exposureRefused(settings: Exposed): string | null {
  const open = openToStrangers(settings);
  if (!isReachedByOthers(settings) || settings.exposeDevelopment || open.length === 0) return null;
  return (
    `HOST lets other machines reach ${open.join(', ')}; leave HOST out, set NODE_ENV=production, ` +
    'or set EXPOSE_DEVELOPMENT=on if everybody who reaches this machine may log in as anybody'
  );
}

/** What the log and the terminal say at each start where others may come; null where they may not. */
export function exposureWarning(settings: Exposed): string | null {
  const open = openToStrangers(settings);
  if (settings.exposeDevelopment) open.push('the first account, which may make itself an ADMIN');
  if (open.length === 0) return null;
  const because = reasonOfExposure(settings);
  if (because === null) return null;
  return `NOT FOR REAL PEOPLE: ${because}, but NODE_ENV is not production. Open to whoever comes: ${open.join(', ')}`;
}

function reasonOfExposure(settings: Exposed): string | null {
  if (isReachedByOthers(settings)) return 'HOST lets other machines reach this service';
  if (settings.trustedProxies.length > 0) return 'TRUST_PROXY names a proxy that hands requests on';
  if (!isLoopback(new URL(settings.publicUrl).hostname)) return 'PUBLIC_URL is an address for others';
  return null;
}

import { isIP } from 'node:net';
import { isLoopback } from '../loopback.js';
import { isOrigin, originOf } from '../origins.js';
import { group } from '../rows/group.js';
import { httpUrl, list, onOff, oneOf, text, whole } from '../rows/rule.js';
import { derived, setting } from '../rows/setting.js';

const port = setting('PORT', whole(0, 65_535), { default: 5000, doc: 'port to listen on; `0` takes a free one' });

const host = setting('HOST', text(255, /^[A-Za-z0-9.:_-]+$/, 'must be a host name or an address'), {
  default: '127.0.0.1',
  shown: true,
  doc: 'host name or address to listen on; `0.0.0.0` lets other machines reach it, which a container needs',
});

const exposed = setting('EXPOSE_DEVELOPMENT', onOff(), {
  default: 'off',
  doc:
    'outside production: `on` allows a `HOST` that other machines reach, although strangers could then log in as anybody ' +
    '(demo accounts, developer inbox, `OTP_ECHO`, `TEST_PHONES`)',
});

/** How the service is reached, and whom it believes. */
export class ServerSettings extends group(
  'Service',
  {
    port,
    host,
    /** Empty only in a production that is refused. */
    publicUrl: setting('PUBLIC_URL', httpUrl().as(publicUrlOf), {
      default: ({ production, value }) => (production ? '' : `http://localhost:${value(port)}`),
      otherwise: '`http://localhost:` and `PORT`; production: required',
      example: 'http://localhost:5000',
      shown: true,
      doc:
        'address at which users reach the service, in production with https; it is the default issuer of tokens ' +
        '(`JWT_ISSUER`), and with https, answers carry Strict-Transport-Security',
    }),
    /** Whether browsers refuse plain HTTP for every subdomain of the service's host, too (RFC 6797, 6.1.2). */
    hstsSubdomains: setting('HSTS_SUBDOMAINS', onOff(), {
      default: 'off',
      doc:
        '`on` extends Strict-Transport-Security to all subdomains of the host of `PUBLIC_URL`; browsers then refuse those ' +
        'that have no https, for a year',
    }),
    exposed,
    /** Whether others than this machine may reach a service outside production. */
    exposeDevelopment: derived(({ production, value }) => !production && value(exposed)),
    /** Whether the first account of a database may make itself an ADMIN. */
    firstAdminRegisters: derived(({ production, value }) => !production && (isLoopback(value(host)) || value(exposed))),
    /** How long the service says that it goes before it takes no more requests. */
    drainTime: setting('DRAIN_TIME', whole(0, 300), {
      default: { usual: 0, production: 5 },
      doc:
        'seconds that the service keeps answering [after it is told to stop](operations.md); `/health/ready` answers 503 ' +
        'meanwhile',
    }),
    /** Exact origins; null allows pages and packaged apps of this machine (outside production). */
    allowedOrigins: setting(
      'FRONTEND_URL',
      text(8192).as((value) => list(value).map(originOf)),
      {
        default: ({ production }) => (production ? [] : null),
        otherwise: 'this machine; production: none',
        shown: true,
        doc: 'origins that browsers and packaged apps may call from, a list such as `https://app.example,capacitor://localhost`',
      },
    ),
    trustedProxies: setting('TRUST_PROXY', text(8192).as(list), {
      default: () => [] as readonly string[],
      shown: true,
      doc: 'proxies in front, a list of addresses or CIDR ranges; only they are trusted to report the address of a client',
    }),
    /** In lower case: the one header that is believed about a client's address, from a trusted proxy. */
    clientAddressHeader: setting(
      'CLIENT_ADDRESS_HEADER',
      text(64, /^[A-Za-z0-9-]+$/, 'must be the name of a header such as X-Forwarded-For').as((name) =>
        name.toLowerCase(),
      ),
      {
        default: 'X-Forwarded-For',
        shown: true,
        doc:
          'the one header in which these proxies report the address of a client, such as `X-Forwarded-For`, `X-Real-IP` or ' +
          '`Forwarded`',
      },
    ),
    logLevel: setting('LOG_LEVEL', oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'), {
      default: 'info',
      doc: '`trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`',
    }),
  },
  ({ publicUrl, allowedOrigins, trustedProxies, clientAddressHeader }, { production }) => [
    /[@?#]/.test(publicUrl) &&
      'PUBLIC_URL must be an address without user name, query and fragment, such as https://login.example.org',
    (allowedOrigins?.some((origin) => !isOrigin(origin)) ?? false) &&
      'FRONTEND_URL must be a comma list of origins such as https://app.example or capacitor://localhost, each one whole',
    !trustedProxies.every(isAddressOrRange) && 'TRUST_PROXY must be a comma list of addresses or CIDR ranges',
    trustedProxies.some((range) => /\/0+$/.test(range)) &&
      'TRUST_PROXY must not be every address: anybody could then write down whose request theirs is',
    clientAddressHeader !== 'x-forwarded-for' &&
      trustedProxies.length === 0 &&
      'CLIENT_ADDRESS_HEADER is read from the proxies of TRUST_PROXY alone: name them',
    production &&
      publicUrl === '' &&
      'PUBLIC_URL is required in production: it is the issuer of tokens, and makes cookies Secure',
    production &&
      publicUrl.startsWith('http:') &&
      !isLoopback(new URL(publicUrl).hostname) &&
      'PUBLIC_URL must begin with https:// in production; http:// is taken for localhost only',
  ],
) {}

/** Without slashes at its end; the scheme in lower case, because its being https decides about cookies and HSTS. */
function publicUrlOf(address: string): string {
  return address.replace(/\/+$/, '').replace(/^https?:/i, (scheme) => scheme.toLowerCase());
}

function isAddressOrRange(range: string): boolean {
  const [address = '', bits, ...rest] = range.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

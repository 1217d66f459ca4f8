import { EventEmitter } from 'node:events';
import { Inject, Injectable } from '@nestjs/common';
import { type Provider, type KoaContextWithOIDC } from 'oidc-provider';
import { Audit } from '../../records/audit/audit.service.js';
import { AuthSecret } from '../../platform/secrets/auth-secret.js';
import { SessionSettings } from '../../platform/config/groups/sessions.js';
import { ServerSettings } from '../../platform/config/groups/server.js';
import { TokenSettings } from '../../platform/config/groups/tokens.js';
import { AppError } from '../../platform/errors/app-error.js';
import { databaseFailure } from '../../platform/errors/database-errors.js';
import { LOGGER, type ServiceLogger } from '../../platform/log/logger.js';
import { Sessions } from '../../identity/sessions/sessions.service.js';
import { SigningKeys } from '../../identity/sessions/signing-keys.js';
import { Artifacts } from './artifacts.js';
import { Clients, isSecret } from './clients/clients.service.js';
import { providerPolicy } from './page-policy.js';
import { OidcClaims } from './oidc-claims.js';
import { OidcLogins, type FinishedLogin } from './oidc-logins.js';
import { OidcPages, STAYED } from './oidc-pages.js';
import { type OidcRequest } from './oidc-request.js';

/**
 * The library, and our code that needs it: 250 files, which a start does not read. They are loaded with the first request
 * to the provider.
 */
async function loadLibrary() {
  const { Provider: Library } = await import('oidc-provider');
  const { providerConfiguration } = await import('./oidc-configuration.js');
  const { keySetOf, sharedKeys } = await import('./signing.js');
  return { Library, providerConfiguration, keySetOf, sharedKeys };
}

/**
 * The OpenID Provider. Its key set is fixed when it is made, so that a new one is made when the service's keys change: it
 * holds no state, and requests under way end with the one that they began with.
 */
@Injectable()
export class OidcProviders {
  private made: { readonly keySet: string; readonly provider: Provider } | undefined;

  constructor(
    private readonly serverSettings: ServerSettings,
    private readonly sessionSettings: SessionSettings,
    private readonly tokenSettings: TokenSettings,
    private readonly secret: AuthSecret,
    private readonly keys: SigningKeys,
    private readonly artifacts: Artifacts,
    private readonly clients: Clients,
    private readonly claims: OidcClaims,
    private readonly logins: OidcLogins,
    private readonly pages: OidcPages,
    private readonly sessions: Sessions,
    private readonly audit: Audit,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  /** @throws AppError `not_found` with a shared secret (HS256), under which applications could forge one another's tokens */
  async current(): Promise<Provider> {
    if (this.tokenSettings.jwtAlgorithm === 'HS256') throw new AppError('not_found');
    const library = await loadLibrary();
    // From here on in one go: requests that come at once share one provider.
    const keySet = library.keySetOf(this.keys);
    if (this.made?.keySet !== keySet) this.made = { keySet, provider: this.make(library) };
    return this.made.provider;
  }

  private make({ Library, providerConfiguration, sharedKeys }: Awaited<ReturnType<typeof loadLibrary>>): Provider {
    const { secret, artifacts, clients, claims, logins, pages } = this;
    const settings = { ...this.serverSettings, ...this.sessionSettings, ...this.tokenSettings };
    const jwks = sharedKeys(this.keys);
    const configuration = providerConfiguration({ settings, secret, artifacts, clients, claims, logins, pages, jwks });
    const provider = new Library(`${settings.publicUrl}/oidc`, configuration);
    // `X-Forwarded-…` of what it is handed are ours (`oidc-request.ts`), never a client's.
    provider.proxy = true;
    keepSessionsTogether(provider);
    compareSecretsByHash(provider);
    provider.use((ctx, next) => this.accompany(ctx as KoaContextWithOIDC, next));
    provider.on('grant.revoked', (ctx) => this.noteReplay(ctx));
    provider.on('server_error', (ctx, error) => this.failed(ctx, error));
    provider.on('backchannel.error', (_ctx, err) =>
      this.logger.warn({ err }, 'an application was not notified of a logout'),
    );
    // Koa's own, which would write to the console.
    EventEmitter.prototype.on.call(provider, 'error', (err: unknown) =>
      this.logger.error({ err }, 'openid provider failed'),
    );
    return provider;
  }

  /** What is done around each request: the policy of its page, the end of our session with the provider's. */
  private async accompany(ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> {
    ctx.set('content-security-policy', providerPolicy());
    await next();
    const request = ctx.req as OidcRequest;
    const { oidc } = ctx as { oidc?: KoaContextWithOIDC['oidc'] };
    request.failure = (ctx.body as { error?: string } | undefined)?.error;
    if (oidc && ctx.response.is('html')) this.openForms(ctx);
    if (oidc?.route !== 'end_session_confirm') return;
    sayWhoStays(ctx);
    await this.endWith(oidc, request);
  }

  /** Forms that end at the application may end there, and nowhere else. */
  private openForms(ctx: KoaContextWithOIDC): void {
    const { oidc } = ctx;
    const state = oidc.session?.state as { postLogoutRedirectUri?: string } | undefined;
    const checked = oidc.redirectUriCheckPerformed ? (oidc.params?.['redirect_uri'] as string | undefined) : undefined;
    const policy = ctx.response.get('content-security-policy');
    const inline = /'sha256-[\w+/=]+'/.exec(policy)?.[0];
    const own = providerPolicy(checked ?? state?.postLogoutRedirectUri);
    ctx.set('content-security-policy', inline ? own.replace("script-src 'self'", `script-src ${inline}`) : own);
  }

  /** Logged out there is logged out here: one login session for both. */
  private async endWith(oidc: KoaContextWithOIDC['oidc'], { context }: OidcRequest): Promise<void> {
    const session = oidc.session as (KoaContextWithOIDC['oidc']['session'] & Ended) | undefined;
    if (!session?.destroyed || !session.loginSessionId || !session.accountId) return;
    await this.sessions.end(session.loginSessionId, session.accountId, 'logout', context);
  }

  /** A grant that ends at the token endpoint ends because something came twice that may come once. */
  private noteReplay(ctx: KoaContextWithOIDC): void {
    if (ctx.oidc.route !== 'token') return;
    const { id: requestId, address } = (ctx.req as OidcRequest).context;
    const subjectId = ctx.oidc.client?.clientId ?? null;
    const event = { type: 'oidc.replayed', outcome: 'failure', subjectId, address, requestId } as const;
    this.audit.record(event).catch((err: unknown) => {
      this.logger.error({ err }, 'a replay was not recorded');
    });
  }

  private failed(ctx: KoaContextWithOIDC, error: Error): void {
    this.logger.error({ err: error, route: ctx.oidc.route }, 'openid provider failed');
    if (!databaseFailure(error)) return;
    ctx.status = 503;
    ctx.set('retry-after', '5');
  }
}

interface Ended {
  destroyed?: boolean;
  loginSessionId?: string;
}

/** The library has one page for whoever logged out and whoever did not. */
function sayWhoStays(ctx: KoaContextWithOIDC): void {
  const session = ctx.oidc.session as Ended | undefined;
  // Without a redirect, the refusal was shown on our own page.
  if (session?.destroyed || ctx.status !== 303) return;
  const location = ctx.response.get('location');
  if (!location.startsWith(ctx.oidc.urlFor('end_session_success'))) return;
  const url = new URL(location);
  url.searchParams.set(STAYED, '1');
  ctx.set('location', url.href);
}

/** A session of the provider, and a grant, names the login session that it belongs to; the library knows no such field. */
function keepSessionsTogether(provider: Provider): void {
  for (const model of [provider.Session, provider.Grant]) {
    const usual = (model as unknown as { IN_PAYLOAD: string[] }).IN_PAYLOAD;
    Object.defineProperty(model, 'IN_PAYLOAD', { get: () => [...usual, 'loginSessionId'] });
  }
  provider.on('interaction.ended', ({ oidc }) => {
    const login = oidc.entities.Interaction?.result?.login as Partial<FinishedLogin> | undefined;
    if (oidc.session && login?.loginSessionId !== undefined)
      Object.assign(oidc.session, { loginSessionId: login.loginSessionId });
  });
}

/** The library would compare texts; of our secrets only hashes are kept. */
function compareSecretsByHash(provider: Provider): void {
  const client = provider.Client.prototype as {
    compareClientSecret(this: { clientSecret?: string }, shown: string): boolean;
  };
  client.compareClientSecret = function compare(shown) {
    return this.clientSecret !== undefined && isSecret(shown, this.clientSecret);
  };
}

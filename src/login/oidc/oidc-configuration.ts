import { errors, type Client, type Configuration, type KoaContextWithOIDC } from 'oidc-provider';
import { type AuthSecret } from '../../platform/secrets/auth-secret.js';
import { type ServerSettings } from '../../platform/config/groups/server.js';
import { type SessionSettings } from '../../platform/config/groups/sessions.js';
import { type TokenSettings } from '../../platform/config/groups/tokens.js';
import { LANGUAGES } from '../../platform/config/languages.js';
import { ACR_VALUES } from '../../identity/sessions/proof/authentication.js';
import { LONGEST_SIGNED } from '../../identity/sessions/signing-keys.js';
import { type Artifacts } from './artifacts.js';
import { metadataOf, OWN_METADATA, ownClient } from './client-metadata.js';
import { type Clients } from './clients/clients.service.js';
import { grantFor } from './grants.js';
import { policyFor } from './interaction-policy.js';
import { problemOfClaims } from './login-demands.js';
import { type Issued, type OidcLogins } from './oidc-logins.js';
import { CLAIMS, OIDC_SCOPES, type OidcClaims } from './oidc-claims.js';
import { type OidcPages } from './oidc-pages.js';
import { type OidcRequest } from './oidc-request.js';
import { isLoopback } from './clients/redirect-uris.js';

/** Lifetimes in seconds; those of sessions and of applications' tokens are settings. */
const CODE = 60;
const DEVICE_CODE = 600;
const INTERACTION = 1_800;

/** What the configuration is made of. */
export interface ConfigurationParts {
  readonly settings: ServerSettings & SessionSettings & TokenSettings;
  readonly secret: AuthSecret;
  readonly artifacts: Artifacts;
  readonly clients: Clients;
  readonly claims: OidcClaims;
  readonly logins: OidcLogins;
  readonly pages: OidcPages;
  readonly jwks: NonNullable<Configuration['jwks']>;
}

/** Everything the library is told: what is on, how long things live, who decides. What is not named here is off. */
export function providerConfiguration(parts: ConfigurationParts): Configuration {
  const { settings, secret, artifacts, clients, claims, logins, pages, jwks } = parts;
  const algorithm = settings.jwtAlgorithm as 'ES256' | 'RS256';
  const clientAdapter = (name: string) => ({
    ...artifacts.adapterOf(name),
    find: (id: string) => metadataOf(clients, id),
  });
  return {
    adapter: (name) => (name === 'Client' ? clientAdapter(name) : artifacts.adapterOf(name)),
    jwks,
    cookies: cookiesOf(settings, secret),
    scopes: [...OIDC_SCOPES],
    claims: CLAIMS,
    acrValues: [...ACR_VALUES],
    responseTypes: ['code'],
    subjectTypes: ['public'],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
    clientDefaults: { id_token_signed_response_alg: algorithm },
    extraClientMetadata: { properties: [...OWN_METADATA] },
    enabledJWA: { idTokenSigningAlgValues: [algorithm] },
    pkce: { required: () => true },
    findAccount: (ctx, id, token) => claims.accountOf(ctx, id, token as Issued | undefined),
    loadExistingGrant: grantFor,
    // All that is issued ends with the login behind it, whoever ends that.
    expiresWithSession: () => true,
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    allowOmittingSingleRegisteredRedirectUri: false,
    clientBasedCORS: (_ctx, origin, client) => originsOf(client).includes(origin),
    extraTokenClaims: tokenClaims,
    features: featuresOf(pages, logins, algorithm, settings),
    fetch: callApplication,
    discovery: { ui_locales_supported: [...LANGUAGES], prompt_values_supported: ['none', 'login', 'consent'] },
    interactions: { policy: policyFor(logins), url: (_ctx, { uid }) => `/oidc/interaction/${uid}` },
    renderError: (ctx, out) => pages.error(ctx, out),
    ttl: {
      AccessToken: (_ctx, _token, client) => ownClient(client).access_token_seconds,
      RefreshToken: (_ctx, _token, client) => ownClient(client).refresh_token_seconds,
      AuthorizationCode: CODE,
      DeviceCode: DEVICE_CODE,
      IdToken: LONGEST_SIGNED,
      Interaction: INTERACTION,
      // One without an account holds a form for as long as somebody may look at it, and anybody can have one made.
      Session: (_ctx, session) => (session.accountId === undefined ? INTERACTION : settings.sessionMaxAge),
      Grant: settings.sessionMaxAge,
    },
  };
}

/**
 * What an access token says of the login that it was issued on, also after a refresh (RFC 9068 section 2.2.1, RFC 9470 section 6),
 * and of the person what services that are shown it need, where the application may know it. Only a JWT says that by itself: what is
 * kept with another would still be told by introspection when the role is another one.
 */
async function tokenClaims({ oidc }: KoaContextWithOIDC, token: object): Promise<Record<string, unknown> | undefined> {
  const { accountId, scopes, resourceServer } = token as {
    accountId?: string;
    scopes: Set<string>;
    resourceServer?: object;
  };
  if (accountId === undefined) return undefined;
  const { RefreshToken, AuthorizationCode, DeviceCode } = oidc.entities;
  const { acr, amr, authTime } = RefreshToken ?? AuthorizationCode ?? DeviceCode ?? {};
  const how = { acr, amr, auth_time: authTime };
  if (resourceServer === undefined || !scopes.has('roles')) return how;
  const known = await oidc.account?.claims('userinfo', 'openid', {}, []);
  return { ...how, role: known?.['role'] };
}

function featuresOf(
  pages: OidcPages,
  logins: OidcLogins,
  algorithm: 'ES256' | 'RS256',
  settings: TokenSettings,
): Configuration['features'] {
  return {
    devInteractions: { enabled: false },
    dPoP: { enabled: false },
    backchannelLogout: { enabled: true },
    claimsParameter: {
      enabled: true,
      assertClaimsParameter: (_ctx, asked) => {
        const problem = problemOfClaims(asked);
        if (problem !== null) throw new errors.InvalidRequest(problem);
      },
    },
    deviceFlow: deviceFlowOf(pages),
    introspection: {
      enabled: true,
      allowedPolicy: async (ctx, client, token) =>
        token.clientId === client.clientId && (await logins.ofToken(ctx, token)) !== null,
    },
    revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
    pushedAuthorizationRequests: { enabled: true },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (ctx) => pages.logout(ctx),
      postLogoutSuccessSource: (ctx) => pages.loggedOut(ctx),
    },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_ctx, resource, client) => {
        const { resources, own_scopes: scopes, access_token_seconds: lifetime } = ownClient(client);
        if (!resources.includes(resource) || resource === settings.jwtAudience) throw new errors.InvalidTarget();
        return {
          scope: [...scopes, 'roles'].join(' '),
          audience: resource,
          accessTokenTTL: lifetime,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: algorithm } },
        };
      },
    },
    externalSigningSupport: { enabled: true, ack: 'experimental-01' },
  };
}

function deviceFlowOf(pages: OidcPages): NonNullable<Configuration['features']>['deviceFlow'] {
  return {
    enabled: true,
    charset: 'base-20',
    mask: '****-****',
    // Kept with the code and shown to nobody: nothing of the device needs to be known.
    deviceInfo: () => ({}),
    userCodeInputSource: (ctx, _form, _out, problem) => {
      (ctx.req as OidcRequest).isWrongGuess = problem?.name === 'NotFoundError';
      pages.deviceInput(ctx, problem);
    },
    userCodeConfirmSource: (ctx, _form, client, _info, userCode) => pages.deviceConfirm(ctx, client, userCode),
    successSource: (ctx) => pages.deviceDone(ctx),
  };
}

/** Signed under a key of their own; on https with the prefixes that neighbouring hosts cannot plant. */
function cookiesOf(settings: ServerSettings, secret: AuthSecret): Configuration['cookies'] {
  const secure = settings.publicUrl.startsWith('https:');
  const keys = [secret, ...(secret.previous ? [secret.previous] : [])];
  return {
    keys: keys.map((each) => each.key('oidc-cookie').toString('base64url')),
    names: {
      session: secure ? '__Host-masuk-oidc' : 'masuk-oidc',
      interaction: secure ? '__Secure-masuk-interaction' : 'masuk-interaction',
      resume: secure ? '__Secure-masuk-resume' : 'masuk-resume',
    },
    long: { httpOnly: true, sameSite: 'lax', path: '/', secure, signed: true },
    short: { httpOnly: true, sameSite: 'lax', secure, signed: true },
  };
}

/** Pages of these origins may call the token endpoint: where people are sent with a code. */
function originsOf(client: Client): string[] {
  return (client.redirectUris ?? []).map((uri) => new URL(uri).origin).filter((origin) => origin !== 'null');
}

/** Back-channel calls: the library keeps them from private networks, which is right but for an application on this machine. */
function callApplication(
  input: string | URL | Request,
  init?: RequestInit & { dispatcher?: unknown },
): Promise<Response> {
  const url = new URL(input instanceof Request ? input.url : input);
  if (!isLoopback(url)) return fetch(input, init);
  const { dispatcher: _guarded, ...plain } = init ?? {};
  return fetch(input, plain);
}

import { type Client } from 'oidc-provider';
import { type ClientRow } from './clients/clients.repository.js';
import { type Clients } from './clients/clients.service.js';
import { OIDC_SCOPES } from './oidc-claims.js';

/** An application as the library knows it, with what we add. */
export interface OwnClient extends Client {
  readonly first_party: boolean;
  readonly access_token_seconds: number;
  readonly refresh_token_seconds: number;
  readonly resources: readonly string[];
  /** Scopes that say nothing of the person: the business of the services that its tokens are for. */
  readonly own_scopes: readonly string[];
  /** The library's own; its types do not name it. */
  backchannelLogout(sub: string, sid: string | undefined): Promise<void>;
}

export const OWN_METADATA = [
  'first_party',
  'access_token_seconds',
  'refresh_token_seconds',
  'resources',
  'own_scopes',
] as const;

export const ownClient = (client: unknown): OwnClient => client as OwnClient;

/** The application of a `client_id`, for the library; undefined when there is none. */
export async function metadataOf(clients: Clients, id: string): Promise<Record<string, unknown> | undefined> {
  const found = await clients.find(id);
  return found ? clientMetadata(found) : undefined;
}

/** As OpenID Connect Dynamic Client Registration section 2 spells it. */
function clientMetadata(row: ClientRow & { secret_hash: Buffer | null }): Record<string, unknown> {
  const isDevice = row.kind === 'device';
  const grant = isDevice ? 'urn:ietf:params:oauth:grant-type:device_code' : 'authorization_code';
  const person = row.scopes.filter((scope) => OIDC_SCOPES.includes(scope));
  const logout = { backchannel_logout_uri: row.backchannel_logout_uri, backchannel_logout_session_required: true };
  return {
    client_id: row.id,
    client_name: row.name,
    ...(row.logo_uri === null ? {} : { logo_uri: row.logo_uri }),
    application_type: row.kind === 'native' ? 'native' : 'web',
    grant_types: row.refresh_token_seconds > 0 ? [grant, 'refresh_token'] : [grant],
    response_types: isDevice ? [] : ['code'],
    redirect_uris: row.redirect_uris,
    post_logout_redirect_uris: row.post_logout_redirect_uris,
    scope: [...new Set(['openid', 'offline_access', ...person])].join(' '),
    ...(row.backchannel_logout_uri === null ? {} : logout),
    token_endpoint_auth_method: row.secret_hash === null ? 'none' : 'client_secret_basic',
    // Only its hash is known here; `providers.ts` has the library compare by it.
    ...(row.secret_hash === null ? {} : { client_secret: row.secret_hash.toString('hex') }),
    first_party: row.first_party,
    access_token_seconds: row.access_token_seconds,
    refresh_token_seconds: row.refresh_token_seconds,
    resources: row.resources,
    own_scopes: row.scopes.filter((scope) => !OIDC_SCOPES.includes(scope)),
  };
}

import { type Grant, type KoaContextWithOIDC } from 'oidc-provider';
import { ownClient } from './client-metadata.js';

/**
 * What a person has let an application know and do: as they have said before in this session, and everything that it asks
 * for where it is the operator's own, whom nobody is asked about.
 */
export async function grantFor(ctx: KoaContextWithOIDC): Promise<Grant | undefined> {
  const { oidc } = ctx;
  const client = ownClient(oidc.client);
  const consented = (oidc.result as { consent?: { grantId?: string } } | undefined)?.consent?.grantId;
  const id = consented ?? oidc.session?.grantIdFor(client.clientId);
  const known = id === undefined ? undefined : await oidc.provider.Grant.find(id);
  if (!client.first_party || !oidc.account) return known;
  const grant = known ?? new oidc.provider.Grant({ accountId: oidc.account.accountId, clientId: client.clientId });
  const wanted = [...oidc.requestParamOIDCScopes];
  const resources = Object.entries(oidc.resourceServers ?? {}).map(
    ([resource, server]) =>
      [resource, [...oidc.requestParamScopes].filter((scope) => server.scopes.has(scope))] as const,
  );
  const had = new Set(grant.getOIDCScopeEncountered().split(' '));
  const news =
    wanted.some((scope) => !had.has(scope)) ||
    resources.some(([resource, scopes]) => {
      const hadHere = new Set(grant.getResourceScopeEncountered(resource).split(' '));
      return scopes.some((scope) => !hadHere.has(scope));
    });
  if (known && !news) return known;
  grant.addOIDCScope(wanted.join(' '));
  for (const [resource, scopes] of resources) if (scopes.length > 0) grant.addResourceScope(resource, scopes.join(' '));
  Object.assign(grant, { loginSessionId: (oidc.session as { loginSessionId?: string } | undefined)?.loginSessionId });
  await grant.save();
  return grant;
}

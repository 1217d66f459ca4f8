import { type Language } from '../../../platform/config/languages.js';
import { shownAddresses } from '../../../platform/config/shown-address.js';
import { stateTag } from '../../../platform/http/state-tags.js';
import { TEXTS } from '../../../platform/texts/texts.js';
import {
  type CreatedOidcClientAnswerDto,
  type OidcClientAnswerDto,
  type OidcClientDeletedAnswerDto,
  type OidcClientDto,
  type OidcClientsAnswerDto,
  type OidcSecretAnswerDto,
} from './clients.dto.js';
import { type ClientRow } from './clients.repository.js';

export function createdAnswer(row: ClientRow, secret: string | null, language: Language): CreatedOidcClientAnswerDto {
  return { success: true, message: TEXTS[language].answers.oidcClients.created, data: { ...clientOf(row), secret } };
}

/** @param mayChange whether the reader may change it; to others the values in addresses' queries are not shown */
export function clientAnswer(
  row: ClientRow,
  said: 'one' | 'changed',
  mayChange: boolean,
  language: Language,
): OidcClientAnswerDto {
  return { success: true, message: TEXTS[language].answers.oidcClients[said], data: shownTo(mayChange, row) };
}

export function clientsAnswer(
  page: { rows: ClientRow[]; nextCursor: string | null },
  mayChange: boolean,
  language: Language,
): OidcClientsAnswerDto {
  return {
    success: true,
    message: TEXTS[language].answers.oidcClients.all,
    data: page.rows.map((row) => shownTo(mayChange, row)),
    nextCursor: page.nextCursor,
  };
}

export function secretAnswer(secret: string, language: Language): OidcSecretAnswerDto {
  return { success: true, message: TEXTS[language].answers.oidcClients.rotated, data: { secret } };
}

export function deletedAnswer(language: Language): OidcClientDeletedAnswerDto {
  return { success: true, message: TEXTS[language].answers.oidcClients.deleted };
}

function shownTo(mayChange: boolean, row: ClientRow): OidcClientDto {
  const client = clientOf(row);
  if (mayChange) return client;
  const { logoUri, redirectUris, postLogoutRedirectUris, backchannelLogoutUri } = client;
  return {
    ...client,
    logoUri: logoUri && shownAddresses(logoUri),
    redirectUris: redirectUris.map(shownAddresses),
    postLogoutRedirectUris: postLogoutRedirectUris.map(shownAddresses),
    backchannelLogoutUri: backchannelLogoutUri && shownAddresses(backchannelLogoutUri),
  };
}

/** A state of what admins can change of an application. */
export function clientTag(row: ClientRow): string {
  const { id: _id, kind: _kind, createdBy: _by, createdAt: _at, updatedAt: _changed, ...state } = clientOf(row);
  return stateTag(state);
}

/** An application as admins see it. */
export function clientOf(row: ClientRow): OidcClientDto {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    logoUri: row.logo_uri,
    redirectUris: row.redirect_uris,
    postLogoutRedirectUris: row.post_logout_redirect_uris,
    backchannelLogoutUri: row.backchannel_logout_uri,
    scopes: row.scopes,
    resources: row.resources,
    firstParty: row.first_party,
    accessTokenSeconds: row.access_token_seconds,
    refreshTokenSeconds: row.refresh_token_seconds,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

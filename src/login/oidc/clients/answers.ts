import { type Language } from '../../../platform/config/settings.js';
import { type Text } from '../../../platform/errors/catalogue.js';
import {
  type CreatedOidcClientAnswerDto,
  type OidcClientAnswerDto,
  type OidcClientDeletedAnswerDto,
  type OidcClientDto,
  type OidcClientsAnswerDto,
  type OidcSecretAnswerDto,
} from './clients.dto.js';
import { type ClientRow } from './clients.repository.js';

const SAID = {
  created: {
    id: 'Aplikasi dibuat. Simpan client secret-nya sekarang, karena tidak akan ditampilkan lagi',
    en: 'The application has been created. Save its secret now: it will not be shown again.',
  },
  one: { id: 'Aplikasi', en: 'The application' },
  all: { id: 'Daftar aplikasi', en: 'Applications' },
  changed: { id: 'Aplikasi diubah', en: 'The application has been changed' },
  rotated: {
    id: 'Client secret diganti, yang lama tidak berlaku lagi',
    en: 'The secret has been replaced. The old one no longer works.',
  },
  deleted: { id: 'Aplikasi dihapus', en: 'The application has been deleted' },
} satisfies Record<string, Text>;

export function createdAnswer(row: ClientRow, secret: string | null, language: Language): CreatedOidcClientAnswerDto {
  return { success: true, message: SAID.created[language], data: { ...clientOf(row), secret } };
}

export function clientAnswer(row: ClientRow, said: 'one' | 'changed', language: Language): OidcClientAnswerDto {
  return { success: true, message: SAID[said][language], data: clientOf(row) };
}

export function clientsAnswer(
  page: { rows: ClientRow[]; nextCursor: string | null },
  language: Language,
): OidcClientsAnswerDto {
  return { success: true, message: SAID.all[language], data: page.rows.map(clientOf), nextCursor: page.nextCursor };
}

export function secretAnswer(secret: string, language: Language): OidcSecretAnswerDto {
  return { success: true, message: SAID.rotated[language], data: { secret } };
}

export function deletedAnswer(language: Language): OidcClientDeletedAnswerDto {
  return { success: true, message: SAID.deleted[language] };
}

function clientOf(row: ClientRow): OidcClientDto {
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

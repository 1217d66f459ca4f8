import { type Language } from '../../platform/config/settings.js';
import { type Text } from '../../platform/errors/catalogue.js';
import {
  type ApiKeyDto,
  type ApiKeyRevokedAnswerDto,
  type ApiKeysAnswerDto,
  type CreatedApiKeyAnswerDto,
} from './api-keys.dto.js';
import { type ApiKeyRow } from './api-keys.repository.js';

const SAID = {
  created: {
    id: 'API key dibuat. Simpan sekarang, karena tidak akan ditampilkan lagi',
    en: 'The API key has been created. Save it now: it will not be shown again.',
  },
  keys: { id: 'Daftar API key', en: 'API keys' },
  revoked: { id: 'API key dicabut', en: 'The API key has been revoked' },
} satisfies Record<string, Text>;

export function createdAnswer(key: string, row: ApiKeyRow, language: Language): CreatedApiKeyAnswerDto {
  const { id, name, hint, scopes, requestsPerMinute, expiresAt, createdAt } = keyOf(row);
  return {
    success: true,
    message: SAID.created[language],
    data: { id, name, key, hint, scopes, requestsPerMinute, expiresAt, createdAt },
  };
}

export function keysAnswer(
  page: { rows: ApiKeyRow[]; nextCursor: string | null },
  language: Language,
): ApiKeysAnswerDto {
  return { success: true, message: SAID.keys[language], data: page.rows.map(keyOf), nextCursor: page.nextCursor };
}

export function revokedAnswer(language: Language): ApiKeyRevokedAnswerDto {
  return { success: true, message: SAID.revoked[language] };
}

function keyOf(row: ApiKeyRow): ApiKeyDto {
  return {
    id: row.id,
    name: row.name,
    hint: row.hint,
    scopes: row.scopes,
    requestsPerMinute: row.requests_per_minute,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at?.toISOString() ?? null,
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    revokedAt: row.revoked_at?.toISOString() ?? null,
  };
}

import { type Language } from '../../platform/config/languages.js';
import { TEXTS } from '../../platform/texts/texts.js';
import {
  type ApiKeyDto,
  type ApiKeyRevokedAnswerDto,
  type ApiKeysAnswerDto,
  type CreatedApiKeyAnswerDto,
} from './api-keys.dto.js';
import { type ApiKeyRow } from './api-keys.repository.js';

export function createdAnswer(key: string, row: ApiKeyRow, language: Language): CreatedApiKeyAnswerDto {
  const { id, name, hint, scopes, requestsPerMinute, expiresAt, createdAt } = keyOf(row);
  return {
    success: true,
    message: TEXTS[language].answers.apiKeys.created,
    data: { id, name, key, hint, scopes, requestsPerMinute, expiresAt, createdAt },
  };
}

export function keysAnswer(
  page: { rows: ApiKeyRow[]; nextCursor: string | null },
  language: Language,
): ApiKeysAnswerDto {
  return {
    success: true,
    message: TEXTS[language].answers.apiKeys.keys,
    data: page.rows.map(keyOf),
    nextCursor: page.nextCursor,
  };
}

export function revokedAnswer(language: Language): ApiKeyRevokedAnswerDto {
  return { success: true, message: TEXTS[language].answers.apiKeys.revoked };
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

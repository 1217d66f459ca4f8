import { type Language } from '../../platform/config/languages.js';
import { shownAddresses } from '../../platform/config/shown-address.js';
import { TEXTS } from '../../platform/texts/texts.js';
import { type DeliveryRow } from './deliveries.repository.js';
import {
  type CreatedWebhookAnswerDto,
  type DeliveriesAnswerDto,
  type DeliveryDto,
  type ReplayedAnswerDto,
  type WebhookDto,
  type WebhookGoneAnswerDto,
  type WebhooksAnswerDto,
} from './webhooks.dto.js';
import { type WebhookRow } from './webhooks.repository.js';

interface Page<Row> {
  readonly rows: Row[];
  readonly nextCursor: string | null;
}

export function createdAnswer(row: WebhookRow, secret: string, language: Language): CreatedWebhookAnswerDto {
  return { success: true, message: TEXTS[language].answers.webhooks.created, data: { ...webhookOf(row), secret } };
}

/** @param isOwn whether an API key asks, for its own: it knows its address, and may compare it; people are shown no value of a query */
export function webhooksAnswer(
  { rows, nextCursor }: Page<WebhookRow>,
  isOwn: boolean,
  language: Language,
): WebhooksAnswerDto {
  const data = rows.map(webhookOf).map(({ url, ...rest }) => ({ ...rest, url: isOwn ? url : shownAddresses(url) }));
  return { success: true, message: TEXTS[language].answers.webhooks.webhooks, data, nextCursor };
}

export function deletedAnswer(language: Language): WebhookGoneAnswerDto {
  return { success: true, message: TEXTS[language].answers.webhooks.deleted };
}

export function deliveriesAnswer({ rows, nextCursor }: Page<DeliveryRow>, language: Language): DeliveriesAnswerDto {
  return {
    success: true,
    message: TEXTS[language].answers.webhooks.deliveries,
    data: rows.map(deliveryOf),
    nextCursor,
  };
}

export function replayedAnswer(queued: number, language: Language): ReplayedAnswerDto {
  return { success: true, message: TEXTS[language].answers.webhooks.replayed, data: { queued } };
}

function webhookOf(row: WebhookRow): WebhookDto {
  return {
    id: row.id,
    url: row.url,
    events: row.events as WebhookDto['events'],
    status: row.disabled_at ? 'disabled' : row.failing_since ? 'failing' : 'active',
    disabledFor: row.disabled_for,
    createdAt: row.created_at.toISOString(),
    lastSuccessAt: row.last_success_at?.toISOString() ?? null,
    failingSince: row.failing_since?.toISOString() ?? null,
    disabledAt: row.disabled_at?.toISOString() ?? null,
  };
}

function deliveryOf(row: DeliveryRow): DeliveryDto {
  return {
    id: row.id,
    event: row.event,
    status: row.state.toLowerCase() as DeliveryDto['status'],
    attempts: row.attempts,
    nextAttemptAt: row.next_attempt_at?.toISOString() ?? null,
    lastStatus: row.last_status,
    lastError: row.last_error,
    createdAt: row.created_at.toISOString(),
    deliveredAt: row.delivered_at?.toISOString() ?? null,
  };
}

import { type Language } from '../../platform/config/languages.js';
import { TEXTS } from '../../platform/texts/texts.js';
import { type FunnelAnswerDto, type ProviderStatusDto, type ProvidersAnswerDto } from './delivery.dto.js';
import { type FunnelRow } from './delivery.repository.js';
import { type DeliveryFigures, type ProviderStatus } from './delivery.service.js';

type Funnel = Awaited<ReturnType<DeliveryFigures['funnel']>>;

export function funnelAnswer({ from, to, all, providers }: Funnel, language: Language): FunnelAnswerDto {
  return {
    success: true,
    message: TEXTS[language].answers.delivery.funnel,
    data: {
      from: from.toISOString(),
      to: to.toISOString(),
      all: stepsOf(all),
      providers: providers.map((row) => ({ provider: row.provider, ...stepsOf(row) })),
    },
  };
}

export function providersAnswer(statuses: ProviderStatus[], language: Language): ProvidersAnswerDto {
  return { success: true, message: TEXTS[language].answers.delivery.providers, data: statuses.map(providerStatus) };
}

function stepsOf({ requested, accepted, sent, delivered, read, verified, failed }: FunnelRow) {
  return { requested, accepted, sent, delivered, read, verified, failed };
}

function providerStatus({ rung, lately }: ProviderStatus): ProviderStatusDto {
  const { lastError: error } = rung;
  const accepted = lately?.accepted_in_hour ?? 0;
  return {
    provider: rung.name,
    state: rung.device.state,
    stateText: rung.device.text ?? null,
    breaker: rung.breaker,
    restSeconds: Math.ceil(rung.rest / 1000),
    lastAcceptedAt: lately?.last_accepted_at?.toISOString() ?? null,
    lastDeliveredAt: lately?.last_delivered_at?.toISOString() ?? null,
    canaryAcceptedAt: lately?.canary_accepted_at?.toISOString() ?? null,
    canaryDeliveredAt: lately?.canary_delivered_at?.toISOString() ?? null,
    lastError: error && { reason: error.reason, text: error.text, at: error.at.toISOString() },
    p95AcceptMs: lately?.p95_accept_ms ?? null,
    p95DeliverMs: lately?.p95_deliver_ms ?? null,
    acceptedInLastHour: accepted,
    deliveredShare: rung.sendsReceipts && accepted > 0 ? (lately?.delivered_in_hour ?? 0) / accepted : null,
    sendsReceipts: rung.sendsReceipts,
  };
}

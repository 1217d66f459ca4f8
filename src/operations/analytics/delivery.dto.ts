import { IsISO8601, IsOptional } from 'class-validator';
import { KnownFieldsOnly } from '../../platform/http/validation/validation.pipe.js';

@KnownFieldsOnly()
export class FunnelQueryDto {
  /**
   * Start of the range, ISO 8601; a day before `to` by default.
   * @example 2026-11-19T00:00:00Z
   */
  @IsOptional()
  @IsISO8601({ strict: true })
  from?: string;

  /** End of the range, not included; now by default. At most 92 days after `from`. */
  @IsOptional()
  @IsISO8601({ strict: true })
  to?: string;
}

export class FunnelDto {
  /** Messages to be sent. For a provider: messages it was asked to send, or was not asked because its breaker is open. */
  requested!: number;
  /** Accepted by the provider. */
  accepted!: number;
  sent!: number;
  delivered!: number;
  read!: number;
  /** The code in it was used. */
  verified!: number;
  /**
   * Accepted by no provider, or reported as failed later. For a provider: messages that it refused, did not answer, or
   * reported as failed, even when another provider delivered them.
   */
  failed!: number;
}

export class ProviderFunnelDto extends FunnelDto {
  /** @example whacenter */
  provider!: string;
}

export class FunnelDataDto {
  from!: string;
  to!: string;
  all!: FunnelDto;
  providers!: ProviderFunnelDto[];
}

export class FunnelAnswerDto {
  success!: true;
  message!: string;
  data!: FunnelDataDto;
}

export class ProviderErrorDto {
  /** From the service's own list of reasons. */
  reason!: string;
  /** The provider's own words. */
  text!: string | null;
  at!: string;
}

export class ProviderStatusDto {
  /** @example whacenter */
  provider!: string;
  /** The state that the provider reports; `connected` does not mean that it delivers. */
  state!: 'connected' | 'disconnected' | 'waiting-for-scan' | 'unreachable';
  stateText!: string | null;
  /** State of the breaker in the instance that answers: `closed` is good, `open` is not asked, `half-open` is probed by one message. */
  breaker!: 'closed' | 'open' | 'half-open';
  /** Seconds until it may be asked again, from its `Retry-After`; 0 means now. */
  restSeconds!: number;
  /** Within the last day. */
  lastAcceptedAt!: string | null;
  /** Within the last day; null for providers that send no receipts. */
  lastDeliveredAt!: string | null;
  /** When it last accepted a message to CANARY_PHONE; null without that setting. */
  canaryAcceptedAt!: string | null;
  /** When such a message last arrived; null for providers that send no receipts. */
  canaryDeliveredAt!: string | null;
  lastError!: ProviderErrorDto | null;
  /** 95th percentile of the last hour, in milliseconds. */
  p95AcceptMs!: number | null;
  /** From the request to the receipt, 95th percentile of the last hour, in milliseconds. */
  p95DeliverMs!: number | null;
  acceptedInLastHour!: number;
  /** Share of the messages accepted in the last hour, 0 to 1; null without receipts or messages. */
  deliveredShare!: number | null;
  /** Whether it sends receipts. */
  sendsReceipts!: boolean;
}

export class ProvidersAnswerDto {
  success!: true;
  message!: string;
  data!: ProviderStatusDto[];
}

import { IsISO8601, IsOptional } from 'class-validator';

export class FunnelQueryDto {
  /**
   * First instant, ISO 8601; a day before `to` where nothing is said.
   * @example 2026-11-19T00:00:00Z
   */
  @IsOptional()
  @IsISO8601({ strict: true })
  from?: string;

  /** First instant that is not counted any more; now where nothing is said. At most 92 days after `from`. */
  @IsOptional()
  @IsISO8601({ strict: true })
  to?: string;
}

export class FunnelDto {
  /** Messages that were to be sent; of a provider: that it was asked to send, or could not be because it is broken. */
  requested!: number;
  /** Taken by the provider. */
  accepted!: number;
  sent!: number;
  delivered!: number;
  read!: number;
  /** The code in it was used. */
  verified!: number;
  /**
   * Not taken by anybody, or reported as failed after it was taken. Of a provider: that it refused, did not answer to, or
   * reported as failed, whoever took them in the end.
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
  /** What the provider says of its own link; `connected` does not mean that it delivers. */
  state!: 'connected' | 'disconnected' | 'waiting-for-scan' | 'unreachable';
  stateText!: string | null;
  /** Of the instance that answers: `closed` is good, `open` is not asked, `half-open` is being probed by one message. */
  breaker!: 'closed' | 'open' | 'half-open';
  /** Seconds until it may be asked again, as its `Retry-After` said; 0: now. */
  restSeconds!: number;
  /** Within the last day. */
  lastAcceptedAt!: string | null;
  /** Within the last day; null for providers that send no receipts. */
  lastDeliveredAt!: string | null;
  /** When it last took a message to CANARY_PHONE; null without that. */
  canaryAcceptedAt!: string | null;
  /** When such a message last arrived; null for providers that send no receipts. */
  canaryDeliveredAt!: string | null;
  lastError!: ProviderErrorDto | null;
  /** 95th percentile of the last hour, in milliseconds. */
  p95AcceptMs!: number | null;
  /** From the request to the receipt, 95th percentile of the last hour, in milliseconds. */
  p95DeliverMs!: number | null;
  acceptedInLastHour!: number;
  /** Of those accepted in the last hour, 0 to 1; null without receipts or messages. */
  deliveredShare!: number | null;
  /** Whether it tells what becomes of a message that it took. */
  sendsReceipts!: boolean;
}

export class ProvidersAnswerDto {
  success!: true;
  message!: string;
  data!: ProviderStatusDto[];
}

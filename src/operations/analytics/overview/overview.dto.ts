import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { KnownFieldsOnly } from '../../../platform/http/validation/validation.pipe.js';

export const RANGES = ['today', '7d', '30d'] as const;
export type RangeName = (typeof RANGES)[number];

@KnownFieldsOnly()
export class OverviewQueryDto {
  /** `today` since midnight, `7d` and `30d` with today as the last of so many days; `today` by default. */
  @IsOptional()
  @IsIn(RANGES)
  range?: RangeName;

  /**
   * By whose clocks a day begins: the name of a zone, as browsers know it; `UTC` by default.
   * @example Asia/Jakarta
   */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  timezone?: string;
}

export class CodeStepsDto {
  /** Codes that were to be sent: for logins, new passwords and new numbers. For a provider: those it was asked to send. */
  requested!: number;
  /** Accepted by a provider. */
  accepted!: number;
  /** Null: unknown, since no provider that was used sends receipts. */
  sent!: number | null;
  /** Null as `sent`. */
  delivered!: number | null;
  /** Null as `sent`. */
  read!: number | null;
  /** The right code was typed. */
  verified!: number;
  /** No provider accepted it, or the last one reported a failure. For a provider: also those that another one then sent. */
  failed!: number;
}

export class CodeFunnelDto extends CodeStepsDto {
  /** Being sent. */
  waiting!: number;
  /** A provider's answer was lost: they may have arrived. */
  unknown!: number;
  /** Their time was over, or a newer code took their place, before a provider accepted them. */
  expired!: number;
}

export class CodeFailuresDto {
  /** From the service's own list of reasons; null where none was noted. */
  reason!: string | null;
  codes!: number;
}

export class ProviderCodesDto extends CodeStepsDto {
  /** @example whacenter */
  provider!: string;
  /** Null: it is not in use any more. */
  sendsReceipts!: boolean | null;
  /** 95 of 100 codes that it accepted, it accepted within so many milliseconds; two digits, rounded up. Null without any. */
  p95AcceptMs!: number | null;
  /** The same from the request to the receipt that says delivered. Null without any. */
  p95DeliverMs!: number | null;
}

export class RefusedDto {
  /** Wrong, used, expired and never sent codes. */
  wrongCodes!: number;
  wrongPasswords!: number;
  /** Refused because of earlier wrong codes or passwords. */
  lockouts!: number;
  /** Refused by a limit of a number, an address, a country, or the whole service. */
  limited!: number;
  /** Whatever else: calls that the role does not allow, wrong API keys, foreign webhooks, used refresh tokens. */
  other!: number;
  /** Of any of these kinds: there were too many in a minute to write them down by kind. */
  unsorted!: number;
}

export class RefusalsDto {
  /** The type of the security event. */
  event!: string;
  /** The code of the answer; null where it was not kept. */
  code!: string | null;
  count!: number;
}

export class SpendDto {
  /** Codes that were sent in the running window; as the instances told it, which they do every two seconds. */
  used!: number;
  /** `SERVICE_SENDS_PER_DAY` */
  cap!: number;
  /** When the window of 24 hours ends, which began with its first send; null: no window is open, so nothing is used. */
  endsAt!: string | null;
}

export class OverviewPartDto extends RefusedDto {
  /** When it begins. */
  at!: string;
  requested!: number;
  accepted!: number;
  delivered!: number | null;
  read!: number | null;
  verified!: number;
  failed!: number;
}

export class OverviewDataDto {
  range!: RangeName;
  timezone!: string;
  from!: string;
  to!: string;
  /** What `series` counts by. */
  part!: 'hour' | 'day';
  funnel!: CodeFunnelDto;
  /** Why codes failed, most frequent first. */
  failures!: CodeFailuresDto[];
  /** Those that were asked, by name. */
  providers!: ProviderCodesDto[];
  /** Of all providers together. */
  p95AcceptMs!: number | null;
  p95DeliverMs!: number | null;
  refused!: RefusedDto;
  /** The same by event and code, most frequent first. */
  refusals!: RefusalsDto[];
  spend!: SpendDto;
  /** Without a gap, oldest first. A code is counted where it was requested, whenever it was read. */
  series!: OverviewPartDto[];
}

export class OverviewAnswerDto {
  success!: true;
  message!: string;
  data!: OverviewDataDto;
}

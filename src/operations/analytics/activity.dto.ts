import { IsIn, IsInt, IsOptional, IsString, Matches, Max, MaxLength, Min } from 'class-validator';
import { LogPageDto } from '../../platform/http/validation/page.dto.js';
import { SESSION_ID } from '../../gateway/accounts/linked-account-routes.js';
import { IsInstant, WholeNumber } from '../../platform/http/validation/query-fields.js';

export class SpanQueryDto {
  /**
   * Start of the range, ISO 8601 with its offset; a day before `to` by default. Figures begin at its full hour.
   * @example 2026-11-19T00:00:00Z
   */
  @IsOptional()
  @IsInstant()
  from?: string;

  /** End of the range, not included; now by default. At most 92 days after `from`. */
  @IsOptional()
  @IsInstant()
  to?: string;
}

export class DashboardQueryDto extends SpanQueryDto {
  /** Only this linked account. */
  @IsOptional()
  @IsString()
  @Matches(SESSION_ID)
  sessionId?: string;
}

class LogQueryDto extends LogPageDto {
  /**
   * Start of the range, ISO 8601 with its offset.
   * @example 2026-11-19T00:00:00Z
   */
  @IsOptional()
  @IsInstant()
  from?: string;

  /** End of the range, not included. */
  @IsOptional()
  @IsInstant()
  to?: string;

  /** Only this linked account. */
  @IsOptional()
  @IsString()
  @Matches(SESSION_ID)
  sessionId?: string;
}

export class ActivityQueryDto extends LogQueryDto {
  @IsOptional()
  @IsIn(['success', 'failure', 'unknown'])
  status?: 'success' | 'failure' | 'unknown';

  /**
   * What happened.
   * @example message.text
   */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  @Matches(/^[a-z_]+(\.[a-z_]+)*$/)
  action?: string;
}

export class OtpLogQueryDto extends LogQueryDto {
  @IsOptional()
  @IsIn(['pending', 'verified', 'expired', 'replaced', 'failed'])
  status?: 'pending' | 'verified' | 'expired' | 'replaced' | 'failed';
}

export class CleanupDto {
  /** Delete entries older than this many days; `ACTIVITY_RETENTION_DAYS` and `OTP_RETENTION_DAYS` by default. */
  @IsOptional()
  @WholeNumber()
  @IsInt()
  @Min(1)
  @Max(365)
  olderThanDays?: number;
}

export class OutcomesDto {
  total!: number;
  success!: number;
  failure!: number;
  /** It may have been sent. */
  unknown!: number;
  /** Share of those with a known outcome, 0 to 1; null without any. */
  successRate!: number | null;
}

export class KindDto extends OutcomesDto {
  /** @example text */
  kind!: string;
}

export class ResponseTimesDto {
  /**
   * From the request to WhatsApp's acknowledgement, in milliseconds, accurate to about 20 %. Counts the full days (UTC) that
   * the range touches; null without any.
   */
  p50!: number | null;
  p95!: number | null;
}

export class PeakHourDto {
  /** Hour of the day in UTC. */
  hour!: number;
  count!: number;
}

export class BusyNumberDto {
  /** @example +62812****890 */
  number!: string;
  count!: number;
}

export class OtpFiguresDto {
  sent!: number;
  verified!: number;
  /** Wrong guesses. */
  refused!: number;
  expired!: number;
  /** Not sent. */
  failed!: number;
  /** Share of sent codes that were verified, 0 to 1; null without any. */
  verifiedRate!: number | null;
}

export class UptimeDto {
  /** Share of the range in which linked accounts were connected, 0 to 1; null when nothing is known. */
  connected!: number | null;
  /** Uptime of the instance that answers, in seconds. */
  instanceSeconds!: number;
}

export class FiguresDto {
  /** The range that was counted, in full hours. */
  from!: string;
  to!: string;
  messages!: OutcomesDto;
  byKind!: KindDto[];
  /** Incoming messages. */
  received!: number;
  responseTimes!: ResponseTimesDto;
  otp!: OtpFiguresDto;
  /** All 24, busiest first. */
  peakHours!: PeakHourDto[];
  busiestNumbers!: BusyNumberDto[];
  uptime!: UptimeDto;
}

export class SessionCountsDto {
  total!: number;
  connected!: number;
}

export class DashboardDto extends FiguresDto {
  sessions!: SessionCountsDto;
}

export class DashboardAnswerDto {
  success!: true;
  message!: string;
  data!: DashboardDto;
}

export class SessionStatsDto extends FiguresDto {
  sessionId!: string;
  status!: 'connecting' | 'qr' | 'connected' | 'disconnected' | 'logged_out';
  lastConnectedAt!: string | null;
}

export class SessionStatsAnswerDto {
  success!: true;
  message!: string;
  data!: SessionStatsDto;
}

export class ActivityDto {
  id!: string;
  occurredAt!: string;
  sessionId!: string;
  /** @example message.text */
  action!: string;
  status!: 'success' | 'failure' | 'unknown';
  error!: string | null;
  /** Masked. */
  number!: string | null;
  /** From the request to WhatsApp's acknowledgement, in milliseconds. */
  ms!: number | null;
}

export class ActivityAnswerDto {
  success!: true;
  message!: string;
  data!: ActivityDto[];
  /** Null on the last page. */
  nextCursor!: string | null;
}

export class OtpLogDto {
  id!: string;
  sessionId!: string;
  /** Masked. */
  phone!: string;
  companyName!: string;
  status!: 'pending' | 'verified' | 'expired' | 'replaced' | 'failed';
  attempts!: number;
  createdAt!: string;
  expiresAt!: string;
  endedAt!: string | null;
}

export class OtpLogAnswerDto {
  success!: true;
  message!: string;
  data!: OtpLogDto[];
  /** Null on the last page. */
  nextCursor!: string | null;
}

export class CleanedDto {
  /** Deleted entries of the activity log. */
  activity!: number;
  /** Deleted codes. */
  otp!: number;
  /** Whether there is more to delete; if so, call again. */
  more!: boolean;
}

export class CleanupAnswerDto {
  success!: true;
  message!: string;
  data!: CleanedDto;
}

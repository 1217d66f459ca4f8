import {
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  IsUUID,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateBy,
  isIP,
} from 'class-validator';
import { IsInstant, WholeNumber } from '../http/query-fields.js';

/** An address, the /64 of one, or what stands for an unreadable one. */
const IsAddress = () =>
  ValidateBy({
    name: 'isAddress',
    validator: {
      validate: (value: unknown) =>
        typeof value === 'string' && (value === 'unknown' || isIP(value.replace(/::\/64$/, '::'))),
      defaultMessage: () => '$property must be an IP address',
    },
  });

export class AuditQueryDto {
  /**
   * First instant, ISO 8601 with its offset.
   * @example 2026-11-19T00:00:00Z
   */
  @IsOptional()
  @IsInstant()
  from?: string;

  /** First instant that is not shown any more. */
  @IsOptional()
  @IsInstant()
  to?: string;

  /**
   * What happened.
   * @example login.otp
   */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  @Matches(/^[a-z_]+(\.[a-z_]+)*$/)
  type?: string;

  @IsOptional()
  @IsIn(['success', 'failure'])
  outcome?: 'success' | 'failure';

  /** Who did it, or whose code, password or session it was. */
  @IsOptional()
  @IsUUID()
  userId?: string;

  /** What it was about: an account, a login session, a code, an API key. */
  @IsOptional()
  @IsUUID()
  subjectId?: string;

  /**
   * The number that it was about, in any common spelling, whether somebody has it or not: codes, guesses, refusals. What
   * its owner did otherwise is found by `userId`.
   * @example 081234567890
   */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  phone?: string;

  /**
   * Where it came from; any address of an IPv6 /64 finds all of it.
   * @example 203.0.113.7
   */
  @IsOptional()
  @IsAddress()
  address?: string;

  /** `X-Request-Id` of an answer: also the last one of refusals that were counted together. */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  @Matches(/^[\w-]+$/)
  requestId?: string;

  /** Events a page, 50 unless told otherwise. As CSV: events in all, every one unless told otherwise. */
  @WholeNumber()
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1000)
  limit?: number;

  /** `nextCursor` of the page before. */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  cursor?: string;
}

export class AuditEventDto {
  id!: string;
  /** Of refusals: the minute in which they were counted. */
  occurredAt!: string;
  /** @example login.otp */
  type!: string;
  outcome!: 'success' | 'failure';
  userId!: string | null;
  subjectId!: string | null;
  /** The address, of IPv6 its /64; null where nobody's request did it, and when its owner was erased. */
  address!: string | null;
  /** Of refusals: the first one's. */
  requestId!: string | null;
  /** What is particular to the type; of refusals `code`, the answer they got. */
  detail!: Record<string, unknown> | null;
  /** 1, but of refusals how many of the same kind there were in the minute. */
  count!: number;
  /** Of refusals: the last one. */
  lastAt!: string | null;
  /** Of refusals: the last one's. */
  lastRequestId!: string | null;
}

export class AuditAnswerDto {
  success!: true;
  message!: string;
  data!: AuditEventDto[];
  /** Null on the last page. */
  nextCursor!: string | null;
}

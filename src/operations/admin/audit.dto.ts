import { IsIn, IsOptional, IsString, IsUUID, Matches, MaxLength, ValidateBy, isIP } from 'class-validator';
import { LogPageDto } from '../../platform/http/validation/page.dto.js';
import { IsInstant } from '../../platform/http/validation/query-fields.js';
import { KnownFieldsOnly } from '../../platform/http/validation/validation.pipe.js';

/** An address, the /64 of one, or the mark for an unreadable one. */
const IsAddress = () =>
  ValidateBy({
    name: 'isAddress',
    validator: {
      validate: (value: unknown) =>
        typeof value === 'string' && (value === 'unknown' || isIP(value.replace(/::\/64$/, '::'))),
      defaultMessage: () => '$property must be an IP address',
    },
  });

@KnownFieldsOnly()
export class AuditQueryDto extends LogPageDto {
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

  /** The account that acted, or whose code, password or session it was. */
  @IsOptional()
  @IsUUID()
  userId?: string;

  /** Everything of one account, by its id: what it did, and what was done to it. */
  @IsOptional()
  @IsUUID()
  accountId?: string;

  /** What the event is about: an account, a login session, a code, an API key. */
  @IsOptional()
  @IsUUID()
  subjectId?: string;

  /**
   * The phone number that the event is about, in any common format, registered or not: codes, guesses, refusals. Other
   * events of its owner are found by `userId`.
   * @example 081234567890
   */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  phone?: string;

  /**
   * The client's address; any address of an IPv6 /64 finds the whole /64.
   * @example 203.0.113.7
   */
  @IsOptional()
  @IsAddress()
  address?: string;

  /** `X-Request-Id` of an answer; also finds the last one of refusals that were counted together. */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  @Matches(/^[\w-]+$/)
  requestId?: string;
}

export class AuditEventDto {
  id!: string;
  /** For refusals: the minute in which they were counted. */
  occurredAt!: string;
  /** @example login.otp */
  type!: string;
  outcome!: 'success' | 'failure';
  userId!: string | null;
  subjectId!: string | null;
  /** The client's address (the /64 of an IPv6 address); null when no request caused the event, or its owner was erased. */
  address!: string | null;
  /** For refusals: that of the first one. */
  requestId!: string | null;
  /** Details of this type of event; for refusals `code`, the error code of the answer. */
  detail!: Record<string, unknown> | null;
  /** 1; for refusals, how many of the same kind there were in that minute. */
  count!: number;
  /** For refusals: when the last one happened. */
  lastAt!: string | null;
  /** For refusals: that of the last one. */
  lastRequestId!: string | null;
}

export class AuditAnswerDto {
  success!: true;
  message!: string;
  data!: AuditEventDto[];
  /** Null on the last page. */
  nextCursor!: string | null;
}

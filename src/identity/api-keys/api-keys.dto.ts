import { Transform } from 'class-transformer';
import {
  ArrayNotEmpty,
  ArrayUnique,
  IsArray,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  IsUUID,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateBy,
  isISO8601,
} from 'class-validator';
import { SCOPES, type Scope } from '../../platform/http/access.decorators.js';
import { WholeNumber } from '../../platform/http/validation/query-fields.js';

/** With its offset, or a day alone: a time without one would mean another instant on another machine. */
const INSTANT = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/;

const IsFutureInstant = () =>
  ValidateBy({
    name: 'isFutureInstant',
    validator: {
      validate: (value: unknown) =>
        typeof value === 'string' &&
        INSTANT.test(value) &&
        isISO8601(value, { strict: true }) &&
        // eslint-disable-next-line no-restricted-properties -- a day that a person chose; when the key is used the database decides
        Date.parse(value) > Date.now(),
      defaultMessage: () => '$property must be a time in the future, in ISO 8601 with an offset',
    },
  });

const Trimmed = () => Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.trim() : value));

export class CreateApiKeyDto {
  /**
   * A name that tells people whose key it is.
   * @example Antrean RSUD Jayapura
   */
  @Trimmed()
  @IsString()
  @IsNotEmpty()
  @MaxLength(100)
  // Controls and invisible marks would forge what an admin reads; half a surrogate is no text at all.
  @Matches(/^[^\p{Cc}\p{Cf}\p{Cs}]*$/u)
  name!: string;

  /**
   * What the key may be used for.
   * @example ["messages", "otp"]
   */
  @IsArray()
  @ArrayNotEmpty()
  @ArrayUnique()
  @IsIn(SCOPES, { each: true })
  scopes!: Scope[];

  /**
   * When the key expires, ISO 8601 with an offset, in the future; by default it does not expire.
   * @example 2099-12-31T23:59:59Z
   */
  @IsOptional()
  @IsFutureInstant()
  expiresAt?: string | null;

  /**
   * Calls per minute; 600 by default.
   * @example 600
   */
  @IsOptional()
  @WholeNumber()
  @IsInt()
  @Min(1)
  @Max(100_000)
  requestsPerMinute?: number | null;
}

export class ApiKeyPageDto {
  /** The most entries to return; 50 by default. */
  @IsOptional()
  @WholeNumber()
  @IsInt()
  @Min(1)
  @Max(100)
  limit?: number;

  /** `nextCursor` of the page before. */
  @IsOptional()
  @IsUUID()
  cursor?: string;
}

export class CreatedApiKeyDto {
  /** Opaque. */
  id!: string;
  name!: string;
  /** The key itself; it is shown only once. */
  key!: string;
  /**
   * The first characters of the key, to tell keys apart.
   * @example msk_7Qx2
   */
  hint!: string;
  scopes!: Scope[];
  requestsPerMinute!: number;
  /** ISO 8601 in UTC; null when it does not expire. */
  expiresAt!: string | null;
  /** ISO 8601 in UTC. */
  createdAt!: string;
}

export class ApiKeyDto {
  /** Opaque. */
  id!: string;
  name!: string;
  /**
   * The first characters of the key, to tell keys apart.
   * @example msk_7Qx2
   */
  hint!: string;
  scopes!: Scope[];
  requestsPerMinute!: number;
  /** The account that created it; null when it was created on the command line. */
  createdBy!: string | null;
  /** ISO 8601 in UTC. */
  createdAt!: string;
  /** ISO 8601 in UTC; null when it does not expire. */
  expiresAt!: string | null;
  /** ISO 8601 in UTC, within a minute; null when it was never used. */
  lastUsedAt!: string | null;
  /** ISO 8601 in UTC; null while it is not revoked. */
  revokedAt!: string | null;
}

export class CreatedApiKeyAnswerDto {
  success!: true;
  message!: string;
  data!: CreatedApiKeyDto;
}

export class ApiKeysAnswerDto {
  success!: true;
  message!: string;
  data!: ApiKeyDto[];
  /** Null on the last page. */
  nextCursor!: string | null;
}

export class ApiKeyRevokedAnswerDto {
  success!: true;
  message!: string;
}

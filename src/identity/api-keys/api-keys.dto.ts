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
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { SCOPES, type Scope } from '../../platform/http/access.decorators.js';
import { IsFutureInstant, WholeNumber } from '../../platform/http/validation/query-fields.js';

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
  // Controls and invisible marks would forge what an admin reads; half a surrogate pair is not valid text.
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

import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateIf,
} from 'class-validator';
import { WholeNumber } from '../../../platform/http/validation/query-fields.js';
import { CLIENT_KINDS, type ClientKind } from './clients.repository.js';

const Trimmed = () => Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.trim() : value));

/** Controls, markup, addresses and numbers would forge what people read in a message that comes from us. */
const IsName = () =>
  applyDecorators(
    Trimmed(),
    IsString(),
    IsNotEmpty(),
    MaxLength(60),
    Matches(/^[^\p{Cc}\p{Cf}\p{Cs}*_~`<>/:@]*$/u),
    Matches(/^(?!.*\d{4})/u),
  );

/** Left out it stays as it is; `null` is not a value of these. */
const MayBeLeftOut = () => ValidateIf((_, value: unknown) => value !== undefined);

export class ChangeOidcClientDto {
  /**
   * The name that people see on the login page and in the WhatsApp message.
   * @example Dasbor Laporan
   */
  @MayBeLeftOut()
  @IsName()
  name?: string;

  /** Logo on the login page, `https`; null for the default. */
  @IsOptional()
  @IsString()
  @MaxLength(2000)
  logoUri?: string | null;

  /**
   * Redirect addresses; compared exactly. `https`, or `http` on localhost; with `native` also a custom scheme that contains
   * a dot. For `native`, any port of localhost is accepted.
   * @example ["https://dasbor.example.go.id/callback"]
   */
  @MayBeLeftOut()
  @IsArray()
  @ArrayMaxSize(20)
  @ArrayUnique()
  @IsString({ each: true })
  redirectUris?: string[];

  /** Where people may be redirected after a logout; compared exactly. */
  @MayBeLeftOut()
  @IsArray()
  @ArrayMaxSize(20)
  @ArrayUnique()
  @IsString({ each: true })
  postLogoutRedirectUris?: string[];

  /** Back-channel logout address; null for none. */
  @IsOptional()
  @IsString()
  @MaxLength(2000)
  backchannelLogoutUri?: string | null;

  /**
   * Scopes that it may request; `openid` is always included. Scopes other than `profile`, `phone`, `email` and `roles` belong to `resources`.
   * @example ["openid", "profile", "phone"]
   */
  @MayBeLeftOut()
  @IsArray()
  @ArrayMaxSize(50)
  @ArrayUnique()
  @Matches(/^[\w.:/-]{1,64}$/, { each: true })
  scopes?: string[];

  /**
   * Other services that it may request access tokens for, as absolute URIs; the token's `aud`.
   * @example ["https://api.example.go.id"]
   */
  @MayBeLeftOut()
  @IsArray()
  @ArrayMaxSize(20)
  @ArrayUnique()
  @IsString({ each: true })
  resources?: string[];

  /** True for your own applications: people are not asked for consent. */
  @MayBeLeftOut()
  @IsBoolean()
  firstParty?: boolean;

  /** Lifetime of its access tokens in seconds; 3600 by default. */
  @MayBeLeftOut()
  @WholeNumber()
  @IsInt()
  @Min(60)
  @Max(3_600)
  accessTokenSeconds?: number;

  /** Lifetime of an unused refresh token in seconds; 0 for none. By default that of the login session. */
  @MayBeLeftOut()
  @WholeNumber()
  @IsInt()
  @Min(0)
  @Max(34_560_000)
  refreshTokenSeconds?: number;
}

export class CreateOidcClientDto extends ChangeOidcClientDto {
  /**
   * `web`: on a server, which keeps a secret. `browser`: a page alone. `native`: an app on a phone or a desktop. `device`: a
   * screen without a keyboard. It stays what it is.
   */
  @IsIn(CLIENT_KINDS)
  kind!: ClientKind;

  /**
   * The name that people see on the login page and in the WhatsApp message.
   * @example Dasbor Laporan
   */
  @IsName()
  declare name: string;
}

export class OidcClientDto {
  /** Its `client_id`. */
  id!: string;
  name!: string;
  kind!: ClientKind;
  logoUri!: string | null;
  redirectUris!: string[];
  postLogoutRedirectUris!: string[];
  backchannelLogoutUri!: string | null;
  scopes!: string[];
  resources!: string[];
  firstParty!: boolean;
  accessTokenSeconds!: number;
  refreshTokenSeconds!: number;
  /** The account that created it. */
  createdBy!: string | null;
  /** ISO 8601 in UTC. */
  createdAt!: string;
  /** ISO 8601 in UTC. */
  updatedAt!: string;
}

export class CreatedOidcClientDto extends OidcClientDto {
  /** Its `client_secret`, shown only once; null for an application that cannot keep a secret. */
  secret!: string | null;
}

export class CreatedOidcClientAnswerDto {
  success!: true;
  message!: string;
  data!: CreatedOidcClientDto;
}

export class OidcClientAnswerDto {
  success!: true;
  message!: string;
  data!: OidcClientDto;
}

export class OidcClientsAnswerDto {
  success!: true;
  message!: string;
  data!: OidcClientDto[];
  /** Null on the last page. */
  nextCursor!: string | null;
}

export class OidcSecretDto {
  /** The new `client_secret`; it is shown only once. */
  secret!: string;
}

export class OidcSecretAnswerDto {
  success!: true;
  message!: string;
  data!: OidcSecretDto;
}

export class OidcClientDeletedAnswerDto {
  success!: true;
  message!: string;
}

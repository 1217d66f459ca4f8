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
  IsUUID,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateIf,
} from 'class-validator';
import { WholeNumber } from '../http/query-fields.js';
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

/** Left out it stays as it is; `null` is no value of these. */
const MayBeLeftOut = () => ValidateIf((_, value: unknown) => value !== undefined);

export class ChangeOidcClientDto {
  /**
   * What people know it by: on the login page and in the WhatsApp message.
   * @example Dasbor Laporan
   */
  @MayBeLeftOut()
  @IsName()
  name?: string;

  /** Picture on the login page, `https`; null for ours. */
  @IsOptional()
  @IsString()
  @MaxLength(2000)
  logoUri?: string | null;

  /**
   * Where people are sent back to; compared letter by letter. `https`, or `http` on this machine; with `native` also a scheme of its own
   * with a dot in it. Ports of the machine itself are free for `native`.
   * @example ["https://dasbor.example.go.id/callback"]
   */
  @MayBeLeftOut()
  @IsArray()
  @ArrayMaxSize(20)
  @ArrayUnique()
  @IsString({ each: true })
  redirectUris?: string[];

  /** Where they may be sent after a logout; compared letter by letter. */
  @MayBeLeftOut()
  @IsArray()
  @ArrayMaxSize(20)
  @ArrayUnique()
  @IsString({ each: true })
  postLogoutRedirectUris?: string[];

  /** Told when somebody's session ends; null when it does not want to be told. */
  @IsOptional()
  @IsString()
  @MaxLength(2000)
  backchannelLogoutUri?: string | null;

  /**
   * What it may ask for; `openid` always. Others than `profile`, `phone`, `email` and `roles` are for the services in `resources`.
   * @example ["openid", "profile", "phone"]
   */
  @MayBeLeftOut()
  @IsArray()
  @ArrayMaxSize(50)
  @ArrayUnique()
  @Matches(/^[\w.:/-]{1,64}$/, { each: true })
  scopes?: string[];

  /**
   * Other services that it may ask access tokens for, as absolute URIs; the token's `aud`.
   * @example ["https://api.example.go.id"]
   */
  @MayBeLeftOut()
  @IsArray()
  @ArrayMaxSize(20)
  @ArrayUnique()
  @IsString({ each: true })
  resources?: string[];

  /** One of your own: people are not asked for their consent. */
  @MayBeLeftOut()
  @IsBoolean()
  firstParty?: boolean;

  /** Life of its access tokens, in seconds; 3600 when left out. */
  @MayBeLeftOut()
  @WholeNumber()
  @IsInt()
  @Min(60)
  @Max(3_600)
  accessTokenSeconds?: number;

  /** Life of a refresh token that is not used, in seconds; 0: it gets none. The login session's when left out. */
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
   * What people know it by: on the login page and in the WhatsApp message.
   * @example Dasbor Laporan
   */
  @IsName()
  declare name: string;
}

export class OidcClientPageDto {
  /** At most so many; 50 when left out. */
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
  /** Account that made it. */
  createdBy!: string | null;
  /** ISO 8601 in UTC. */
  createdAt!: string;
  /** ISO 8601 in UTC. */
  updatedAt!: string;
}

export class CreatedOidcClientDto extends OidcClientDto {
  /** Its `client_secret`: shown now and never again; null for one that could not keep it. */
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
  /** The new `client_secret`: shown now and never again. */
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
